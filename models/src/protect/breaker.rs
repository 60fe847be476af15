//! Circuit breakers: who has failed too often is not asked for a while.
//!
//! `Window` counts over the last calls, as Resilience4j's count-based window does (resilience4j.readme.io/docs/
//! circuitbreaker: it opens when the failure rate of the full window is equal or greater than the threshold).
//! `Lifetime` counts over the whole life of a client, as the simulator of Brooker (2022) does, and only refuses
//! retries. Left out: half-open probing, slow-call rates, time-based windows.

use std::collections::VecDeque;

/// A breaker that looks at the last calls.
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
        self.failed.len() == self.size && self.failures as f64 >= self.threshold * self.size as f64
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
    fn a_lifetime_dilutes_old_failures() {
        let mut breaker = Lifetime::new(0.1);
        breaker.call();
        assert!(!breaker.failure());
        (0..19).for_each(|_| breaker.call());
        assert!(breaker.failure(), "two of twenty");
        assert!(!breaker.failure(), "three of twenty");
    }
}
