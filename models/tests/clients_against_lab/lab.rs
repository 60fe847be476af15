//! A case of the laboratory as a scenario, and what it came to.

use halfopen_models::event::Event;
use halfopen_models::scenario::{self, Edits, Scenario};
use halfopen_models::{Run, app, client};
use halfopen_sim::Span;

/// When the fault begins, seconds.
const FAULT_AT: f64 = 5.0;

/// Settings of a case.
#[derive(Clone, Copy)]
pub struct Case {
    pub preset: &'static str,
    /// Calls a second.
    pub rate: u32,
    pub fault: &'static str,
    /// Seconds from the fault until the name points to the replica; absent: never within the case.
    pub switch: Option<f64>,
    /// Options of the client beside the preset.
    pub client: &'static str,
    /// Options of the host's kernel.
    pub kernel: &'static str,
    /// Worker threads; zero: an event loop.
    pub threads: u32,
    /// A line of the cache beside the others.
    pub cache: &'static str,
    /// Watched so long after the fault, seconds.
    pub watched: f64,
}

pub const BLACKHOLE: &str = r#"host_dies = { node = "main.a" }"#;
pub const KILL9: &str = r#"process_killed = { node = "main.a" }"#;
pub const PLANNED: &str = r#"planned_failover = { cache = "main" }"#;

pub const CASE: Case = Case {
    preset: "ioredis-5",
    rate: 200,
    fault: BLACKHOLE,
    switch: None,
    client: "",
    kernel: "",
    threads: 0,
    cache: "",
    watched: 20.0,
};

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Seconds from the fault until answers flow again; absent: never.
    pub recovered: Option<f64>,
    /// Seconds from the fault to the first failed call; absent: none failed.
    pub first_error: Option<f64>,
    pub errors: u64,
    /// Most requests neither answered nor failed, looked at every second.
    pub peak_open: i64,
    /// Most calls pending.
    pub peak_pending: u64,
    /// Arrival to answer, seconds.
    pub mean_sojourn: f64,
}

pub fn scenario_of(case: &Case) -> Scenario {
    let failover = match case.switch {
        Some(after) => format!(r#"{{ name_moves = {{ after = "{after}s" }} }}"#),
        None => r#""none""#.into(),
    };
    let concurrency = match case.threads {
        0 => r#"{ event_loop = { cpu = "40us" } }"#.into(),
        threads => format!(r#"{{ workers = {{ threads = {threads}, cpu = "156us" }} }}"#),
    };
    // As its client sees it: Python's connection is taken while the answer waits for the interpreter.
    let rtt = if case.threads == 0 { 150 } else { 295 };
    let Case { preset, rate, fault, client, kernel, cache, .. } = case;
    let horizon = FAULT_AT + case.watched;
    let fault =
        if fault.is_empty() { String::new() } else { format!("[[fault]]\nat = \"{FAULT_AT}s\"\n{fault}") };
    let text = format!(
        r#"
format = 1
title = "one client, one primary"
horizon = "{horizon:.3}s"

[cache.main]
nodes = ["a", "b"]
service = {{ fixed = "20us" }}
path = {{ rtt = "{rtt}us" }}
failover = {failover}
{cache}

[service.app]
instances = 1
concurrency = {concurrency}
memory = {{ limit = "4000MiB", baseline = "6MiB", per_request = "0B", runtime = "v8" }}
restart = "never"
calls = [{{ cache = "main", times = 1, payload = "4096B" }}]
client = {{ preset = "{preset}"{client} }}
kernel = {{ hz = 250, congestion = "bbr"{kernel} }}
objective = {{ errors = "1%", p99 = "500ms" }}

[load.calls]
to = "app"
arrivals = {{ poisson = "{rate}/s" }}

{fault}
"#
    );
    scenario::read("lab", &text, &Edits::default()).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"))
}

/// Runs a case; recovery is the first good answer after the longest silence that followed the fault, zero without a
/// silence of more than 0.65 s, absent while it lasts: as in the laboratory.
pub fn run(case: &Case, seed: u64) -> Outcome {
    let scenario = scenario_of(case);
    let mut run = Run::new(&scenario, seed);
    let mut answers = Vec::new();
    run.trace(|now, event| {
        if let Event::App(_, app::Event::Client(_, client::Event::Reply(..))) = event {
            answers.push(now.as_secs_f64() - FAULT_AT);
        }
    });
    let record = &run.finish().services[0];
    answers.retain(|&at| at >= -1.0);
    let silence = answers.windows(2).filter(|pair| pair[1] >= 0.0).map(|p| (p[1] - p[0], p[1]));
    let longest = silence.fold((0.0, 0.0), |a, b| if b.0 > a.0 { b } else { a });
    let last = answers.last().copied().unwrap_or(-1.0);
    let recovered = if case.watched - last > longest.0.max(0.65) {
        None
    } else {
        Some(if longest.0 > 0.65 { longest.1 } else { 0.0 })
    };
    let mut open = 0;
    let peak_open = record.series.iter().fold(0, |peak, sample| {
        open += i64::from(sample.sent) - i64::from(sample.answered) - i64::from(sample.errors);
        open.max(peak)
    });
    Outcome {
        recovered,
        first_error: record.first_error.map(|at| at.as_secs_f64() - FAULT_AT),
        errors: record.errors,
        peak_open,
        peak_pending: record.peak_pending_calls,
        mean_sojourn: record.latency.mean().map_or(0.0, Span::as_secs_f64),
    }
}

/// Times within 5 % or 0.5 s; the same kind: something, or nothing.
pub fn near(predicted: Option<f64>, measured: Option<f64>) -> bool {
    match (predicted, measured) {
        (Some(p), Some(m)) => (p - m).abs() <= (0.05 * m).max(0.5),
        (p, m) => p == m,
    }
}

/// Most pending within 8 % or three standard deviations of the difference of two Poisson counts, whichever is wider.
pub fn as_many(predicted: f64, measured: f64) -> bool {
    (predicted - measured).abs() <= (0.08 * measured).max(3.0 * (2.0 * measured).sqrt())
}
