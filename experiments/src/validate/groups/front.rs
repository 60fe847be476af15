//! An HTTP front: counts as its callers see them, within 10 % (beyond their own noise).

use super::{Ground, Group};
use crate::validate::comparison::{Comparison, Tolerance};
use crate::validate::question::{Question, Rule};
use crate::validate::row::Row;

pub(super) const GROUP: Group = Group {
    name: "http",
    title: "Callers of an HTTP front",
    target: "counts within 10 %",
    takes: |row, _| row.suite == "h" && !row.fault.is_empty(),
    compare,
};

const COUNT: f64 = 0.10;

fn compare(ground: &Ground<'_>) -> Vec<Comparison> {
    ground.ask(questions)
}

fn questions(row: &Row) -> Vec<Question> {
    let rule = |measured: Option<f64>| Rule::Median(Tolerance::count(COUNT, measured.unwrap_or(0.0)));
    let count = |quantity, measured: Option<f64>, look: fn(&crate::validate::watch::Observation) -> f64| {
        Question::new(quantity, measured, rule(measured), move |run| Some(look(run))).given(row.died())
    };
    vec![
        count("sent", row.caller_sent, |run| run.callers.sent),
        count("answered well", row.caller_ok, |run| run.callers.good),
        count("answered with an error", row.caller_error, |run| run.callers.failed),
        count("given up by the caller", row.caller_timeouts, |run| run.callers.given_up),
        count("connection lost", row.caller_conn_errors, |run| run.callers.cut_off),
    ]
}
