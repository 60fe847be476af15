//! Budgets for retries: a failing backend gets a bounded share of extra calls, however many callers it has.
//!
//! A load's `retry_budget` is held by each of its `callers` alone, processes among which its requests are spread by
//! chance; a retry that the budget refuses is not made. Sources, of the five rules in use:
//! - `token_bucket`: calls fill it and retries empty it (Brooker, "Fixing retries with token buckets and circuit
//!   breakers", 2022, and its simulator's source: the bucket starts full, is credited when a call starts, and pays only out
//!   of more than one token).
//! - `grpc`: gRFC A6's throttle: a failure costs one token, a success earns `token_ratio`, retries stop at half of
//!   `max_tokens` or below.
//! - `ratio`: retries only while below a share of the calls (Google SRE book, "Handling Overload": 10 %).
//! - `finagle`: `RetryBudget` and util's leaky token bucket: a call deposits, a retry withdraws, both forgotten after
//!   `ttl`, over a reserve of `min_per_s` retries a second (defaults there: 20 %, 10/s, 10 s).
//! - `aws`: the SDKs' standard mode: a retry costs `cost` of `capacity`, a success gives back 1 and one that needed
//!   retries the cost (botocore 1.44.8 `RetryQuotaChecker`: 500 and 14; `@smithy/core` 3.41: 500 and 5). Left out: its other
//!   price for timeouts and throttling, and the cost of tries before the last.

mod tokens;

use halfopen_sim::{Span, Time};

use super::Example;
use crate::scenario::kinds::Kind;
use crate::scenario::reader::Cursor;
use crate::scenario::some_span;

pub use tokens::{Leaky, Quota, RetryRatio, Throttle, TokenBucket};

pub(super) const SUMMARY: &str = "a caller's retries are a bounded share of its calls";
pub(super) const EXAMPLE: Example = &[
    ("load.users", "retries", "3"),
    ("load.users", "retry_delay", "\"0s\""),
    ("load.users", "callers", "20"),
    ("load.users", "retry_budget", "{ grpc = { max_tokens = 10, token_ratio = 0.1 } }"),
];

/// Larger buckets never empty.
const MOST_TOKENS: f64 = 1e9;

/// Which budget, with its settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// Filled by calls.
    TokenBucket {
        /// Retries that fit, and that it starts with.
        size: f64,
        /// What each call adds.
        credit: f64,
    },
    /// gRPC's throttle.
    Grpc {
        /// `maxTokens`.
        max_tokens: f64,
        /// `tokenRatio`.
        token_ratio: f64,
    },
    /// A share of all calls.
    Ratio(f64),
    /// Finagle's.
    Finagle {
        /// Retries per call.
        share: f64,
        /// Retries a second beside those.
        min_per_s: f64,
        /// How long a call counts.
        ttl: Span,
    },
    /// The AWS SDKs'.
    Aws {
        /// Tokens at most, and at the start.
        capacity: f64,
        /// Tokens for one retry.
        cost: f64,
    },
}

impl Rule {
    /// Retries for each call that it allows for ever while every try fails, of a caller with so many calls a second.
    pub fn lasting(&self, calls_per_s: f64) -> f64 {
        match *self {
            Rule::TokenBucket { credit, .. } => credit,
            Rule::Ratio(share) => share,
            Rule::Finagle { share, min_per_s, .. } => share + min_per_s / calls_per_s,
            // Only successes refill these.
            Rule::Grpc { .. } | Rule::Aws { .. } => 0.0,
        }
    }
}

/// Reads a load's `retry_budget`.
pub(crate) fn read(at: &Cursor<'_>) -> Option<Rule> {
    at.kind(RULES)
}

const RULES: &[Kind<Rule>] = &[
    Kind {
        name: "token_bucket",
        example: "{ token_bucket = { size = 5, credit = 0.1 } }",
        read: |at| {
            let [size, credit] = two(at, [("size", "5"), ("credit", "0.1")])?;
            Some(Rule::TokenBucket { size, credit })
        },
    },
    Kind {
        name: "grpc",
        example: EXAMPLE[3].2,
        read: |at| {
            let [max_tokens, token_ratio] = two(at, [("max_tokens", "10"), ("token_ratio", "0.1")])?;
            Some(Rule::Grpc { max_tokens, token_ratio })
        },
    },
    Kind { name: "ratio", example: "{ ratio = \"10%\" }", read: |at| at.ratio().map(Rule::Ratio) },
    Kind {
        name: "finagle",
        example: "{ finagle = { share = \"20%\", min_per_s = 10, ttl = \"10s\" } }",
        read: |at| {
            let mut fields = at.fields()?;
            let share = fields.need("share", "\"20%\"", Cursor::ratio);
            let min_per_s = fields.need("min_per_s", "10", |at| at.number(0.0, MOST_TOKENS));
            let ttl = fields.need("ttl", "\"10s\"", some_span);
            fields.finish();
            Some(Rule::Finagle { share: share?, min_per_s: min_per_s?, ttl: ttl? })
        },
    },
    Kind {
        name: "aws",
        example: "{ aws = { capacity = 500, cost = 14 } }",
        read: |at| {
            let [capacity, cost] = two(at, [("capacity", "500"), ("cost", "14")])?;
            Some(Rule::Aws { capacity, cost })
        },
    },
];

