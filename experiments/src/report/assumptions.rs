//! What is not published: an assumption is called one wherever a result is shown.

use halfopen_models::scenario::{Assumption, Scenario};

use super::{Section, Table};

pub(super) fn section(scenario: &Scenario) -> Option<Section> {
    let row = |Assumption { path, value, range, .. }: &Assumption| {
        vec![path.clone(), value.clone(), range.to_string()]
    };
    let rows: Vec<Vec<String>> = scenario.assumptions.iter().map(row).collect();
    (!rows.is_empty()).then(|| Section {
        title: "Assumptions".into(),
        remark: match rows.len() {
            1 => {
                "1 value is not published; the reason for its range is in the scenario file or its client's, [assume]".into()
            }
            n => format!(
                "{n} values are not published; the reason for each range is in the scenario file or its client's, [assume]"
            ),
        },
        table: Table {
            header: vec!["path".into(), "value".into(), "range".into()],
            rows,
            ..Table::default()
        },
    })
}
