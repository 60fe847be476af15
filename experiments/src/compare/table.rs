//! A comparison for a person.

use halfopen_models::summary::{Figure, Observed, Replication};

use super::difference::Difference;
use super::{Comparison, Panel, Side, ranking};
use crate::figure::{Counts, Name};
use crate::report::{Section, Table, figures};

/// The heading.
pub fn title(comparison: &Comparison) -> String {
    let Comparison { scenario, sides, seed, .. } = comparison;
    let variants = sides.len() - 1;
    let variants = if variants == 1 { "1 variant".into() } else { format!("{variants} variants") };
    format!(
        "{}: {variants} of {} ({} replications each from seed {seed}, the same for all)",
        scenario.title,
        scenario.name,
        sides[0].incident.len()
    )
}

/// The ranking, the figures, the differences, the calm cost.
pub fn describe(comparison: &Comparison) -> Vec<Section> {
    let mut sections = vec![
        ranks(comparison),
        values("The incident", comparison, &comparison.incident, |side| &side.incident),
        differences(comparison, &comparison.incident, "Against the first"),
    ];
    if let Some(calm) = &comparison.calm {
        sections.push(values("In calm, without the fault", comparison, calm, |side| &side.calm));
        sections.push(differences(comparison, calm, "What calm costs, against the first"));
    }
    sections
}

fn ranks(comparison: &Comparison) -> Section {
    let row = |(rank, (side, sentence)): (usize, (usize, String))| {
        vec![format!("{}.", rank + 1), comparison.sides[side].name.clone(), sentence]
    };
    let rows = ranking::ranking(comparison).into_iter().enumerate().map(row).collect();
    let remark =
        format!("by the share of requests answered well from the fault on; {}", ranking::surely(comparison));
    Section { title: "Ranking".into(), remark, table: Table { rows, ..Table::default() } }
}

/// A figure of some replications.
pub fn figure(name: &Name, replications: &[Replication]) -> Figure {
    Figure::over(&replications.iter().map(|it| name.observed(it)).collect::<Vec<Observed>>())
}

fn values(
    title: &str,
    comparison: &Comparison,
    panel: &Panel,
    of: impl Fn(&Side) -> &[Replication],
) -> Section {
    let row = |name: &Name| {
        let mut row = vec![short(name)];
        row.extend(comparison.sides.iter().map(|side| {
            let figure = figure(name, of(side));
            figures::shown(name.number(&figure), name.interval(&figure), &figure, |value| {
                name.counts().unit(value)
            })
        }));
        row
    };
    let mut header = vec![String::new()];
    header.extend(comparison.sides.iter().map(|side| side.name.clone()));
    let rows = panel.names.iter().map(row).collect();
    Section {
        title: title.into(),
        remark: "mean, of times the median, and its 95 % interval".into(),
        table: Table { header, rows, numeric: true, ..Table::default() },
    }
}

fn differences(comparison: &Comparison, panel: &Panel, title: &str) -> Section {
    let row = |(name, differences): (&Name, &Vec<Option<Difference>>)| {
        let mut row = vec![short(name)];
        row.extend(differences.iter().map(|it| it.map_or("–".into(), |it| told(name.counts(), &it))));
        row
    };
    let mut header = vec![String::new()];
    header.extend(comparison.variants().iter().map(|side| side.name.clone()));
    let rows = panel.names.iter().zip(&panel.differences).map(row).collect();
    Section {
        title: title.into(),
        remark: "mean of the paired differences (a time that never came counts as the horizon), the interval that \
                 holds for all variants together at 95 %, p adjusted by Holm (of times by the log-rank test)"
            .into(),
        table: Table { header, rows, numeric: true, ..Table::default() },
    }
}

fn told(counts: Counts, difference: &Difference) -> String {
    let unit = counts.unit(difference.value.abs());
    let sign = |value: f64| match value {
        v if v > 0.0 => "+",
        v if v < 0.0 => "−",
        _ => "",
    };
    let mut lines = vec![format!("{}{}", sign(difference.value), unit.write(difference.value.abs()))];
    if let Some([low, high]) = difference.interval.filter(|[low, high]| low.to_bits() != high.to_bits()) {
        let end = |value: f64| format!("{}{}", sign(value), unit.number(value.abs()));
        lines.push(format!("[{}, {}]", end(low), end(high)));
    }
    match difference.p {
        Some(p) if p < 0.001 => lines.push("p < 0.001".into()),
        Some(p) => lines.push(format!("p = {p:.3}")),
        None => {}
    }
    lines.join("\n")
}

/// All are of the system, or of a cache that is named.
fn short(name: &Name) -> String {
    name.short().trim_start_matches("system.").to_owned()
}
