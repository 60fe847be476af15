//! How a service came out, decided by what ended its half-open connections.

use halfopen_sim::Time;

use crate::recording::{Recovery, ServiceRecord, Verdict};

/// What ended a half-open connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Its process crashed.
    Crash,
    /// The kernel gave up.
    Kernel,
    /// The client closed it by a timeout of its own.
    Client,
    /// The peer's side sent a reset.
    Peer,
}

impl End {
    pub(crate) fn how(self) -> &'static str {
        match self {
            End::Crash => "its process died",
            End::Kernel => "the kernel gives up (ETIMEDOUT)",
            End::Client => "the client's own timeout closes it",
            End::Peer => "the peer resets it",
        }
    }
}

/// Ends of a service's half-open connections.
#[derive(Debug, Default)]
pub(super) struct Ends {
    counts: [u32; 4],
    last: Option<(Time, End)>,
}

impl Ends {
    pub(super) fn note(&mut self, at: Time, end: End) {
        self.counts[end as usize] += 1;
        self.last = Some((at, end));
    }

    fn words(&self) -> String {
        let names = ["by a crash", "by the kernel", "by the client", "by the peer"];
        let parts: Vec<String> = self
            .counts
            .iter()
            .zip(names)
            .filter(|&(&count, _)| count > 0)
            .map(|(count, name)| format!("{count} {name}"))
            .collect();
        if parts.is_empty() { "none was half-open".into() } else { parts.join(", ") }
    }
}

/// A service at the end of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AtHorizon {
    /// Instances with a half-open connection.
    pub(crate) half_open: u32,
    /// Whether every name it uses points to a node that serves.
    pub(crate) names_serve: bool,
}

/// The verdict and the rule that decided it.
pub(super) fn decide(
    record: &ServiceRecord,
    ends: &Ends,
    at_horizon: AtHorizon,
    fault_at: Option<Time>,
) -> (Verdict, String) {
    let since = |at: Time| fault_at.map_or(0.0, |fault| at.saturating_since(fault).as_secs_f64());
    match record.recovery {
        Recovery::Unharmed => {
            (Verdict::Unharmed, "no 10 s window after the fault breaks the objective".into())
        }
        Recovery::Never if at_horizon.half_open > 0 => (
            Verdict::NeverWithinHorizon,
            format!("{} instances still wait on half-open connections at the horizon", at_horizon.half_open),
        ),
        Recovery::Never if !at_horizon.names_serve => {
            (Verdict::NeverWithinHorizon, "the cache's name points to a node that does not serve".into())
        }
        Recovery::Never => (
            Verdict::Metastable,
            "no connection is half-open and the cache serves, yet the objective stays broken".into(),
        ),
        Recovery::At(at) => {
            // What happened after recovery no longer mattered to it.
            let verdict = match ends.last {
                Some((_, End::Crash)) => Verdict::ByCrash,
                Some((_, End::Kernel)) => Verdict::ByKernel,
                Some((_, End::Client | End::Peer)) | None => Verdict::ByItself,
            };
            let last = ends.last.map_or(String::new(), |(at, end)| {
                format!("; the last {:.0} s after the fault: {}", since(at), end.how())
            });
            let rule = format!(
                "well {:.0} s after the fault; half-open connections ended: {}{last}",
                since(at),
                ends.words()
            );
            (verdict, rule)
        }
    }
}
