//! The calendar against the plainest thing that is right: an ordered map.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::key::SEQUENCES;
use super::{Calendar, Lane, Timer};
use crate::chance::Streams;
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every tier is filled and emptied many times over, and events keep coming to where one tier ends and the next
    /// begins.
    #[test]
    fn a_steady_crowd_comes_in_order(
        pending in 40_u64..3_000,
        scale in 1_u32..50,
        skew in 1_u32..4,
        seed in any::<u64>(),
    ) {
        let mut stream = Streams::new(seed).stream("delays", "calendar");
        let mut delay = move || {
            let share = (0..skew).fold(1.0, |all, _| all * stream.uniform());
            (share * 2.0 * (1_u64 << scale) as f64) as u64
        };
        let mut pair = Pair::new();
        for _ in 0..pending {
            pair.take(&Step::Schedule(Lane::Work, delay()));
        }
        for index in 0..20_000 {
            pair.take(&Step::Pop);
            pair.take(&match index % 4 {
                0 => Step::Arm(delay()),
                _ => Step::Schedule(Lane::Work, delay()),
            });
            if index % 8 == 0 {
                pair.take(&Step::Arm(delay()));
                pair.take(&Step::Cancel(index % 5));
            }
        }
        pair.finish();
    }
}

// What follows would take minutes if it cost the square of the number of events.

const MANY: u64 = 500_000;

fn at(nanos: u64) -> Time {
    Time::from_nanos(nanos)
}

/// A calendar whose clock has come to 1 s and whose horizon lies far behind what a test will schedule.
fn running() -> Calendar<u64> {
    let mut calendar = Calendar::new();
    for index in 0..1_000 {
        calendar.schedule(at(1_000_000_000 + index * 1_000_000_000), u64::MAX);
    }
    assert_eq!(calendar.pop(), Some((at(1_000_000_000), u64::MAX)));
    calendar
}

/// Pops `MANY` events before 2 s and returns their numbers.
fn pop_many(calendar: &mut Calendar<u64>) -> Vec<u64> {
    let end = at(2_000_000_000 - 1);
    std::iter::from_fn(|| calendar.pop_before(end)).map(|(_, event)| event).collect()
}

#[test]
fn many_events_of_one_instant_come_in_the_order_they_were_scheduled() {
    for delay in [0, 1, 999_999] {
        let mut calendar = running();
        for event in 0..MANY {
            calendar.schedule(calendar.now() + Span::from_nanos(delay), event);
        }
        assert!(pop_many(&mut calendar).into_iter().eq(0..MANY));
    }
}

#[test]
fn many_events_scheduled_latest_first_or_earliest_first_come_in_order() {
    for stride in [1, 1_001] {
        let mut calendar = running();
        let start = 1_000_000_000 + 5;
        for event in (0..MANY).rev() {
            calendar.schedule(at(start + event * stride), event);
        }
        assert!(pop_many(&mut calendar).into_iter().eq(0..MANY));
        let mut calendar = running();
        for event in 0..MANY {
            calendar.schedule(at(start + event * stride), event);
        }
        assert!(pop_many(&mut calendar).into_iter().eq(0..MANY));
    }
}

#[test]
fn events_that_each_crowd_in_before_the_rest_keep_the_ladder_shallow() {
    let mut calendar = running();
    let (mut gap, mut expected) = (900_000_000, 0);
    while gap > 0 {
        for _ in 0..500 {
            calendar.schedule(calendar.now() + Span::from_nanos(gap), 0);
            expected += 1;
        }
        // Reorganises without taking anything.
        assert_eq!(calendar.pop_before(calendar.now()), None);
        gap -= gap / 100 + 1;
        assert!(calendar.ladder.depth() < 40, "{} rungs at {gap} ns", calendar.ladder.depth());
    }
    assert_eq!(pop_many(&mut calendar).len(), expected);
}

#[test]
fn many_timers_of_one_instant_are_cancelled_before_it_and_in_it() {
    let mut calendar = running();
    let instant = calendar.now() + Span::from_millis(500);
    let timers: Vec<_> = (0..MANY).map(|event| calendar.arm(instant, event)).collect();
    for timer in timers.iter().step_by(3) {
        assert!(calendar.cancel(*timer));
    }
    assert_eq!(calendar.pop_before(instant), Some((instant, 1)));
    for timer in timers.iter().skip(2).step_by(3) {
        assert!(calendar.cancel(*timer));
    }
    assert!(!calendar.cancel(timers[0]) && !calendar.cancel(timers[1]) && !calendar.cancel(timers[2]));
    let left = pop_many(&mut calendar);
    assert!(left.into_iter().eq((4..MANY).step_by(3)));
    assert_eq!(calendar.now(), instant);
}

#[test]
fn many_timers_of_different_delays_are_cancelled() {
    let mut calendar = running();
    for order in [1, 7_919] {
        let timers: Vec<_> = (0..MANY)
            .map(|event| calendar.arm(calendar.now() + Span::from_nanos(event * 1_997), event))
            .collect();
        for index in 0..MANY {
            assert!(calendar.cancel(timers[(index * order % MANY) as usize]));
        }
        assert_eq!(pop_many(&mut calendar), []);
        assert_eq!(calendar.now(), at(1_000_000_000));
    }
}

#[test]
fn a_cancelled_timer_moves_neither_the_clock_nor_the_end() {
    let mut calendar = Calendar::new();
    calendar.schedule(at(5), 'a');
    let now = calendar.arm(at(5), 'b');
    let late = calendar.arm(at(60_000_000_000), 'c');
    assert_eq!(calendar.pop(), Some((at(5), 'a')));
    assert!(calendar.cancel(now) && calendar.cancel(late));
    assert!(!calendar.cancel(now) && !calendar.cancel(late));
    assert_eq!((calendar.pop(), calendar.now(), calendar.len()), (None, at(5), 0));
}

#[test]
fn memory_follows_live_timers_not_rate_times_timeout() {
    let mut calendar = Calendar::new();
    let mut armed = std::collections::VecDeque::new();
    for event in 0..2_000_000_u64 {
        calendar.schedule(at(event * 1_000), event);
        calendar.pop();
        armed.push_back(calendar.arm(calendar.now() + Span::from_secs(60), event));
        if armed.len() > 100 {
            assert!(armed.pop_front().is_some_and(|timer| calendar.cancel(timer)));
        }
    }
    assert_eq!(calendar.len(), 100);
    assert_eq!(calendar.timers.slots(), 101);
    assert_eq!(calendar.events.len(), 1);
}

#[test]
fn a_slot_is_given_up_before_an_old_handle_could_fit_again() {
    let mut calendar = Calendar::new();
    let old = calendar.arm(at(1), 0);
    assert!(calendar.cancel(old));
    calendar.timers.age(old.slot, u32::MAX);
    let last = calendar.arm(at(1), 1);
    assert_eq!((last.slot, last.generation), (old.slot, u32::MAX));
    assert!(calendar.cancel(last));
    let fresh = calendar.arm(at(1), 2);
    assert_ne!(fresh.slot, old.slot);
    assert_eq!((calendar.pop(), calendar.len()), (Some((at(1), 2)), 0));
}

#[test]
#[should_panic(expected = "event scheduled at t=0.000000004s, before now, t=0.000000005s")]
fn the_past_is_refused() {
    let mut calendar = Calendar::new();
    calendar.schedule(at(5), 0);
    calendar.pop();
    calendar.schedule(at(4), 1);
}
