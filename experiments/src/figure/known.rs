//! What is known: the figures of services, caches and databases, in the order of `summary.json`.

use halfopen_models::recording::{CacheRecord, DatabaseRecord};
use halfopen_models::statistics::Lifetime;
use halfopen_models::summary::{Observed, Outcome};

use super::Counts;

/// A figure: its name, what a replication shows of it, what it counts.
pub(super) struct Known<R: 'static>(pub(super) &'static str, pub(super) Shows<R>, Counts);

/// What a replication shows of a figure.
pub(super) enum Shows<R: 'static> {
    /// How many.
    Count(fn(&R) -> u64),
    /// A value, if there is one.
    Value(fn(&R) -> Option<f64>),
    /// How long something lasted. The median stands for it, as it does for times.
    Duration(fn(&R) -> f64),
    /// A time that may not have come.
    Time(fn(&R) -> Lifetime),
}

impl<R> Shows<R> {
    pub(super) fn of(&self, record: &R) -> Observed {
        match self {
            Shows::Count(of) => Observed::Value(Some(of(record) as f64)),
            Shows::Value(of) => Observed::Value(of(record)),
            Shows::Duration(of) => Observed::Value(Some(of(record))),
            Shows::Time(of) => Observed::Time(of(record)),
        }
    }
}

use Counts::{Bytes, Millis, Seconds, Share, Things};
use Shows::{Count, Duration, Time, Value};

pub(super) const SERVICE: &[Known<Outcome>] = &[
    Known("requests", Count(|o| o.requests), Things),
    Known("errors", Count(|o| o.errors), Things),
    Known("availability", Value(|o| o.availability), Share),
    Known("time_to_first_error_s", Time(|o| o.first_error), Seconds),
    Known("time_to_crash_s", Time(|o| o.first_crash), Seconds),
    Known("time_to_recovery_s", Time(|o| o.recovery), Seconds),
    Known("errors_for_s", Duration(|o| o.errors_for), Seconds),
    Known("crashes", Count(|o| o.crashes), Things),
    Known("peak_pending_calls", Count(|o| o.peak_pending_calls), Things),
    Known("peak_memory_bytes", Count(|o| o.peak_memory_bytes), Bytes),
    Known("latency_ms.p50", Value(|o| o.latency_ms.p50), Millis),
    Known("latency_ms.p90", Value(|o| o.latency_ms.p90), Millis),
    Known("latency_ms.p99", Value(|o| o.latency_ms.p99), Millis),
    Known("latency_ms.p999", Value(|o| o.latency_ms.p999), Millis),
    Known("latency_ms.max", Value(|o| o.latency_ms.max), Millis),
    Known("retry_amplification", Value(|o| o.retry_amplification), Things),
];

pub(super) const CACHE: &[Known<CacheRecord>] = &[
    Known("utilization", Value(|c| Some(c.utilization)), Share),
    Known("throughput_per_s", Value(|c| Some(c.throughput_per_s)), Things),
    Known("peak_queue", Count(|c| c.peak_queue), Things),
    Known("peak_connections", Count(|c| c.peak_connections), Things),
];

pub(super) const DATABASE: &[Known<DatabaseRecord>] = &[
    Known("utilization", Value(|d| Some(d.utilization)), Share),
    Known("throughput_per_s", Value(|d| Some(d.throughput_per_s)), Things),
    Known("peak_queue", Count(|d| d.peak_queue), Things),
    Known("refused", Count(|d| d.refused), Things),
];

/// What can be said of a figure whosever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct About {
    pub(super) name: &'static str,
    pub(super) counts: Counts,
    /// Whether the median stands for it: it lasts, or may never come.
    pub(super) median: bool,
    /// Whether it may never come.
    pub(super) time: bool,
}

impl<R> Known<R> {
    pub(super) fn about(&self) -> About {
        let time = matches!(self.1, Time(_));
        About { name: self.0, counts: self.2, median: time || matches!(self.1, Duration(_)), time }
    }
}
