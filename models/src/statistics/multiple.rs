//! Many tests at once: p values adjusted, in the order in which they came.

/// Holm's (1979): below `alpha` in any test although nothing is there, with probability `alpha` at most. For a ranking.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let n = p.len() as f64;
    let order = ascending(p);
    let mut adjusted = vec![0.0; p.len()];
    let mut most = 0.0_f64;
    for (rank, &index) in order.iter().enumerate() {
        most = most.max(((n - rank as f64) * p[index]).min(1.0));
        adjusted[index] = most;
    }
    adjusted
}

/// Benjamini and Hochberg's (1995): of those below `alpha`, a share of `alpha` is false on average. For screening.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let n = p.len() as f64;
    let order = ascending(p);
    let mut adjusted = vec![0.0; p.len()];
    let mut least = 1.0_f64;
    for (rank, &index) in order.iter().enumerate().rev() {
        least = least.min(n / (rank as f64 + 1.0) * p[index]);
        adjusted[index] = least;
    }
    adjusted
}

fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_stays_and_one_test_needs_no_adjusting() {
        let p = [0.6, 0.001, 0.04];
        assert_eq!(holm(&p), [0.6, 0.003, 0.08]);
        assert!((benjamini_hochberg(&p)[2] - 0.06).abs() < 1e-12);
        assert_eq!((holm(&[0.3]), benjamini_hochberg(&[0.3]), holm(&[])), (vec![0.3], vec![0.3], vec![]));
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0], "a probability at most");
    }
}
