//! Measured cases as the laboratory wrote them down: one row each, empty where a thing does not apply.
//!
//! The meaning of each column is in `cases/README.md`. Times are seconds; those of outcomes count from the fault.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use halfopen_models::app::Cause;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// The measured cases that come with the program, and their courses.
const LAB: &str = include_str!("../../cases/lab.csv");
const SERIES: &str = include_str!("../../cases/series.csv");

/// One measured case.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the columns are described in cases/README.md")]
pub struct Row {
    pub case_id: String,
    pub suite: String,
    pub client: String,
    pub client_version: String,
    pub fault: String,
    pub fault_at_s: Option<f64>,
    pub fault_param: Option<f64>,
    pub switch_after_s: Option<f64>,
    pub heal_after_s: Option<f64>,
    pub rate_per_s: Option<f64>,
    pub command: String,
    pub payload_bytes: Option<f64>,
    pub payload_kind: String,
    pub heap_mb: Option<f64>,
    pub mem_limit_mb: Option<f64>,
    pub client_options: String,
    pub tcp_retries2: Option<u32>,
    pub tcp_user_timeout_ms: Option<f64>,
    pub keepalive: String,
    pub tcp_syn_retries: Option<u32>,
    pub tcp_syn_linear_timeouts: Option<u32>,
    pub pool_size: Option<u32>,
    pub threads: Option<u32>,
    pub acquire_timeout_s: Option<f64>,
    pub service_kind: String,
    pub service_mean_ms: Option<f64>,
    pub service_dist: String,
    pub sentinel_down_after_ms: Option<f64>,
    pub caller_timeout_ms: Option<f64>,
    pub caller_retries: Option<u32>,
    pub caller_retry_delay_ms: Option<f64>,
    pub restart_delay_s: Option<f64>,
    pub max_restarts: Option<u32>,
    pub duration_s: Option<f64>,
    pub observed_after_fault_s: Option<f64>,
    pub time_to_detect_s: Option<f64>,
    pub detect_error: String,
    pub time_to_first_error_s: Option<f64>,
    pub error_count: Option<f64>,
    pub peak_pending: Option<f64>,
    pub bytes_per_pending: Option<f64>,
    pub rss_bytes_per_pending: Option<f64>,
    pub time_to_crash_s: Option<f64>,
    pub crash_kind: String,
    pub time_to_recovery_s: Option<f64>,
    pub service_mean_measured_ms: Option<f64>,
    pub wait_mean_ms: Option<f64>,
    pub sojourn_mean_ms: Option<f64>,
    pub sojourn_p50_ms: Option<f64>,
    pub sojourn_p90_ms: Option<f64>,
    pub sojourn_p99_ms: Option<f64>,
    pub throughput_per_s: Option<f64>,
    pub sdown_s: Option<f64>,
    pub odown_s: Option<f64>,
    pub promoted_s: Option<f64>,
    pub switch_master_s: Option<f64>,
    pub caller_sent: Option<f64>,
    pub caller_ok: Option<f64>,
    pub caller_error: Option<f64>,
    pub caller_timeouts: Option<f64>,
    pub caller_conn_errors: Option<f64>,
    pub quality: String,
}

impl Row {
    /// Whether its client is redis-py, whose calls hold threads.
    pub fn is_python(&self) -> bool {
        self.client == "redis-py"
    }

    /// Whether it is a socket without a client library: what the kernel alone does.
    pub fn is_bare(&self) -> bool {
        self.client == "bare-socket"
    }

    /// The way in which its process died first.
    pub fn died(&self) -> Option<Cause> {
        match self.crash_kind.as_str() {
            "" => None,
            "ineffective_mark_compacts" => Some(Cause::IneffectiveCollections),
            "killed_by_cgroup" => Some(Cause::ContainerLimit),
            _ => Some(Cause::HeapLimit),
        }
    }

    /// Whether it is a sentinel's log: no application was there.
    pub fn is_sentinel(&self) -> bool {
        self.client == "sentinel"
    }

    /// Whether it only connects, after the fault.
    pub fn only_connects(&self) -> bool {
        self.command == "connect"
    }
}

/// One second of a case's course.
#[derive(Clone, Debug, Deserialize)]
pub struct Second {
    case_id: String,
    /// Since the fault.
    pub t_s: f64,
    /// Calls issued and not settled.
    pub pending: f64,
    /// Used heap, garbage included; absent for Python.
    pub heap_used_mb: Option<f64>,
}

/// Courses by case.
pub type Courses = BTreeMap<String, Vec<Second>>;

/// All cases of a file.
pub struct Cases {
    /// In the order of the file.
    pub rows: Vec<Row>,
    /// Courses by case.
    pub courses: Courses,
}

impl Cases {
    /// The cases that come with the program.
    ///
    /// # Errors
    /// None in a program that was built with its files.
    pub fn shipped() -> Result<Cases, Failure> {
        Cases::of("cases/lab.csv", LAB, SERIES)
    }

    /// Those of another file with the same columns; columns may be missing.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn from(path: &Path) -> Result<Cases, Failure> {
        let text = fs::read_to_string(path)
            .map_err(|error| Failure::wrong(format!("cannot read {}: {error}", path.display()), ""))?;
        Cases::of(&path.display().to_string(), &text, "")
    }

    fn of(name: &str, lab: &str, series: &str) -> Result<Cases, Failure> {
        let mut courses = Courses::new();
        for second in records::<Second>("series.csv", series)? {
            courses.entry(second.case_id.clone()).or_default().push(second);
        }
        Ok(Cases { rows: records(name, lab)?, courses })
    }
}

/// The records of a table.
pub(super) fn records<T: DeserializeOwned>(name: &str, text: &str) -> Result<Vec<T>, Failure> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().collect::<Result<_, _>>().map_err(|error| {
        Failure::wrong(format!("{name} is no table of cases: {error}"), "see experiments/cases/README.md")
    })
}
