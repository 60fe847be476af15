//! What a simulation says about a figure, and how surely.
//!
//! A steady state is watched in batches of one long run: each batch gives a numerator and a denominator, and the figure
//! is their ratio over all. The first batches are thrown away, since they remember the start. When all batches are
//! full and the interval is still too wide, neighbours are merged and the run goes on with batches twice as long, so
//! that there are always between `BATCHES` and twice as many and their length grows far beyond the system's memory
//! (batch means with a growing batch size, Law, Simulation Modeling and Analysis, 5th ed., section 9.5.3). Independent
//! replications are batches of one kind more. Every interval is a 99 % t interval.

use halfopen_models::statistics::{t_beyond, t_quantile};

/// Batches that remain after merging.
const BATCHES: usize = 32;
/// Above this correlation between neighbours the batches are too short to be taken for independent: three standard
/// errors of it with 64 batches.
const MOST_CORRELATION: f64 = 0.375;
/// The level of every interval.
pub const LEVEL: f64 = 0.99;

/// A figure with its 99 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The best guess.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Degrees of freedom of the interval; zero where there is no chance in the figure.
    pub freedom: u32,
    /// What a tolerance may count by: the wait before the last retransmission, the gap between calls, the restarts.
    pub step: f64,
}

impl Estimate {
    /// A figure that chance has no part in.
    pub fn exact(value: f64) -> Estimate {
        Estimate { value, low: value, high: value, freedom: 0, step: 0.0 }
    }

    /// With a step that a tolerance counts by.
    pub fn with_step(self, step: f64) -> Estimate {
        Estimate { step, ..self }
    }

    /// Half the width of the interval.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }

    /// Probability of an estimate at least so far from `expected`, were that the truth.
    pub fn p_value(&self, expected: f64) -> f64 {
        if self.freedom == 0 {
            return f64::from(u8::from((self.value - expected).abs() <= 1e-9 * expected.abs()));
        }
        let error = self.half_width() / t_quantile(LEVEL, self.freedom);
        t_beyond((self.value - expected).abs() / error, self.freedom)
    }
}

/// How wide an interval may be, as a share of the figure, and how much may be simulated to get there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Precision {
    /// Half-width of the 99 % interval divided by the figure.
    pub half_width: f64,
    /// The run is doubled at most so often.
    pub doublings: u32,
}

/// The ratio of what `advance` reports: it goes on by so many units (arrivals, requests, replications: whatever it
/// counts) and returns the numerator and the denominator of that stretch. Batches are `first` units long at the
/// beginning, which must be well above the memory of the system; four of them are thrown away.
pub fn steady(precision: Precision, first: u64, mut advance: impl FnMut(u64) -> (f64, f64)) -> Estimate {
    advance(4 * first);
    independent(precision, first, advance)
}

/// As [`steady`], of units that remember nothing.
pub fn independent(precision: Precision, first: u64, mut advance: impl FnMut(u64) -> (f64, f64)) -> Estimate {
    let mut batches: Vec<(f64, f64)> = Vec::with_capacity(2 * BATCHES);
    let mut size = first;
    for doubling in 0.. {
        while batches.len() < 2 * BATCHES {
            batches.push(advance(size));
        }
        let estimate = ratio(&batches);
        let enough = estimate.half_width() <= precision.half_width * estimate.value.abs()
            && correlation(&batches) <= MOST_CORRELATION;
        if enough || doubling == precision.doublings {
            return estimate;
        }
        batches = batches.chunks_exact(2).map(|two| (two[0].0 + two[1].0, two[0].1 + two[1].1)).collect();
        size *= 2;
    }
    unreachable!("the doublings are bounded")
}

/// Where a condition that holds at `low` and not at `high` ends, halving so often: the two sides of the edge.
pub fn edge(mut low: f64, mut high: f64, halvings: u32, holds: impl Fn(f64) -> bool) -> [f64; 2] {
    for _ in 0..halvings {
        let middle = f64::midpoint(low, high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    [low, high]
}

/// The ratio of sums, with the interval of the ratio estimator (Law, section 9.5.3; Cochran, Sampling Techniques).
fn ratio(batches: &[(f64, f64)]) -> Estimate {
    let n = batches.len() as f64;
    let (numerator, denominator) = batches.iter().fold((0.0, 0.0), |sum, b| (sum.0 + b.0, sum.1 + b.1));
    let value = numerator / denominator;
    let squares: f64 = residuals(batches).map(|residual| residual * residual).sum();
    let freedom = batches.len() as u32 - 1;
    let half = t_quantile(LEVEL, freedom) * (squares / (n - 1.0) / n).sqrt() / (denominator / n);
    Estimate { value, low: value - half, high: value + half, freedom, step: 0.0 }
}

/// What each batch's numerator has more than its denominator explains.
fn residuals(batches: &[(f64, f64)]) -> impl Iterator<Item = f64> + '_ {
    let (numerator, denominator) = batches.iter().fold((0.0, 0.0), |sum, b| (sum.0 + b.0, sum.1 + b.1));
    batches.iter().map(move |batch| batch.0 - numerator / denominator * batch.1)
}

/// Correlation of neighbouring batches.
fn correlation(batches: &[(f64, f64)]) -> f64 {
    let residuals: Vec<f64> = residuals(batches).collect();
    let squares: f64 = residuals.iter().map(|x| x * x).sum();
    let products: f64 = residuals.windows(2).map(|two| two[0] * two[1]).sum();
    if squares > 0.0 { products / squares } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use halfopen_sim::chance::Streams;

    #[test]
    fn quantiles_of_t_at_99_percent() {
        // Tables: 63.657 for one degree of freedom, 2.7440 for 31, 2.576 in the limit.
        for (freedom, expected) in [(1, 63.657), (31, 2.7440), (100_000, 2.5759)] {
            assert!(
                (t_quantile(LEVEL, freedom) - expected).abs() < 1e-3,
                "{freedom}: {}",
                t_quantile(LEVEL, freedom)
            );
        }
    }

    /// 200 intervals of a correlated process (autoregressive, 0.9) around its mean of 1: 99 % of them hold it, so at
    /// most seven miss with probability 99.9 %.
    #[test]
    fn intervals_cover_the_truth_although_neighbours_resemble_each_other() {
        let precision = Precision { half_width: 0.01, doublings: 12 };
        let missed = (0..200)
            .filter(|&seed| {
                let mut stream = Streams::new(seed).stream("estimate", "test");
                let mut level = 5.0;
                let estimate = steady(precision, 100, |n| {
                    let mut sum = 0.0;
                    for _ in 0..n {
                        level = 0.9 * level + 0.1 + 0.1 * stream.normal();
                        sum += level;
                    }
                    (sum, n as f64)
                });
                assert!(estimate.half_width() <= 0.01 * estimate.value);
                !(estimate.low..=estimate.high).contains(&1.0)
            })
            .count();
        assert!(missed <= 7, "{missed} of 200 missed");
    }

    #[test]
    fn p_values_are_one_at_the_estimate_and_one_percent_at_the_ends() {
        let estimate = ratio(&[1.0, 2.0, 3.0, 4.0].map(|value| (value, 1.0)));
        assert!((estimate.p_value(estimate.value) - 1.0).abs() < 1e-12);
        assert!((estimate.p_value(estimate.high) - 0.01).abs() < 1e-6);
        assert!(Estimate::exact(2.0).p_value(2.0) > Estimate::exact(2.0).p_value(2.1));
    }
}
