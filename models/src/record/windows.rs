//! When a service's objective holds: 10 s windows from the fault (or the start) on, each with the requests that were sent in it.

use halfopen_sim::{Span, Time};

use crate::recording::Recovery;
use crate::scenario::Objective;

/// Length of a window.
const WINDOW: Span = Span::from_secs(10);
/// The p99 is over its limit when more than this share of a window is slower.
const TAIL: f64 = 0.01;

/// Windows of one service.
pub(super) struct Windows {
    origin: Time,
    objective: Objective,
    counts: Vec<Window>,
}

#[derive(Clone, Copy, Default)]
struct Window {
    sent: u32,
    failed: u32,
    slow: u32,
    /// When the last of those that failed or were slow came to its end.
    settled: Time,
}

impl Windows {
    /// Windows from `origin` on.
    pub(super) fn new(origin: Time, objective: Objective) -> Windows {
        Windows { origin, objective, counts: Vec::new() }
    }

    fn of(&mut self, sent: Time) -> Option<&mut Window> {
        let since = sent.as_nanos().checked_sub(self.origin.as_nanos())?;
        let index = (since / WINDOW.as_nanos()) as usize;
        if index >= self.counts.len() {
            self.counts.resize(index + 1, Window::default());
        }
        Some(&mut self.counts[index])
    }

    pub(super) fn sent(&mut self, now: Time) {
        if let Some(window) = self.of(now) {
            window.sent += 1;
        }
    }

    pub(super) fn settled(&mut self, sent: Time, now: Time, good: bool) {
        let slow = good && self.is_slow(sent, now);
        if good && !slow {
            return;
        }
        if let Some(window) = self.of(sent) {
            window.failed += u32::from(!good);
            window.slow += u32::from(slow);
            window.settled = window.settled.max(now);
        }
    }

    /// Whether an answer `now` is over the objective's limit.
    pub(super) fn is_slow(&self, sent: Time, now: Time) -> bool {
        now - sent > self.objective.p99
    }

    /// A request that nobody has answered at the horizon counts as slow once it is.
    pub(super) fn still_open(&mut self, sent: Time, horizon: Time) {
        self.settled(sent, horizon, true);
    }

    /// The end of the last window that breaks the objective. A window cut off by the horizon is not judged.
    pub(super) fn recovery(&self, horizon: Time) -> Recovery {
        let whole = self.whole(horizon);
        match self.last_broken(whole) {
            None => Recovery::Unharmed,
            Some(last) if last + 1 == whole => Recovery::Never,
            Some(last) => Recovery::At(self.origin + WINDOW * (last as u64 + 1)),
        }
    }

    /// When the last request of the last broken window came to its end.
    pub(super) fn mended(&self, horizon: Time) -> Time {
        let last = self.last_broken(self.whole(horizon));
        last.map_or(self.origin, |last| self.counts[last].settled)
    }

    /// Windows that are not cut off by the horizon.
    fn whole(&self, horizon: Time) -> usize {
        (horizon.saturating_since(self.origin).as_nanos() / WINDOW.as_nanos()) as usize
    }

    fn last_broken(&self, whole: usize) -> Option<usize> {
        let judged = &self.counts[..whole.min(self.counts.len())];
        judged.iter().rposition(|window| window.breaks(self.objective))
    }
}

impl Window {
    fn breaks(self, objective: Objective) -> bool {
        let sent = f64::from(self.sent.max(1));
        // With no failure allowed at all, one breaks it, and none does not.
        (self.failed > 0 && f64::from(self.failed) / sent >= objective.errors)
            || f64::from(self.slow) / sent > TAIL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAULT: Time = Time::from_nanos(100_000_000_000);

    fn windows() -> Windows {
        Windows::new(FAULT, Objective { errors: 0.01, p99: Span::from_secs(2) })
    }

    fn at(secs: u64) -> Time {
        FAULT + Span::from_secs(secs)
    }

    #[test]
    fn recovery_is_the_end_of_the_last_broken_window() {
        let mut w = windows();
        for s in 0..60 {
            w.sent(at(s));
            let failed = s == 0 || s == 23;
            w.settled(at(s), at(s) + Span::from_millis(3), !failed);
        }
        assert_eq!(w.recovery(at(60)), Recovery::At(at(30)));
        assert_eq!(w.recovery(at(30)), Recovery::Never, "the last whole window is broken");
        assert_eq!(w.recovery(at(29)), Recovery::At(at(10)), "a window cut off by the horizon is not judged");
    }

    #[test]
    fn slow_answers_and_hanging_requests_break_it_too() {
        let mut w = windows();
        for s in 0..40 {
            w.sent(at(s));
        }
        w.settled(at(5), at(8), true);
        assert_eq!(w.recovery(at(40)), Recovery::At(at(10)));
        w.still_open(at(15), at(40));
        w.still_open(at(39), at(40));
        assert_eq!(w.recovery(at(40)), Recovery::At(at(20)), "one second is not slow yet");
    }

    #[test]
    fn what_was_before_the_fault_does_not_count() {
        let mut w = windows();
        w.sent(Time::ZERO);
        w.settled(Time::ZERO, at(5), false);
        assert_eq!(w.recovery(at(40)), Recovery::Unharmed);
    }
}
