//! Capped exponential back-off of retries, without jitter and with each of the usual three.
//!
//! Source: AWS Architecture Blog, "Exponential Backoff And Jitter" (2015), and its simulator. Reconnecting clients have
//! formulas of their own, see `client/backoff.rs`.

use halfopen_sim::Span;
use halfopen_sim::chance::Stream;

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
