//! The model's sentinels against real ones: three of redis 7.0.15, quorum 2, failover-timeout 60 s, one follower.
//!
//! Seconds from the fault to each step, as their logs and the follower's told them. The time of `+sdown` and of
//! `+switch-master` is the median over the three. Nothing is fitted: the constants are those of sentinel.c.
//!
//! A silent node's steps share one phase, uniform over the second between two pings, and a case has 4–7 repetitions: the
//! median of so few is itself uncertain by 0.2 s. So the cases of silence are held together, less `down_after`, by their
//! medians, and each case alone by its distribution.
//!
//! What does not hold: the follower was seen promoted 0.18 s after the election (0.21 s with a killed process), where
//! the model, and the sentinels' logs that others have published, show two ticks, 0.14 s. Its time is held to the median
//! alone.

use halfopen_models::event::Event;
use halfopen_models::recording::StoryKind;
use halfopen_models::scenario::{self, Edits, Scenario};
use halfopen_models::{Run, app, client};

const SEEDS: u64 = 200;
const FAULT_AT: f64 = 20.0;
/// Longest measured time and some.
const HORIZON: f64 = 33.0;

/// Steps in the order of a failover.
const STEPS: [&str; 5] = ["sdown", "odown", "elected", "promoted", "switch"];
struct Case {
    fault: &'static str,
    down_after_ms: u32,
    /// Per repetition: seconds to each step; NaN where there is none.
    measured: &'static [[f64; 5]],
}

const NONE: f64 = f64::NAN;
const HOST_DIES: &str = r#"host_dies = { node = "main.a" }"#;
const STOPPED: &str = r#"process_stopped = { node = "main.a" }"#;
const KILLED: &str = r#"process_killed = { node = "main.a" }"#;
const MANUAL: &str = r#"planned_failover = { cache = "main" }"#;

#[rustfmt::skip]
const CASES: &[Case] = &[
    Case { fault: HOST_DIES, down_after_ms: 1000, measured: &[
        [1.841, 1.917, 1.988, 2.172, 3.055],
        [1.964, 2.017, 2.119, 2.283, 3.127],
        [1.386, 1.486, 1.591, 1.777, 2.629],
        [1.383, 1.45, 1.517, 1.713, 2.569],
        [1.492, 1.559, 1.624, 1.804, 2.648],
        [1.739, 1.806, 1.871, 2.046, 2.935],
    ] },
    Case { fault: HOST_DIES, down_after_ms: 2000, measured: &[
        [2.799, 2.866, 2.94, 3.121, 4.048],
        [2.711, 2.802, 2.865, 3.042, 3.925],
        [2.32, 2.38, 2.435, 2.643, 3.476],
        [2.665, 2.717, 2.776, 2.993, 3.873],
    ] },
    Case { fault: HOST_DIES, down_after_ms: 5000, measured: &[
        [5.389, 5.449, 5.523, 5.698, 6.531],
        [5.643, 5.715, 5.772, 5.973, 6.801],
        [5.114, 5.18, 5.237, 5.392, 6.323],
        [5.254, 5.321, 5.382, 5.559, 6.469],
        [5.467, 5.53, 5.594, 5.755, 6.625],
        [5.877, 5.95, 6.027, 6.183, 7.082],
    ] },
    Case { fault: KILLED, down_after_ms: 10000, measured: &[
        [10.068, 10.169, 10.255, 10.463, 10.796],
        [10.073, 10.15, 10.241, 10.461, 11.185],
        [10.079, 10.138, 10.264, 10.46, 11.498],
        [10.066, 10.157, 10.217, 10.425, 10.82],
    ] },
    Case { fault: MANUAL, down_after_ms: 5000, measured: &[
        [NONE, NONE, 0.071, 0.259, 1.153],
        [NONE, NONE, 0.035, 0.17, 1.115],
        [NONE, NONE, 0.08, 0.237, 1.177],
        [NONE, NONE, 0.135, 0.352, 1.251],
        [NONE, NONE, 0.056, 0.212, 1.212],
    ] },
    Case { fault: STOPPED, down_after_ms: 2000, measured: &[
        [2.125, 2.221, 2.292, 2.432, 3.365],
        [2.254, 2.312, 2.373, 2.571, 3.416],
        [2.09, 2.162, 2.259, 2.41, 3.294],
        [2.244, 2.3, 2.382, 2.573, 3.44],
    ] },
    Case { fault: STOPPED, down_after_ms: 5000, measured: &[
        [6.035, 6.106, 6.171, 6.325, 7.208],
        [5.218, 5.28, 5.367, 5.542, 6.434],
        [5.564, 5.665, 5.73, 5.888, 6.785],
        [5.997, 6.056, 6.142, 6.343, 7.245],
        [5.36, 5.425, 5.507, 5.736, 6.582],
        [5.11, 5.177, 5.231, 5.402, 6.273],
    ] },
    Case { fault: STOPPED, down_after_ms: 10000, measured: &[
        [11.007, 11.076, 11.162, 11.356, 12.17],
        [10.786, 10.877, 11.192, 11.367, 12.052],
        [10.184, 10.274, 10.33, 10.519, 11.405],
        [10.812, 10.913, 11.002, 11.188, 12.04],
    ] },
];