fn two(at: &Cursor<'_>, names: [(&'static str, &str); 2]) -> Option<[f64; 2]> {
    let mut fields = at.fields()?;
    let [one, other] =
        names.map(|(name, example)| fields.need(name, example, |at| at.number(0.0, MOST_TOKENS)));
    fields.finish();
    Some([one?, other?])
}

/// The budget of one caller.
#[derive(Clone, Debug, PartialEq)]
pub enum Budget {
    /// Filled by calls.
    TokenBucket(TokenBucket),
    /// gRPC's throttle.
    Grpc(Throttle),
    /// A share of all calls.
    Ratio(RetryRatio),
    /// Finagle's.
    Finagle(Leaky),
    /// The AWS SDKs'.
    Aws(Quota),
}

impl Budget {
    /// As it is before the first call.
    pub fn new(rule: Rule) -> Budget {
        match rule {
            Rule::TokenBucket { size, credit } => Budget::TokenBucket(TokenBucket::new(size, credit)),
            Rule::Grpc { max_tokens, token_ratio } => Budget::Grpc(Throttle::new(max_tokens, token_ratio)),
            Rule::Ratio(most) => Budget::Ratio(RetryRatio::new(most)),
            Rule::Finagle { share, min_per_s, ttl } => Budget::Finagle(Leaky::new(share, min_per_s, ttl)),
            Rule::Aws { capacity, cost } => Budget::Aws(Quota::new(capacity, cost)),
        }
    }

    /// A call starts at `now`; its retries are no calls.
    pub fn call(&mut self, now: Time) {
        match self {
            Budget::TokenBucket(bucket) => bucket.call(),
            Budget::Ratio(ratio) => ratio.call(),
            Budget::Finagle(leaky) => leaky.call(now),
            Budget::Grpc(_) | Budget::Aws(_) => {}
        }
    }

    /// A try succeeded; whether it was a retry.
    pub fn success(&mut self, retried: bool) {
        match self {
            Budget::Grpc(throttle) => throttle.success(),
            Budget::Aws(quota) => quota.success(retried),
            Budget::TokenBucket(_) | Budget::Ratio(_) | Budget::Finagle(_) => {}
        }
    }

    /// A try failed at `now`: whether it may be made again, which is paid at once. `wanted`: its caller would.
    pub fn failure(&mut self, now: Time, wanted: bool) -> bool {
        if let Budget::Grpc(throttle) = self {
            // Counts failures whether or not they are tried again.
            return throttle.failure() && wanted;
        }
        wanted
            && match self {
                Budget::TokenBucket(bucket) => bucket.retry(),
                Budget::Ratio(ratio) => ratio.retry(),
                Budget::Finagle(leaky) => leaky.retry(now),
                Budget::Aws(quota) => quota.retry(),
                Budget::Grpc(_) => false,
            }
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

    #[test]
    fn finagle_allows_its_share_of_the_last_ttl_over_its_reserve() {
        let at = |ms| Time::ZERO + Span::from_millis(ms);
        let mut leaky = Leaky::new(0.2, 1.0, Span::from_secs(10));
        assert_eq!((0..20).filter(|_| leaky.retry(at(0))).count(), 10, "the reserve alone");
        (0..50).for_each(|_| leaky.call(at(0)));
        assert_eq!((0..20).filter(|_| leaky.retry(at(500))).count(), 10, "a fifth of fifty calls");
        assert!(!leaky.retry(at(9_999)));
        assert_eq!((0..20).filter(|_| leaky.retry(at(10_000))).count(), 10, "all of it is forgotten");
    }

    #[test]
    fn what_lasts_is_what_a_budget_allows_for_ever() {
        for rule in [
            Rule::TokenBucket { size: 50.0, credit: 0.125 },
            Rule::Ratio(0.1),
            Rule::Finagle { share: 0.2, min_per_s: 1.0, ttl: Span::from_secs(10) },
            Rule::Grpc { max_tokens: 10.0, token_ratio: 0.1 },
            Rule::Aws { capacity: 500.0, cost: 14.0 },
        ] {
            let mut budget = Budget::new(rule);
            // Ten calls a second for 4,000 s, of which the first quarter may spend what it started with.
            let mut retries = 0;
            for call in 0..40_000 {
                let now = Time::ZERO + Span::from_millis(100) * call;
                budget.call(now);
                while budget.failure(now, true) {
                    retries += u32::from(call >= 10_000);
                }
            }
            let lasting = f64::from(retries) / 30_000.0;
            assert!((lasting - rule.lasting(10.0)).abs() < 1e-3, "{rule:?}: {lasting}");
        }
    }

    #[test]
    fn the_quota_pays_for_35_retries_and_successes_refill_it() {
        let mut budget = Budget::new(Rule::Aws { capacity: 500.0, cost: 14.0 });
        let now = Time::ZERO;
        assert!(!budget.failure(now, false), "nobody wants to");
        assert_eq!((0..99).filter(|_| budget.failure(now, true)).count(), 35);
        (0..4).for_each(|_| budget.success(false));
        assert!(budget.failure(now, true) && !budget.failure(now, true), "10 left of 500, and 4");
        budget.success(true);
        assert!(budget.failure(now, true));
    }
}
