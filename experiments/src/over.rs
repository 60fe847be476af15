//! Samples over replications.

use halfopen_models::recording::{Recording, Sample};
use halfopen_models::statistics::quantile;

/// The samples that all replications took of a service in this second.
pub fn samples(recordings: &[Recording], service: usize, second: usize) -> Vec<&Sample> {
    recordings.iter().filter_map(|recording| recording.services[service].series.get(second)).collect()
}

/// Mean of the values, one for each replication.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// 5 % and 95 % quantiles of the values, one for each replication.
pub fn spread(values: &[f64]) -> [f64; 2] {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    [0.05, 0.95].map(|q| quantile(&sorted, q).unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use super::{mean, spread};

    #[test]
    fn replications_may_come_in_any_order() {
        let [low, high] = spread(&[30.0, 10.0, 20.0]);
        assert!((low - 11.0).abs() < 1e-9 && (high - 29.0).abs() < 1e-9, "{low} {high}");
        assert!((mean(&[30.0, 10.0, 20.0]) - 20.0).abs() < 1e-9);
    }
}