fn scenario_of(case: &Case, rate: u32, client: &str) -> Scenario {
    let text = format!(
        r#"
format = 1
title = "three sentinels"
horizon = "{HORIZON}s"

[cache.main]
nodes = ["a", "b"]
service = {{ fixed = "20us" }}
path = {{ rtt = "150us" }}
failover = {{ sentinel = {{ sentinels = 3, quorum = 2, down_after = "{}ms", failover_timeout = "60s" }} }}

[service.app]
instances = 1
concurrency = {{ event_loop = {{ cpu = "40us" }} }}
memory = {{ limit = "1GiB", baseline = "6MiB", per_request = "0B", runtime = "native" }}
restart = "never"
calls = [{{ cache = "main", times = 1, payload = "0B" }}]
client = {{ preset = "ioredis-5"{client} }}
objective = {{ errors = "1%", p99 = "500ms" }}

[load.calls]
to = "app"
arrivals = {{ poisson = "{rate}/s" }}

[[fault]]
at = "{FAULT_AT}s"
{}
"#,
        case.down_after_ms, case.fault
    );
    scenario::read("sentinel", &text, &Edits::default())
        .unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"))
}

/// One failover of the model: seconds from the fault to each step.
fn fail_over(case: &Case, seed: u64) -> [f64; 5] {
    let scenario = scenario_of(case, 1, "");
    let mut run = Run::new(&scenario, seed);
    run.advance(halfopen_sim::Time::ZERO + scenario.horizon);
    let story = run.finish().story;
    let times = |what: &str| {
        let told =
            story.iter().filter(|event| event.kind == StoryKind::Failover && event.what.contains(what));
        told.map(|event| event.at.as_secs_f64() - FAULT_AT).collect::<Vec<_>>()
    };
    let first = |what| times(what).first().copied().unwrap_or(NONE);
    [
        times("held for down").get(1).copied().unwrap_or(NONE),
        first("sentinels agree"),
        first("is elected"),
        first("becomes a master"),
        first("is promoted"),
    ]
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median(sorted: &[f64]) -> f64 {
    f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2])
}

/// Largest distance between the two empirical distributions, and the one that chance exceeds for equal ones in one of 700
/// comparisons: in one of 100 looks at all seven kinds of cases (Smirnov's formula; the steps of a case move together).
fn smirnov(a: &[f64], b: &[f64]) -> (f64, f64) {
    let share = |of: &[f64], x: f64| of.iter().filter(|&&y| y <= x).count() as f64 / of.len() as f64;
    let distance = a.iter().chain(b).map(|&x| (share(a, x) - share(b, x)).abs()).fold(0.0, f64::max);
    let (n, m) = (a.len() as f64, b.len() as f64);
    (distance, 1.903 * ((n + m) / (n * m)).sqrt())
}

fn is_silent(case: &Case) -> bool {
    case.fault == HOST_DIES || case.fault == STOPPED
}

/// Both medians, then both distributions where `step` is not the promotion.
fn compare(of: &str, step: &str, ours: &[f64], real: &[f64], medians: bool) {
    let (m, r) = (median(ours), median(real));
    println!("{of}, {step}: {m:.3}, measured {r:.3}");
    assert!(!medians || (m - r).abs() <= 0.2, "{of}, {step}: median {m:.3}, measured {r:.3}");
    if step != "promoted" {
        let (distance, most) = smirnov(ours, real);
        assert!(distance <= most, "{of}, {step}: {distance:.2} apart, {most:.2} at most: {real:?}");
    }
}

