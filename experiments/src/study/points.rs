//! From changes to scenarios: all points are checked before the first one runs, and all their problems told at once.

use halfopen_models::scenario::{self, Edits, Problem, Scenario};
use rayon::prelude::*;

use super::cost;
use crate::diagnostics;
use crate::failure::Failure;
use crate::source::{self, Source};

/// What a point changes, besides what `--set` changes for all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// A variant instead of the one that was asked for.
    pub variant: Option<String>,
    /// `path=value`, after every `--set`.
    pub set: Vec<(String, String)>,
}

/// A point, ready to be simulated.
#[derive(Clone)]
pub struct Point {
    /// Everything that was changed.
    pub edits: Edits,
    /// The scenario; without its document and its assumptions, which are long and decide nothing in a run.
    pub scenario: Scenario,
    /// What a replication of it costs.
    pub cost: u64,
}

/// Applies each change to the scenario in `source`, after `base`, and checks what comes of it.
///
/// # Errors
/// All problems of the scenario itself; else all problems of all points.
pub fn check(source: &Source, base: &Edits, changes: &[Change]) -> Result<Vec<Point>, Failure> {
    source::read(source, base)?;
    let point = |change: &Change| {
        let set = base.set.iter().chain(&change.set).cloned().collect();
        let edits = Edits {
            variant: change.variant.clone().or_else(|| base.variant.clone()),
            set,
            drawn: base.drawn.clone(),
        };
        match scenario::read(&source.name, &source.text, &edits) {
            Ok(scenario) => Ok(Point::new(edits, scenario)),
            Err(problems) => Err((edits, problems)),
        }
    };
    let checked: Vec<Result<Point, (Edits, Vec<Problem>)>> = changes.par_iter().map(point).collect();
    let mut points = Vec::new();
    let mut refused = Vec::new();
    for result in checked {
        match result {
            Ok(point) => points.push(point),
            Err(problems) => refused.push(problems),
        }
    }
    if refused.is_empty() {
        return Ok(points);
    }
    Err(Failure::Wrong(diagnostics::of_points(source, base.set.len(), &refused)))
}

impl Point {
    /// Of a scenario that was read with these edits.
    pub fn new(edits: Edits, scenario: Scenario) -> Point {
        let scenario = Scenario { document: String::new(), assumptions: Vec::new(), ..scenario };
        let cost = cost(&scenario);
        Point { edits, scenario, cost }
    }

    /// The same without its faults: how it is in calm.
    pub fn calm(mut self) -> Point {
        self.scenario.faults.clear();
        self
    }

    /// The same with all its loads multiplied.
    pub fn loaded(mut self, factor: f64) -> Point {
        for (_, rate) in self.scenario.loads.iter_mut().flat_map(|load| &mut load.rate) {
            *rate *= factor;
        }
        self.cost = cost(&self.scenario);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Source {
        let text = include_str!("../../tests/data/small.toml").to_owned();
        Source { name: "small".into(), label: "small.toml".into(), text }
    }

    fn set(path: &str, value: &str) -> Change {
        Change { variant: None, set: vec![(path.into(), value.into())] }
    }

    #[test]
    fn all_problems_of_all_points_are_told_once() {
        let base = Edits { set: vec![("horizon".into(), "60s".into())], ..Edits::default() };
        let changes = [
            set("service.web.instances", "2"),
            set("service.web.instances", "many"),
            set("service.web.instances", "many"),
            set("service.web.instences", "3"),
            set("horizon", "10s"),
        ];
        let Err(failure) = check(&source(), &base, &changes) else { panic!("four of them are wrong") };
        let text = failure.to_string();
        for part in [
            "service.web.instances=many",
            "service.web.instences=3",
            "at the point horizon=10s: ",
            "4 points are refused",
        ] {
            assert!(text.contains(part), "`{part}` is not in:\n{text}");
        }
        assert_eq!(text.matches("service.web.instances=many").count(), 1, "{text}");
        assert!(!text.contains("--set"), "{text}");
    }
}
