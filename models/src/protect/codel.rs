//! `CoDel`: drops from a queue whose delay has stayed above a target for a whole interval, ever faster.
//!
//! A service's `shedding` stands before each instance's requests: asked when a request would begin, it sees how long that
//! one has waited for the event loop or a worker, and what it drops is answered with an error at once and costs no CPU.
//!
//! Source: RFC 8289, section 5 (pseudocode of `dodequeue` and `dequeue`), target 5 ms and interval 100 ms by default.
//! Left out: the test for less than one packet in the queue, since calls have no size here.

use halfopen_sim::{Span, Time};

use super::Example;
use crate::scenario::kinds::Kind;
use crate::scenario::reader::Cursor;
use crate::scenario::some_span;

pub(super) const SUMMARY: &str = "an instance refuses requests when they have waited too long for too long";
pub(super) const EXAMPLE: Example =
    &[("service.api", "shedding", "{ codel = { target = \"5ms\", interval = \"100ms\" } }")];

/// Reads a service's `shedding`.
pub(super) fn read(at: &Cursor<'_>) -> Option<CoDel> {
    at.kind(&[Kind {
        name: "codel",
        example: EXAMPLE[0].2,
        read: |at| {
            let mut fields = at.fields()?;
            let target = fields.need("target", "\"5ms\"", some_span);
            let interval = fields.need("interval", "\"100ms\"", some_span);
            fields.finish();
            Some(CoDel::new(target?, interval?))
        },
    }])
}

/// The state of one queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CoDel {
    target: Span,
    interval: Span,
    /// When the delay will have been above the target for an interval.
    first_above: Option<Time>,
    dropping: bool,
    drop_next: Time,
    count: u32,
    last_count: u32,
}

impl CoDel {
    /// A queue that was never above its target.
    pub fn new(target: Span, interval: Span) -> CoDel {
        CoDel {
            target,
            interval,
            first_above: None,
            dropping: false,
            drop_next: Time::ZERO,
            count: 0,
            last_count: 0,
        }
    }

    /// At `now` the head of the queue has waited for `delay`: whether to drop it. Ask again for the next head.
    pub fn drops(&mut self, now: Time, delay: Span) -> bool {
        let persists = self.persists(now, delay);
        if self.dropping {
            if !persists {
                self.dropping = false;
            } else if now >= self.drop_next {
                self.count += 1;
                self.drop_next = self.control_law(self.drop_next);
                return true;
            }
            return false;
        }
        if persists {
            self.dropping = true;
            // Back soon after a dropping state: go on at about the rate it had reached.
            let delta = self.count - self.last_count;
            let recently = now.saturating_since(self.drop_next) < self.interval * 16;
            self.count = if delta > 1 && recently { delta } else { 1 };
            self.drop_next = self.control_law(now);
            self.last_count = self.count;
        }
        persists
    }

    /// Whether the delay has been above the target for an interval.
    fn persists(&mut self, now: Time, delay: Span) -> bool {
        if delay < self.target {
            self.first_above = None;
            return false;
        }
        match self.first_above {
            None => {
                self.first_above = Some(now + self.interval);
                false
            }
            Some(at) => now >= at,
        }
    }

    fn control_law(&self, from: Time) -> Time {
        from + Span::from_secs_f64(self.interval.as_secs_f64() / f64::from(self.count).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks every millisecond; returns the milliseconds of the drops.
    fn drops(codel: &mut CoDel, millis: std::ops::Range<u64>, delay: Span) -> Vec<u64> {
        millis.filter(|&ms| codel.drops(Time::from_nanos(ms * 1_000_000), delay)).collect()
    }

    #[test]
    fn patient_at_first_then_faster_by_the_square_root() {
        let mut codel = CoDel::new(Span::from_millis(5), Span::from_millis(100));
        assert_eq!(drops(&mut codel, 0..50, Span::from_millis(4)), [0; 0]);
        // Above from 50 ms on: first drop at 150, then 100/√1, 100/√2, 100/√3, 100/√4 later.
        assert_eq!(drops(&mut codel, 50..450, Span::from_millis(6)), [150, 250, 321, 379, 429]);
        assert_eq!(drops(&mut codel, 450..500, Span::from_millis(4)), [0; 0]);
    }

    #[test]
    fn it_resumes_near_its_old_rate() {
        let mut codel = CoDel::new(Span::from_millis(5), Span::from_millis(100));
        let first = drops(&mut codel, 0..1000, Span::from_millis(6)).len();
        drops(&mut codel, 1000..1010, Span::ZERO);
        let again = drops(&mut codel, 1010..2010, Span::from_millis(6)).len();
        assert!(again > first + first / 2, "{first} drops, then {again}");
    }
}
