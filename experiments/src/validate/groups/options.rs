//! Timeouts and options of clients: what fails first, how much, how high calls pile up, whether and when it recovers.
//!
//! The kind right in every case (never or some time), numbers within 10 % or 0.3 s, counts beyond their own noise.

use super::{Ground, Group};
use crate::validate::comparison::{Comparison, Tolerance};
use crate::validate::question::{Question, Rule};
use crate::validate::row::Row;

pub(super) const GROUP: Group = Group {
    name: "options",
    title: "Timeouts and options of clients",
    target: "kind right in every case; numbers within 10 % or 0.3 s",
    takes: |row, _| matches!(row.suite.as_str(), "d" | "d2" | "v" | "s") || is_pool_outage(row),
    compare,
};

/// Blackholes before a pool of redis-py were measured with the pools.
fn is_pool_outage(row: &Row) -> bool {
    row.suite == "e" && !row.fault.is_empty()
}

const TIME: Tolerance = Tolerance { relative: 0.10, absolute: 0.3 };
const COUNT: f64 = 0.10;

fn compare(ground: &Ground<'_>) -> Vec<Comparison> {
    ground.ask(|row| {
        let asked = questions(row, Rule::Median).into_iter();
        asked.map(|question| question.given(row.died())).collect()
    })
}

/// What a watcher in the application sees, each judged by this rule.
pub(super) fn questions(row: &Row, rule: fn(Tolerance) -> Rule) -> Vec<Question> {
    let time = || rule(TIME);
    let count = |measured: Option<f64>| rule(Tolerance::count(COUNT, measured.unwrap_or(0.0)));
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
