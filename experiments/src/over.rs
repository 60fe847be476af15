//! Samples over replications.

use halfopen_models::recording::{Recording, Sample};

/// The samples that all replications took of a service in this second.
pub fn samples(recordings: &[Recording], service: usize, second: usize) -> Vec<&Sample> {
    recordings.iter().filter_map(|recording| recording.services[service].series.get(second)).collect()
}

/// Mean of the values, one for each replication.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// 5 % and 95 % quantiles of the values, linear between neighbours.
pub fn quantiles(values: &[f64]) -> [f64; 2] {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    [0.05, 0.95].map(|q| {
        let Some(last) = values.len().checked_sub(1) else { return 0.0 };
        let place = q * last as f64;
        let below = place as usize;
        let above = (below + 1).min(last);
        values[below] + (values[above] - values[below]) * (place - below as f64)
    })
}

#[cfg(test)]
mod tests {
    use super::{mean, quantiles};

    #[test]
    fn quantiles_lie_between_neighbours() {
        let [low, high] = quantiles(&[30.0, 10.0, 20.0]);
        assert!((low - 11.0).abs() < 1e-9 && (high - 29.0).abs() < 1e-9, "{low} {high}");
        assert!((mean(&[30.0, 10.0, 20.0]) - 20.0).abs() < 1e-9);
    }
}
