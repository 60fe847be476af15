//! Predictions beside measurements: totals of each group, every comparison, known misses that hold by now.

use super::{Section, Table};
use crate::validate::comparison::{Comparison, Value};
use crate::validate::outcome::{Coverage, Outcome, Total};

/// All sections.
pub fn describe(outcome: &Outcome<'_>) -> Vec<Section> {
    let mut sections = vec![totals(outcome)];
    sections.extend(outcome.groups.iter().map(|total| group(outcome, total)));
    sections.extend(mended(outcome));
    sections
}

fn totals(outcome: &Outcome<'_>) -> Section {
    let header = ["group", "what", "cases", "compared", "hold", "known misses", "new misses", "inside 90 %"];
    let row = |total: &Total| {
        let mut cells = vec![total.name.to_owned(), total.title.to_owned()];
        let counts = [total.cases, total.compared, total.holds, total.known_misses, total.new_misses];
        cells.extend(counts.map(|count| count.to_string()));
        cells.push(total.coverage.map_or("–".into(), |Coverage { inside, of, ci95: [low, high] }| {
            let share = 100.0 * f64::from(inside) / f64::from(of);
            format!("{inside} of {of}: {share:.0} % ({:.0}–{:.0})", 100.0 * low, 100.0 * high)
        }));
        cells
    };
    Section {
        title: "Totals".into(),
        remark: "a known miss is listed with its reason and counted as a miss; inside 90 %: measurements inside their 90 % \
                 prediction interval, with Wilson's 95 % interval of that share"
            .into(),
        table: Table {
            header: header.map(str::to_owned).to_vec(),
            rows: outcome.groups.iter().map(row).collect(),
            ..Table::default()
        },
    }
}

fn group(outcome: &Outcome<'_>, total: &Total) -> Section {
    let header = ["case", "quantity", "predicted", "90 % interval", "measured", "error", "holds"];
    let mine = outcome.comparisons.iter().enumerate().filter(|(_, it)| it.group == total.name);
    Section {
        title: total.title.to_owned(),
        remark: format!("{} of {} hold; to reach: {}", total.holds, total.compared, total.target),
        table: Table {
            header: header.map(str::to_owned).to_vec(),
            rows: mine.map(|(index, comparison)| row(comparison, outcome.is_news(index))).collect(),
            ..Table::default()
        },
    }
}

fn row(comparison: &Comparison, news: bool) -> Vec<String> {
    let interval = comparison.interval.map_or(String::new(), |[low, high]| {
        format!("{} … {}", value(&Value::of(low)), value(&Value::of(high)))
    });
    let verdict = match (comparison.holds, news) {
        (true, _) => "yes",
        (false, false) => "no, as known",
        (false, true) => "NO",
    };
    let gap = if comparison.reason.is_empty() { "" } else { ": " };
    vec![
        comparison.id.clone(),
        comparison.quantity.clone(),
        value(&comparison.predicted),
        interval,
        value(&comparison.expected),
        comparison.error.map_or(String::new(), |error| format!("{:+.1} %", 100.0 * error)),
        format!("{verdict}{gap}{}", comparison.reason),
    ]
}

fn value(value: &Value) -> String {
    match value {
        Value::Nothing => "–".into(),
        Value::Word(word) => word.clone(),
        Value::Never => "never".into(),
        Value::Number(number) => {
            let places = match number.abs() {
                size if size >= 1000.0 => 0,
                size if size >= 100.0 => 1,
                size if size >= 1.0 => 2,
                _ => 3,
            };
            format!("{number:.places$}")
        }
    }
}

fn mended(outcome: &Outcome<'_>) -> Option<Section> {
    if outcome.mended.is_empty() {
        return None;
    }
    let rows = outcome.mended.iter().map(|known| vec![known.name(), known.reason.clone()]).collect();
    Some(Section {
        title: "Known misses that hold".into(),
        remark: "take them off experiments/cases/known_misses.csv".into(),
        table: Table { rows, ..Table::default() },
    })
}
