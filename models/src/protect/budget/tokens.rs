//! What each rule counts, as its makers count it; the sources are named with the rules.

use halfopen_sim::{Span, Time};

/// `WindowedAdder` of util: a window is this many slices.
const SLICES: usize = 10;

/// Finagle's `RetryBudget`: what calls deposited and retries withdrew lately, over a reserve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leaky {
    deposit: f64,
    withdrawal: f64,
    reserve: f64,
    slice: Span,
    /// Balance of each slice of the window, and the number of the latest one since the start.
    slices: [f64; SLICES],
    latest: u64,
}

impl Leaky {
    /// An empty window.
    pub fn new(share: f64, min_per_s: f64, ttl: Span) -> Leaky {
        let (deposit, withdrawal) = if share == 0.0 { (0.0, 1.0) } else { (1.0, 1.0 / share) };
        let slice = Span::from_nanos((ttl.as_nanos() / SLICES as u64).max(1));
        let reserve = min_per_s * ttl.as_secs_f64() * withdrawal;
        Leaky { deposit, withdrawal, reserve, slice, slices: [0.0; SLICES], latest: 0 }
    }

    fn turn(&mut self, now: Time) -> &mut f64 {
        let number = now.as_nanos() / self.slice.as_nanos();
        let passed = (number - self.latest).min(SLICES as u64);
        for old in 1..=passed {
            self.slices[((number - passed + old) % SLICES as u64) as usize] = 0.0;
        }
        self.latest = number;
        &mut self.slices[(number % SLICES as u64) as usize]
    }

    pub(super) fn call(&mut self, now: Time) {
        let deposit = self.deposit;
        *self.turn(now) += deposit;
    }

    pub(super) fn retry(&mut self, now: Time) -> bool {
        self.turn(now);
        let pays = self.slices.iter().sum::<f64>() + self.reserve >= self.withdrawal;
        if pays {
            let withdrawal = self.withdrawal;
            *self.turn(now) -= withdrawal;
        }
        pays
    }
}

/// The AWS SDKs' retry quota.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quota {
    capacity: f64,
    cost: f64,
    tokens: f64,
}

impl Quota {
    /// A full one.
    pub fn new(capacity: f64, cost: f64) -> Quota {
        Quota { capacity, cost, tokens: capacity }
    }

    pub(super) fn success(&mut self, retried: bool) {
        let back = if retried { self.cost } else { 1.0 };
        self.tokens = (self.tokens + back).min(self.capacity);
    }

    pub(super) fn retry(&mut self) -> bool {
        let pays = self.tokens >= self.cost;
        if pays {
            self.tokens -= self.cost;
        }
        pays
    }
}

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
