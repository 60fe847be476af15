//! What a run will cost, roughly: only for the order of work and for the time left.

use halfopen_models::scenario::{Load, Scenario};
use halfopen_sim::Time;

/// Work of one replication, in an arbitrary unit: mostly its requests, and its instances, which are looked at every
/// second. What a fault adds (retries, crashes) is not known before.
pub fn cost(scenario: &Scenario) -> u64 {
    let horizon = Time::ZERO + scenario.horizon;
    let calls =
        |load: &Load| scenario.services[load.service].calls.iter().map(|calls| calls.times).sum::<u32>();
    let requests =
        scenario.loads.iter().map(|load| arrivals(&load.rate, horizon) * f64::from(10 + 10 * calls(load)));
    let instances: u32 = scenario.services.iter().map(|service| service.instances).sum();
    let looks = scenario.horizon.as_secs_f64() * f64::from(instances);
    (requests.sum::<f64>() + looks).min(1e15) as u64 + 1000
}

/// Expected arrivals until the horizon: straight lines between points, constant after the last.
fn arrivals(rate: &[(Time, f64)], horizon: Time) -> f64 {
    let ends = rate.iter().skip(1).copied().chain([(horizon, rate.last().map_or(0.0, |last| last.1))]);
    let between = |(&(from, low), (to, high)): (&(Time, f64), (Time, f64))| {
        let span = to.min(horizon).saturating_since(from).as_secs_f64();
        span * (low + high) / 2.0
    };
    rate.iter().zip(ends).map(between).sum()
}

#[cfg(test)]
mod tests {
    use halfopen_sim::{Span, Time};

    use super::arrivals;

    #[test]
    fn arrivals_are_the_area_under_the_rate() {
        let at = |secs| Time::ZERO + Span::from_secs(secs);
        let rows = [
            (vec![(at(0), 10.0)], 1000.0),
            (vec![(at(0), 10.0), (at(50), 10.0), (at(50), 20.0)], 1500.0),
            (vec![(at(0), 0.0), (at(100), 10.0)], 500.0),
            (vec![(at(0), 10.0), (at(200), 10.0)], 1000.0),
        ];
        for (rate, expected) in rows {
            assert!((arrivals(&rate, at(100)) - expected).abs() < 1e-9, "{rate:?}");
        }
    }
}
