//! Do large values here go with large values there?

use super::normal::normal_quantile;
use super::student::t_beyond;

/// Spearman's correlation of ranks: 1 where one always rises with the other, −1 where it always falls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Association {
    /// In −1..=1.
    pub rho: f64,
    /// Its interval by Fisher's z with Bonett and Wright's (2000) variance, (1 + ρ²/2)/(n − 3); absent below four pairs.
    pub interval: Option<[f64; 2]>,
    /// Two-sided p of "they have nothing to do with each other", by Student's t; absent below four pairs.
    pub p: Option<f64>,
}

/// Correlation of the ranks of pairs; ties share their mean rank. `None` where one of the two never varies.
///
/// # Panics
/// When one has more values than the other.
pub fn rank_correlation(x: &[f64], y: &[f64], level: f64) -> Option<Association> {
    assert_eq!(x.len(), y.len(), "pairs need two values each");
    let (x, y) = (ranks(x), ranks(y));
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let scale = (product(&x, &x) * product(&y, &y)).sqrt();
    if scale <= 0.0 {
        return None;
    }
    let rho = (product(&x, &y) / scale).clamp(-1.0, 1.0);
    let interval = (x.len() > 3).then(|| {
        let error = ((1.0 + rho * rho / 2.0) / (x.len() as f64 - 3.0)).sqrt();
        let half = normal_quantile(0.5 + level / 2.0) * error;
        // The largest number below one keeps the transformation of a perfect correlation finite.
        let z = libm::atanh(rho.clamp(-1.0_f64.next_down(), 1.0_f64.next_down()));
        [libm::tanh(z - half), libm::tanh(z + half)]
    });
    let p = (x.len() > 3).then(|| {
        let freedom = x.len() as u32 - 2;
        let left = 1.0 - rho * rho;
        if left > 0.0 { t_beyond(rho.abs() * (f64::from(freedom) / left).sqrt(), freedom) } else { 0.0 }
    });
    Some(Association { rho, interval, p })
}

/// Ranks around their mean.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let middle = (values.len() as f64 - 1.0) / 2.0;
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for tied in order.chunk_by(|&a, &b| values[a].total_cmp(&values[b]).is_eq()) {
        let shared = first as f64 + (tied.len() as f64 - 1.0) / 2.0 - middle;
        for &index in tied {
            ranks[index] = shared;
        }
        first += tied.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        let rho = |x: &[f64], y: &[f64]| rank_correlation(x, y, 0.95).map(|it| it.rho);
        assert_eq!(rho(&[1.0, 2.0, 3.0], &[1.0, 10.0, 100.0]), Some(1.0), "only order counts");
        assert_eq!(rho(&[1.0, 2.0, 3.0], &[9.0, 8.0, 1.0]), Some(-1.0));
        assert_eq!(rho(&[1.0, 2.0], &[5.0, 5.0]), None);
        assert_eq!(rho(&[], &[]), None);
        // 1 − 6 Σd²/(n(n² − 1)) = 1 − 6 · 8/120.
        let it = rank_correlation(&[1.0, 2.0, 3.0, 4.0, 5.0], &[3.0, 1.0, 2.0, 5.0, 4.0], 0.95).unwrap();
        assert!((it.rho - 0.6).abs() < 1e-12);
        // scipy.stats.spearmanr: 0.2848.
        assert!((it.p.unwrap() - 0.284_76).abs() < 1e-4, "{it:?}");
        let [low, high] = it.interval.unwrap();
        assert!(low < 0.0 && high > 0.9, "five pairs say little: {low} {high}");
        // Ties share a rank: x 0.5 0.5 2 3, y 0 1 2 3 (from zero): 4.5/√(4.5 · 5).
        let tied = rho(&[1.0, 1.0, 2.0, 3.0], &[1.0, 2.0, 3.0, 4.0]).unwrap();
        assert!((tied - libm::sqrt(4.5 / 5.0)).abs() < 1e-12, "{tied}");
    }
}
