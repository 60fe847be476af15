//! The calendar against the plainest thing that is right: an ordered map.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::key::SEQUENCES;
use super::{Calendar, Lane, Timer};
use crate::time::{Span, Time};

/// What a test does next; delays count from now.
#[derive(Clone, Debug)]
enum Step {
    Schedule(Lane, u64),
    Arm(u64),
    /// The timer armed that many arms ago, whether it is still armed or not.
    Cancel(usize),
    Pop,
    PopBefore(u64),
    /// As many events as this at one delay, or each that much later or earlier than the one before.
    Burst(u16, u64, i64),
    /// Uses up all sequence numbers but this many.
    Exhaust(u64),
}

/// Ties, neighbours, ticks of the wheel and its levels, and what no clock will see.
fn delay() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => Just(0),
        4 => 0_u64..4,
        4 => 0_u64..200_000,
        3 => (0_u32..40).prop_map(|power| 1 << power),
        3 => prop::sample::select(vec![10_000_000, 1_000_000_000, 60_000_000_000_u64]),
        2 => 0_u64..1 << 45,
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let lane = prop::sample::select(vec![Lane::Fault, Lane::Work, Lane::Work, Lane::Work, Lane::Sample]);
    prop_oneof![
        6 => (lane, delay()).prop_map(|(lane, delay)| Step::Schedule(lane, delay)),
        6 => delay().prop_map(Step::Arm),
        5 => (0_usize..30).prop_map(Step::Cancel),
        6 => Just(Step::Pop),
        3 => delay().prop_map(Step::PopBefore),
        1 => (1_u16..300, delay(), prop::sample::select(vec![0, 1, -1, 70_000, -5_000, 1 << 40]))
            .prop_map(|(count, delay, stride)| Step::Burst(count, delay, stride)),
        1 => (0_u64..5).prop_map(Step::Exhaust),
    ]
}

/// The same calendar, plainly.
#[derive(Default)]
struct Plain {
    now: Time,
    scheduled: u64,
    pending: BTreeMap<(Time, Lane, u64), u64>,
}

impl Plain {
    fn schedule(&mut self, lane: Lane, at: Time) -> (Time, Lane, u64) {
        self.scheduled += 1;
        let key = (at, lane, self.scheduled);
        self.pending.insert(key, self.scheduled);
        key
    }

    fn pop_before(&mut self, end: Time) -> Option<(Time, u64)> {
        let first = self.pending.first_entry().filter(|first| first.key().0 <= end)?;
        let ((at, _, _), event) = first.remove_entry();
        self.now = at;
        Some((at, event))
    }
}

/// Both at once; every event is its number in the order of scheduling.
struct Pair {
    fast: Calendar<u64>,
    plain: Plain,
    timers: Vec<(Timer, (Time, Lane, u64))>,
}

impl Pair {
    fn new() -> Self {
        Pair { fast: Calendar::new(), plain: Plain::default(), timers: Vec::new() }
    }

    fn schedule(&mut self, lane: Lane, at: Time) {
        self.plain.schedule(lane, at);
        self.fast.schedule_in(lane, at, self.plain.scheduled);
    }

    fn take(&mut self, step: &Step) {
        let after = |delay| self.plain.now + Span::from_nanos(delay);
        match *step {
            Step::Schedule(lane, delay) => self.schedule(lane, after(delay)),
            Step::Arm(delay) => {
                let at = after(delay);
                let key = self.plain.schedule(Lane::Work, at);
                self.timers.push((self.fast.arm(at, self.plain.scheduled), key));
            }
            Step::Cancel(ago) => {
                if let Some(&(timer, key)) = self.timers.iter().rev().nth(ago) {
                    assert_eq!(self.fast.cancel(timer), self.plain.pending.remove(&key).is_some());
                }
            }
            Step::Pop => assert_eq!(self.fast.pop(), self.plain.pop_before(Time::MAX)),
            Step::PopBefore(delay) => {
                let end = after(delay);
                assert_eq!(self.fast.pop_before(end), self.plain.pop_before(end));
            }
            Step::Burst(count, delay, stride) => {
                let first = after(delay).as_nanos();
                for index in 0..i64::from(count) {
                    let at = first.saturating_add_signed(stride * index).max(self.plain.now.as_nanos());
                    self.schedule(Lane::Work, Time::from_nanos(at));
                }
            }
            Step::Exhaust(left) => self.fast.sequence = self.fast.sequence.max(SEQUENCES - left),
        }
        assert_eq!(self.fast.now(), self.plain.now);
        assert_eq!(self.fast.len(), self.plain.pending.len());
        assert_eq!(self.fast.is_empty(), self.plain.pending.is_empty());
    }

    fn finish(&mut self) {
        while !self.plain.pending.is_empty() {
            self.take(&Step::Pop);
        }
        self.take(&Step::Pop);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_history_is_that_of_an_ordered_map(steps in prop::collection::vec(step(), 1..200)) {
        let mut pair = Pair::new();
        for step in &steps {
            pair.take(step);
        }
        pair.finish();
    }

    #[test]
    fn many_pending_events_come_in_order(
        delays in prop::collection::vec(delay(), 500..3_000),
        shares in (1_usize..4, 1_usize..4),
    ) {
        let mut pair = Pair::new();
        for (index, &delay) in delays.iter().enumerate() {
            let arm = index % 7 == 3;
            pair.take(&if arm { Step::Arm(delay) } else { Step::Schedule(Lane::Work, delay) });
            // A while in which more comes than goes, then the reverse.
            if index > delays.len() / 2 && index % shares.0 == 0 || index % (shares.1 + 2) == 0 {
                pair.take(&Step::Pop);
            }
            if index % 11 == 0 {
                pair.take(&Step::Cancel(index % 5));
            }
        }
        pair.finish();
    }
}
