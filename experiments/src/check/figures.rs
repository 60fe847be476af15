//! Which figures a baseline holds, and what a replication shows of them.

use halfopen_models::scenario::Scenario;
use halfopen_models::statistics::Lifetime;
use halfopen_models::summary::{Observed, Replication};

use crate::figure::Name;

/// Of every service.
const OF_SERVICE: [&str; 12] = [
    "availability",
    "errors",
    "time_to_first_error_s",
    "time_to_crash_s",
    "time_to_recovery_s",
    "errors_for_s",
    "crashes",
    "peak_pending_calls",
    "peak_memory_bytes",
    "latency_ms.p50",
    "latency_ms.p99",
    "retry_amplification",
];
/// Of every cache.
const OF_CACHE: [&str; 2] = ["utilization", "peak_queue"];

/// What one replication shows of one figure, as a baseline keeps it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shown {
    /// A value, to six digits: more would be read by nobody, and fewer could hide a change.
    Value(f64),
    /// It had not happened by the end of the run.
    Never,
    /// There was nothing to measure.
    Nothing,
}

impl Shown {
    /// What a replication shows.
    pub fn of(observed: Observed) -> Shown {
        match (observed.time(), observed.value()) {
            (Some(Lifetime::Censored(_)), _) => Shown::Never,
            (_, Some(value)) => Shown::Value(rounded(value)),
            (_, None) => Shown::Nothing,
        }
    }

    /// From its text.
    pub fn parse(text: &str) -> Option<Shown> {
        match text {
            "never" => Some(Shown::Never),
            "-" => Some(Shown::Nothing),
            number => number.parse().ok().filter(|it: &f64| it.is_finite()).map(Shown::Value),
        }
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Shown::Value(value) => write!(f, "{value}"),
            Shown::Never => f.pad("never"),
            Shown::Nothing => f.pad("-"),
        }
    }
}

/// The figures of a scenario, the services first.
pub fn names(scenario: &Scenario) -> Vec<Name> {
    let services = scenario.services.iter();
    let services = services.flat_map(|it| OF_SERVICE.map(|figure| format!("services.{}.{figure}", it.name)));
    let caches = scenario.caches.iter();
    let caches = caches.flat_map(|it| OF_CACHE.map(|figure| format!("caches.{}.{figure}", it.name)));
    services
        .chain(caches)
        .map(|text| Name::parse(&text, scenario).expect("every scenario has them"))
        .collect()
}

/// What every replication shows of a figure.
pub fn shown(name: &Name, replications: &[Replication]) -> Vec<Shown> {
    replications.iter().map(|it| Shown::of(name.observed(it))).collect()
}

/// To six significant digits.
pub fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().expect("a number that was just written")
}

#[cfg(test)]
mod tests {
    use super::{Shown, rounded};

    #[test]
    fn what_was_written_is_read() {
        for it in [
            Shown::Value(0.0),
            Shown::Value(rounded(1_234_567.9)),
            Shown::Value(-2.5),
            Shown::Never,
            Shown::Nothing,
        ] {
            assert_eq!(Shown::parse(&it.to_string()), Some(it));
        }
        assert_eq!(Shown::parse("NaN"), None);
        assert_eq!(rounded(0.123_456_789).to_string(), "0.123457");
    }
}
