//! A figure of a steady state from one long run: where its beginning ends, and how sure its mean is although neighbours
//! resemble each other.

use super::sample::mean_interval;

/// How many of the first values to leave out: the d ≤ n/2 that makes the marginal standard error of the mean of the
/// rest least, Σ (xᵢ − mean)² ÷ (n − d)² (White 1997). A d at n/2 says that the run was too short.
pub fn mser(values: &[f64]) -> usize {
    let mut best = (f64::INFINITY, 0);
    for d in 0..=values.len() / 2 {
        let rest = &values[d..];
        let n = rest.len() as f64;
        let mean = rest.iter().sum::<f64>() / n;
        let error = rest.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n * n);
        if error < best.0 {
            best = (error, d);
        }
    }
    best.1
}

/// [`mser`] over means of five values each, which one outlier does not lead astray (White, Cobb and Spratt 2000): a
/// multiple of five.
pub fn mser_5(values: &[f64]) -> usize {
    let fives: Vec<f64> = values.chunks_exact(5).map(|five| five.iter().sum::<f64>() / 5.0).collect();
    5 * mser(&fives)
}

/// Correlation of neighbours, Σ (xᵢ − mean)(xᵢ₊₁ − mean) ÷ Σ (xᵢ − mean)²; zero where nothing varies.
pub fn autocorrelation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
    let products: f64 = values.windows(2).map(|two| (two[0] - mean) * (two[1] - mean)).sum();
    if squares > 0.0 { products / squares } else { 0.0 }
}

/// Mean and its t interval from this many equal batches, whose means count as independent if batches are long beside
/// the memory of the system: see that their [`autocorrelation`] is near zero. What is left over at the beginning is left
/// out.
///
/// `None` where a batch would be empty.
///
/// # Panics
/// With no batches.
pub fn batch_means(values: &[f64], batches: usize, level: f64) -> Option<(f64, Option<[f64; 2]>)> {
    assert!(batches > 0, "batch means without batches");
    let size = values.len() / batches;
    if size == 0 {
        return None;
    }
    let kept = &values[values.len() - batches * size..];
    let mut means: Vec<f64> =
        kept.chunks_exact(size).map(|batch| batch.iter().sum::<f64>() / size as f64).collect();
    means.sort_by(f64::total_cmp);
    mean_interval(&means, level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_cut_and_nothing_else() {
        let steady: Vec<f64> = (0..60).map(|i| f64::from(i % 3)).collect();
        assert_eq!(mser(&steady), 0);
        let mut warming = vec![50.0, 40.0, 30.0, 20.0, 10.0, 5.0];
        warming.extend(&steady);
        assert_eq!((mser(&warming), mser_5(&warming)), (6, 10));
        assert_eq!((mser(&[]), mser_5(&[1.0, 2.0])), (0, 0));
    }

    #[test]
    fn what_is_left_over_comes_from_the_beginning() {
        let (mean, interval) = batch_means(&[99.0, 1.0, 1.0, 1.0, 1.0], 2, 0.95).unwrap();
        assert_eq!((mean, interval), (1.0, Some([1.0, 1.0])));
        assert_eq!(batch_means(&[1.0], 2, 0.95), None);
        assert!(autocorrelation(&[1.0; 9]).abs() < 1e-12);
    }
}
