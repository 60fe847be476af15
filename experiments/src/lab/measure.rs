//! From what an application told to the quantities that `validate` compares, in the words of `cases/README.md`.

use serde::Serialize;

use super::log::Log;
use crate::validate::recovery;

/// What was measured. Times in seconds from the fault; absent: not within the measurement.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Measured {
    /// Name of the library, or of the application.
    pub client: String,
    /// Its version.
    pub client_version: String,
    /// Name of the fault in the scenario.
    pub fault: String,
    /// From the begin of the load to the fault.
    pub fault_at_s: f64,
    /// How long the case was watched after the fault.
    pub observed_after_fault_s: f64,
    /// First close or error event on the client's connection.
    pub time_to_detect_s: Option<f64>,
    /// What it said.
    pub detect_error: Option<String>,
    /// First call that failed.
    pub time_to_first_error_s: Option<f64>,
    /// What it said.
    pub first_error: Option<String>,
    /// Calls that failed while their process lived.
    pub error_count: f64,
    /// Calls answered.
    pub ok_count: f64,
    /// Calls issued.
    pub issued_count: f64,
    /// Most calls issued and not settled.
    pub peak_pending: f64,
    /// Highest resident memory of a sample.
    pub peak_rss_mb: Option<f64>,
    /// First death of a process.
    pub time_to_crash_s: Option<f64>,
    /// In which way.
    pub crash_kind: Option<String>,
    /// Deaths.
    pub crashes: usize,
    /// From the fault to answers flowing again; 0 without an outage.
    pub time_to_recovery_s: Option<f64>,
    /// Latency of the last sample before the fault.
    pub p50_before_ms: Option<f64>,
    /// Latency of the last sample before the fault.
    pub p99_before_ms: Option<f64>,
    /// Worst lateness of an arrival inside the application.
    pub arrival_lag_max_ms: f64,
}

/// A sample's place in the course of a case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Second {
    /// Name of the case.
    pub case_id: String,
    /// Since the fault.
    pub t_s: f64,
    /// Calls issued and not settled.
    pub pending: f64,
    /// Used heap, garbage included; absent where the application tells none.
    pub heap_used_mb: Option<f64>,
    /// Resident memory; absent where the application tells none.
    pub rss_mb: Option<f64>,
}

const MIB: f64 = 1_048_576.0;

impl Measured {
    /// What a log shows at this rate of requests.
    pub fn of(log: &Log, rate: f64) -> Measured {
        let since = |event| log.events(event).find(|&(at, _)| at >= 0.0);
        let (noticed, failed) = (since("closed"), since("failed"));
        let samples = || log.events("sample");
        let before = samples().take_while(|&(at, _)| at < 0.0).last();
        let death = log.deaths.first();
        let total = |of: fn(&super::log::Line) -> f64| last_of_each_process(log, of);
        let largest = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
        let rss = samples().filter_map(|(_, line)| line.rss).reduce(f64::max);
        Measured {
            client: String::new(),
            client_version: log
                .events("start")
                .next()
                .map_or(String::new(), |(_, line)| line.version.clone()),
            fault: String::new(),
            fault_at_s: millis(log.fault - log.start),
            observed_after_fault_s: millis(log.end - log.fault),
            time_to_detect_s: noticed.map(|(at, _)| millis(at)),
            detect_error: noticed.map(|(_, line)| line.error.clone()),
            time_to_first_error_s: failed.map(|(at, _)| millis(at)),
            first_error: failed.map(|(_, line)| line.error.clone()),
            error_count: total(|line| line.failed),
            ok_count: total(|line| line.ok),
            issued_count: total(|line| line.issued),
            peak_pending: largest(&mut samples().map(|(_, line)| line.peak)),
            peak_rss_mb: rss.map(|bytes| (bytes / MIB).round()),
            time_to_crash_s: death.map(|death| millis(death.at - log.fault)),
            crash_kind: death.map(|death| death.kind.clone()),
            crashes: log.deaths.len(),
            time_to_recovery_s: recovery(&answers(log), rate, log.end - log.fault).map(millis),
            p50_before_ms: before.and_then(|(_, line)| line.p50_ms).map(millis),
            p99_before_ms: before.and_then(|(_, line)| line.p99_ms).map(millis),
            arrival_lag_max_ms: millis(largest(&mut samples().map(|(_, line)| line.lag_ms))),
        }
    }
}

