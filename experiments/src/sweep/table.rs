//! What a sweep came to, for a person.

use std::fmt::Write as _;

use super::cliff::{Edge, edges};
use super::plan::{Cell, Plan};
use crate::report::{Section, Table, figures};

/// More points than these are not read from a terminal.
const MOST_ROWS: usize = 50;

/// The heading.
pub fn title(plan: &Plan) -> String {
    let definition = &plan.definition;
    let variant = definition.variant.as_ref().map_or(String::new(), |name| format!(", variant {name}"));
    format!(
        "Sweep {} of {}{variant}: {} points, {} replications each from seed {}",
        definition.name,
        definition.scenario,
        plan.points.len(),
        definition.replications,
        definition.seed
    )
}

/// A row a point, and where the cliff is.
pub fn describe(plan: &Plan, cells: &[Cell]) -> Vec<Section> {
    vec![points(plan, cells), cliff(plan, cells)]
}

fn points(plan: &Plan, cells: &[Cell]) -> Section {
    let mut header = shortened(&plan.axes);
    header.extend(plan.figures.iter().map(crate::figure::Name::short));
    header.push("good".into());
    let row = |(point, cell): (usize, &Cell)| {
        let mut row = plan.places[point].clone();
        for (name, figure) in plan.figures.iter().zip(&cell.figures) {
            row.push(figures::shown(name.number(figure), name.interval(figure), figure, |value| {
                name.counts().unit(value)
            }));
        }
        row.push(match cell.good {
            Some(true) => "yes".into(),
            Some(false) => "no".into(),
            None => "–".into(),
        });
        row
    };
    let rows = cells.iter().enumerate().take(MOST_ROWS).map(row).collect();
    let mut remark = format!(
        "mean, for times since the fault the median, and its 95 % interval over replications; good: {}",
        plan.cliff
    );
    if cells.len() > MOST_ROWS {
        let _ = write!(remark, "; the first {MOST_ROWS} of {} points, points.csv has all", cells.len());
    }
    Section { title: "Points".into(), remark, table: Table { header, rows, ..Table::default() } }
}

/// Paths by their last two parts, where that still tells them apart.
fn shortened(paths: &[String]) -> Vec<String> {
    let short = |path: &String| {
        let parts: Vec<&str> = path.split('.').collect();
        parts[parts.len().saturating_sub(2)..].join(".")
    };
    let all: Vec<String> = paths.iter().map(short).collect();
    let alike = all.iter().any(|name| all.iter().filter(|other| *other == name).count() > 1);
    if alike { paths.to_vec() } else { all }
}

fn cliff(plan: &Plan, cells: &[Cell]) -> Section {
    let holds = cells.iter().filter(|cell| cell.good == Some(true)).count();
    let title = "The cliff".to_owned();
    let edges = if plan.grid() { edges(plan, cells) } else { Vec::new() };
    if edges.is_empty() {
        let all = if holds == cells.len() {
            "everywhere".into()
        } else {
            format!("at {holds} of {} points", cells.len())
        };
        let none = if plan.grid() { format!(": none along {}", plan.axes[0]) } else { String::new() };
        let remark = format!("{} holds {all}{none}", plan.cliff);
        return Section { title, remark, table: Table::default() };
    }
    let axes = shortened(&plan.axes);
    let mut header = axes[1..].to_vec();
    header.extend([axes[0].clone(), plan.cliff.to_string()]);
    let row = |edge: &Edge| {
        let mut row = edge.elsewhere.clone();
        row.push(format!("between {} and {}", edge.from.0, edge.to));
        row.push(if edge.from.1 { "holds below, not above".into() } else { "holds above, not below".into() });
        row
    };
    let remark = format!("{} holds at {holds} of {} points", plan.cliff, cells.len());
    Section {
        title,
        remark,
        table: Table { header, rows: edges.iter().map(row).collect(), ..Table::default() },
    }
}
