//! The model's ioredis against the real one (5.11.1 on Node 20, Redis 7.0, Linux 6.18), loss of the primary by loss.
//!
//! Each case ran once on real software: Poisson calls over one pipelined connection, a name that moves to the promoted
//! replica a given time after the fault. Recovery was sampled every 0.2 s. The settings that the laboratory set are set
//! here too; everything else is the preset's.

use halfopen_models::event::Event;
use halfopen_models::scenario::{self, Edits, Scenario};
use halfopen_models::{Run, app, client};

const FAULT_AT: f64 = 5.0;

struct Case {
    name: &'static str,
    /// Calls a second.
    rate: u32,
    fault: &'static str,
    /// Seconds from the fault until the name points to the replica; absent: never within the case.
    switch: Option<f64>,
    /// Options of the client beside the preset.
    client: &'static str,
    /// Options of the host's kernel.
    kernel: &'static str,
    /// Watched so long after the fault, seconds.
    watched: f64,
    /// Seconds from the fault until answers flow again; absent: never.
    recovered: Option<f64>,
    /// Seconds from the fault to the first failed call; absent: none failed.
    first_error: Option<f64>,
    /// Most calls pending; zero: not held.
    peak_pending: u64,
}

const BLACKHOLE: &str = r#"host_dies = { node = "main.a" }"#;
const KILL9: &str = r#"process_killed = { node = "main.a" }"#;

const CASE: Case = Case {
    name: "",
    rate: 200,
    fault: BLACKHOLE,
    switch: None,
    client: "",
    kernel: "",
    watched: 20.0,
    recovered: None,
    first_error: None,
    peak_pending: 0,
};

fn scenario_of(case: &Case) -> Scenario {
    let failover = match case.switch {
        Some(after) => format!(
            r#"{{ managed = {{ detect = "{after}s", promote = "0s", ttl = "0s", closes_connections = false }} }}"#
        ),
        None => r#""none""#.into(),
    };
    let (Case { rate, fault, client, kernel, .. }, horizon) = (case, FAULT_AT + case.watched);
    let text = format!(
        r#"
format = 1
title = "one client, one primary"
horizon = "{horizon}s"

[cache.main]
nodes = ["a", "b"]
service = {{ fixed = "20us" }}
path = {{ rtt = "150us" }}
failover = {failover}

[service.app]
instances = 1
concurrency = {{ event_loop = {{ cpu = "40us" }} }}
memory = {{ limit = "4000MiB", baseline = "6MiB", per_request = "0B", runtime = "v8" }}
restart = "never"
calls = [{{ cache = "main", times = 1, payload = "4096B" }}]
client = {{ preset = "ioredis-5"{client} }}
kernel = {{ hz = 250{kernel} }}
objective = {{ errors = "1%", p99 = "500ms" }}

[load.calls]
to = "app"
arrivals = {{ poisson = "{rate}/s" }}

[[fault]]
at = "{FAULT_AT}s"
{fault}
"#
    );
    scenario::read(case.name, &text, &Edits::default())
        .unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"))
}

struct Outcome {
    recovered: Option<f64>,
    first_error: Option<f64>,
    peak_pending: u64,
}

/// Runs a case; recovery is the first good answer after the longest silence that followed the fault, zero without a
/// silence of more than 0.65 s, absent while it lasts: as in the laboratory.
fn run(case: &Case, seed: u64) -> Outcome {
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
    Outcome {
        recovered,
        first_error: record.first_error.map(|at| at.as_secs_f64() - FAULT_AT),
        peak_pending: record.peak_pending_calls,
    }
}

/// Times within 5 % or 0.5 s; the most calls pending within 8 % or three standard deviations of the difference of two
/// Poisson counts, whichever is wider; for each of five seeds.
#[track_caller]
fn holds(case: &Case) {
    for seed in 1..=5 {
        let Outcome { recovered, first_error, peak_pending } = run(case, seed);
        let near = |predicted: Option<f64>, measured: Option<f64>| match (predicted, measured) {
            (Some(p), Some(m)) => (p - m).abs() <= (0.05 * m).max(0.5),
            (p, m) => p == m,
        };
        let name = case.name;
        assert!(
            near(recovered, case.recovered),
            "{name}: recovered {recovered:?}, measured {:?}",
            case.recovered
        );
        assert!(
            near(first_error, case.first_error),
            "{name}: first failed call {first_error:?}, measured {:?}",
            case.first_error
        );
        let measured = case.peak_pending as f64;
        assert!(
            case.peak_pending == 0
                || (peak_pending as f64 - measured).abs()
                    <= (0.08 * measured).max(3.0 * (2.0 * measured).sqrt()),
            "{name}: {peak_pending} calls pending, measured {measured}"
        );
    }
}

