//! The groups of the table: which cases each takes, what it asks of them, and when a prediction holds. One file each.

mod bytes;
mod course;
mod crash;
mod front;
mod kernel;
mod loss;
mod options;
mod own;
mod pool;
mod sentinel;
mod textbook;

use std::collections::BTreeMap;

use super::comparison::Comparison;
use super::question::Question;
use super::row::{Courses, Row};
use super::watch::Observation;

/// A group of cases.
pub struct Group {
    /// Its name: `--only NAME`.
    pub name: &'static str,
    /// What it is about.
    pub title: &'static str,
    /// When a case holds.
    pub target: &'static str,
    /// Whether a case belongs to it.
    pub takes: fn(&Row, &Courses) -> bool,
    /// Compares its cases.
    pub compare: fn(&Ground<'_>) -> Vec<Comparison>,
}

/// A case of the person's own; it belongs to no other group.
pub const OWN: Group = own::GROUP;

impl Group {
    /// Whether nine of ten of its measurements should lie inside the intervals: those of a textbook's cases are of a mean,
    /// and a course is judged by how far the model is from it.
    pub fn covers(&self) -> bool {
        ![textbook::EXACT.name, textbook::PUBLISHED.name, course::GROUP.name].contains(&self.name)
    }
}

/// Every group, in the order of the table.
pub const GROUPS: &[Group] = &[
    textbook::EXACT,
    textbook::PUBLISHED,
    kernel::GROUP,
    bytes::GROUP,
    course::GROUP,
    crash::GROUP,
    crash::SHARED,
    options::GROUP,
    loss::GROUP,
    pool::GROUP,
    sentinel::GROUP,
    front::GROUP,
];

/// Runs of a case over seeds, or why it is no scenario.
pub type Runs = Result<Vec<Observation>, String>;

/// What a group compares: its cases, their courses and their runs.
pub struct Ground<'a> {
    /// Name of the group.
    pub group: &'static str,
    /// Its cases.
    pub rows: Vec<&'a Row>,
    /// Courses by case.
    pub courses: &'a Courses,
    /// Whether only a first look is wanted.
    pub quick: bool,
    /// Runs by case.
    pub runs: &'a BTreeMap<String, Runs>,
}

impl Ground<'_> {
    /// Asks each case what `questions` says of it.
    pub fn ask(&self, questions: impl Fn(&Row) -> Vec<Question>) -> Vec<Comparison> {
        let mut answers = Vec::new();
        for row in &self.rows {
            for question in questions(row) {
                answers.push(match &self.runs[&row.case_id] {
                    Ok(runs) => question.answer(&row.case_id, self.group, runs),
                    Err(reason) => question.unanswered(&row.case_id, self.group, reason),
                });
            }
        }
        answers
    }
}
