//! Many recordings of one scenario → figures with their uncertainty, and the claims held against them.
//!
//! Pure: equal recordings in equal order give equal summaries, and another order changes the digest and nothing else.
//! What one replication came to is in `outcome`, how replications make figures in `figures`, when a
//! claim holds in `claims`.

pub mod claims;
mod figures;
mod outcome;
mod uncertainty;
mod words;

pub use uncertainty::{Influence, Uncertainty, UnknownValue};

pub use outcome::{Observed, Outcome, Quantiles, Replication};

use serde::Serialize;

/// A figure over replications. A field is absent where it cannot be stated honestly.
///
/// Quantiles of values that every replication shows are of type 7 and the median's interval is of order statistics;
/// those of times come from the Kaplan–Meier curve and its band, also where nothing is censored, so that one censored
/// replication more never moves them by a change of method.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// Mean over replications; absent where a value is censored: a mean over survivors would lie.
    pub mean: Option<f64>,
    /// 95 % t interval of the mean; absent where the mean is, and with fewer than two values.
    pub ci95: Option<[f64; 2]>,
    /// Median; of times the first by which half of the replications have seen it.
    pub median: Option<f64>,
    /// 95 % interval of the median; an end is absent where the data do not bound it: always below six replications.
    pub median_ci95: [Option<f64>; 2],
    /// 5 % quantile.
    pub p5: Option<f64>,
    /// 95 % quantile.
    pub p95: Option<f64>,
    /// Number of replications that have a value, censored ones included.
    pub n: u32,
    /// Replications in which it did not happen before the horizon.
    pub censored: u32,
}

/// A latency distribution: each quantile as a figure over replications, in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Latency {
    pub p50: Figure,
    pub p90: Figure,
    pub p99: Figure,
    pub p999: Figure,
    pub max: Figure,
}

/// The figures of a service, or of the whole system. In each replication the system's times are the earliest first
/// error and crash, the latest recovery (censored when one service stays broken) and the latest last error; its counts
/// are sums, its ratios those of the sums, its latencies those of all requests together; its peak memory is the largest
/// instance's. Its peak of pending calls is the sum of the services' peaks, which need not fall together.
///
/// Without a fault, times count from the start of the run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServiceSummary {
    /// Requests sent in the whole run.
    pub requests: Figure,
    /// Requests that failed or missed their caller's deadline in the whole run.
    pub errors: Figure,
    /// Answered well and in time ÷ sent, from the first fault to the horizon; what is open at the horizon is not
    /// answered. Over the replications in which anything was sent.
    pub availability: Figure,
    /// From the first fault to the first failed request; censored without one.
    pub time_to_first_error_s: Figure,
    /// From the first fault to the first instance killed by memory; censored without one.
    pub time_to_crash_s: Figure,
    /// From the first fault until the objective holds for good; 0 where it was never broken; censored where it stays
    /// broken.
    pub time_to_recovery_s: Figure,
    /// From the first fault to the last failed request; 0 without one.
    pub errors_for_s: Figure,
    /// Instances killed by memory.
    pub crashes: Figure,
    /// Most calls issued and not yet answered, failed or dropped.
    pub peak_pending_calls: Figure,
    /// Most bytes in one instance's ledger.
    pub peak_memory_bytes: Figure,
    /// Arrival to answer, of requests that were answered well; over the replications that answered any.
    pub latency_ms: Latency,
    /// Calls that reached the cache ÷ calls the same users needed; over the replications that needed any.
    pub retry_amplification: Figure,
    /// How it came out, by replications, the most frequent first; empty for the system.
    pub verdicts: Vec<VerdictCount>,
}

/// In how many replications a service came out this way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VerdictCount {
    /// `recovered by crash and restart`.
    pub verdict: String,
    /// Replications.
    pub replications: u32,
    /// The rule that decided it, with the numbers of the first of these replications.
    pub rule: String,
}

/// The figures of a cache.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CacheSummary {
    /// Share of the run its serving node was busy.
    pub utilization: Figure,
    /// Commands served per second of the run.
    pub throughput_per_s: Figure,
    /// Most commands waiting at a node.
    pub peak_queue: Figure,
    /// Most connections at a node.
    pub peak_connections: Figure,
}

/// The figures of a database.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DatabaseSummary {
    /// Share of the run that its connections were busy, all together.
    pub utilization: Figure,
    /// Queries answered per second of the run.
    pub throughput_per_s: Figure,
    /// Most queries that waited.
    pub peak_queue: Figure,
    /// Queries refused because too many waited.
    pub refused: Figure,
}

/// A claim of the scenario, held against the figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClaimResult {
    /// The sentence in the file.
    pub claim: String,
    /// Whether it holds: whether it was decided that it does.
    pub holds: bool,
    /// What was decided.
    pub decision: Decision,
    /// What was measured, as a sentence with numbers.
    pub measured: String,
    /// The variant it is about; absent: the scenario as run.
    pub variant: Option<String>,
    /// Its line in the scenario file.
    pub line: u32,
}

/// What the replications decide about a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// All that the interval leaves possible lies within the bounds.
    Held,
    /// None of it does.
    Broken,
    /// The interval straddles a bound, or there is nothing to measure: more replications may tell.
    Undecided,
}

/// Everything in `summary.json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Version of this shape: 1.
    pub format: u32,
    /// Name of the scenario.
    pub scenario: String,
    /// Variant, if one was applied.
    pub variant: Option<String>,
    /// Seed of the first replication; the others follow by one.
    pub seed: u64,
    /// Number of replications.
    pub replications: u32,
    /// End of each run.
    pub horizon_s: f64,
    /// First fault, if any.
    pub fault_at_s: Option<f64>,
    /// Digest over all events of all replications, as 16 hexadecimal digits.
    pub digest: String,
    /// By service, in the scenario's order.
    #[serde(serialize_with = "as_map")]
    pub services: Vec<(String, ServiceSummary)>,
    /// Over all services.
    pub system: ServiceSummary,
    /// By cache, in the scenario's order.
    #[serde(serialize_with = "as_map")]
    pub caches: Vec<(String, CacheSummary)>,
    /// By database, in the scenario's order; absent without any.
    #[serde(serialize_with = "as_map", skip_serializing_if = "Vec::is_empty")]
    pub databases: Vec<(String, DatabaseSummary)>,
    /// Claims; filled by whoever has run the variants they are about.
    pub expect: Vec<ClaimResult>,
    /// What was drawn for each replication, and what it did; absent of a run of the scenario as it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncertainty: Option<Uncertainty>,
}

fn as_map<T: Serialize, S: serde::Serializer>(
    entries: &[(String, T)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(entries.iter().map(|(name, value)| (name, value)))
}
