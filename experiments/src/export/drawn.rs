//! `drawn.csv`: a row for each replication and unknown with the value that was drawn, as a number in the unit of its range
//! (`ns`, `B`, `/s`, parts of one), or the place in its list of a text. Only of a run over the ranges.

use halfopen_models::scenario::{Drawn, Range, Unit};

use super::{Row, optional};

pub(super) const HEADER: &[&str] = &["replication", "unknown", "value", "unit"];

pub(super) fn rows(drawn: &Drawn, to: &mut dyn FnMut(Row)) {
    for (replication, amounts) in drawn.amounts.iter().enumerate() {
        for (unknown, &amount) in drawn.unknowns.iter().zip(amounts) {
            to(vec![
                replication.to_string(),
                unknown.name.clone(),
                optional(amount),
                unit(&unknown.range).into(),
            ]);
        }
    }
}

fn unit(range: &Range) -> &'static str {
    match range {
        Range::OneOf(_) => "place",
        Range::Between { unit, .. } => match unit {
            Unit::Count | Unit::Number | Unit::Share => "1",
            Unit::Duration => "ns",
            Unit::Size => "B",
            Unit::Rate => "/s",
        },
    }
}