/// The course, a row for the last sample of each second.
pub fn course(log: &Log, case_id: &str) -> Vec<Second> {
    let mut rows: Vec<Second> = Vec::new();
    for (at, line) in log.events("sample") {
        let row = Second {
            case_id: case_id.to_owned(),
            t_s: millis(at),
            pending: line.issued - line.ok - line.failed,
            heap_used_mb: line.heap.map(|bytes| millis(bytes / MIB)),
            rss_mb: line.rss.map(|bytes| millis(bytes / MIB)),
        };
        match rows.last_mut() {
            Some(last) if last.t_s.floor() >= at.floor() => *last = row,
            _ => rows.push(row),
        }
    }
    rows
}

/// A counter starts anew with each process: the sum of what each counted in the end.
fn last_of_each_process(log: &Log, of: fn(&super::log::Line) -> f64) -> f64 {
    let samples = log.told.iter().filter(|told| told.line.event == "sample");
    let mut last: Vec<f64> = Vec::new();
    for told in samples {
        last.resize((told.process + 1).max(last.len()), 0.0);
        last[told.process] = of(&told.line);
    }
    last.iter().sum()
}

/// When answers came, since the fault: as many as each sample counted, evenly from its first to its last.
fn answers(log: &Log) -> Vec<f64> {
    let mut counted: Vec<f64> = Vec::new();
    let mut times = Vec::new();
    for told in log.told.iter().filter(|told| told.line.event == "sample") {
        counted.resize((told.process + 1).max(counted.len()), 0.0);
        let count = told.line.ok - counted[told.process];
        counted[told.process] = told.line.ok;
        let last = told.line.last_ok.unwrap_or(told.at);
        let first = told.line.first_ok.unwrap_or(last);
        let step = (last - first) / (count - 1.0).max(1.0);
        times.extend((0..count as u32).map(|nth| first + f64::from(nth) * step - log.fault));
    }
    times.sort_by(f64::total_cmp);
    times
}

fn millis(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::super::log::{Death, Line, Told};
    use super::*;

    fn told(process: usize, at: f64, line: Line) -> Told {
        Told { process, at, line }
    }

    fn sample(process: usize, at: f64, issued: f64, ok: f64, failed: f64) -> Told {
        let line = Line {
            event: "sample".into(),
            issued,
            ok,
            failed,
            peak: issued - ok - failed,
            ..Line::default()
        };
        told(process, at, line)
    }

    fn event(at: f64, name: &str, error: &str) -> Told {
        told(0, at, Line { event: name.into(), error: error.into(), ..Line::default() })
    }

    /// Ten calls a second; the fault at 105, noticed after 3.4 s, answers again 0.1 s later.
    #[test]
    fn a_log_becomes_the_columns_of_a_case() {
        let mut all = vec![event(101.0, "closed", "before the fault")];
        all.extend((1..50).map(|i| sample(0, 100.0 + 0.1 * f64::from(i), f64::from(i), f64::from(i), 0.0)));
        all.push(event(106.0, "failed", "Command timed out"));
        all.extend(
            (0..34)
                .map(|i| sample(0, 105.0 + 0.1 * f64::from(i), 50.0 + f64::from(i), 49.0, f64::from(i / 2))),
        );
        all.push(event(108.4, "closed", "read ETIMEDOUT"));
        all.extend((35..90).map(|i| {
            sample(0, 105.0 + 0.1 * f64::from(i), 50.0 + f64::from(i), 49.0 + f64::from(i - 17), 17.0)
        }));
        let log = Log { start: 100.0, fault: 105.0, end: 115.0, told: all, deaths: Vec::new() };
        let measured = Measured::of(&log, 10.0);
        assert_eq!(measured.time_to_detect_s, Some(3.4), "what came before the fault does not count");
        assert_eq!(measured.detect_error.as_deref(), Some("read ETIMEDOUT"));
        assert_eq!(measured.time_to_first_error_s, Some(1.0));
        let counts = (measured.fault_at_s, measured.error_count, measured.peak_pending);
        assert_eq!(counts, (5.0, 17.0, 18.0));
        assert_eq!(measured.time_to_recovery_s, Some(3.5));
        assert_eq!(measured.time_to_crash_s, None);
        let course = course(&log, "x");
        assert_eq!((course[0].t_s, course[5].pending), (-4.1, 6.0));
    }

    #[test]
    fn counters_of_a_restarted_process_are_added() {
        let told = vec![sample(0, 1.0, 10.0, 4.0, 2.0), sample(1, 3.0, 5.0, 5.0, 0.0)];
        let deaths = vec![Death { at: 2.0, kind: "reached_heap_limit".into() }];
        let log = Log { start: 0.0, fault: 0.5, end: 4.0, told, deaths };
        let measured = Measured::of(&log, 10.0);
        assert_eq!((measured.issued_count, measured.ok_count, measured.error_count), (15.0, 9.0, 2.0));
        assert_eq!((measured.time_to_crash_s, measured.crashes), (Some(1.5), 1));
    }
}
