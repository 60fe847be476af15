//! How a service came out.
//!
//! One that recovered did so by what ended the last of its half-open connections before: until then it was not whole.
//! What ended earlier ones is told in the rule and does not decide; what ended later ones did not matter to the
//! objective. One that did not recover is metastable when its cause is gone, else it is still cut off.

use halfopen_sim::Time;

use crate::recording::{Recovery, Verdict};

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
    /// Nothing ended it: its node answers again.
    Healed,
}

impl End {
    pub(crate) fn how(self) -> &'static str {
        match self {
            End::Crash => "its process died",
            End::Kernel => "the kernel gives up (ETIMEDOUT)",
            End::Client => "the client's own timeout closes it",
            End::Peer => "the peer resets it",
            End::Healed => "its node answers again",
        }
    }
}

/// Ends of a service's half-open connections, in the order of their times.
#[derive(Debug, Default)]
pub(super) struct Ends(Vec<(Time, End)>);

impl Ends {
    pub(super) fn note(&mut self, at: Time, end: End) {
        self.0.push((at, end));
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn until(&self, at: Time) -> &[(Time, End)] {
        &self.0[..self.0.partition_point(|end| end.0 <= at)]
    }
}

fn words(ends: &[(Time, End)]) -> String {
    let kinds = [
        (End::Crash, "by a crash"),
        (End::Kernel, "by the kernel"),
        (End::Client, "by the client"),
        (End::Peer, "by the peer"),
        (End::Healed, "when the node answered again"),
    ];
    let counts = kinds.map(|(kind, name)| (ends.iter().filter(|end| end.1 == kind).count(), name));
    let parts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}"));
    parts.collect::<Vec<_>>().join(", ")
}

/// A service at the end of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AtHorizon {
    /// Instances with a half-open connection.
    pub(crate) half_open: u32,
    /// Instances that dial a node which does not run.
    pub(crate) dialing: u32,
    /// Whether every name it uses points to a node that serves.
    pub(crate) names_serve: bool,
}

/// What decides, besides the ends of half-open connections.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    pub(super) recovery: Recovery,
    /// When the last request of the last broken window came to its end: what mended the service came no later.
    pub(super) mended: Time,
    /// Instances that died and that nothing starts again.
    pub(super) lost: u32,
    pub(super) at_horizon: AtHorizon,
    /// The first fault, or the start.
    pub(super) origin: Time,
}

/// The verdict and the rule that decided it.
pub(super) fn decide(outcome: Outcome, ends: &Ends) -> (Verdict, String) {
    let Outcome { recovery, mended, lost, at_horizon, origin } = outcome;
    match recovery {
        Recovery::Unharmed => (Verdict::Unharmed, "no 10 s window breaks the objective".into()),
        Recovery::Never if at_horizon.half_open > 0 => (
            Verdict::NeverWithinHorizon,
            format!("{} still on half-open connections at the horizon", instances(at_horizon.half_open)),
        ),
        Recovery::Never if at_horizon.dialing > 0 => (
            Verdict::NeverWithinHorizon,
            format!(
                "{} still dialling a node that does not run at the horizon",
                instances(at_horizon.dialing)
            ),
        ),
        Recovery::Never if !at_horizon.names_serve => {
            (Verdict::NeverWithinHorizon, "the cache's name points to a node that does not serve".into())
        }
        Recovery::Never if lost > 0 => {
            (Verdict::NeverWithinHorizon, format!("{} dead and never started again", instances(lost)))
        }
        Recovery::Never => (
            Verdict::Metastable,
            "no connection is half-open and the cache serves, yet the objective stays broken".into(),
        ),
        Recovery::At(at) => recovered(at, ends.until(mended.max(at)), origin),
    }
}

fn recovered(at: Time, ends: &[(Time, End)], origin: Time) -> (Verdict, String) {
    let since = |at: Time| format!("{:.0} s", at.saturating_since(origin).as_secs_f64());
    let well = format!("requests sent after {} meet the objective", since(at));
    let Some(&(last_at, last)) = ends.last() else {
        return (Verdict::ByItself, format!("{well}; no half-open connection had ended by then"));
    };
    let verdict = match last {
        End::Crash => Verdict::ByCrash,
        End::Kernel => Verdict::ByKernel,
        End::Client | End::Peer | End::Healed => Verdict::ByItself,
    };
    let rule = format!(
        "{well}; half-open connections ended: {}; the last after {}: {}",
        words(ends),
        since(last_at),
        last.how()
    );
    (verdict, rule)
}

