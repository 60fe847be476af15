//! How each service came out, with the rule that decided it.

use halfopen_models::summary::Summary;

use super::{Section, Table};

pub(super) fn section(summary: &Summary) -> Section {
    let mut rows = Vec::new();
    for (name, service) in &summary.services {
        for (index, count) in service.verdicts.iter().enumerate() {
            let who = if index == 0 { name.clone() } else { String::new() };
            let share = if count.replications == summary.replications {
                String::new()
            } else {
                format!(" (in {} of {})", count.replications, summary.replications)
            };
            rows.push(vec![who, format!("{}{share}\n{}", count.verdict, count.rule)]);
        }
    }
    Section {
        title: "Verdicts".into(),
        remark: "each with the rule that decided it, in the first replication that came out so".into(),
        table: Table { rows, ..Table::default() },
    }
}
