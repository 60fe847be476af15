//! How much of a result is not known: the spread with every range drawn beside the spread by chance alone, what was drawn,
//! and what to measure first.

use halfopen_models::summary::{Figure, Influence, ServiceSummary, Summary, Uncertainty, UnknownValue};

use super::{Section, Table};
use crate::readable::Unit;

/// A row: its name, where its figure is, how its numbers are written.
type Row = (&'static str, fn(&ServiceSummary) -> &Figure, fn(f64) -> Unit);

const ROWS: [Row; 6] = [
    ("availability", |s| &s.availability, Unit::of_share),
    ("time to first error", |s| &s.time_to_first_error_s, Unit::of_seconds),
    ("time to crash", |s| &s.time_to_crash_s, Unit::of_seconds),
    ("time to recovery", |s| &s.time_to_recovery_s, Unit::of_seconds),
    ("crashes", |s| &s.crashes, Unit::of_count),
    ("peak pending calls", |s| &s.peak_pending_calls, Unit::of_count),
];

/// Influences that are shown where none can be told from chance.
const AT_LEAST: usize = 3;
/// More are in `summary.json`.
const AT_MOST: usize = 12;
/// What chance explains more often than this says nothing.
const LEVEL: f64 = 0.05;

pub(super) fn sections(summary: &Summary) -> Vec<Section> {
    summary.uncertainty.as_ref().map_or(Vec::new(), |it| vec![spread(summary, it), first(it), drawn(it)])
}

fn spread(summary: &Summary, uncertainty: &Uncertainty) -> Section {
    let mut rows = Vec::new();
    let services = summary.services.iter().zip(&uncertainty.services_as_written);
    let mut all: Vec<(&str, &ServiceSummary, &ServiceSummary)> =
        services.map(|((name, drawn), (_, written))| (name.as_str(), drawn, written)).collect();
    all.push(("system", &summary.system, &uncertainty.system_as_written));
    for (name, drawn, written) in all {
        for (figure, pick, unit) in ROWS {
            let (drawn, written) = (pick(drawn), pick(written));
            let cells = [cell(written, unit), cell(drawn, unit), wider(written, drawn)];
            rows.push([vec![name.to_owned(), figure.to_owned()], cells.to_vec()].concat());
        }
    }
    let header = ["", "figure", "as written", "over the ranges", "wider"];
    Section {
        title: "What is not known".into(),
        remark: "median, and where nine of ten replications lie: by chance alone, and with a value from each range; \
                 the tables above are over the ranges"
            .into(),
        table: Table { header: header.map(str::to_owned).to_vec(), rows, ..Table::default() },
    }
}

fn first(uncertainty: &Uncertainty) -> Section {
    let sure = |it: &&Influence| it.p.is_some_and(|p| p <= LEVEL);
    let told: Vec<&Influence> = uncertainty.influences.iter().filter(sure).take(AT_MOST).collect();
    let shown =
        if told.is_empty() { uncertainty.influences.iter().take(AT_LEAST).collect() } else { told.clone() };
    let row = |it: &&Influence| {
        let interval = it.ci95.map_or(String::new(), |[low, high]| format!("[{low:+.2}, {high:+.2}]"));
        let p = it.p.map_or("–".into(), |p| if p < 0.001 { "< 0.001".into() } else { format!("{p:.3}") });
        vec![it.name.clone(), it.figure.to_owned(), format!("{:+.2}", it.rho), interval, p]
    };
    let header = ["unknown", "moves", "rank correlation", "95 % interval", "p, all unknowns counted"];
    Section {
        title: "What to measure first".into(),
        remark: if told.is_empty() {
            "no unknown can be told from chance with so few replications; the strongest are shown, more --reps tell".into()
        } else {
            "the unknowns that go most clearly with a figure of the system; the others are not cleared by this".into()
        },
        table: Table {
            header: header.map(str::to_owned).to_vec(),
            rows: shown.iter().map(row).collect(),
            ..Table::default()
        },
    }
}

fn drawn(uncertainty: &Uncertainty) -> Section {
    let row = |UnknownValue { name, value, range, law, measured, .. }: &UnknownValue| {
        let source = if *measured { "spread of a measurement" } else { "assumption" };
        vec![name.clone(), value.clone(), range.clone(), (*law).to_owned(), source.to_owned()]
    };
    let header = ["unknown", "as written", "range", "drawn", "range from"];
    Section {
        title: "What was drawn".into(),
        remark: "one value for each replication, by a Latin hypercube; log-uniform where the ends are a factor of ten or \
                 more apart; drawn.csv has the values"
            .into(),
        table: Table {
            header: header.map(str::to_owned).to_vec(),
            rows: uncertainty.drawn.iter().map(row).collect(),
            ..Table::default()
        },
    }
}

/// `4m 30s [2m 10s, never]`.
fn cell(figure: &Figure, unit: fn(f64) -> Unit) -> String {
    let write = |value: Option<f64>| match value {
        Some(value) => unit(value).write(value),
        None if figure.censored > 0 => "never".into(),
        None => "–".into(),
    };
    format!("{} [{}, {}]", write(figure.median), write(figure.p5), write(figure.p95))
}

/// How many times as wide.
fn wider(written: &Figure, drawn: &Figure) -> String {
    let width = |figure: &Figure| Some(figure.p95? - figure.p5?);
    match (width(written), width(drawn)) {
        (Some(written), Some(drawn)) if written > 0.0 => format!("{:.1} ×", drawn / written),
        (Some(_), Some(drawn)) if drawn <= 0.0 => "as wide".into(),
        (Some(_), Some(_)) => "from nothing".into(),
        (Some(_), None) if drawn.censored > 0 => "without end".into(),
        _ => "–".into(),
    }
}
