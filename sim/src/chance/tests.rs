//! Known answers: what a seed gives is part of the interface, so every sample is fixed for good, on every machine.
//!
//! Each of 10^5 samples goes into a digest one by one: sums hide differences in the last bit. The moments show that
//! what is fixed is right.

use super::{Distribution, Stream, Streams, Zipf};
use crate::digest::Digest;
use crate::time::Span;

const SAMPLES: u64 = 100_000;

fn stream(purpose: &str) -> Stream {
    Streams::new(1).stream(purpose, "test")
}

/// Digest, mean and squared coefficient of variation of the samples.
fn figures(mut draw: impl FnMut() -> u64) -> (u64, f64, f64) {
    let (mut digest, mut sum, mut squares) = (Digest::new(), 0.0, 0.0);
    for _ in 0..SAMPLES {
        let value = draw();
        digest.mix(value);
        sum += value as f64;
        squares += value as f64 * value as f64;
    }
    let mean = sum / SAMPLES as f64;
    (digest.value(), mean, squares / SAMPLES as f64 / (mean * mean) - 1.0)
}

/// Mean to 1 % and scv to 5 % of the closed form (about three standard errors for the widest), every sample exactly.
fn holds(distribution: &Distribution, digest: u64) {
    let sampler = distribution.prepare();
    let mut stream = stream("known");
    let (value, mean, scv) = figures(|| sampler.sample(&mut stream).as_nanos());
    let expected = distribution.mean().unwrap().as_nanos() as f64;
    assert!((mean / expected - 1.0).abs() < 0.01, "{distribution:?} has mean {mean}, not {expected}");
    let expected = distribution.scv().unwrap();
    assert!((scv - expected).abs() <= 0.05 * expected + 1e-9, "{distribution:?} has scv {scv}, not {expected}");
    assert_eq!(value, digest, "{distribution:?} gives {value:#018x}");
}

fn ms(millis: u64) -> Span {
    Span::from_millis(millis)
}
