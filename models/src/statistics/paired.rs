//! Two variants that met the same chances: each pair's difference is free of what both met.

use super::sample::mean_interval;
use super::student::t_beyond;

/// By how much the first of a pair exceeds the second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// Mean difference.
    pub difference: f64,
    /// Its t interval; absent below two pairs.
    pub interval: Option<[f64; 2]>,
    /// Two-sided p of the t test that there is no difference; absent below two pairs. Differences that are all the same
    /// have p 0, or 1 where that is none.
    pub p: Option<f64>,
}

/// Compares `x` with `y`, value by value; `None` without values.
///
/// # Panics
/// When one has more values than the other.
pub fn paired(x: &[f64], y: &[f64], level: f64) -> Option<Paired> {
    assert_eq!(x.len(), y.len(), "pairs need two values each");
    let mut differences: Vec<f64> = x.iter().zip(y).map(|(x, y)| x - y).collect();
    differences.sort_by(f64::total_cmp);
    let (difference, interval) = mean_interval(&differences, level)?;
    let p = (differences.len() > 1).then(|| {
        let n = differences.len() as f64;
        let squares: f64 = differences.iter().map(|x| (x - difference) * (x - difference)).sum();
        let error = (squares / (n - 1.0) / n).sqrt();
        match (difference.abs() > 0.0, error > 0.0) {
            (false, _) => 1.0,
            (true, false) => 0.0,
            (true, true) => t_beyond(difference.abs() / error, differences.len() as u32 - 1),
        }
    });
    Some(Paired { difference, interval, p })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_always_the_same_is_sure() {
        let same = paired(&[3.0, 4.0, 5.0], &[3.0, 4.0, 5.0], 0.95).unwrap();
        assert_eq!((same.difference, same.interval, same.p), (0.0, Some([0.0, 0.0]), Some(1.0)));
        let one_more = paired(&[4.0, 5.0], &[3.0, 4.0], 0.95).unwrap();
        assert_eq!((one_more.difference, one_more.p), (1.0, Some(0.0)));
        assert_eq!(
            paired(&[4.0], &[3.0], 0.95).unwrap(),
            Paired { difference: 1.0, interval: None, p: None }
        );
        assert_eq!(paired(&[], &[], 0.95), None);
    }
}
