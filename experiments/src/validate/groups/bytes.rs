//! What a pending call costs in memory, by client, command and payload.
//!
//! Measured after forced collections (suite cal), else as the slope of the live heap after major collections. Within
//! 3 %. The clients' presets were calibrated with some of these cases; the others are predictions.

use super::{Ground, Group};
use crate::validate::comparison::{Comparison, Tolerance};
use crate::validate::question::{Question, Rule};
use crate::validate::row::Row;

pub(super) const GROUP: Group = Group {
    name: "bytes",
    title: "Memory of a pending call",
    target: "within 3 %",
    takes: |row, _| matches!(row.suite.as_str(), "cal" | "a" | "h") && row.bytes_per_pending.is_some(),
    compare,
};

const TOLERANCE: Tolerance = Tolerance { relative: 0.03, absolute: 0.0 };

fn compare(ground: &Ground<'_>) -> Vec<Comparison> {
    ground.ask(questions)
}

fn questions(row: &Row) -> Vec<Question> {
    let rule = Rule::Median(TOLERANCE);
    // A buffer lies outside the heap.
    let outside = if row.payload_kind == "buffer" { row.payload_bytes.unwrap_or(0.0) } else { 0.0 };
    vec![Question::new("heap of a pending call, B", row.bytes_per_pending, rule, move |run| {
        Some(run.bytes_per_pending? - outside)
    })]
}
