//! How often something happens: a share of trials, a count in a time.

use super::normal::normal_quantile;
use super::special::{beta_below, gamma_above, last};

/// Wilson's score interval of a share of which `n` trials showed `hits`: right on average over the true shares, short,
/// and never outside 0..=1 (Brown, Cai and `DasGupta` 2001). Without trials everything is possible.
pub fn wilson(hits: u32, n: u32, level: f64) -> [f64; 2] {
    if n == 0 {
        return [0.0, 1.0];
    }
    let (count, n_trials) = (f64::from(hits), f64::from(n));
    let z = normal_quantile(0.5 + level / 2.0);
    let (share, square) = (count / n_trials, z * z);
    let centre = (share + square / (2.0 * n_trials)) / (1.0 + square / n_trials);
    let spread = share * (1.0 - share) / n_trials + square / (4.0 * n_trials * n_trials);
    let half = z * spread.sqrt() / (1.0 + square / n_trials);
    let low = if hits == 0 { 0.0 } else { centre - half };
    let high = if hits == n { 1.0 } else { centre + half };
    [low, high]
}

/// Clopper and Pearson's interval of a share: covers the truth at least as often as it says, whatever the truth is. For
/// "none of 40 crashed".
pub fn clopper_pearson(hits: u32, n: u32, level: f64) -> [f64; 2] {
    let tail = (1.0 - level) / 2.0;
    let (count, missed) = (f64::from(hits), f64::from(n - hits));
    // P(Bin(n, p) ≥ hits) = I_p(hits, n − hits + 1).
    let low = if hits == 0 { 0.0 } else { last(0.0, 1.0, |p| beta_below(p, count, missed + 1.0) <= tail) };
    let high = if hits == n {
        1.0
    } else {
        // P(Bin(n, p) ≤ hits) = I_{1−p}(n − hits, hits + 1).
        1.0 - last(0.0, 1.0, |q| beta_below(q, missed, count + 1.0) <= tail)
    };
    [low, high]
}

/// Garwood's exact interval of the mean of a Poisson variable of which `count` was seen once.
pub fn poisson(count: u32, level: f64) -> [f64; 2] {
    let tail = (1.0 - level) / 2.0;
    let seen = f64::from(count);
    // Far above any quantile: mean and forty standard deviations, and as much again.
    let top = 2.0 * (seen + 40.0 * (seen + 1.0).sqrt());
    // P(Poisson(m) ≥ count) = 1 − Q(count, m), P(Poisson(m) ≤ count) = Q(count + 1, m).
    let low = if count == 0 { 0.0 } else { last(0.0, top, |mean| 1.0 - gamma_above(seen, mean) <= tail) };
    [low, last(0.0, top, |mean| gamma_above(seen + 1.0, mean) >= tail)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_ends_and_nothing_says_nothing() {
        assert_eq!((wilson(0, 0, 0.95), clopper_pearson(0, 0, 0.95)), ([0.0, 1.0], [0.0, 1.0]));
        for n in [1, 5, 40, 1_000] {
            for interval in [wilson, clopper_pearson] {
                assert_eq!((interval(0, n, 0.95)[0], interval(n, n, 0.95)[1]), (0.0, 1.0));
                let (none, all) = (interval(0, n, 0.95)[1], interval(n, n, 0.95)[0]);
                assert!((none + all - 1.0).abs() < 1e-12, "what holds of none holds of all: {none} {all}");
            }
        }
    }

    #[test]
    fn clopper_and_pearson_cover_whatever_the_truth() {
        // Summed exactly over all outcomes of 30 trials.
        for truth in [0.02, 0.1, 0.31, 0.5, 0.93] {
            let mut covered = 0.0;
            for hits in 0..=30_u32 {
                let [low, high] = clopper_pearson(hits, 30, 0.9);
                let choose = libm::lgamma(31.0)
                    - libm::lgamma(f64::from(hits) + 1.0)
                    - libm::lgamma(31.0 - f64::from(hits));
                let log = choose
                    + f64::from(hits) * libm::log(truth)
                    + f64::from(30 - hits) * libm::log(1.0 - truth);
                covered += if (low..=high).contains(&truth) { libm::exp(log) } else { 0.0 };
            }
            assert!(covered >= 0.9, "{truth}: {covered}");
        }
    }
}
