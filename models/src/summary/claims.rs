//! When a claim of a scenario holds.
//!
//! A time that may not come (first error, first crash, recovery) is judged by its Kaplan–Meier median over the
//! replications: the claim holds when the median and its whole 95 % interval lie within the bounds. Where the data do
//! not bound the interval, its end is the earliest or latest replication, so that few replications must all lie within
//! the bounds, and a single one is judged by its value. What never happens comes later than every bound: it breaks a
//! claim that says `before` and satisfies one that only says `after`.
//!
//! What every replication shows (how long errors last, crashes, availability) must lie within the bounds in each of
//! them.

use crate::recording::Recording;
use crate::scenario::{Claim, ClaimFigure, Scenario};
use crate::statistics::Lifetime;
use crate::summary::outcome::{Outcome, Replication};
use crate::summary::{ClaimResult, Figure};

/// Holds the claims that are about this run (their variant is the scenario's) against its recordings, in the order of
/// the file.
pub fn hold(scenario: &Scenario, recordings: &[Recording]) -> Vec<ClaimResult> {
    let replications: Vec<Replication> = recordings.iter().map(Replication::of).collect();
    hold_over(scenario, &replications)
}

/// As [`hold`], where the recordings themselves were not kept.
pub fn hold_over(scenario: &Scenario, replications: &[Replication]) -> Vec<ClaimResult> {
    let about_this_run = scenario.claims.iter().filter(|claim| claim.variant == scenario.variant);
    about_this_run.map(|claim| result(claim, replications)).collect()
}

fn result(claim: &Claim, replications: &[Replication]) -> ClaimResult {
    let outcomes: Vec<&Outcome> = replications.iter().map(|it| it.outcome(claim.service)).collect();
    let time =
        |of: fn(&Outcome) -> Lifetime| Measured::time(&outcomes.iter().map(|o| of(o)).collect::<Vec<_>>());
    let shown = |of: fn(&Outcome) -> Option<f64>| Measured::shown(outcomes.iter().map(|o| of(o)));
    let (measured, unit): (Measured, fn(f64) -> String) = match claim.figure {
        ClaimFigure::FirstError => (time(|o| o.first_error), seconds),
        ClaimFigure::FirstCrash => (time(|o| o.first_crash), seconds),
        ClaimFigure::Recovery => (time(|o| o.recovery), seconds),
        ClaimFigure::ErrorsFor => (shown(|o| Some(o.errors_for)), seconds),
        ClaimFigure::Crashes => (shown(|o| Some(o.crashes as f64)), count),
        ClaimFigure::Availability => (shown(|o| o.availability), percent),
    };
    ClaimResult {
        claim: claim.text.clone(),
        holds: measured.within(claim),
        measured: measured.sentence(unit),
        variant: claim.variant.clone(),
        line: claim.line,
    }
}

/// What the replications say about a claim's figure; infinite: never.
struct Measured {
    low: f64,
    high: f64,
    median: Option<f64>,
    n: usize,
    /// Replications that do not show the figure: in which it never happened, or nothing was sent.
    without: usize,
}

impl Measured {
    fn time(times: &[Lifetime]) -> Measured {
        let figure = Figure::of_times(times);
        let values = times.iter().map(|time| match *time {
            Lifetime::Ended(at) => at,
            Lifetime::Censored(_) => f64::INFINITY,
        });
        let [low, high] = figure.median_ci95;
        Measured {
            low: low.unwrap_or(values.clone().fold(f64::INFINITY, f64::min)),
            high: high.unwrap_or(values.fold(0.0, f64::max)),
            median: Some(figure.median.unwrap_or(f64::INFINITY)),
            n: times.len(),
            without: figure.censored as usize,
        }
    }

    fn shown(values: impl ExactSizeIterator<Item = Option<f64>>) -> Measured {
        let n = values.len();
        let shown: Vec<f64> = values.flatten().collect();
        Measured {
            low: shown.iter().copied().fold(f64::INFINITY, f64::min),
            high: shown.iter().copied().fold(0.0, f64::max),
            median: None,
            n,
            without: n - shown.len(),
        }
    }

    fn within(&self, claim: &Claim) -> bool {
        let all_shown = self.median.is_some() || self.without == 0;
        all_shown
            && claim.at_least.is_none_or(|least| self.low >= least)
            && claim.at_most.is_none_or(|most| self.high <= most)
    }

    fn sentence(&self, unit: fn(f64) -> String) -> String {
        let Measured { low, high, median, n, without } = *self;
        let replications = if n == 1 { "1 replication".into() } else { format!("{n} replications") };
        let (low, high) = (unit(low), unit(high));
        match median {
            None if without > 0 => format!("nothing to measure in {without} of {replications}"),
            _ if n == 1 => format!("{low} in {replications}"),
            Some(median) => {
                format!("median {} ({low}–{high}) in {replications}, {without} censored", unit(median))
            }
            None if low == high => format!("{low} in each of {replications}"),
            None => format!("{low} to {high} in {replications}"),
        }
    }
}

/// `0 s`, `310 ms`, `3.24 s`, `58.7 s`; from two minutes on `18m 12s`.
fn seconds(secs: f64) -> String {
    match secs {
        s if s.is_infinite() => "never".into(),
        s if s <= 0.0 => "0 s".into(),
        s if s < 1.0 => format!("{:.0} ms", s * 1_000.0),
        s if s < 10.0 => format!("{s:.2} s"),
        s if s < 120.0 => format!("{s:.1} s"),
        s => {
            let whole = s.round() as u64;
            format!("{}m {:02}s", whole / 60, whole % 60)
        }
    }
}

fn count(value: f64) -> String {
    format!("{value:.0}")
}

fn percent(share: f64) -> String {
    format!("{:.3} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::{percent, seconds};

    #[test]
    fn units_are_readable() {
        let rows = [
            (0.0, "0 s"),
            (0.31, "310 ms"),
            (3.237, "3.24 s"),
            (58.66, "58.7 s"),
            (119.94, "119.9 s"),
            (120.0, "2m 00s"),
            (1_092.4, "18m 12s"),
            (f64::INFINITY, "never"),
        ];
        for (secs, words) in rows {
            assert_eq!(seconds(secs), words);
        }
        assert_eq!(percent(0.999_87), "99.987 %");
    }
}
