//! What is not known → how far the figures may lie, and which unknown to measure first.
//!
//! Each replication had a setting of its own, so the spread over replications is chance and ignorance together. Beside it
//! stand the figures of the scenario as it is written, with the same seeds: the difference is ignorance.
//!
//! What to measure first is told by the rank correlation of each unknown with each figure of the system. It sees what
//! rises or falls throughout, and not what matters in the middle of a range only, or together with another; a time that
//! never comes is later than every other. p values are Holm's over all unknowns of a figure.

use serde::Serialize;

use super::outcome::Outcome;
use super::{ServiceSummary, Summary, as_map};
use crate::recording::Recording;
use crate::scenario::{Drawn, Unknown};
use crate::statistics::{LEVEL, Lifetime, holm, rank_correlation};

/// What the unknown does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Uncertainty {
    /// What was drawn.
    pub drawn: Vec<UnknownValue>,
    /// The figures of services with every value as it is written, by the same seeds.
    #[serde(serialize_with = "as_map")]
    pub services_as_written: Vec<(String, ServiceSummary)>,
    /// The same of the system.
    pub system_as_written: ServiceSummary,
    /// Every pair of an unknown and a figure, the strongest first.
    pub influences: Vec<Influence>,
}

/// Something that was drawn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UnknownValue {
    /// Path in the scenario, or `ioredis-5.bytes_per_call` of a preset.
    pub name: String,
    /// As written.
    pub value: String,
    /// `8KiB … 64KiB`.
    pub range: String,
    /// `uniform`, `log-uniform`, `one of`.
    pub law: &'static str,
    /// Whether the range is the spread of a measurement; else it is an assumption.
    pub measured: bool,
    /// Why this range, or its source.
    pub why: String,
}

/// How a figure goes with an unknown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Influence {
    /// The unknown.
    pub name: String,
    /// The figure of the system: `time_to_crash_s`.
    pub figure: &'static str,
    /// Spearman's ρ.
    pub rho: f64,
    /// Its 95 % interval.
    pub ci95: Option<[f64; 2]>,
    /// That it is chance, adjusted for the number of unknowns (Holm).
    pub p: Option<f64>,
}

/// A figure that an unknown may move; `None` where it cannot be said.
type Look = (&'static str, fn(&Outcome) -> Option<f64>);

const FIGURES: [Look; 6] = [
    ("availability", |outcome| outcome.availability),
    ("time_to_first_error_s", |outcome| Some(never_is_last(outcome.first_error))),
    ("time_to_crash_s", |outcome| Some(never_is_last(outcome.first_crash))),
    ("time_to_recovery_s", |outcome| Some(never_is_last(outcome.recovery))),
    ("crashes", |outcome| Some(outcome.crashes as f64)),
    ("peak_pending_calls", |outcome| Some(outcome.peak_pending_calls as f64)),
];

fn never_is_last(time: Lifetime) -> f64 {
    match time {
        Lifetime::Ended(at) => at,
        Lifetime::Censored(_) => f64::INFINITY,
    }
}

impl Uncertainty {
    /// Of the `recordings` of what was `drawn`, beside the summary of the scenario as it is written.
    pub fn of(drawn: &Drawn, recordings: &[Recording], as_written: Summary) -> Uncertainty {
        let outcomes: Vec<Outcome> =
            recordings.iter().map(|recording| Outcome::of(recording, None)).collect();
        let mut influences: Vec<Influence> =
            FIGURES.iter().flat_map(|figure| influences(drawn, &outcomes, figure)).collect();
        influences.sort_by(|a, b| b.rho.abs().total_cmp(&a.rho.abs()));
        Uncertainty {
            drawn: drawn.unknowns.iter().map(UnknownValue::of).collect(),
            services_as_written: as_written.services,
            system_as_written: as_written.system,
            influences,
        }
    }
}

impl UnknownValue {
    fn of(unknown: &Unknown) -> UnknownValue {
        let Unknown { name, value, range, why, measured, .. } = unknown.clone();
        UnknownValue { name, value, range: range.to_string(), law: range.law(), measured, why }
    }
}

/// Every unknown beside one figure.
fn influences(drawn: &Drawn, outcomes: &[Outcome], (figure, look): &Look) -> Vec<Influence> {
    let mut found = Vec::new();
    for (index, unknown) in drawn.unknowns.iter().enumerate() {
        let pair =
            |(amounts, outcome): (&Vec<Option<f64>>, &Outcome)| Some((amounts[index]?, look(outcome)?));
        let (x, y): (Vec<f64>, Vec<f64>) = drawn.amounts.iter().zip(outcomes).filter_map(pair).unzip();
        if let Some(it) = rank_correlation(&x, &y, LEVEL) {
            let name = unknown.name.clone();
            found.push(Influence { name, figure, rho: it.rho, ci95: it.interval, p: it.p });
        }
    }
    let adjusted = holm(&found.iter().map(|it| it.p.unwrap_or(1.0)).collect::<Vec<_>>());
    for (influence, p) in found.iter_mut().zip(adjusted) {
        influence.p = influence.p.map(|_| p);
    }
    found
}
