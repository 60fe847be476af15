//! From a definition to points that can be simulated and figures that can be told of them.

use halfopen_models::scenario::{Edits, Scenario, suggest};
use halfopen_models::summary::{Figure, Observed, Replication};
use halfopen_sim::digest::Digest;

use super::axis::{AS_IT_IS, Axis, VARIANT};
use super::definition::Definition;
use super::design;
use crate::args::Sample;
use crate::diagnostics;
use crate::failure::Failure;
use crate::figure::{Condition, Misnamed, Name};
use crate::source;
use crate::study::{Change, Point, check};

/// Figures of a sweep for which none were asked.
const USUAL: [&str; 6] = [
    "availability",
    "crashes",
    "time_to_crash_s",
    "time_to_recovery_s",
    "peak_pending_calls",
    "peak_memory_bytes",
];

/// A sweep, checked.
pub struct Plan {
    /// What was asked for.
    pub definition: Definition,
    /// Paths of the axes.
    pub axes: Vec<String>,
    /// Of each point its place on every axis, as written.
    pub places: Vec<Vec<String>>,
    /// The points.
    pub points: Vec<Point>,
    /// Figures to tell of each point.
    pub figures: Vec<Name>,
    /// What holds on the good side of the cliff.
    pub cliff: Condition,
}

/// What is kept of one replication.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Digest of its events.
    pub digest: u64,
    /// What it shows of each figure, and of the cliff's.
    pub observed: Vec<Observed>,
}

/// What is kept of one point.
pub struct Cell {
    /// Digest over its replications, as in `summary.json`.
    pub digest: u64,
    /// Its figures, in the plan's order.
    pub figures: Vec<Figure>,
    /// Whether it is on the good side of the cliff; absent where that cannot be said.
    pub good: Option<bool>,
}

impl Plan {
    /// Checks everything.
    ///
    /// # Errors
    /// All that is wrong with the axes and figures; else with the points.
    pub fn of(definition: Definition) -> Result<Plan, Failure> {
        let source = definition.source();
        let set = definition.set.iter().map(|it| it.split_once('=').unwrap_or((it, "")));
        let set = set.map(|(path, value)| (path.to_owned(), value.to_owned())).collect();
        let base = Edits { variant: definition.variant.clone(), set, ..Edits::default() };
        let scenario = source::read(&source, &base)?;
        let mut wrong = Wrong::default();
        let axes = axes(&definition, &scenario, &mut wrong);
        let usual: Vec<String> = USUAL.map(str::to_owned).to_vec();
        let typed = if definition.figures.is_empty() { &usual } else { &definition.figures };
        let figures = typed.iter().filter_map(|text| wrong.note(Name::parse(text, &scenario))).collect();
        let cliff = wrong.note(Condition::parse(&definition.cliff, &scenario));
        let places = design::places(&definition, &axes);
        for (what, right) in places.as_ref().err().into_iter().flatten() {
            wrong.add(what, right);
        }
        let (Some(cliff), Ok(places), true) = (cliff, places, wrong.parts.is_empty()) else {
            return Err(wrong.failure());
        };
        let axes: Vec<String> = axes.into_iter().map(|axis| axis.path).collect();
        let changes: Vec<Change> = places.iter().map(|place| change(&axes, place)).collect();
        let points = check(&source, &base, &changes)?;
        same_parts(&scenario, &points)?;
        Ok(Plan { definition, axes, places, points, figures, cliff })
    }

    /// What to keep of a replication.
    pub fn keep(&self, replication: &Replication) -> Kept {
        let names = self.figures.iter().chain([&self.cliff.name]);
        Kept { digest: replication.digest, observed: names.map(|name| name.observed(replication)).collect() }
    }

    /// What to keep of a point.
    pub fn reduce(&self, kept: &[Kept]) -> Cell {
        let mut digest = Digest::new();
        for replication in kept {
            digest.mix(replication.digest);
        }
        let figure =
            |column: usize| Figure::over(&kept.iter().map(|it| it.observed[column]).collect::<Vec<_>>());
        Cell {
            digest: digest.value(),
            figures: (0..self.figures.len()).map(figure).collect(),
            good: self.cliff.holds(&figure(self.figures.len())),
        }
    }

