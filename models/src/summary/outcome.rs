//! What one service, or all of them together, came to in one replication.

use halfopen_sim::Time;
use halfopen_sim::histogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::recording::{CacheRecord, DatabaseRecord, Recording, Recovery, ServiceRecord, Verdict};
use crate::statistics::Lifetime;

/// All that a summary needs of one run: about a hundredth of its [`Recording`], so that thousands of them fit into
/// memory, and plain data, so that they can be kept on a disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replication {
    /// Seed of the run.
    pub seed: u64,
    /// Digest over all events.
    pub digest: u64,
    /// Seconds from the start to the first fault that does anything.
    pub fault_at_s: Option<f64>,
    /// Per service, in the scenario's order.
    pub services: Vec<Outcome>,
    /// All services together.
    pub system: Outcome,
    /// Per cache, in the scenario's order.
    pub caches: Vec<CacheRecord>,
    /// Per database, in the scenario's order.
    pub databases: Vec<DatabaseRecord>,
}

impl Replication {
    /// What a run came to.
    pub fn of(recording: &Recording) -> Replication {
        Replication {
            seed: recording.seed,
            digest: recording.digest,
            fault_at_s: recording.fault_at.map(Time::as_secs_f64),
            services: (0..recording.services.len()).map(|it| Outcome::of(recording, Some(it))).collect(),
            system: Outcome::of(recording, None),
            caches: recording.caches.clone(),
            databases: recording.databases.clone(),
        }
    }

    /// What the service with this index came to; the system without one.
    pub fn outcome(&self, service: Option<usize>) -> &Outcome {
        service.map_or(&self.system, |index| &self.services[index])
    }
}

/// What one replication shows of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Observed {
    /// A value; absent where there is none to state.
    Value(Option<f64>),
    /// A time that may not have come.
    Time(Lifetime),
}

impl Observed {
    /// The value; of a time, when it came.
    pub fn value(self) -> Option<f64> {
        match self {
            Observed::Value(value) => value,
            Observed::Time(Lifetime::Ended(at)) => Some(at),
            Observed::Time(Lifetime::Censored(_)) => None,
        }
    }

    /// The time, if it is one.
    pub fn time(self) -> Option<Lifetime> {
        match self {
            Observed::Value(_) => None,
            Observed::Time(time) => Some(time),
        }
    }
}

/// One replication's values, of a service or of the system; times are in seconds and count from the first fault, or
/// from the start of a run without one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Requests sent in the whole run.
    pub requests: u64,
    /// Requests that failed or missed their caller's deadline in the whole run.
    pub errors: u64,
    /// Answered well and in time ÷ sent from the first fault on; absent when nothing was sent.
    pub availability: Option<f64>,
    /// First failed request.
    pub first_error: Lifetime,
    /// First instance killed by memory.
    pub first_crash: Lifetime,
    /// When the objective held for good; 0 where it was never broken.
    pub recovery: Lifetime,
    /// Last failed request; 0 without one.
    pub errors_for: f64,
    /// Instances killed by memory.
    pub crashes: u64,
    /// Of each instance, when memory first killed it.
    pub instances: Vec<Lifetime>,
    /// Most calls issued and not yet answered, failed or dropped.
    pub peak_pending_calls: u64,
    /// Most bytes in one instance's ledger.
    pub peak_memory_bytes: u64,
    /// Arrival to answer, in milliseconds.
    pub latency_ms: Quantiles,
    /// Calls that reached a node ÷ calls the same users needed; absent when no call was needed.
    pub retry_amplification: Option<f64>,
    /// By how many calls a second what pends grows, from half-way between the first fault and the horizon on: the slope of
    /// the straight line through one sample a second. 0 where fewer than two samples are left.
    pub pending_growth_per_s: f64,
    /// How it came out, and the rule that decided it; absent for the system.
    pub verdict: Option<(Verdict, String)>,
}

/// Quantiles of one replication's latencies; absent when nothing was answered.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Quantiles {
    pub p50: Option<f64>,
    pub p90: Option<f64>,
    pub p99: Option<f64>,
    pub p999: Option<f64>,
    pub max: Option<f64>,
}

impl Quantiles {
    fn of(latency: &Histogram) -> Quantiles {
        let at = |q| latency.quantile(q).map(|span| span.as_nanos() as f64 / 1e6);
        Quantiles { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1.0) }
    }
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
        let verdict = |index: usize| {
            let service = &recording.services[index];
            (service.verdict, service.verdict_rule.clone())
        };
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
            instances: services
                .iter()
                .flat_map(|s| &s.instances)
                .map(|it| it.first_crash.map_or(Lifetime::Censored(until), |at| Lifetime::Ended(since(at))))
                .collect(),
            peak_pending_calls: sum(&|s| s.peak_pending_calls),
            peak_memory_bytes: services.iter().map(|s| s.peak_memory_bytes).max().unwrap_or(0),
            latency_ms: Quantiles::of(&latency),
            retry_amplification: ratio(sum(&|s| s.calls_reached), sum(&|s| s.calls_needed)),
            pending_growth_per_s: services.iter().map(|s| growth(s, origin, recording.horizon)).sum(),
            verdict: service.map(verdict),
        }
    }
}

/// Slope of the pending calls over the second half from `origin` to `horizon`, by least squares.
fn growth(service: &ServiceRecord, origin: Time, horizon: Time) -> f64 {
    let half = origin.as_secs_f64() + horizon.saturating_since(origin).as_secs_f64() / 2.0;
    let late = service.series.iter().enumerate().filter(|(second, _)| *second as f64 >= half);
    let points: Vec<(f64, f64)> = late.map(|(second, it)| (second as f64, it.pending_calls as f64)).collect();
    if points.len() < 2 {
        return 0.0;
    }
    let n = points.len() as f64;
    let centre = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
    let (at, pending) = (centre(|it| it.0), centre(|it| it.1));
    let products: f64 = points.iter().map(|it| (it.0 - at) * (it.1 - pending)).sum();
    let squares: f64 = points.iter().map(|it| (it.0 - at) * (it.0 - at)).sum();
    products / squares
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