fn instances(count: u32) -> String {
    if count == 1 { "1 instance is".into() } else { format!("{count} instances are") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use halfopen_sim::Span;

    const FAULT: Time = Time::from_nanos(100_000_000_000);
    /// What happens, each end with its second, when the last bad request settles, and what comes of it.
    type Row = (&'static str, &'static [(u64, End)], u64, Verdict);

    const WHOLE: AtHorizon = AtHorizon { half_open: 0, dialing: 0, names_serve: true };

    fn at(secs: u64) -> Time {
        FAULT + Span::from_secs(secs)
    }

    fn ends(all: &[(u64, End)]) -> Ends {
        Ends(all.iter().map(|&(secs, end)| (at(secs), end)).collect())
    }

    #[test]
    fn the_last_end_before_the_recovery_decides() {
        // The objective holds from 310 s on.
        let rows: [Row; 11] = [
            ("a planned failover: errors for seconds, nothing half-open", &[], 301, Verdict::ByItself),
            ("all crash", &[(250, End::Crash), (300, End::Crash)], 301, Verdict::ByCrash),
            ("all by the kernel", &[(305, End::Kernel)], 305, Verdict::ByKernel),
            ("all by the client", &[(10, End::Client), (11, End::Client)], 301, Verdict::ByItself),
            ("reset", &[(30, End::Peer)], 301, Verdict::ByItself),
            ("the node answers again", &[(200, End::Crash), (300, End::Healed)], 301, Verdict::ByItself),
            (
                "most crash, the last is the kernel's",
                &[(200, End::Crash), (250, End::Crash), (302, End::Kernel)],
                302,
                Verdict::ByKernel,
            ),
            (
                "most by the kernel, the last crashes",
                &[(290, End::Kernel), (291, End::Kernel), (302, End::Crash)],
                302,
                Verdict::ByCrash,
            ),
            ("an end after the recovery", &[(300, End::Client), (938, End::Kernel)], 301, Verdict::ByItself),
            ("only an end after the recovery", &[(400, End::Crash)], 301, Verdict::ByItself),
            ("what mends requests of the last broken window", &[(318, End::Kernel)], 318, Verdict::ByKernel),
        ];
        for (name, all, mended, verdict) in rows {
            let outcome = Outcome {
                recovery: Recovery::At(at(310)),
                mended: at(mended),
                lost: 0,
                at_horizon: WHOLE,
                origin: FAULT,
            };
            assert_eq!(decide(outcome, &ends(all)).0, verdict, "{name}");
        }
    }

    #[test]
    fn who_does_not_recover_is_cut_off_or_metastable() {
        let half_open = AtHorizon { half_open: 2, ..WHOLE };
        let no_node = AtHorizon { names_serve: false, ..WHOLE };
        let rows = [
            (Recovery::Unharmed, half_open, 0, Verdict::Unharmed, "no 10 s window breaks the objective"),
            (
                Recovery::Never,
                half_open,
                1,
                Verdict::NeverWithinHorizon,
                "2 instances are still on half-open connections at the horizon",
            ),
            (
                Recovery::Never,
                no_node,
                0,
                Verdict::NeverWithinHorizon,
                "the cache's name points to a node that does not serve",
            ),
            (
                Recovery::Never,
                WHOLE,
                1,
                Verdict::NeverWithinHorizon,
                "1 instance is dead and never started again",
            ),
            (
                Recovery::Never,
                WHOLE,
                0,
                Verdict::Metastable,
                "no connection is half-open and the cache serves, yet the objective stays broken",
            ),
        ];
        for (recovery, at_horizon, lost, verdict, rule) in rows {
            let outcome = Outcome { recovery, mended: FAULT, lost, at_horizon, origin: FAULT };
            let crashed = ends(&[(5, End::Crash)]);
            assert_eq!(decide(outcome, &crashed), (verdict, rule.to_owned()));
        }
    }

    #[test]
    fn the_rule_tells_all_ends_and_the_last() {
        let outcome = Outcome {
            recovery: Recovery::At(at(310)),
            mended: at(305),
            lost: 0,
            at_horizon: WHOLE,
            origin: FAULT,
        };
        let mixed = ends(&[(200, End::Crash), (201, End::Crash), (305, End::Kernel), (900, End::Crash)]);
        assert_eq!(
            decide(outcome, &mixed).1,
            "requests sent after 310 s meet the objective; half-open connections ended: 2 by a crash, 1 by the kernel; the last after 305 s: \
             the kernel gives up (ETIMEDOUT)"
        );
        assert_eq!(
            decide(outcome, &Ends::default()).1,
            "requests sent after 310 s meet the objective; no half-open connection had ended by then"
        );
    }
}
