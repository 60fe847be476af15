//! What the scenario claims, and whether it holds.

use halfopen_models::summary::{Decision, Summary};

use super::{BROKEN, HOLDS, Section, Table, UNDECIDED};

pub(super) fn section(summary: &Summary) -> Option<Section> {
    let rows: Vec<Vec<String>> = summary
        .expect
        .iter()
        .map(|claim| {
            let holds = match claim.decision {
                Decision::Held => HOLDS,
                Decision::Broken => BROKEN,
                Decision::Undecided => UNDECIDED,
            };
            let about = about(summary, claim.variant.as_deref());
            vec![holds.into(), format!("{}{about}\n{}", claim.claim, claim.measured)]
        })
        .collect();
    let count = |decision| summary.expect.iter().filter(|claim| claim.decision == decision).count();
    let all = summary.expect.len();
    let remark = match (count(Decision::Broken), count(Decision::Undecided)) {
        (0, 0) => "all hold".into(),
        (broken, 0) => format!("{broken} of {all} broken"),
        (0, open) => format!("{open} of {all} undecided: more replications may tell"),
        (broken, open) => format!("{broken} of {all} broken, {open} undecided"),
    };
    (!rows.is_empty()).then(|| Section {
        title: "Claims of the scenario".into(),
        remark,
        table: Table { rows, judges: true, ..Table::default() },
    })
}

/// Names the variant that was measured where it is not this run's.
fn about(summary: &Summary, variant: Option<&str>) -> String {
    let other = variant.filter(|_| variant != summary.variant.as_deref());
    other.map_or(String::new(), |name| format!(" (variant {name})"))
}
