//! `replications.csv`: a row for each replication and service with every figure as measured, in the units and from the
//! origin of `summary.json`: times count from the first fault, or from the start of a run without one. An empty cell:
//! it did not happen before the horizon, or cannot be said.

use halfopen_models::recording::{Recording, Recovery, ServiceRecord, Verdict};
use halfopen_sim::Time;

use super::{Result, Row, optional};

pub(super) const HEADER: &[&str] = &[
    "replication",
    "seed",
    "service",
    "requests",
    "errors",
    "sent_after_fault",
    "good_after_fault",
    "availability",
    "time_to_first_error_s",
    "time_to_crash_s",
    "time_to_recovery_s",
    "errors_for_s",
    "crashes",
    "peak_pending_calls",
    "peak_memory_bytes",
    "latency_p50_ms",
    "latency_p90_ms",
    "latency_p99_ms",
    "latency_p999_ms",
    "latency_max_ms",
    "calls_reached",
    "calls_needed",
    "retry_amplification",
    "verdict",
    "verdict_rule",
];

pub(super) fn rows(result: &Result<'_>, to: &mut dyn FnMut(Row)) {
    for (index, recording) in result.recordings.iter().enumerate() {
        for (service, record) in result.scenario.services.iter().zip(&recording.services) {
            let mut row = vec![index.to_string(), recording.seed.to_string(), service.name.clone()];
            row.extend(figures(recording, record));
            to(row);
        }
    }
}

fn figures(recording: &Recording, record: &ServiceRecord) -> Row {
    let origin = recording.fault_at.unwrap_or(Time::ZERO);
    let since = |at| super::since(at, origin);
    let recovery = match record.recovery {
        Recovery::Unharmed => Some(0.0),
        Recovery::At(at) => Some(since(at)),
        Recovery::Never => None,
    };
    let ratio = |part: u64, whole: u64| optional((whole > 0).then(|| part as f64 / whole as f64));
    let latency = |q| optional(record.latency.quantile(q).map(|span| span.as_nanos() as f64 / 1e6));
    vec![
        record.requests.to_string(),
        record.errors.to_string(),
        record.sent_after_fault.to_string(),
        record.good_after_fault.to_string(),
        ratio(record.good_after_fault, record.sent_after_fault),
        optional(record.first_error.map(since)),
        optional(record.first_crash.map(since)),
        optional(recovery),
        record.last_error.map_or(0.0, since).to_string(),
        record.crashes.to_string(),
        record.peak_pending_calls.to_string(),
        record.peak_memory_bytes.to_string(),
        latency(0.5),
        latency(0.9),
        latency(0.99),
        latency(0.999),
        latency(1.0),
        record.calls_reached.to_string(),
        record.calls_needed.to_string(),
        ratio(record.calls_reached, record.calls_needed),
        verdict(record.verdict).into(),
        record.verdict_rule.clone(),
    ]
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Unharmed => "unharmed",
        Verdict::ByItself => "by_itself",
        Verdict::ByCrash => "by_crash",
        Verdict::ByKernel => "by_kernel",
        Verdict::Metastable => "metastable",
        Verdict::NeverWithinHorizon => "never_within_horizon",
    }
}
