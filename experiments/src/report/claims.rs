//! What the scenario claims, and whether it holds.

use halfopen_models::summary::Summary;

use super::{BROKEN, HOLDS, Section, Table};

pub(super) fn section(summary: &Summary) -> Option<Section> {
    let rows: Vec<Vec<String>> = summary
        .expect
        .iter()
        .map(|claim| {
            let holds = if claim.holds { HOLDS } else { BROKEN };
            let about = about(summary, claim.variant.as_deref());
            vec![holds.into(), format!("{}{about}\n{}", claim.claim, claim.measured)]
        })
        .collect();
    let broken = summary.expect.iter().filter(|claim| !claim.holds).count();
    let remark = match broken {
        0 => "all hold".into(),
        n => format!("{n} of {} broken", summary.expect.len()),
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
