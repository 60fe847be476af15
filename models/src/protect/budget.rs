//! Budgets for retries: a failing backend gets a bounded share of extra calls, however many callers it has.
//!
//! Three rules in use. A token bucket that calls fill and retries empty (Brooker, "Fixing retries with token buckets
//! and circuit breakers", 2022, and its simulator's source: the bucket starts full, is credited when a call starts, and
//! pays only out of more than one token). gRPC's throttle (gRFC A6: a failure costs one token, a success earns a
//! fraction, retries stop at half of the bucket or below). A ratio of retries to calls in a client (Google SRE book,
//! "Handling Overload": retries only while below 10 % of the calls). Left out: windows that forget old calls.

/// A bucket that every call credits and every retry debits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TokenBucket {
    size: f64,
    credit: f64,
    tokens: f64,
}

impl TokenBucket {
    /// A full bucket for `size` retries, to which each call adds `credit`.
    pub fn new(size: f64, credit: f64) -> TokenBucket {
        TokenBucket { size, credit, tokens: size }
    }

    /// A call starts.
    pub fn call(&mut self) {
        self.tokens = (self.tokens + self.credit).min(self.size);
    }

    /// A call failed: whether it may be tried again, which is paid at once.
    pub fn retry(&mut self) -> bool {
        let pays = self.tokens > 1.0;
        if pays {
            self.tokens -= 1.0;
        }
        pays
    }
}

/// gRPC's retry throttle of one server name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throttle {
    size: f64,
    ratio: f64,
    tokens: f64,
}

impl Throttle {
    /// A full bucket of `size` tokens (`maxTokens`) to which each success adds `ratio` (`tokenRatio`).
    pub fn new(size: f64, ratio: f64) -> Throttle {
        Throttle { size, ratio, tokens: size }
    }

    /// An attempt succeeded.
    pub fn success(&mut self) {
        self.tokens = (self.tokens + self.ratio).min(self.size);
    }

    /// An attempt failed: whether it may be tried again.
    pub fn failure(&mut self) -> bool {
        self.tokens = (self.tokens - 1.0).max(0.0);
        self.tokens > self.size / 2.0
    }

    /// What is in the bucket.
    pub fn tokens(&self) -> f64 {
        self.tokens
    }
}

/// A bound on a client's retries as a share of its calls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryRatio {
    most: f64,
    calls: u64,
    retries: u64,
}

impl RetryRatio {
    /// Retries up to the share `most` of the calls.
    pub fn new(most: f64) -> RetryRatio {
        RetryRatio { most, calls: 0, retries: 0 }
    }

    /// A call starts.
    pub fn call(&mut self) {
        self.calls += 1;
    }

    /// A call failed: whether it may be tried again.
    pub fn retry(&mut self) -> bool {
        let below = ((self.retries + 1) as f64) <= self.most * self.calls as f64;
        self.retries += u64::from(below);
        below
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_bucket_pays_for_less_than_its_size_and_then_for_its_credit() {
        // Strictly more than one token is asked for, so the last of five stays; ten calls' credit buys one retry.
        let mut bucket = TokenBucket::new(5.0, 0.125);
        assert_eq!((0..9).filter(|_| bucket.retry()).count(), 4);
        let paid = (0..80)
            .filter(|_| {
                bucket.call();
                bucket.retry()
            })
            .count();
        assert_eq!(paid, 10);
    }

    #[test]
    fn the_throttle_stops_at_half() {
        let mut throttle = Throttle::new(10.0, 0.125);
        let allowed: Vec<bool> = (0..6).map(|_| throttle.failure()).collect();
        assert_eq!(allowed, [true, true, true, true, false, false]);
        (0..16).for_each(|_| throttle.success());
        assert!((throttle.tokens() - 6.0).abs() < 1e-12);
        assert!(!throttle.failure(), "five of ten is not above half");
    }

    #[test]
    fn a_ratio_holds_at_every_moment() {
        let mut ratio = RetryRatio::new(0.1);
        let mut retries = 0;
        for calls in 1..=1000 {
            ratio.call();
            while ratio.retry() {
                retries += 1;
            }
            assert_eq!(retries, calls / 10);
        }
    }
}
