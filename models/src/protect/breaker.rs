//! Circuit breakers: who has failed too often is not asked for a while.
//!
//! A service's `breaker` stands in each instance before the calls of each cache. Source: Resilience4j's breaker with a
//! count-based window (`CircuitBreakerConfig`, `CircuitBreakerStateMachine`; defaults there: window 100, 50 %, open for
//! 60 s, 10 probes). It opens when the failures in a full window reach their share. While it is open, and while enough probes are
//! out, a call fails at once, and what that means for its request is said by the call's `on_error`. After `open_for` the
//! next calls are probes; when all have ended, their share of failures closes it or opens it again.
//!
//! It sees only calls that end: one that waits on a half-open connection is neither a success nor a failure, so without
//! a timeout of the client the breaker stays as it is, closed or with its probes out, for ever. A call that began before
//! it opened counts in whichever state its end meets.
//!
//! `Lifetime` counts over the whole life of a client, as the simulator of Brooker (2022) does, and only refuses
//! retries; it is there to be compared with that simulator. Left out: slow-call rates, time-based windows.

use std::collections::VecDeque;

use halfopen_sim::{Span, Time};

use super::Example;
use crate::scenario::reader::Cursor;
use crate::scenario::some_span;

pub(super) const SUMMARY: &str = "an instance stops calling a cache whose calls fail";
pub(super) const EXAMPLE: Example = &[
    ("service.api", "client", "{ preset = \"ioredis-5\", command_timeout = \"500ms\" }"),
    ("service.api", "breaker", "{ window = 100, failures = \"50%\", open_for = \"60s\", probes = 10 }"),
];

/// Longer windows would remember the days before.
const MOST_CALLS: u32 = 100_000;

/// When a breaker opens and closes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// It looks at so many calls.
    pub window: u32,
    /// It opens when so large a share of them failed.
    pub failures: f64,
    /// So long nobody calls.
    pub open_for: Span,
    /// So many calls decide whether it closes.
    pub probes: u32,
}

/// Reads a service's `breaker`.
pub(super) fn read(at: &Cursor<'_>) -> Option<Plan> {
    let mut fields = at.fields()?;
    let window = fields.need("window", "100", |at| at.count(1..=MOST_CALLS));
    let failures = fields.need("failures", "\"50%\"", |at| {
        let failures = at.ratio()?;
        if failures == 0.0 {
            at.wrong("it would never be closed", "a share above 0%, like \"50%\"");
            return None;
        }
        Some(failures)
    });
    let open_for = fields.need("open_for", "\"60s\"", some_span);
    let probes = fields.need("probes", "10", |at| at.count(1..=MOST_CALLS));
    fields.finish();
    Some(Plan { window: window?, failures: failures?, open_for: open_for?, probes: probes? })
}

/// A breaker before the calls of one cache.
#[derive(Clone, Debug, PartialEq)]
pub struct Breaker {
    plan: Plan,
    state: State,
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    Closed(Window),
    Open { until: Time },
    /// So many more probes may go out; the window has room for as many as decide.
    Probing { left: u32, ended: Window },
}

impl Breaker {
    /// A closed breaker that has seen nothing.
    pub fn new(plan: Plan) -> Breaker {
        let mut breaker = Breaker { plan, state: State::Open { until: Time::ZERO } };
        breaker.close();
        breaker
    }

    /// Whether a call may be made.
    pub fn permits(&mut self, now: Time) -> bool {
        if let State::Open { until } = self.state
            && now >= until
        {
            let Plan { probes, failures, .. } = self.plan;
            self.state = State::Probing { left: probes, ended: Window::new(probes as usize, failures) };
        }
        match &mut self.state {
            State::Closed(_) => true,
            State::Open { .. } => false,
            State::Probing { left, .. } => {
                let permitted = *left > 0;
                *left -= u32::from(permitted);
                permitted
            }
        }
    }