#[test]
fn each_step_comes_when_it_did() {
    for case in CASES {
        let runs: Vec<[f64; 5]> = (0..SEEDS).map(|seed| fail_over(case, seed)).collect();
        for (step, name) in STEPS.iter().enumerate() {
            let real = sorted(case.measured.iter().map(|run| run[step]).filter(|at| !at.is_nan()));
            if real.is_empty() {
                continue;
            }
            let ours = sorted(runs.iter().map(|run| run[step]));
            let of = format!("{} {} ms", case.fault, case.down_after_ms);
            compare(&of, name, &ours, &real, !is_silent(case));
        }
    }
}

#[test]
fn a_silent_node_is_noticed_up_to_a_second_late_and_the_rest_follows() {
    for (step, name) in STEPS.iter().enumerate() {
        let late = |case: &Case, run: &[f64; 5]| run[step] - f64::from(case.down_after_ms) / 1000.0;
        let silent = || CASES.iter().filter(|case| is_silent(case));
        let ours = silent().flat_map(|case| (0..50).map(|seed| late(case, &fail_over(case, 1_000 + seed))));
        let real = silent().flat_map(|case| case.measured.iter().map(|run| late(case, run)));
        compare("silence, less down_after", name, &sorted(ours), &sorted(real), true);
    }
}

/// The times between two steps, over all cases of silence: their spread is that of the ticks alone.
#[test]
fn between_two_steps_lie_ticks_and_the_followers_next_info() {
    let silent: Vec<&Case> = CASES.iter().filter(|case| is_silent(case)).collect();
    let runs: Vec<[f64; 5]> =
        silent.iter().flat_map(|case| (0..50).map(|seed| fail_over(case, seed))).collect();
    let real: Vec<[f64; 5]> = silent.iter().flat_map(|case| case.measured.iter().copied()).collect();
    for (from, to) in [(0, 1), (1, 2), (2, 3), (1, 4)] {
        let gap = |runs: &[[f64; 5]]| sorted(runs.iter().map(|run| run[to] - run[from]));
        let (ours, real) = (gap(&runs), gap(&real));
        let (m, r) = (median(&ours), median(&real));
        println!("{} to {}: {m:.3}, measured {r:.3}", STEPS[from], STEPS[to]);
        assert!((m - r).abs() <= 0.05, "{} to {}: {m:.3}, measured {r:.3}", STEPS[from], STEPS[to]);
    }
}

/// ioredis 5.11.1 that knows the sentinels (down after 2 s, 500 calls of 4 KiB a second): seconds until answers flow.
#[test]
fn a_client_that_knows_sentinels_follows_once_its_connection_ends() {
    let aware = |fault, client| {
        let case = Case { fault, down_after_ms: 2_000, measured: &[] };
        sorted((0..SEEDS).map(|seed| recovery(&case, client, seed)))
    };
    // A killed process ends it; the dials that follow are refused until the switch.
    let killed = aware(KILLED, "");
    for measured in [3.97, 3.45] {
        assert!(killed[5] - 0.1 <= measured && measured <= killed[194] + 0.1, "{measured}: {killed:?}");
    }
    // The detector ends it two seconds after the switch.
    let detected = aware(HOST_DIES, ", failover_detector = true");
    for measured in [5.64, 5.61] {
        assert!((median(&detected) - measured).abs() <= 0.05 * measured, "{measured}: {}", median(&detected));
    }
    // Nothing ends it.
    assert!(median(&aware(HOST_DIES, "")).is_infinite());
}

/// Seconds from the fault to the first answer after it.
fn recovery(case: &Case, client: &str, seed: u64) -> f64 {
    let scenario = scenario_of(case, 500, client);
    let mut first = f64::INFINITY;
    Run::new(&scenario, seed).trace(|now, event| {
        if let Event::App(_, app::Event::Client(_, client::Event::Reply(..))) = event {
            let at = now.as_secs_f64() - FAULT_AT;
            if at > 0.1 && at < first {
                first = at;
            }
        }
    });
    first
}
