//! Which variant buys most, in sentences.
//!
//! The measure is what users see: the share of requests that were answered well and in time from the fault on. Whether
//! the first is really the first says Kim and Nelson's procedure, made for common random numbers: it controls the
//! probability that any of the others is better by more than [`ZONE`].

use std::fmt::Write as _;

use halfopen_models::statistics::{LEVEL, Lifetime, clopper_pearson, select_largest};
use halfopen_models::summary::{Figure, Replication};

use super::{Comparison, Side};
use crate::figure::{Counts, Name};
use crate::readable;

/// The smallest difference of availability by which one would choose: one request in a thousand.
const ZONE: f64 = 0.001;

/// The variants, the best first: its index among the sides, and a sentence.
pub fn ranking(comparison: &Comparison) -> Vec<(usize, String)> {
    let mut order: Vec<usize> = (1..comparison.sides.len()).collect();
    order.sort_by(|&a, &b| availability(comparison, b).total_cmp(&availability(comparison, a)));
    order.into_iter().map(|side| (side, sentence(comparison, side))).collect()
}

/// How surely the first is the first.
pub fn surely(comparison: &Comparison) -> String {
    let outputs: Vec<Vec<f64>> =
        comparison.sides.iter().map(|side| side.incident.iter().map(available).collect()).collect();
    let replications = outputs[0].len();
    if replications < 2 {
        return "one replication tells nothing of chance".into();
    }
    let selection = select_largest(&outputs, replications.min(10), ZONE, LEVEL);
    let named = |at: &usize| comparison.sides[*at].name.as_str();
    let first = named(&selection.candidates[0]);
    if selection.decided {
        return format!("{first} is the best, or at most 0.1 % of requests behind it (Kim–Nelson, 95 %)");
    }
    let others: Vec<&str> = selection.candidates[1..].iter().map(named).collect();
    format!("{first} is not yet told apart from {}; more --reps would", others.join(", "))
}

fn available(replication: &Replication) -> f64 {
    replication.system.availability.unwrap_or(0.0)
}

fn availability(comparison: &Comparison, side: usize) -> f64 {
    let replications = &comparison.sides[side].incident;
    replications.iter().map(available).sum::<f64>() / replications.len() as f64
}

fn sentence(comparison: &Comparison, side: usize) -> String {
    let (of, from) = (&comparison.sides[side], &comparison.sides[0]);
    let percent = |at: usize| readable::share(availability(comparison, at));
    let mut out = format!("{}; {} of requests answered well", crashes(of, from), percent(side));
    if let Some(difference) = comparison.incident.difference("availability", side - 1) {
        let how = match (difference.shows(), difference.value > 0.0) {
            (false, _) => ", no other than the",
            (true, true) => " instead of",
            (true, false) => ", FEWER than the",
        };
        let _ = write!(out, "{how} {}", percent(0));
    }
    let _ = write!(out, "; {}", recovery(comparison, side));
    let _ = write!(out, ". {}", calm(comparison, side - 1));
    out.replace('\u{a0}', " ")
}

/// What becomes of the crashes: instances for the size, replications for the bound, since instances of one incident
/// share its fate.
fn crashes(of: &Side, from: &Side) -> String {
    let (crashed, all) = instances(&of.incident);
    let (before, _) = instances(&from.incident);
    let runs = of.incident.len() as u32;
    let with = of.incident.iter().filter(|it| it.system.crashes > 0).count() as u32;
    // The upper end of a two-sided 90 % interval is a 95 % bound.
    let most = clopper_pearson(with, runs, 2.0 * LEVEL - 1.0)[1] * 100.0;
    match (before, crashed) {
        (0, 0) => "crashes nothing, and nothing crashed without it".into(),
        (_, 0) => format!(
            "prevents all crashes (0 of {all} instances in {runs} incidents; 95 %: at most {most:.0} % of incidents \
             have any)"
        ),
        (0, _) => format!("CRASHES {crashed} of {all} instances, where none crashed"),
        _ if crashed == before => format!("prevents no crash ({crashed} of {all} instances, as before)"),
        _ => format!("lets {crashed} of {all} instances crash instead of {before}"),
    }
}

/// How many were killed by memory, of how many.
pub fn instances(replications: &[Replication]) -> (usize, usize) {
    let all = || replications.iter().flat_map(|it| &it.system.instances);
    (all().filter(|it| matches!(it, Lifetime::Ended(_))).count(), all().count())
}

fn recovery(comparison: &Comparison, side: usize) -> String {
    let name = Name::parse("time_to_recovery_s", &comparison.scenario).expect("every scenario has it");
    let median = |side: usize| {
        let observed: Vec<_> = comparison.sides[side].incident.iter().map(|it| name.observed(it)).collect();
        Figure::over(&observed).median
    };
    let told = |median: Option<f64>| match median {
        None => "never recovers before the horizon".to_owned(),
        Some(0.0) => "never breaks the objective".to_owned(),
        Some(at) => format!("recovers after {}", readable::seconds(at)),
    };
    match (median(side), median(0)) {
        (Some(of), Some(from)) if of > 0.0 => {
            format!("{} instead of {}", told(Some(of)), readable::seconds(from))
        }
        (of, _) => told(of),
    }
}

/// What the variant costs on a day without a fault: only what is more than chance.
fn calm(comparison: &Comparison, variant: usize) -> String {
    let Some(panel) = &comparison.calm else { return "There is no fault to leave out.".into() };
    let mut costs = Vec::new();
    for (at, name) in panel.names.iter().enumerate() {
        let Some(difference) = panel.differences[at][variant].as_ref().filter(|it| it.shows()) else {
            continue;
        };
        let size = difference.value.abs();
        let more = if difference.value > 0.0 { "more" } else { "less" };
        costs.push(match name.counts() {
            Counts::Share if difference.value < 0.0 => format!("{} more errors", readable::share_of(size)),
            Counts::Share => format!("{} fewer errors", readable::share_of(size)),
            Counts::Things => format!("{} {more} connections ({})", readable::count(size), name.short()),
            counts => format!("{} {more} {}", counts.unit(size).write(size), name.short()),
        });
    }
    if costs.is_empty() {
        return "In calm it costs nothing that shows.".into();
    }
    format!("In calm: {}.", costs.join(", "))
}
