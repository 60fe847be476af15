//! What one run leaves behind: plain data, made by the wiring while the run goes on.

use std::fmt;

use halfopen_sim::histogram::Histogram;
use halfopen_sim::{Span, Time};
use serde::{Deserialize, Serialize};

use crate::app::Cause;
use crate::load::Outcome;

/// Everything recorded in one run.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Seed of the run.
    pub seed: u64,
    /// End of the run.
    pub horizon: Time,
    /// First fault that does anything.
    pub fault_at: Option<Time>,
    /// Per service, in the scenario's order.
    pub services: Vec<ServiceRecord>,
    /// Per cache, in the scenario's order.
    pub caches: Vec<CacheRecord>,
    /// Per database, in the scenario's order.
    pub databases: Vec<DatabaseRecord>,
    /// What happened, in order.
    pub story: Vec<StoryEvent>,
    /// Requests sent by all loads.
    pub requests: u64,
    /// Events handled by the engine.
    pub events: u64,
    /// Digest over all events.
    pub digest: u64,
}

/// One service in one run. What counts after the first fault counts from the start in a run without one.
#[derive(Clone, Debug)]
pub struct ServiceRecord {
    /// Requests sent in the whole run.
    pub requests: u64,
    /// Requests that failed or missed their caller's deadline in the whole run.
    pub errors: u64,
    /// How requests ended in the whole run, as their callers count them.
    pub callers: Callers,
    /// Requests neither answered nor failed at the horizon.
    pub open_at_horizon: u64,
    /// Requests sent at or after the first fault; one that is still open at the horizon and not slow yet is not counted.
    pub sent_after_fault: u64,
    /// Of those, answered well and within the caller's deadline before the horizon.
    pub good_after_fault: u64,
    /// First failed request at or after the first fault.
    pub first_error: Option<Time>,
    /// Last failed request at or after the first fault.
    pub last_error: Option<Time>,
    /// First instance killed by memory at or after the first fault.
    pub first_crash: Option<Time>,
    /// Instances killed by memory, in the whole run.
    pub crashes: u32,
    /// When the objective held again.
    pub recovery: Recovery,
    /// Most calls issued and not yet answered, failed or dropped.
    pub peak_pending_calls: u64,
    /// Most bytes in one instance's ledger.
    pub peak_memory_bytes: u64,
    /// Arrival to answer of answered requests, in the whole run.
    pub latency: Histogram,
    /// Calls that reached a node.
    pub calls_reached: u64,
    /// Calls the same users needed.
    pub calls_needed: u64,
    /// How it came out.
    pub verdict: Verdict,
    /// The rule that decided the verdict, with its numbers, as a sentence.
    pub verdict_rule: String,
    /// Per instance.
    pub instances: Vec<InstanceRecord>,
    /// One sample a second, the first at t = 0 s.
    pub series: Vec<Sample>,
}

/// Requests by their end, as an HTTP client counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Callers {
    /// Answered well and in time.
    pub answered: u64,
    /// Answered with an error (5xx).
    pub failed: u64,
    /// Given up after the deadline.
    pub given_up: u64,
    /// Connection refused, or ended by a crash.
    pub cut_off: u64,
}

/// When a service's objective held again: the end of the last 10 s window after the first fault that breaks it.
/// A window's requests are those sent in it; one that the horizon cuts off is not judged. Later is worse: the order of
/// the variants is that of their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Recovery {
    /// No window broke it.
    Unharmed,
    /// It holds from this point to the horizon.
    At(Time),
    /// The last whole window still breaks it.
    Never,
}

