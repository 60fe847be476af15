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

/// What many samples amount to.
struct Figures {
    digest: u64,
    mean: f64,
    scv: f64,
}

fn figures(mut draw: impl FnMut() -> u64) -> Figures {
    let (mut digest, mut sum, mut squares) = (Digest::new(), 0.0, 0.0);
    for _ in 0..SAMPLES {
        let value = draw();
        digest.mix(value);
        sum += value as f64;
        squares += value as f64 * value as f64;
    }
    let mean = sum / SAMPLES as f64;
    Figures { digest: digest.value(), mean, scv: squares / SAMPLES as f64 / (mean * mean) - 1.0 }
}

/// Every sample is the known one; the mean is that of the closed form within four standard errors, the squared
/// coefficient of variation within `tolerance`.
fn holds(distribution: &Distribution, tolerance: f64, digest: u64) {
    let sampler = distribution.prepare();
    let mut stream = stream("known");
    let figures = figures(|| sampler.sample(&mut stream).as_nanos());
    let (mean, scv) = (distribution.mean().unwrap().as_nanos() as f64, distribution.scv().unwrap());
    let error = (scv / SAMPLES as f64).sqrt();
    assert!(
        (figures.mean / mean - 1.0).abs() <= 4.0 * error + 1e-9,
        "{distribution:?}: mean {}, not {mean}",
        figures.mean
    );
    assert!((figures.scv - scv).abs() <= tolerance, "{distribution:?}: scv {}, not {scv}", figures.scv);
    assert_eq!(figures.digest, digest, "{distribution:?} gives {:#018x}", figures.digest);
}

fn ms(millis: u64) -> Span {
    Span::from_millis(millis)
}

// The tolerances are four standard errors of the squared coefficient of variation, from each law's own moments by
// simulation, rounded up.

#[test]
fn fixed_is_fixed() {
    holds(&Distribution::Fixed(ms(3)), 1e-9, 0x7714_60d0_b0ac_c599);
}

#[test]
fn exponential() {
    holds(&Distribution::Exponential { mean: ms(3) }, 0.026, 0x4242_2b3d_c3cd_b41c);
}

#[test]
fn lognormal() {
    holds(&Distribution::Lognormal { mean: ms(3), cv: 0.6 }, 0.012, 0x1cfc_6cb9_64c1_6bc6);
}

#[test]
fn erlang() {
    holds(&Distribution::Erlang { mean: ms(3), shape: 4 }, 0.0051, 0x380a_b865_f661_b221);
}

#[test]
fn gamma_above_and_below_shape_one() {
    holds(&Distribution::Gamma { mean: ms(3), cv: 0.7 }, 0.011, 0xf12c_00ab_6435_07fc);
    holds(&Distribution::Gamma { mean: ms(3), cv: 1.5 }, 0.071, 0xb6d0_7853_dc8d_409c);
}

#[test]
fn pareto() {
    holds(&Distribution::Pareto { scale: ms(3), shape: 6.0 }, 0.0029, 0x63c4_47ca_f2c7_76f2);
}

#[test]
fn weibull_above_and_below_shape_one() {
    holds(&Distribution::Weibull { scale: ms(3), shape: 0.8 }, 0.052, 0xe3fa_2531_20b7_78a0);
    holds(&Distribution::Weibull { scale: ms(3), shape: 2.5 }, 0.0033, 0x8dc6_b798_e1c3_5b32);
}

#[test]
fn empirical() {
    holds(&Distribution::Empirical(vec![ms(1), ms(2), ms(2), ms(11)]), 0.013, 0x3941_e804_596c_659e);
}

#[test]
fn laws_without_spread_are_fixed() {
    let mut stream = stream("spread");
    for law in
        [Distribution::Lognormal { mean: ms(3), cv: 0.0 }, Distribution::Gamma { mean: ms(3), cv: 0.0 }]
    {
        assert_eq!(law.sample(&mut stream).as_nanos().abs_diff(ms(3).as_nanos()), 0, "{law:?}");
    }
    assert_eq!(Distribution::Lognormal { mean: Span::ZERO, cv: 1.0 }.sample(&mut stream), Span::ZERO);
}

#[test]
fn moments_that_do_not_exist_are_not_named() {
    let pareto = |shape| Distribution::Pareto { scale: ms(1), shape };
    assert_eq!((pareto(1.0).mean(), pareto(2.0).scv()), (None, None));
    assert_eq!(pareto(1.5).mean(), Some(ms(3)));
    assert_eq!(Distribution::Empirical(vec![]).mean(), None);
}

