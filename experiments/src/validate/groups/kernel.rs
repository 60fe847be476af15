//! What the kernel alone does: when it gives a connection up, and when traffic resumes after the path has healed.
//!
//! Bare sockets and clients that have no timer of their own. Within 2 %, or 0.3 s where that is more; a setting on a
//! knife edge may end on either step.

use super::{Ground, Group};
use crate::validate::comparison::{Comparison, Tolerance};
use crate::validate::question::{Question, Rule};
use crate::validate::row::Row;

pub(super) const GROUP: Group = Group {
    name: "kernel",
    title: "Kernel: detection and resumption",
    target: "within 2 % or 0.3 s; on a knife edge either step",
    takes: |row, _| matches!(row.suite.as_str(), "k" | "b"),
    compare,
};

const TOLERANCE: Tolerance = Tolerance { relative: 0.02, absolute: 0.3 };

fn compare(ground: &Ground<'_>) -> Vec<Comparison> {
    ground.ask(questions)
}

fn questions(row: &Row) -> Vec<Question> {
    let rule = || Rule::EitherStep(TOLERANCE);
    // A stopped process's kernel accepts a dial: there is nothing to detect.
    let dead = row.time_to_detect_s.filter(|_| row.detect_error != "connected");
    let mut asked = vec![Question::new("connection declared dead, s", dead, rule(), |run| run.detected)];
    if row.heal_after_s.is_some() {
        asked.push(Question::new("traffic resumes, s", row.time_to_recovery_s, rule(), |run| run.recovered));
    }
    asked
}
