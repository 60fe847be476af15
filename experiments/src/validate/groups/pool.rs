//! Waiting for a connection: redis-py's `BlockingConnectionPool` as a queue.
//!
//! A measurement is one sample of some thousand calls; simulated runs of the same length show how far such samples lie
//! apart, and it must lie among them.

use super::{Ground, Group};
use crate::validate::comparison::Comparison;
use crate::validate::question::{Question, Rule};
use crate::validate::row::Row;

pub(super) const GROUP: Group = Group {
    name: "pool",
    title: "Waits for a pooled connection",
    target: "inside the spread of equally long runs",
    takes: |row, _| row.suite == "e" && row.fault.is_empty(),
    compare,
};

/// In ms. Calls are counted from when they were due, and the thread that makes them wakes up later: the same case as the
/// calibration of Python's round trip, mean sojourn 0.733 ms less the call's 0.315 and the thread's own.
const LATE: f64 = 0.262;
/// What a thread does around a call (`calibration.toml`), and what of it is the way to a free connection, which was
/// counted as wait.
const AROUND: f64 = 0.156;
const CHECKOUT: f64 = 0.08;

fn compare(ground: &Ground<'_>) -> Vec<Comparison> {
    ground.ask(questions)
}

fn questions(row: &Row) -> Vec<Question> {
    let service = row.service_mean_measured_ms.unwrap_or(0.0);
    let sojourn = |quantity, measured, which: usize| {
        Question::new(quantity, measured, Rule::Spread, move |run| Some(run.sojourn_ms[which] + LATE))
    };
    let mut asked = vec![
        sojourn("mean sojourn, ms", row.sojourn_mean_ms, 0),
        sojourn("sojourn p50, ms", row.sojourn_p50_ms, 1),
        sojourn("sojourn p90, ms", row.sojourn_p90_ms, 2),
        sojourn("sojourn p99, ms", row.sojourn_p99_ms, 3),
        Question::new("failed calls", row.error_count, Rule::Spread, |run| Some(run.errors)),
    ];
    // Where requests wait for a thread too, or calls for each other in the server, the wait in the pool is not what is
    // left of the sojourn.
    if row.service_kind != "eval" && row.threads > row.pool_size.map(|size| 10 * size) {
        asked.push(Question::new("mean wait, ms", row.wait_mean_ms, Rule::Spread, move |run| {
            Some(run.sojourn_ms[0] - service - AROUND + CHECKOUT)
        }));
    }
    asked
}
