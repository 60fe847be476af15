//! What one service, or all of them together, came to in one replication.

use halfopen_sim::Time;
use halfopen_sim::histogram::Histogram;

use crate::recording::{Recording, Recovery, ServiceRecord};
use crate::statistics::Lifetime;

/// One replication's values; times count from the first fault, or from the start of a run without one.
pub(super) struct Outcome {
    pub(super) requests: u64,
    pub(super) errors: u64,
    /// Absent when nothing was sent.
    pub(super) availability: Option<f64>,
    pub(super) first_error: Lifetime,
    pub(super) first_crash: Lifetime,
    pub(super) recovery: Lifetime,
    pub(super) errors_for: f64,
    pub(super) crashes: u64,
    pub(super) peak_pending_calls: u64,
    pub(super) peak_memory_bytes: u64,
    pub(super) latency: Histogram,
    /// Absent when no call was needed.
    pub(super) retry_amplification: Option<f64>,
}

impl Outcome {
    /// Of the service with this index; of the system without one.
    pub(super) fn of(recording: &Recording, service: Option<usize>) -> Outcome {
        let services = match service {
            Some(index) => std::slice::from_ref(&recording.services[index]),
            None => &recording.services,
        };
        let origin = recording.fault_at.unwrap_or(Time::ZERO);
        let since = |at: Time| at.saturating_since(origin).as_secs_f64();
        let until = since(recording.horizon);
        let first = |at: &dyn Fn(&ServiceRecord) -> Option<Time>| {
            let first = services.iter().filter_map(at).min();
            first.map_or(Lifetime::Censored(until), |at| Lifetime::Ended(since(at)))
        };
        let sum = |count: &dyn Fn(&ServiceRecord) -> u64| services.iter().map(count).sum::<u64>();
        let mut latency = Histogram::new();
        for service in services {
            latency.merge(&service.latency);
        }
        Outcome {
            requests: sum(&|s| s.requests),
            errors: sum(&|s| s.errors),
            availability: ratio(sum(&|s| s.good_after_fault), sum(&|s| s.sent_after_fault)),
            first_error: first(&|s| s.first_error),
            first_crash: first(&|s| s.first_crash),
            recovery: match services.iter().map(|s| s.recovery).max() {
                None | Some(Recovery::Unharmed) => Lifetime::Ended(0.0),
                Some(Recovery::At(at)) => Lifetime::Ended(since(at)),
                Some(Recovery::Never) => Lifetime::Censored(until),
            },
            errors_for: services.iter().filter_map(|s| s.last_error).max().map_or(0.0, since),
            crashes: sum(&|s| u64::from(s.crashes)),
            peak_pending_calls: sum(&|s| s.peak_pending_calls),
            peak_memory_bytes: services.iter().map(|s| s.peak_memory_bytes).max().unwrap_or(0),
            latency,
            retry_amplification: ratio(sum(&|s| s.calls_reached), sum(&|s| s.calls_needed)),
        }
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