/// Every rank is the known one, and the first ranks are as frequent as they should be, within four standard errors.
fn zipf_holds(ranks: u64, exponent: f64, digest: u64) {
    let zipf = Zipf::new(ranks, exponent);
    let mut stream = stream("zipf");
    let mut counts = [0_u64; 5];
    let figures = figures(|| {
        let rank = zipf.sample(&mut stream);
        assert!((1..=ranks).contains(&rank));
        if let Some(count) = counts.get_mut(rank as usize - 1) {
            *count += 1;
        }
        rank
    });
    let weight = |rank: u64| libm::pow(rank as f64, -exponent);
    let total: f64 = (1..=ranks).map(weight).sum();
    for (rank, &count) in (1..=ranks).zip(&counts) {
        let share = weight(rank) / total;
        let error = (share * (1.0 - share) / SAMPLES as f64).sqrt();
        let seen = count as f64 / SAMPLES as f64;
        assert!(
            (seen - share).abs() <= 4.0 * error,
            "rank {rank} of {ranks} ^ {exponent}: {seen}, not {share}"
        );
    }
    let mean = (1..=ranks).map(|rank| rank as f64 * weight(rank)).sum::<f64>() / total;
    let square = (1..=ranks).map(|rank| rank as f64 * rank as f64 * weight(rank)).sum::<f64>() / total;
    let error = ((square - mean * mean) / SAMPLES as f64).sqrt();
    assert!(
        (figures.mean - mean).abs() <= 4.0 * error,
        "{ranks} ^ {exponent}: mean {}, not {mean}",
        figures.mean
    );
    assert_eq!(figures.digest, digest, "{ranks} ^ {exponent} gives {:#018x}", figures.digest);
}

#[test]
fn zipf_below_at_and_above_exponent_one() {
    zipf_holds(1_000, 0.0, 0xcd80_06a5_68a1_b648);
    zipf_holds(100_000, 0.8, 0x5922_7e6b_f79a_470f);
    zipf_holds(100_000, 1.0, 0x27bc_502c_cf40_bb34);
    zipf_holds(1_000_000, 1.2, 0x9cc1_6f13_6bff_c326);
    zipf_holds(3, 2.0, 0xeb87_7bb1_c673_90b8);
}

#[test]
fn elementary_draws_are_fixed_for_good() {
    let mut stream = stream("elementary");
    let figures = figures(|| {
        let bits = [stream.uniform(), stream.open(), stream.exponential(), stream.normal()].map(f64::to_bits);
        bits.into_iter().chain([stream.below(1_000_003)]).fold(0, |all, bits| all.rotate_left(7) ^ bits)
    });
    assert_eq!(figures.digest, 0x73c4_08e3_c237_6ac7, "{:#018x}", figures.digest);
}

#[test]
fn a_normal_has_mean_zero_and_variance_one() {
    let mut stream = stream("normal");
    let values: Vec<f64> = (0..SAMPLES).map(|_| stream.normal()).collect();
    let moment = |power: i32| {
        values.iter().map(|x| (0..power).fold(1.0, |all, _| all * x)).sum::<f64>() / SAMPLES as f64
    };
    // x, x^2, x^3 and x^4 have variances 1, 2, 15 and 96.
    for (power, expected, variance) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)] {
        let error = (variance / SAMPLES as f64).sqrt();
        assert!((moment(power) - expected).abs() <= 4.0 * error, "moment {power} is {}", moment(power));
    }
}

#[test]
fn streams_differ_by_seed_purpose_and_component_and_by_nothing_else() {
    let first = |seed: u64, purpose: &str, component: &str| {
        let mut stream = Streams::new(seed).stream(purpose, component);
        [(); 4].map(|()| stream.uniform().to_bits())
    };
    let all = [
        first(1, "arrivals", "api"),
        first(2, "arrivals", "api"),
        first(1, "service", "api"),
        first(1, "arrivals", "api-1"),
        // The border between the two names counts, and so do padding and order.
        first(1, "arrival", "sapi"),
        first(1, "arrivalsapi", ""),
        first(1, "", "arrivalsapi"),
        first(1, "api", "arrivals"),
        first(1, "arrivals\0", "api"),
        first(1, "", ""),
    ];
    for (index, values) in all.iter().enumerate() {
        assert!(all[index + 1..].iter().all(|other| other.iter().zip(values).all(|(a, b)| a != b)));
    }
    // Whoever else draws, and when a stream is made, moves nothing.
    let streams = Streams::new(1);
    let mut other = streams.stream("service", "api");
    other.normal();
    let mut late = streams.stream("arrivals", "api");
    assert_eq!([(); 4].map(|()| late.uniform().to_bits()), all[0]);
}

#[test]
fn streams_of_neighbouring_names_and_seeds_are_not_correlated() {
    let uniforms = |seed: u64, component: &str| -> Vec<f64> {
        let mut stream = Streams::new(seed).stream("service", component);
        (0..SAMPLES).map(|_| stream.uniform() - 0.5).collect()
    };
    let one = uniforms(1, "node-1");
    for other in [uniforms(1, "node-2"), uniforms(2, "node-1"), uniforms(0, "node-1")] {
        // The product of two uniforms about zero has variance 1/144.
        let mean = one.iter().zip(&other).map(|(a, b)| a * b).sum::<f64>() / SAMPLES as f64;
        assert!(mean.abs() <= 4.0 / 12.0 / (SAMPLES as f64).sqrt(), "{mean}");
    }
}
