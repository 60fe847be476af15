//! What a scenario claims about its result, as meant.

/// A claim about the result, checked after every run.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// The sentence in the file.
    pub text: String,
    /// Line in the scenario file, from 1.
    pub line: u32,
    /// About this variant; `None`: the scenario as it is.
    pub variant: Option<String>,
    /// About this service (index); `None`: the whole system.
    pub service: Option<usize>,
    /// What is measured.
    pub figure: ClaimFigure,
    /// What of it must lie within the bounds.
    pub must: ClaimMust,
    /// Smallest value that holds, inclusive, in the figure's unit; against another variant a ratio.
    pub at_least: Option<f64>,
    /// Largest value that holds, inclusive, in the figure's unit; against another variant a ratio.
    pub at_most: Option<f64>,
}

impl Claim {
    /// The variants whose runs it needs; `None`: the scenario as it is.
    pub fn variants(&self) -> impl Iterator<Item = Option<&str>> {
        let other = match &self.must {
            ClaimMust::Against(other) => Some(other.as_deref()),
            ClaimMust::Usual | ClaimMust::Share(_) => None,
        };
        std::iter::once(self.variant.as_deref()).chain(other)
    }
}

/// What must lie within the bounds of a claim.
#[derive(Clone, Debug, PartialEq)]
pub enum ClaimMust {
    /// The median of a time that may not come, the mean of a trend, every replication of anything else.
    Usual,
    /// This share of the replications, 0–1: a quantile.
    Share(f64),
    /// The ratio of the mean to that of another variant; `None`: of the scenario as it is.
    Against(Option<String>),
}

/// What a claim is about. For the system: the earliest first error and crash, the latest recovery, the longest
/// span of errors, the sum of crashes over services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimFigure {
    /// From the first fault to the first failed request, seconds.
    FirstError,
    /// From the first fault to the first crash, seconds.
    FirstCrash,
    /// From the first fault to recovery, seconds.
    Recovery,
    /// From the first fault to the last failed request; 0 without one, seconds.
    ErrorsFor,
    /// Crashes.
    Crashes,
    /// Share of requests answered well and in time, 0–1.
    Availability,
    /// Failed requests of the whole run.
    Errors,
    /// Most calls pending at once.
    PeakPendingCalls,
    /// Most bytes in one instance's ledger.
    PeakMemory,
    /// Latency of good answers: this quantile in each run, seconds.
    Latency(LatencyQuantile),
    /// Calls that reached a node ÷ calls the same users needed.
    RetryAmplification,
    /// By how many calls a second what pends grows, from half-way between the first fault and the horizon on.
    PendingGrowth,
}

/// A quantile of a run's latencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum LatencyQuantile {
    P50,
    P99,
    P999,
}