    /// A call that was made has ended.
    pub fn record(&mut self, now: Time, failed: bool) {
        let opens = match &mut self.state {
            State::Open { .. } => false,
            State::Closed(window) => window.record(failed),
            State::Probing { ended, .. } => {
                let opens = ended.record(failed);
                if ended.is_full() && !opens {
                    self.close();
                }
                opens
            }
        };
        if opens {
            self.state = State::Open { until: now + self.plan.open_for };
        }
    }

    /// Begins anew, as in a process that has just started.
    pub fn forget(&mut self) {
        self.close();
    }

    fn close(&mut self) {
        self.state = State::Closed(Window::new(self.plan.window as usize, self.plan.failures));
    }
}

/// The last calls: opens at a share of failures.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    size: usize,
    threshold: f64,
    failed: VecDeque<bool>,
    failures: usize,
}

impl Window {
    /// A breaker over `size` calls that opens at the share `threshold` of failures; nothing has been called yet.
    pub fn new(size: usize, threshold: f64) -> Window {
        Window { size, threshold, failed: VecDeque::with_capacity(size), failures: 0 }
    }

    /// A call ended; whether the breaker is open from now on.
    pub fn record(&mut self, failed: bool) -> bool {
        if self.failed.len() == self.size {
            let oldest = self.failed.pop_front();
            self.failures -= usize::from(oldest == Some(true));
        }
        self.failed.push_back(failed);
        self.failures += usize::from(failed);
        self.is_full() && self.failures as f64 >= self.threshold * self.size as f64
    }

    fn is_full(&self) -> bool {
        self.failed.len() == self.size
    }
}

/// A breaker that never forgets: it refuses retries while more than a share of all calls have failed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lifetime {
    most: f64,
    calls: u64,
    failures: u64,
}

impl Lifetime {
    /// Refuses retries above `most` failures per call.
    pub fn new(most: f64) -> Lifetime {
        Lifetime { most, calls: 0, failures: 0 }
    }

    /// A call starts.
    pub fn call(&mut self) {
        self.calls += 1;
    }

    /// An attempt failed; whether it may be tried again.
    pub fn failure(&mut self) -> bool {
        self.failures += 1;
        self.failures as f64 <= self.most * self.calls as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_opens_at_its_threshold_and_only_when_full() {
        let mut window = Window::new(4, 0.5);
        let seen: Vec<bool> =
            [true, true, true, false, false, false].map(|failed| window.record(failed)).into();
        // Three of four, then two, then one.
        assert_eq!(seen, [false, false, false, true, true, false]);
    }

    #[test]
    fn an_open_breaker_probes_after_its_time_and_only_good_probes_close_it() {
        let at = |s| Time::ZERO + Span::from_secs(s);
        let plan = Plan { window: 2, failures: 0.5, open_for: Span::from_secs(60), probes: 2 };
        let mut breaker = Breaker::new(plan);
        breaker.record(at(1), false);
        assert!(breaker.permits(at(1)), "one failure short of half a full window");
        breaker.record(at(1), true);
        assert!(!breaker.permits(at(60)));
        breaker.record(at(60), false);
        assert_eq!([61, 61, 61, 500].map(|s| breaker.permits(at(s))), [true, true, false, false]);
        breaker.record(at(500), false);
        assert!(!breaker.permits(at(500)), "one probe is still out");
        breaker.record(at(501), true);
        assert!(!breaker.permits(at(560)), "half of them failed: open again");
        assert!(breaker.permits(at(561)) && breaker.permits(at(561)));
        (0..2).for_each(|_| breaker.record(at(562), false));
        assert!((0..9).all(|_| breaker.permits(at(562))));
        breaker.record(at(563), true);
        assert!(breaker.permits(at(563)), "its window begins anew");
    }

    #[test]
    fn a_lifetime_dilutes_old_failures() {
        let mut breaker = Lifetime::new(0.1);
        breaker.call();
        assert!(!breaker.failure());
        (0..19).for_each(|_| breaker.call());
        assert!(breaker.failure(), "two of twenty");
        assert!(!breaker.failure(), "three of twenty");
    }
}
