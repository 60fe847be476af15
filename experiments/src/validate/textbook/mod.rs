//! Cases that others proved, approximated or published, each predicted by a simulation on this engine or by a
//! mechanism of the models.
//!
//! A case is a row of `cases/textbook.csv`. Its identifier names its family, the family's file reads the parameters and
//! simulates what they describe; nothing of an expected value is known to a prediction but how narrow its interval has
//! to be.

mod cache;
mod closed;
mod contention;
mod estimate;
mod fanout;
mod fluid;
mod hedged;
mod incident;
mod kernel;
mod lookaside;
mod metastable;

mod parallel;
mod parameters;
mod passage;
mod queue;
mod retrial;
mod retries;
mod sharing;
mod station;
mod storm;
mod timers;
mod tolerance;
mod vacations;

use std::fmt;

use halfopen_sim::chance::Streams;
use serde::Deserialize;

pub use estimate::Estimate;
use estimate::Precision;
use parameters::Parameters;
use tolerance::Tolerance;
pub use tolerance::hold_together;

/// The cases as they stand in the repository.
const CASES: &str = include_str!("../../../cases/textbook.csv");
/// All cases are predicted with this seed; another one must do as well.
const SEED: u64 = 20_191_125;

/// A number or a word from outside that a prediction is held against.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Case {
    /// `O-family-number`.
    pub id: String,
    /// Who says so.
    pub source: String,
    /// What is modelled.
    pub model: String,
    /// With which settings, as readers write them.
    pub parameters: String,
    /// Of which the value is given.
    pub quantity: String,
    /// The value.
    pub expected: String,
    /// Its unit; 1 for ratios and counts, `kind` or `direction` for words.
    pub unit: String,
    /// How near a prediction has to be.
    pub tolerance: String,
    /// How the value was found.
    pub kind: Kind,
}

/// How a value was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It follows from the stated assumptions.
    Exact,
    /// A published approximation.
    Approximation,
    /// Measured, simulated or reported by others.
    Published,
}

/// What the models say about a case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Prediction {
    /// A number with its interval.
    Number(Estimate),
    /// A word.
    Word(&'static str),
}

/// A case whose words are not understood, and what is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable(pub String);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A case while it is predicted: its words, its random streams, and how sure to be.
struct Question<'a> {
    case: &'a Case,
    quantity: &'a str,
    parameters: Parameters,
    streams: Streams,
    precision: Precision,
}

/// A family's answer to one of its cases.
type Answer = Result<Prediction, Unreadable>;

/// All cases of the repository.
///
/// # Panics
/// When the file is not what its header says.
pub fn cases() -> Vec<Case> {
    parse(CASES).unwrap_or_else(|problem| panic!("cases/textbook.csv: {problem}"))
}

/// The cases in a table with the columns of `cases/textbook.csv`.
///
/// # Errors
/// When a row lacks a column or is of no known kind.
pub fn parse(text: &str) -> Result<Vec<Case>, Unreadable> {
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    rows.deserialize().map(|row| row.map_err(|problem| Unreadable(problem.to_string()))).collect()
}

/// Predicts `case`, on one thread, until its interval is as narrow as the case asks, or so many times as wide; equal
/// cases give equal predictions.
///
/// # Errors
/// When the case's words leave out what its model needs.
pub fn predict(case: &Case, widening: f64) -> Answer {
    let expected = case.expected.parse().unwrap_or(0.0);
    let wanted = widening * Tolerance::parse(&case.tolerance)?.wanted(expected);
    let precision = Precision { half_width: wanted.min(0.1), doublings: 20 };
    let question = Question {
        case,
        quantity: &case.quantity,
        parameters: Parameters::new(&case.model, &case.parameters),
        streams: Streams::new(SEED),
        precision,
    };
    family(case)?(&question)
}

/// Who answers for a case.
fn family(case: &Case) -> Result<fn(&Question) -> Answer, Unreadable> {
    let name = case.id.trim_start_matches("O-").rsplit_once('-').map_or(case.id.as_str(), |(name, _)| name);
    Ok(match name {
        "mm1" | "mmc" | "erlb" | "mmck" | "mg1" | "mdc" | "erla" | "dm1" | "lifo" | "prio" | "batch"
        | "approx" => queue::answer,
        "crash" | "transient" => passage::answer,
        "fluid" | "collapse" | "pending" => fluid::answer,
        "closed" | "mva" | "pool-pub" => closed::answer,
        "pool" if case.unit == "s" => closed::answer,
        "retrial" => retrial::answer,
        "ps" => sharing::answer,
        "vacation" | "pauses" => vacations::answer,
        "forkjoin" | "choices" | "jsq" => parallel::answer,
        "fanout" | "tail" => fanout::answer,
        "hedge" => hedged::answer,
        "retry" | "budget" | "amplify" | "brooker" | "sre" => retries::answer,
        "jitter" => contention::answer,
        "metastable" | "bronson" | "descartes" | "metafor" | "osdi" => metastable::answer,
        "cache" => cache::answer,
        "tcp" | "cf" | "rto" | "issue" => kernel::answer,
        "k8s" | "cluster" | "client" | "pool" | "codel" | "breaker" => timers::answer,
        "inc" | "mem" => incident::answer,
        _ => return Err(Unreadable(format!("no family is called `{name}`"))),
    })
}

#[cfg(test)]
mod tests;
