//! How many times one mean is another, of values that come in pairs.

use super::student::t_quantile;

/// Ratio of the mean of `x` to that of `y`, and Fieller's (1954) interval: all ratios b at which the mean of x − b·y may be
/// zero. It is absent where it is not bounded, since the mean of `y` may be zero, and below two pairs.
///
/// `None` without pairs, and where the mean of `y` is zero.
///
/// # Panics
/// When one has more values than the other.
pub fn ratio(x: &[f64], y: &[f64], level: f64) -> Option<(f64, Option<[f64; 2]>)> {
    assert_eq!(x.len(), y.len(), "pairs need two values each");
    let n = x.len() as f64;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
    let (over, under) = (mean(x), mean(y));
    if x.is_empty() || under == 0.0 {
        return None;
    }
    let share = over / under;
    if x.len() < 2 {
        return Some((share, None));
    }
    let products = |a: &[f64], b: &[f64]| {
        let [a_mean, b_mean] = [mean(a), mean(b)];
        a.iter().zip(b).map(|(a, b)| (a - a_mean) * (b - b_mean)).sum::<f64>() / (n - 1.0) / n
    };
    let t = t_quantile(level, x.len() as u32 - 1);
    // (x̄ − b ȳ)² = t² (s_xx − 2 b s_xy + b² s_yy), a square equation in b.
    let square = under * under - t * t * products(y, y);
    let half = over * under - t * t * products(x, y);
    let rest = over * over - t * t * products(x, x);
    let bounded = square > 0.0;
    let root = (half * half - square * rest).max(0.0).sqrt();
    Some((share, bounded.then(|| [(half - root) / square, (half + root) / square])))
}

#[cfg(test)]
mod tests {
    use super::super::sample::mean_interval;
    use super::ratio;

    #[test]
    fn ends_are_where_the_difference_may_be_zero() {
        let (x, y) = ([3.0, 5.0, 4.0, 6.5, 5.1], [10.0, 11.0, 9.0, 12.0, 10.5]);
        let (share, interval) = ratio(&x, &y, 0.95).unwrap();
        assert!((share - 23.6 / 52.5).abs() < 1e-12);
        for (bound, end) in interval.unwrap().into_iter().zip([1, 0]) {
            let excess: Vec<f64> = x.iter().zip(y).map(|(x, y)| x - bound * y).collect();
            let (_, ends) = mean_interval(&excess, 0.95).unwrap();
            assert!(
                ends.unwrap()[1 - end].abs() < 1e-9 || ends.unwrap()[end].abs() < 1e-9,
                "{bound}: {ends:?}"
            );
        }
    }

    #[test]
    fn what_cannot_be_divided_is_absent() {
        assert_eq!(ratio(&[], &[], 0.95), None);
        assert_eq!(ratio(&[1.0, 2.0], &[0.0, 0.0], 0.95), None);
        assert_eq!(ratio(&[1.0], &[2.0], 0.95), Some((0.5, None)));
        // Two values bound nothing: the mean of 4 and 8 may be zero.
        assert_eq!(ratio(&[2.0, 4.0], &[4.0, 8.0], 0.95), Some((0.5, None)));
        assert_eq!(ratio(&[1.0, 2.0], &[5.0, -4.0], 0.95).unwrap().1, None, "the divisor may be zero");
    }
}
