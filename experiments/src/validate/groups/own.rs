//! A case of the person's own, measured by `halfopen lab run`: the questions of the shipped cases about options.
//!
//! A prediction holds when it is near as there, or when the measurement lies in its 90 % interval: where a process may
//! die in two ways, one measurement is one of them.

use super::options::{COUNT, TIME};
use super::{Ground, Group};
use crate::validate::comparison::{Comparison, Tolerance};
use crate::validate::question::{Question, Rule};
use crate::validate::row::Row;

pub(super) const GROUP: Group = Group {
    name: "own",
    title: "Measured on your machine",
    target: "kind right; inside the 90 % interval, or within 10 % or 0.3 s of the median",
    takes: |_, _| true,
    compare,
};

fn compare(ground: &Ground<'_>) -> Vec<Comparison> {
    ground.ask(questions)
}

fn questions(row: &Row) -> Vec<Question> {
    let time = || Rule::Inside(TIME);
    let count = |measured: Option<f64>| Rule::Inside(Tolerance::count(COUNT, measured.unwrap_or(0.0)));
    let mut asked = Vec::new();
    // redis-py tells of no connection's end: its calls do.
    if !row.is_python() {
        asked.push(Question::new("noticed, s", row.time_to_detect_s, time(), |run| run.detected));
    }
    asked.extend([
        Question::new("first failed call, s", row.time_to_first_error_s, time(), |run| run.first_error),
        Question::new("failed calls", row.error_count, count(row.error_count), |run| Some(run.errors)),
        Question::new("peak pending", row.peak_pending, count(row.peak_pending), |run| {
            Some(run.peak_pending)
        }),
        Question::new("crash, s", row.time_to_crash_s, time(), |run| run.deaths.first().map(|&(at, _)| at)),
        Question::new("recovery, s", row.time_to_recovery_s, time(), |run| run.recovered),
    ]);
    asked
}
