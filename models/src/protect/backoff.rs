//! Capped exponential back-off of retries, without jitter and with each of the usual three.
//!
//! A load's `retry_delay`: one duration, or `base` before the first retry and twice as much before each further one, never
//! above `cap`. The AWS SDKs wait so (botocore 1.44.8 `ExponentialBackoff`: base 50 ms, cap 20 s, full jitter).
//!
//! Source: AWS Architecture Blog, "Exponential Backoff And Jitter" (2015), and its simulator. Reconnecting clients have
//! formulas of their own, see `client/backoff.rs`.

use halfopen_sim::Span;
use halfopen_sim::chance::Stream;

use super::Example;
use crate::scenario::kinds::Kind;
use crate::scenario::raw::Value;
use crate::scenario::reader::Cursor;
use crate::scenario::{some_span, span};

pub(super) const SUMMARY: &str = "a caller's waits between tries grow, with or without jitter";
pub(super) const EXAMPLE: Example = &[
    ("load.users", "retries", "3"),
    (
        "load.users",
        "retry_delay",
        "{ exponential = { base = \"50ms\", cap = \"20s\", jitter = \"full\" } }",
    ),
];

/// From a failure to the next try.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Delay {
    /// Always as long.
    Fixed(Span),
    /// Ever longer.
    Exponential(Backoff),
}

impl Delay {
    /// The wait of a caller that has tried `before` times before the try that failed, and waited `last` for that one.
    pub fn wait(&self, before: u32, last: Span, stream: &mut Stream) -> Span {
        match *self {
            Delay::Fixed(span) => span,
            Delay::Exponential(backoff) => {
                let last = last.as_secs_f64().max(backoff.base);
                Backoff { last, ..backoff }.wait(before, stream)
            }
        }
    }
}

/// Reads a load's `retry_delay`.
pub(crate) fn read(at: &Cursor<'_>) -> Option<Delay> {
    at.either(
        |value| matches!(value, Value::Table(_)),
        |at| at.kind(DELAYS).map(Delay::Exponential),
        |at| span(at).map(Delay::Fixed),
    )
}

const DELAYS: &[Kind<Backoff>] = &[Kind {
    name: "exponential",
    example: EXAMPLE[1].2,
    read: |at| {
        let jitters = [
            ("none", Jitter::None),
            ("full", Jitter::Full),
            ("equal", Jitter::Equal),
            ("decorrelated", Jitter::Decorrelated),
        ];
        let mut fields = at.fields()?;
        let base = fields.need("base", "\"50ms\"", some_span);
        let cap = fields.need("cap", "\"20s\"", some_span);
        let jitter = fields.need("jitter", "\"full\"", |at| at.choice(&jitters));
        fields.finish();
        Some(Backoff::new(base?, cap?, jitter?))
    },
}];

/// How the wait is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// min(cap, base · 2^n).
    None,
    /// Uniform between zero and that.
    Full,
    /// One half of that, and uniform up to the other half.
    Equal,
    /// Uniform between the base and three times the last wait, capped.
    Decorrelated,
}

/// The waits of one caller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    base: f64,
    cap: f64,
    jitter: Jitter,
    last: f64,
}

impl Backoff {
    /// From `base`, never above `cap`; nothing has failed yet.
    pub fn new(base: Span, cap: Span, jitter: Jitter) -> Backoff {
        let base = base.as_secs_f64();
        Backoff { base, cap: cap.as_secs_f64(), jitter, last: base }
    }

    /// The wait after failure number `n` = 1, 2, …
    pub fn wait(&mut self, n: u32, stream: &mut Stream) -> Span {
        let grown = (self.base * libm::pow(2.0, f64::from(n))).min(self.cap);
        Span::from_secs_f64(match self.jitter {
            Jitter::None => grown,
            Jitter::Full => grown * stream.uniform(),
            Jitter::Equal => grown / 2.0 * (1.0 + stream.uniform()),
            Jitter::Decorrelated => {
                let most = self.last * 3.0;
                self.last = (self.base + (most - self.base) * stream.uniform()).min(self.cap);
                self.last
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use halfopen_sim::chance::Streams;

    #[test]
    fn each_jitter_keeps_its_range_and_its_mean() {
        let mut stream = Streams::new(2).stream("backoff", "test");
        let ms = Span::from_millis;
        // Third failure from 5 ms: 40 ms.
        for (jitter, low, high, mean) in [
            (Jitter::None, 40.0, 40.0, 40.0),
            (Jitter::Full, 0.0, 40.0, 20.0),
            (Jitter::Equal, 20.0, 40.0, 30.0),
        ] {
            let waits: Vec<f64> = (0..10_000)
                .map(|_| Backoff::new(ms(5), ms(2000), jitter).wait(3, &mut stream).as_secs_f64() * 1e3)
                .collect();
            assert!(waits.iter().all(|&w| (low..=high).contains(&w)), "{jitter:?}");
            // Four standard errors of the mean of 10,000 uniforms over at most 40 ms: 0.47 ms.
            assert!((waits.iter().sum::<f64>() / 1e4 - mean).abs() < 0.47, "{jitter:?}");
        }
    }

    #[test]
    fn a_load_waits_its_base_first_and_twice_as_much_each_time() {
        let mut stream = Streams::new(4).stream("backoff", "test");
        let ms = Span::from_millis;
        let delay = Delay::Exponential(Backoff::new(ms(50), ms(300), Jitter::None));
        let waits = [0, 1, 2, 3].map(|before| delay.wait(before, Span::ZERO, &mut stream));
        assert_eq!(waits, [ms(50), ms(100), ms(200), ms(300)]);
        // The last wait reaches the next draw: at most three times as long.
        let delay = Delay::Exponential(Backoff::new(ms(50), ms(5_000), Jitter::Decorrelated));
        let longest = (0..1_000).map(|_| delay.wait(1, ms(400), &mut stream)).max();
        assert!(longest.is_some_and(|longest| longest > ms(1_100) && longest <= ms(1_200)));
        assert_eq!(Delay::Fixed(ms(7)).wait(9, ms(1), &mut stream), ms(7));
    }

    #[test]
    fn decorrelated_waits_remember_the_last_one_and_stay_below_the_cap() {
        let mut stream = Streams::new(3).stream("backoff", "test");
        let mut backoff = Backoff::new(Span::from_millis(5), Span::from_millis(2000), Jitter::Decorrelated);
        let mut last = Span::from_millis(5);
        for n in 1..1000 {
            let wait = backoff.wait(n, &mut stream);
            assert!(wait >= Span::from_millis(5) && wait <= Span::from_millis(2000));
            assert!(wait.as_nanos() <= last.as_nanos() * 3 + 3, "{wait:?} after {last:?}");
            last = wait;
        }
    }
}
