//! What an application tells while it is measured: one JSON object a line (docs/lab.md).

use serde::{Deserialize, Serialize};

/// One line of an application's output. Seconds are those of the machine's monotonic clock.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Line {
    /// `start`, `ready`, `closed`, `failed` or `sample`.
    pub event: String,
    /// When; absent: when the line arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<f64>,
    /// Of `closed` and `failed`: why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error: String,
    /// Of `start`: the library's version, the runtime and its version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Of `start`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub runtime: String,
    /// Of `sample`: calls issued since the process began.
    pub issued: f64,
    /// Calls answered.
    pub ok: f64,
    /// Calls that failed.
    pub failed: f64,
    /// Most calls pending since the sample before.
    pub peak: f64,
    /// First answer since the sample before.
    pub first_ok: Option<f64>,
    /// Last answer since the sample before.
    pub last_ok: Option<f64>,
    /// Worst lateness of an arrival since the sample before.
    pub lag_ms: f64,
    /// Used heap.
    pub heap: Option<f64>,
    /// Resident memory.
    pub rss: Option<f64>,
    /// Latency since the sample before.
    pub p50_ms: Option<f64>,
    /// Latency since the sample before.
    pub p99_ms: Option<f64>,
}

/// A line with its process, and its time made certain.
#[derive(Clone, Debug)]
pub struct Told {
    /// Which process of the application, from 0.
    pub process: usize,
    /// When, on the machine's monotonic clock.
    pub at: f64,
    /// What.
    pub line: Line,
}

/// The end of a process that nobody had asked to end.
#[derive(Clone, Debug)]
pub struct Death {
    /// When, on the machine's monotonic clock.
    pub at: f64,
    /// Its last words: a name for the way of dying.
    pub kind: String,
}

/// A whole measurement. Seconds are those of the machine's monotonic clock.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// When the load began.
    pub start: f64,
    /// When the fault had been injected.
    pub fault: f64,
    /// When the measurement ended.
    pub end: f64,
    /// Everything the application told, in order.
    pub told: Vec<Told>,
    /// Its processes' deaths.
    pub deaths: Vec<Death>,
}

impl Log {
    /// Events of this name with their times since the fault.
    pub fn events<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (f64, &'a Line)> {
        let named = self.told.iter().filter(move |told| told.line.event == name);
        named.map(|told| (told.at - self.fault, &told.line))
    }
}

/// The way of dying that V8's last words tell, else the exit status.
pub fn kind_of_death(last_words: &str, status: &str) -> String {
    let kinds = [
        ("Ineffective mark-compacts", "ineffective_mark_compacts"),
        ("Reached heap limit", "reached_heap_limit"),
        ("JavaScript heap out of memory", "reached_heap_limit"),
    ];
    let kind = kinds.into_iter().find(|(words, _)| last_words.contains(words));
    kind.map_or_else(|| status.to_owned(), |(_, kind)| kind.to_owned())
}
