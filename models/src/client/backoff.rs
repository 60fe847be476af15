//! Waiting times between attempts, as each client's own formula gives them.

use halfopen_sim::Span;
use halfopen_sim::chance::Stream;

use crate::scenario::{Addition, Backoff};

/// The wait before attempt `attempt` = 1, 2, …
pub fn wait(backoff: Backoff, attempt: u32, stream: &mut Stream) -> Span {
    match backoff {
        Backoff::None => Span::ZERO,
        Backoff::Linear { step, cap } => {
            Span::from_nanos(step.as_nanos().saturating_mul(u64::from(attempt))).min(cap)
        }
        Backoff::Exponential { base, factor, cap, jitter } => {
            let grown = base.as_secs_f64() * libm::pow(factor, f64::from(attempt.saturating_sub(1)));
            let wait = Span::from_secs_f64(grown.min(cap.as_secs_f64()));
            let most = match jitter {
                Addition::Fixed(most) => most.as_secs_f64(),
                Addition::Share(share) => wait.as_secs_f64() * share,
            };
            if most == 0.0 {
                return wait;
            }
            wait + Span::from_secs_f64(stream.uniform() * most)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use halfopen_sim::chance::Streams;

    #[test]
    fn formulas_of_real_clients() {
        let mut stream = Streams::new(1).stream("backoff", "test");
        let ms = Span::from_millis;
        // ioredis: min(50 × i, 2000) ms.
        let ioredis = Backoff::Linear { step: ms(50), cap: ms(2000) };
        // node-redis 3.1: 200 ms × 1.7^(i − 1).
        let node3 = Backoff::Exponential {
            base: ms(200),
            factor: 1.7,
            cap: Span::MAX,
            jitter: Addition::Fixed(Span::ZERO),
        };
        for (backoff, attempt, expected) in [
            (ioredis, 1, ms(50)),
            (ioredis, 20, ms(1000)),
            (ioredis, 1_000_000, ms(2000)),
            (node3, 1, ms(200)),
            (node3, 3, ms(578)),
            (Backoff::None, 9, Span::ZERO),
        ] {
            assert_eq!(wait(backoff, attempt, &mut stream), expected, "{backoff:?} attempt {attempt}");
        }
    }

    #[test]
    fn jitter_adds_at_most_its_bound() {
        // node-redis 5: min(50 × 2^i, 2000) + 0…199 ms.
        let ms = Span::from_millis;
        let node5 = Backoff::Exponential {
            base: ms(50),
            factor: 2.0,
            cap: ms(2000),
            jitter: Addition::Fixed(ms(199)),
        };
        let mut stream = Streams::new(1).stream("backoff", "test");
        let waits: Vec<Span> = (0..1000).map(|_| wait(node5, 10, &mut stream)).collect();
        assert!(waits.iter().all(|&w| w >= ms(2000) && w < ms(2199)));
        assert!(waits.iter().any(|&w| w > ms(2190)) && waits.iter().any(|&w| w < ms(2010)));
        // redis-rs: d + U(0, d), d = 100 × 2^(i − 1) ms.
        let redis_rs =
            Backoff::Exponential { base: ms(100), factor: 2.0, cap: ms(3200), jitter: Addition::Share(1.0) };
        let waits: Vec<Span> = (0..1000).map(|_| wait(redis_rs, 3, &mut stream)).collect();
        assert!(waits.iter().all(|&w| w >= ms(400) && w < ms(800)));
        assert!(waits.iter().any(|&w| w > ms(780)) && waits.iter().any(|&w| w < ms(420)));
    }
}