/// How a service came out of the fault: by what ended the last of its half-open connections before it recovered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Verdict {
    /// The objective was never broken.
    Unharmed,
    /// Recovered by its own means: a timeout or a closed connection made its clients dial again, or the node came back.
    ByItself,
    /// The last dead connection went with a crashed process.
    ByCrash,
    /// The last dead connection was ended by the kernel: its own limit, or the one the client set for it.
    ByKernel,
    /// Overload persists though the cause is gone.
    Metastable,
    /// Broken at the horizon with its cause: half-open connections, a name without a node that serves, or dead instances
    /// that nothing starts again.
    NeverWithinHorizon,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Unharmed => "unharmed",
            Verdict::ByItself => "recovered by itself",
            Verdict::ByCrash => "recovered by crash and restart",
            Verdict::ByKernel => "recovered by the kernel",
            Verdict::Metastable => "metastable",
            Verdict::NeverWithinHorizon => "never within the horizon",
        })
    }
}

/// One instance in one run.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceRecord {
    /// `api-3`.
    pub name: String,
    /// First death by memory at or after the first fault.
    pub first_crash: Option<Time>,
    /// Deaths by memory.
    pub crashes: u32,
    /// Most bytes in its ledger.
    pub peak_memory_bytes: u64,
}

/// The state of a service at one sample, and what happened since the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// Requests sent since the last sample.
    pub sent: u32,
    /// Requests answered well since the last sample.
    pub answered: u32,
    /// Requests failed or given up since the last sample.
    pub errors: u32,
    /// Calls pending now, all instances.
    pub pending_calls: u64,
    /// Requests open now that are a caller's second or later try.
    pub retries_in_flight: u64,
    /// Bytes in the fullest instance's ledger now.
    pub memory_max_bytes: u64,
    /// Mean bytes over the instances that are up now.
    pub memory_mean_bytes: u64,
    /// Bytes on the fullest instance's heap now, garbage included.
    pub heap_used_max_bytes: u64,
    /// Instances ready now.
    pub instances_up: u32,
    /// Instances whose client holds a connection to a node that no longer answers (half-open) now.
    pub half_open: u32,
    /// Longest event-loop lag over the instances now (zero for workers).
    pub loop_lag: Span,
}

/// One cache in one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CacheRecord {
    /// Share of the run its serving node was busy.
    pub utilization: f64,
    /// Commands served per second of the run.
    pub throughput_per_s: f64,
    /// Most commands waiting at a node.
    pub peak_queue: u64,
    /// Most connections at a node.
    pub peak_connections: u64,
}

/// One database in one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatabaseRecord {
    /// Share of the run that its connections were busy, all together.
    pub utilization: f64,
    /// Queries answered per second of the run.
    pub throughput_per_s: f64,
    /// Most queries that waited.
    pub peak_queue: u64,
    /// Queries refused.
    pub refused: u64,
}

/// Something worth telling.
#[derive(Clone, Debug, PartialEq)]
pub struct StoryEvent {
    /// When.
    pub at: Time,
    /// What kind of thing.
    pub kind: StoryKind,
    /// Who: `main.a`, `api-3`, `api`.
    pub who: String,
    /// What, as a short sentence without the name: `is promoted, and the name points to it`.
    pub what: String,
}

/// Kinds of story events, in `events.csv` by these names in snake case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoryKind {
    /// A fault begins.
    Fault,
    /// A fault ends.
    Heal,
    /// A failover step: noticed, promoted, name moved.
    Failover,
    /// First failed request of a service after the fault.
    FirstError,
    /// An instance was killed.
    Crash,
    /// An instance is ready again.
    Restart,
    /// An instance's client noticed its dead connection.
    Noticed,
    /// A service's objective holds again.
    Recovery,
}

/// What a watcher inside the applications notes, call by call: for comparisons with such watchers of real ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// A request is sent.
    Sent,
    /// A request ends for its caller.
    Settled(Outcome),
    /// A client's connection or dial ends, whoever ended it.
    Ended,
    /// An instance dies.
    Died(Cause),
    /// An instance takes requests.
    Ready,
    /// Ten times a second: the used heap of the instance where it is largest.
    HeapUsed(u64),
}
