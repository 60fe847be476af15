//! Ways to lose the primary × client: noticed or never, errors or none, recovers or not, and when.
//!
//! Every cell right in kind; times within 5 % or 0.5 s, peak pending within 8 % (beyond its own noise).

use super::{Ground, Group};
use crate::validate::comparison::{Comparison, Tolerance};
use crate::validate::question::{Question, Rule};
use crate::validate::row::Row;

pub(super) const GROUP: Group = Group {
    name: "loss",
    title: "Ways to lose the primary, by client",
    target: "every cell right in kind; times within 5 % or 0.5 s; peak pending within 8 %",
    takes: |row, _| matches!(row.suite.as_str(), "c" | "c2"),
    compare,
};

const TIME: Tolerance = Tolerance { relative: 0.05, absolute: 0.5 };
const PEAK: f64 = 0.08;

fn compare(ground: &Ground<'_>) -> Vec<Comparison> {
    ground.ask(questions)
}

fn questions(row: &Row) -> Vec<Question> {
    let time = || Rule::Median(TIME);
    let mut asked = Vec::new();
    // redis-py tells of no connection's end: its calls do.
    if !row.is_python() {
        asked.push(Question::new("noticed, s", row.time_to_detect_s, time(), |run| run.detected));
    }
    asked.push(Question::new("first failed call, s", row.time_to_first_error_s, time(), |run| {
        run.first_error
    }));
    // Packets are lost to the end of the case: there is nothing to recover to.
    if row.fault != "loss" {
        asked.push(Question::new("recovery, s", row.time_to_recovery_s, time(), |run| run.recovered));
    }
    let peak = Rule::Median(Tolerance::count(PEAK, row.peak_pending.unwrap_or(0.0)));
    asked.push(Question::new("peak pending", row.peak_pending, peak, |run| Some(run.peak_pending)));
    asked
}
