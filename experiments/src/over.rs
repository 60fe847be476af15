//! Samples of one second over replications.

use halfopen_models::recording::{Recording, Sample};

/// The samples that all replications took of a service in this second.
pub fn samples(recordings: &[Recording], service: usize, second: usize) -> Vec<&Sample> {
    recordings.iter().filter_map(|recording| recording.services[service].series.get(second)).collect()
}

/// Mean over replications.
pub fn mean(samples: &[&Sample], figure: impl Fn(&Sample) -> f64) -> f64 {
    samples.iter().map(|sample| figure(sample)).sum::<f64>() / samples.len().max(1) as f64
}

/// 5 % and 95 % quantiles over replications, linear between neighbours.
pub fn quantiles(samples: &[&Sample], figure: impl Fn(&Sample) -> f64) -> [f64; 2] {
    let mut values: Vec<f64> = samples.iter().map(|sample| figure(sample)).collect();
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
    use halfopen_models::recording::Sample;

    #[test]
    fn quantiles_lie_between_neighbours() {
        let all: Vec<Sample> =
            [30, 10, 20].map(|pending_calls| Sample { pending_calls, ..Sample::default() }).into();
        let samples: Vec<&Sample> = all.iter().collect();
        let [low, high] = quantiles(&samples, |s| s.pending_calls as f64);
        assert!((low - 11.0).abs() < 1e-9 && (high - 29.0).abs() < 1e-9, "{low} {high}");
        assert!((mean(&samples, |s| s.pending_calls as f64) - 20.0).abs() < 1e-9);
    }
}
