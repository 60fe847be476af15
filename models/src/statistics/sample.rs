//! Of values that every replication shows: mean, quantiles, and the intervals of mean and median.

use super::TAIL;
use super::student::t_quantile;

/// Mean, and its t interval at `level` where there are two values or more. The order of the values does not matter to the last
/// bit when they are `sorted`.
///
/// `None` without values.
pub fn mean_interval(sorted: &[f64], level: f64) -> Option<(f64, Option<[f64; 2]>)> {
    let first = *sorted.first()?;
    let n = sorted.len() as f64;
    // Counted from the first value, so that equal values have exactly that mean and no spread.
    let mean = first + sorted.iter().map(|x| x - first).sum::<f64>() / n;
    if sorted.len() < 2 {
        return Some((mean, None));
    }
    let squares: f64 = sorted.iter().map(|x| (x - mean) * (x - mean)).sum();
    let half = t_quantile(level, sorted.len() as u32 - 1) * (squares / (n - 1.0) / n).sqrt();
    Some((mean, Some([mean - half, mean + half])))
}

/// The quantile `q` of `sorted` values: straight lines between the order statistics, the smallest at 0 and the largest
/// at 1 (type 7 of Hyndman and Fan 1996; the default of R, `NumPy` and spreadsheets). The median of an even number
/// of values is the mean of the middle two.
///
/// `None` without values.
pub fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let at = q.clamp(0.0, 1.0) * last as f64;
    let below = at.floor();
    let (low, high) = (sorted[below as usize], sorted[(below as usize + 1).min(last)]);
    Some(low + (high - low) * (at - below))
}

/// 95 % interval of the median of `sorted` values between two of them, whatever their distribution; an end is absent where
/// there are too few: below six values, all lie above (or all below) their median in more than 2.5 % of cases.
pub fn median_interval(sorted: &[f64]) -> [Option<f64>; 2] {
    quantile_ranks(sorted.len(), 0.5).map(|rank| rank.map(|rank| sorted[rank - 1]))
}

/// Ranks (from one) of the order statistics that enclose at 95 % the quantile `q` of the distribution the values come from: the
/// largest l with P(Bin(n, q) < l) ≤ 2.5 %, the smallest u with P(Bin(n, q) ≥ u) ≤ 2.5 %.
pub fn quantile_ranks(n: usize, q: f64) -> [Option<usize>; 2] {
    // Probabilities by their logarithm: one half to the n-th would underflow from n = 1,075 on.
    let mut log = n as f64 * libm::log(1.0 - q);
    let odds = libm::log(q / (1.0 - q));
    let mut probabilities = Vec::with_capacity(n + 1);
    for k in 0..=n {
        probabilities.push(libm::exp(log));
        log += odds + libm::log((n - k) as f64 / (k + 1) as f64);
    }
    // How many outcomes from one side have at most `TAIL` together.
    let outcomes_within_tail = |outcomes: &mut dyn Iterator<Item = &f64>| {
        let mut sum = 0.0;
        outcomes
            .take_while(|&&p| {
                sum += p;
                sum <= TAIL
            })
            .count()
    };
    let below = outcomes_within_tail(&mut probabilities.iter());
    let above = outcomes_within_tail(&mut probabilities.iter().rev());
    [(below > 0).then_some(below), (above > 0).then(|| n + 1 - above)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::LEVEL;

    #[test]
    fn few_values() {
        assert_eq!(mean_interval(&[], LEVEL), None);
        assert_eq!(mean_interval(&[3.0], LEVEL), Some((3.0, None)));
        assert_eq!(
            mean_interval(&[0.1; 3], LEVEL),
            Some((0.1, Some([0.1, 0.1]))),
            "no spread out of nothing"
        );
        // 2 and 4: standard error 1, one degree of freedom.
        let (mean, interval) = mean_interval(&[2.0, 4.0], LEVEL).unwrap();
        let [low, high] = interval.unwrap();
        assert_eq!((Some(mean), low + high), (Some(3.0), 6.0));
        assert!((high - 15.706_204_736).abs() < 1e-8, "{high}");
    }

    #[test]
    fn quantiles_lie_on_straight_lines() {
        let x = [1.0, 2.0, 4.0, 8.0];
        let rows = [(0.0, 1.0), (0.25, 1.75), (0.5, 3.0), (0.9, 6.8), (1.0, 8.0), (7.0, 8.0)];
        for (q, expected) in rows {
            assert!((quantile(&x, q).unwrap() - expected).abs() < 1e-12, "{q}");
        }
        assert_eq!((quantile(&[5.0], 0.05), quantile(&[], 0.5)), (Some(5.0), None));
    }

    #[test]
    fn the_median_needs_six_values_to_be_bounded() {
        let upto = |n: u32| (1..=n).map(f64::from).collect::<Vec<_>>();
        assert_eq!(median_interval(&[]), [None, None]);
        assert_eq!(median_interval(&upto(5)), [None, None], "1/32 > 2.5 %");
        assert_eq!(median_interval(&upto(6)), [Some(1.0), Some(6.0)], "1/64 < 2.5 %");
        assert_eq!(median_interval(&upto(9)), [Some(2.0), Some(8.0)], "10/512 < 2.5 % < 46/512");
    }

    #[test]
    fn ranks_of_any_quantile_and_of_many_values() {
        // Rows of scipy's binomial distribution.
        assert_eq!(quantile_ranks(20, 0.5), [Some(6), Some(15)]);
        assert_eq!(quantile_ranks(59, 0.95), [Some(52), None]);
        assert_eq!(quantile_ranks(200, 0.99), [Some(195), None]);
        // Normal approximation: 5,000 ∓ 1.96 · 50, ranks 4,902 and 5,099 by it.
        let [Some(low), Some(high)] = quantile_ranks(10_000, 0.5) else { panic!("bounded") };
        assert!(low.abs_diff(4_902) <= 1 && low + high == 10_001, "{low} {high}");
    }
}
