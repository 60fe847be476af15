//! The figures of services, caches and databases with their intervals.

use halfopen_models::summary::{CacheSummary, DatabaseSummary, Figure, ServiceSummary, Summary};

use super::{Section, Table};
use crate::readable::Unit;

type Pick<T> = fn(&T) -> &Figure;
type Choose = fn(f64) -> Unit;

/// A row: its name, where its figure is, how its numbers are written, and whether the median stands for it: a time
/// that some replications never reach has no mean.
struct Row<T: 'static>(&'static str, Pick<T>, Choose, bool);

const SERVICE: &[Row<ServiceSummary>] = &[
    Row("requests sent", |s| &s.requests, Unit::of_count, false),
    Row("requests failed", |s| &s.errors, Unit::of_count, false),
    Row("availability", |s| &s.availability, Unit::of_share, false),
    Row("time to first error", |s| &s.time_to_first_error_s, Unit::of_seconds, true),
    Row("time to crash", |s| &s.time_to_crash_s, Unit::of_seconds, true),
    Row("time to recovery", |s| &s.time_to_recovery_s, Unit::of_seconds, true),
    Row("errors for", |s| &s.errors_for_s, Unit::of_seconds, true),
    Row("crashes", |s| &s.crashes, Unit::of_count, false),
    Row("peak pending calls", |s| &s.peak_pending_calls, Unit::of_count, false),
    Row("peak memory", |s| &s.peak_memory_bytes, Unit::of_bytes, false),
    Row("latency p50, answered", |s| &s.latency_ms.p50, of_millis, false),
    Row("latency p90, answered", |s| &s.latency_ms.p90, of_millis, false),
    Row("latency p99, answered", |s| &s.latency_ms.p99, of_millis, false),
    Row("latency p99.9, answered", |s| &s.latency_ms.p999, of_millis, false),
    Row("latency max, answered", |s| &s.latency_ms.max, of_millis, false),
    Row("retry amplification", |s| &s.retry_amplification, Unit::of_count, false),
];

const CACHE: &[Row<CacheSummary>] = &[
    Row("utilization", |c| &c.utilization, Unit::of_share, false),
    Row("commands per second", |c| &c.throughput_per_s, Unit::of_count, false),
    Row("peak queue", |c| &c.peak_queue, Unit::of_count, false),
    Row("peak connections", |c| &c.peak_connections, Unit::of_count, false),
];

const DATABASE: &[Row<DatabaseSummary>] = &[
    Row("utilization", |d| &d.utilization, Unit::of_share, false),
    Row("queries per second", |d| &d.throughput_per_s, Unit::of_count, false),
    Row("peak queue", |d| &d.peak_queue, Unit::of_count, false),
    Row("refused", |d| &d.refused, Unit::of_count, false),
];

pub(super) fn services(summary: &Summary) -> Section {
    let mut columns: Vec<(&str, &ServiceSummary)> =
        summary.services.iter().map(|(name, service)| (name.as_str(), service)).collect();
    columns.push(("system", &summary.system));
    Section {
        title: "Services".into(),
        remark: "mean, for times since the fault the median, and its 95 % interval over replications \
                 (…: not bounded by the data)"
            .into(),
        table: table(SERVICE, &columns),
    }
}

pub(super) fn caches(summary: &Summary) -> Section {
    let columns: Vec<(&str, &CacheSummary)> =
        summary.caches.iter().map(|(name, cache)| (name.as_str(), cache)).collect();
    Section { title: "Caches".into(), remark: String::new(), table: table(CACHE, &columns) }
}

/// The databases, where there are any.
pub(super) fn databases(summary: &Summary) -> Option<Section> {
    let columns: Vec<(&str, &DatabaseSummary)> =
        summary.databases.iter().map(|(name, database)| (name.as_str(), database)).collect();
    let table = table(DATABASE, &columns);
    (!columns.is_empty()).then(|| Section { title: "Databases".into(), remark: String::new(), table })
}

fn table<T>(rows: &[Row<T>], columns: &[(&str, &T)]) -> Table {
    let mut header = vec![String::new()];
    header.extend(columns.iter().map(|(name, _)| (*name).to_owned()));
    let row = |Row(name, pick, choose, median): &Row<T>| {
        let mut cells = vec![(*name).to_owned()];
        cells.extend(columns.iter().map(|(_, of)| cell(pick(of), *choose, *median)));
        cells
    };
    Table { header, rows: rows.iter().map(row).collect(), numeric: true, ..Table::default() }
}

fn cell(figure: &Figure, choose: Choose, median: bool) -> String {
    let (value, interval) = if median {
        (figure.median, figure.median_ci95)
    } else {
        (figure.mean, figure.ci95.map_or([None, None], |[low, high]| [Some(low), Some(high)]))
    };
    shown(value, interval, figure, choose)
}

/// Estimate and interval, and in how many replications it did not happen.
pub fn shown(
    value: Option<f64>,
    interval: [Option<f64>; 2],
    figure: &Figure,
    choose: impl Fn(f64) -> Unit,
) -> String {
    let mut lines = Vec::new();
    match value {
        Some(value) => {
            let unit = choose(value);
            lines.push(unit.write(value));
            let end = |end: Option<f64>| end.map_or("…".to_owned(), |end| unit.number(end));
            match interval {
                // The same in every replication.
                [Some(low), Some(high)] if low.to_bits() == high.to_bits() => {}
                [None, None] => {}
                [low, high] => lines.push(format!("[{}, {}]", end(low), end(high))),
            }
        }
        None if figure.censored == 0 => lines.push("–".into()),
        None => {}
    }
    if figure.censored > 0 {
        lines.push(format!("never in {} of {}", figure.censored, figure.n));
    }
    lines.join("\n")
}

fn of_millis(value: f64) -> Unit {
    Unit::of_seconds(value / 1e3).times(1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(median: Option<f64>, ends: [Option<f64>; 2], censored: u32) -> Figure {
        Figure { mean: median, ci95: None, median, median_ci95: ends, p5: None, p95: None, n: 20, censored }
    }

    fn shown(median: Option<f64>, ends: [Option<f64>; 2], censored: u32) -> String {
        cell(&figure(median, ends, censored), Unit::of_seconds, true).replace('\u{a0}', " ")
    }

    #[test]
    fn what_is_censored_is_counted_and_what_is_unknown_is_not_made_up() {
        assert_eq!(shown(Some(60.0), [Some(59.0), Some(61.5)], 0), "60.0 s\n[59.0, 61.5]");
        assert_eq!(shown(Some(60.0), [Some(59.0), None], 3), "60.0 s\n[59.0, …]\nnever in 3 of 20");
        assert_eq!(shown(None, [None, None], 20), "never in 20 of 20");
        assert_eq!(shown(None, [None, None], 0), "–", "no fault to count from");
        assert_eq!(shown(Some(60.0), [Some(60.0), Some(60.0)], 0), "60.0 s");
    }
}