    /// Whether every value of each axis meets every value of the others, the last axis running fastest.
    pub fn grid(&self) -> bool {
        self.definition.sample == Sample::Grid
    }

    /// The values of a grid's axis, in their order.
    pub fn along(&self, axis: usize) -> Vec<&str> {
        let mut values: Vec<&str> = Vec::new();
        for place in &self.places {
            if !values.contains(&place[axis].as_str()) {
                values.push(&place[axis]);
            }
        }
        values
    }

    /// `path=value, path=value`: where a point is.
    pub fn place(&self, point: usize) -> String {
        let pairs = self.axes.iter().zip(&self.places[point]);
        pairs.map(|(path, value)| format!("{path}={value}")).collect::<Vec<_>>().join(", ")
    }
}

/// What is wrong, all of it.
#[derive(Default)]
struct Wrong {
    parts: Vec<String>,
}

impl Wrong {
    fn add(&mut self, wrong: &str, right: &str) {
        self.parts.push(diagnostics::message(wrong, right));
    }

    fn note<T>(&mut self, result: Result<T, Misnamed>) -> Option<T> {
        result.map_err(|Misnamed { wrong, right }| self.add(&wrong, &right)).ok()
    }

    fn failure(mut self) -> Failure {
        let count = self.parts.len();
        let count = if count == 1 { "1 problem".into() } else { format!("{count} problems") };
        self.parts.push(diagnostics::message(&format!("{count}; nothing was run, nothing was written"), ""));
        Failure::Wrong(self.parts.join("\n\n"))
    }
}

fn axes(definition: &Definition, scenario: &Scenario, wrong: &mut Wrong) -> Vec<Axis> {
    if definition.over.is_empty() {
        wrong.add("a sweep needs an axis", "say which with --over PATH=VALUES, or name a sweep file");
    }
    let mut axes: Vec<Axis> = Vec::new();
    for text in &definition.over {
        match Axis::parse(text) {
            Ok(new) if axes.iter().any(|other| other.path == new.path) => {
                wrong.add(&format!("there are two axes `{}`", new.path), "put all its values into one");
            }
            Ok(new) => axes.push(new),
            Err((what, right)) => wrong.add(&what, &right),
        }
    }
    if let Some(axis) = axes.iter().find(|axis| axis.path == VARIANT) {
        variants(axis, definition, scenario, wrong);
    }
    axes
}

fn variants(axis: &Axis, definition: &Definition, scenario: &Scenario, wrong: &mut Wrong) {
    let mut known: Vec<&str> = scenario.variants.iter().map(String::as_str).collect();
    known.push(AS_IT_IS);
    for name in axis.values().unwrap_or_default() {
        if !known.contains(&name.as_str()) {
            wrong.add(&format!("no variant is named `{name}`"), &suggest(&name, &known, "there is"));
        }
    }
    if let Some(variant) = &definition.variant {
        wrong.add("the variant is an axis already", &format!("leave out --variant {variant}"));
    }
}

fn change(axes: &[String], place: &[String]) -> Change {
    let pairs = || axes.iter().zip(place).map(|(path, value)| (path.clone(), value.clone()));
    let variant = pairs().find(|(path, value)| path == VARIANT && value != AS_IT_IS).map(|(_, value)| value);
    Change { variant, set: pairs().filter(|(path, _)| path != VARIANT).collect() }
}

/// Figures are told by service and cache: all points must have the same ones.
fn same_parts(scenario: &Scenario, points: &[Point]) -> Result<(), Failure> {
    fn parts(scenario: &Scenario) -> Vec<&str> {
        let services = scenario.services.iter().map(|service| service.name.as_str());
        services.chain(scenario.caches.iter().map(|cache| cache.name.as_str())).collect()
    }
    let expected = parts(scenario);
    match points.iter().find(|point| parts(&point.scenario) != expected) {
        None => Ok(()),
        Some(point) => Err(Failure::wrong(
            format!("one point has {}, another {}", parts(&point.scenario).join(", "), expected.join(", ")),
            "points of a sweep have the same services and caches: vary what is in them",
        )),
    }
}
