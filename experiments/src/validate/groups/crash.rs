//! When a process dies of its memory, and in which way.
//!
//! The time is judged for the way of dying that happened. Over all cases: the median error, how many measurements lie
//! in the 90 % interval (both ways together), and whether the probabilities of the ways are right: the count of one
//! way against the sum of its predicted chances, in standard deviations.
//!
//! Cases that shared their core with other work are a group of their own: which way V8 dies depends on it.

use halfopen_models::app::Cause;

use super::{Ground, Group};
use crate::validate::comparison::{Comparison, Sample, Tolerance, Value, error};
use crate::validate::question::{Question, Rule};
use crate::validate::row::Row;
use crate::validate::watch::Observation;

pub(super) const GROUP: Group = Group {
    name: "crash",
    title: "Time to crash, quiet core",
    target: "for the way of dying that happened: each within 10 %, median error 2.5 %; 9 of 10 in the 90 % interval; \
             ways as often as predicted",
    takes: |row, _| row.suite == "a" && row.quality == "ok",
    compare,
};

pub(super) const SHARED: Group = Group {
    name: "crash-shared",
    title: "Time to crash, core shared with other work",
    takes: |row, _| row.suite == "a" && row.quality != "ok",
    ..GROUP
};

const WORST: Tolerance = Tolerance { relative: 0.10, absolute: 0.0 };
const MEDIAN: f64 = 0.025;
const COVERED: f64 = 0.9;
/// Deviations of a count that chance exceeds once in twenty.
const DEVIATIONS: f64 = 1.96;

fn compare(ground: &Ground<'_>) -> Vec<Comparison> {
    let mut answers = ground.ask(questions);
    answers.extend(overall(ground, &answers));
    answers
}

fn questions(row: &Row) -> Vec<Question> {
    let time = Question::new("time to crash, s", row.time_to_crash_s, Rule::Median(WORST), |run| {
        first_death(run).map(|(at, _)| at)
    });
    vec![time.given(row.died())]
}

fn first_death(run: &Observation) -> Option<(f64, Cause)> {
    run.deaths.iter().copied().find(|&(at, _)| at >= 0.0)
}

/// What only all cases together can show.
fn overall(ground: &Ground<'_>, answers: &[Comparison]) -> Vec<Comparison> {
    let mut errors: Vec<f64> = answers.iter().filter_map(|answer| answer.error.map(f64::abs)).collect();
    errors.sort_by(f64::total_cmp);
    let (mut inside, mut counted) = (0.0, 0.0);
    let (mut expected, mut variance, mut ineffective) = (0.0, 0.0, 0.0);
    for row in &ground.rows {
        let (Ok(runs), Some(measured)) = (&ground.runs[&row.case_id], row.time_to_crash_s) else { continue };
        let deaths: Vec<Option<(f64, Cause)>> = runs.iter().map(first_death).collect();
        let times = Sample::new(deaths.iter().map(|death| death.map(|(at, _)| at)).collect());
        counted += 1.0;
        inside += f64::from(u8::from(times.covers(measured)));
        let chance = deaths.iter().flatten().filter(|(_, way)| *way == Cause::IneffectiveCollections).count()
            as f64
            / deaths.len().max(1) as f64;
        expected += chance;
        variance += chance * (1.0 - chance);
        ineffective += f64::from(u8::from(row.died() == Some(Cause::IneffectiveCollections)));
    }
    if counted == 0.0 {
        return Vec::new();
    }
    let median = errors.get(errors.len() / 2).copied().unwrap_or(f64::NAN);
    let spread = DEVIATIONS * variance.sqrt();
    let all = |quantity: &str, predicted: f64, interval, expected: f64, holds| Comparison {
        id: "all".into(),
        group: ground.group,
        quantity: quantity.into(),
        predicted: Value::Number(predicted),
        interval,
        error: error(&Value::Number(predicted), &Value::Number(expected)),
        expected: Value::Number(expected),
        holds,
        reason: String::new(),
    };
    vec![
        all("median error", median, None, 0.0, median <= MEDIAN),
        all(
            "share inside the 90 % interval",
            COVERED,
            None,
            inside / counted,
            inside >= (COVERED * counted).floor(),
        ),
        all(
            "deaths by ineffective collections",
            expected,
            Some([Some(expected - spread), Some(expected + spread)]),
            ineffective,
            (ineffective - expected).abs() <= spread.max(0.5),
        ),
    ]
}