#[test]
fn silence_is_never_noticed_and_a_stopped_process_neither() {
    let stopped = r#"process_stopped = { node = "main.a" }"#;
    holds(&Case { name: "blackhole", switch: Some(4.994), watched: 55.075, peak_pending: 11_152, ..CASE });
    holds(&Case {
        name: "sigstop",
        fault: stopped,
        switch: Some(5.006),
        watched: 54.999,
        peak_pending: 11_154,
        ..CASE
    });
    let healed = r#"process_stopped = { node = "main.a", for = "8s" }"#;
    holds(&Case {
        name: "sigstop, continued after 8 s",
        fault: healed,
        watched: 23.2,
        recovered: Some(7.91),
        peak_pending: 1_626,
        ..CASE
    });
}

#[test]
fn a_planned_failover_passes() {
    let planned = r#"planned_failover = { cache = "main" }"#;
    holds(&Case {
        name: "planned failover",
        fault: planned,
        switch: Some(0.021),
        watched: 17.0,
        recovered: Some(0.0),
        peak_pending: 14,
        ..CASE
    });
}

#[test]
fn a_killed_process_is_noticed_and_dialled_again_with_growing_waits() {
    for (switch, recovered, peak_pending) in [(1.008, 1.06, 246), (2.006, 2.22, 499), (8.017, 8.67, 1_733)] {
        holds(&Case {
            name: "kill9",
            fault: KILL9,
            switch: Some(switch),
            watched: 20.0,
            recovered: Some(recovered),
            peak_pending,
            ..CASE
        });
    }
    // Everything queued fails at the 21st close, 10.8 s after the fault; then the queue fills anew.
    holds(&Case {
        name: "kill9, the name moves after a minute",
        rate: 1_000,
        fault: KILL9,
        switch: Some(60.038),
        watched: 20.0,
        first_error: Some(10.805),
        peak_pending: 10_805,
        ..CASE
    });
}

#[test]
fn a_socket_timeout_dials_again_and_the_dial_has_a_clock_of_its_own() {
    for (client, rate, switch, recovered, peak_pending) in [
        (r#", socket_timeout = "5s""#, 500, 3.008, 5.0, 2_526),
        (r#", socket_timeout = "1s""#, 1_000, 6.025, 11.23, 11_435),
        (r#", socket_timeout = "3s""#, 1_000, 6.012, 13.12, 13_432),
        (r#", socket_timeout = "2s""#, 500, 10.006, 12.15, 6_171),
        (r#", socket_timeout = "5s""#, 500, 10.001, 15.07, 7_695),
        (r#", socket_timeout = "2s", connect_timeout = "3s""#, 500, 15.012, 18.21, 9_234),
        (r#", socket_timeout = "2s", connect_timeout = "500ms""#, 500, 10.02, 10.24, 5_263),
    ] {
        holds(&Case {
            name: client,
            rate,
            switch: Some(switch),
            client,
            watched: 30.0,
            recovered: Some(recovered),
            peak_pending,
            ..CASE
        });
    }
}

/// Its peak of pending calls is not held: Node's timers fire late while it collects, so 617 to 818 calls were pending
/// where rate × timeout is 500, and the model's timers are on time.
#[test]
fn a_command_timeout_fails_calls_and_mends_nothing() {
    for (timeout, rate, first_error) in [("500ms", 1_000, 0.51), ("1500ms", 500, 1.508), ("5s", 1_000, 5.042)]
    {
        let client = format!(r#", command_timeout = "{timeout}""#);
        holds(&Case {
            name: "command timeout",
            rate,
            client: client.leak(),
            watched: 40.0,
            first_error: Some(first_error),
            ..CASE
        });
    }
}

#[test]
fn the_kernel_ends_it_sooner_with_fewer_retries_or_a_user_timeout() {
    holds(&Case {
        name: "tcp_retries2 5",
        rate: 500,
        switch: Some(3.025),
        kernel: ", tcp_retries2 = 5",
        watched: 35.0,
        recovered: Some(13.35),
        peak_pending: 6_772,
        ..CASE
    });
    holds(&Case {
        name: "TCP_USER_TIMEOUT 5 s",
        rate: 500,
        switch: Some(20.037),
        client: r#", tcp_user_timeout = "5s""#,
        watched: 55.0,
        recovered: Some(20.89),
        peak_pending: 10_621,
        ..CASE
    });
}
