//! Shares of the variance (Sobol indices): how much of the output's variance goes if a setting becomes known (first
//! order), and how much stays if only that one stays unknown (total). Saltelli's (2010) sampling with his first-order and
//! Jansen's (1999) total estimator; intervals by resampling the base points.

use halfopen_sim::chance::Stream;

use crate::statistics::{quantile, sobol};

/// One setting's shares; estimates may leave 0..=1 by their error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// Of the setting alone.
    pub first: f64,
    /// Bootstrap interval of it.
    pub first_interval: [f64; 2],
    /// Together with all others.
    pub total: f64,
    /// Bootstrap interval of it.
    pub total_interval: [f64; 2],
}

/// The points to try: for each of `base` points (a power of two is best) A, B, and A with each coordinate in turn taken
/// from B; `base` (`axes` + 2) in all. Scrambled Sobol points by `seed`.
///
/// # Panics
/// Beyond 128 axes or [`SOBOL_POINTS`](crate::statistics::SOBOL_POINTS) base points.
pub fn saltelli(axes: usize, base: u32, seed: u32) -> Vec<Vec<f64>> {
    let mut points = Vec::with_capacity(base as usize * (axes + 2));
    for index in 0..base {
        let from = |first: usize| (0..axes).map(|axis| sobol(index, (first + axis) as u32, seed)).collect();
        let (a, b): (Vec<f64>, Vec<f64>) = (from(0), from(axes));
        points.extend([a.clone(), b.clone()]);
        for axis in 0..axes {
            let mut mixed = a.clone();
            mixed[axis] = b[axis];
            points.push(mixed);
        }
    }
    points
}

/// The shares of each axis, from the values at the points of [`saltelli`]; intervals at `level` by `resamples` bootstrap
/// samples. `None` where the values do not vary.
///
/// # Panics
/// When the values are not whole base points.
pub fn shares(
    values: &[f64],
    axes: usize,
    level: f64,
    resamples: usize,
    stream: &mut Stream,
) -> Option<Vec<Share>> {
    assert!(values.len().is_multiple_of(axes + 2), "values of whole base points");
    let rows: Vec<&[f64]> = values.chunks(axes + 2).collect();
    let all = estimates(&rows, axes)?;
    let mut drawn: Vec<Vec<[f64; 2]>> = vec![Vec::with_capacity(resamples); axes];
    for _ in 0..resamples {
        let sample: Vec<&[f64]> =
            rows.iter().map(|_| rows[stream.below(rows.len() as u64) as usize]).collect();
        for (drawn, estimate) in drawn.iter_mut().zip(estimates(&sample, axes).into_iter().flatten()) {
            drawn.push(estimate);
        }
    }
    let interval = |drawn: &[[f64; 2]], which: usize| {
        let mut sorted: Vec<f64> = drawn.iter().map(|estimate| estimate[which]).collect();
        sorted.sort_by(f64::total_cmp);
        [0.5 - level / 2.0, 0.5 + level / 2.0].map(|q| quantile(&sorted, q).unwrap_or(f64::NAN))
    };
    let share = |([first, total], drawn): ([f64; 2], &Vec<[f64; 2]>)| Share {
        first,
        first_interval: interval(drawn, 0),
        total,
        total_interval: interval(drawn, 1),
    };
    Some(all.into_iter().zip(&drawn).map(share).collect())
}

/// First-order and total share of each axis.
fn estimates(rows: &[&[f64]], axes: usize) -> Option<Vec<[f64; 2]>> {
    let n = rows.len() as f64;
    let mean = rows.iter().map(|row| row[0] + row[1]).sum::<f64>() / (2.0 * n);
    let square = |x: f64| (x - mean) * (x - mean);
    let variance = rows.iter().map(|row| square(row[0]) + square(row[1])).sum::<f64>() / (2.0 * n);
    if variance.is_nan() || variance <= 0.0 {
        return None;
    }
    let of = |axis: usize| {
        // Around the mean: the same in expectation, with less error.
        let first: f64 = rows.iter().map(|row| (row[1] - mean) * (row[2 + axis] - row[0])).sum();
        let total: f64 = rows.iter().map(|row| (row[0] - row[2 + axis]) * (row[0] - row[2 + axis])).sum();
        [first / n / variance, total / (2.0 * n) / variance]
    };
    Some((0..axes).map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use halfopen_sim::chance::Streams;

    #[test]
    fn a_sum_is_shared_by_its_squares_and_intervals_hold_it() {
        let points = saltelli(3, 512, 9);
        let values: Vec<f64> = points.iter().map(|x| 3.0 * x[0] + x[1]).collect();
        let mut stream = Streams::new(1).stream("shares", "test");
        let all = shares(&values, 3, 0.95, 200, &mut stream).unwrap();
        for (share, expected) in all.iter().zip([0.9, 0.1, 0.0]) {
            assert!(
                (share.first - expected).abs() < 0.02 && (share.total - expected).abs() < 0.02,
                "{share:?}"
            );
            assert!(
                share.first_interval[0] <= share.first && share.first <= share.first_interval[1],
                "{share:?}"
            );
            assert!(
                share.total_interval[0] <= share.total && share.total <= share.total_interval[1],
                "{share:?}"
            );
        }
        assert_eq!(shares(&[1.0; 40], 3, 0.95, 10, &mut stream), None);
    }
}
