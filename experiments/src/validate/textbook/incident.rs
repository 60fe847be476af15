//! Published incidents, by whole scenarios of this model.

use halfopen_models::recording::{Recording, Recovery};
use halfopen_models::scenario::{self, Edits, Scenario};
use halfopen_models::simulate;
use halfopen_sim::Time;

use super::{Answer, Estimate, Prediction, Question, Unreadable};
use crate::source::SHIPPED;

/// Replications of a scenario.
const RUNS: u64 = 8;

pub fn answer(question: &Question) -> Answer {
    if question.parameters.mention("kustomer-2019") || question.case.source.starts_with("Kustomer") {
        return kustomer(question);
    }
    if question.case.unit == "kind" {
        return without_bound();
    }
    bounded_queue(question)
}

fn read(name: &str, text: &str) -> Result<Scenario, Unreadable> {
    scenario::read(name, text, &Edits::default())
        .map_err(|problems| Unreadable(format!("the scenario of {name} has {} problems", problems.len())))
}

/// The shipped scenario of November 2019.
fn kustomer(question: &Question) -> Answer {
    let (name, text) = SHIPPED[0];
    let scenario = read(name, text)?;
    let first_error = question.quantity.starts_with("first errors");
    let mut times = Vec::new();
    for seed in 0..RUNS {
        let recording = simulate(&scenario, seed);
        let time = if first_error { first_failure(&recording) } else { last_recovery(&recording) };
        times.push(time.map_or(f64::INFINITY, |seconds| seconds));
    }
    times.sort_by(f64::total_cmp);
    let (low, high) = (times[0], times[times.len() - 1]);
    Ok(Prediction::Number(Estimate { low, high, ..Estimate::exact(times[times.len() / 2]) }))
}

fn first_failure(recording: &Recording) -> Option<f64> {
    let fault = recording.fault_at?;
    let first = recording.services.iter().filter_map(|service| service.first_error).min()?;
    Some((first - fault).as_secs_f64())
}

fn last_recovery(recording: &Recording) -> Option<f64> {
    let fault = recording.fault_at?;
    match recording.services.iter().map(|service| service.recovery).max()? {
        Recovery::Unharmed => Some(0.0),
        Recovery::At(at) => Some(Time::saturating_since(at, fault).as_secs_f64()),
        Recovery::Never => None,
    }
}

/// An application whose cache is away: nothing answers, nothing fails, calls wait in memory.
fn away(calls: &str, client: &str, horizon: &str) -> String {
    format!(
        r#"
format  = 1
title   = "A cache that is away for long"
horizon = "{horizon}"

[cache.main]
nodes    = ["a"]
service  = {{ fixed = "25us" }}
path     = {{ rtt = "300us" }}
failover = "none"

[service.app]
instances   = 1
concurrency = {{ event_loop = {{ cpu = "100us" }} }}
memory      = {{ limit = "512MiB", baseline = "100MiB", per_request = "0B", runtime = "v8" }}
restart     = "never"
calls       = [{calls}]
client      = {client}
objective   = {{ errors = "1%", p99 = "2s" }}

[load.users]
to       = "app"
arrivals = {{ poisson = "200/s" }}
deadline = "600s"

[[fault]]
at        = "10s"
host_dies = {{ node = "main.a" }}
"#
    )
}

/// Whether an unbounded queue ends the process: the client of the report is older than the presets; what matters of it,
/// an offline queue without bound and without a timeout, is the same in ioredis 5.
fn without_bound() -> Answer {
    let text =
        away(r#"{ cache = "main", times = 1, payload = "10KiB" }"#, r#"{ preset = "ioredis-5" }"#, "15m");
    let recording = simulate(&read("unbounded queue", &text)?, 1);
    Ok(Prediction::Word(if recording.services[0].crashes > 0 { "dies of memory" } else { "survives" }))
}

/// What a bounded queue holds at most: the ledger with calls that carry the object, less the ledger with calls that carry
/// nothing.
fn bounded_queue(question: &Question) -> Answer {
    let p = &question.parameters;
    let (object, bound) = (p.number("object")?, p.number("max queue")?);
    let peak = |payload: f64| -> Result<f64, Unreadable> {
        let calls = format!(r#"{{ cache = "main", times = 1, payload = "{payload}B" }}"#);
        let client = format!(r#"{{ preset = "ioredis-5", max_pending = {bound} }}"#);
        let recording = simulate(&read("bounded queue", &away(&calls, &client, "60s"))?, 1);
        Ok(recording.services[0].peak_memory_bytes as f64)
    };
    let held = (peak(object)? - peak(0.0)?) / f64::from(1 << 20);
    Ok(Prediction::Number(Estimate::exact(held)))
}
