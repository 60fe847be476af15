//! An HTTP front on Node (one process, 300 requests a second, a heap of 64 MiB) whose cache falls silent, as its callers
//! count it: sent, answered, 5xx, given up, cut off.
//!
//! One call of ioredis 5.11.1 a request. What a request holds was measured alone (live heap after a forced collection,
//! 4,811 requests pending: 5,659 B each, of which 1,326 B are the call, from ioredis' own measurement); what of it is the
//! connection is the difference of two slopes, with callers that wait (5,621 B) and callers that have left (5,268 B).
//! The generator starts half a second after the front and stops with the case; both times are the measured case's own,
//! from what it had sent. Nothing else is taken from the cases.
//!
//! What does not hold: these heaps died 5–8 % later than the model's, the first two 1 MiB nearer to the limit, the third
//! in ineffective collections at 86 % of it, where the model has 82 %; the model knows bytes, not which objects.

use halfopen_models::recording::{Callers, Recording};
use halfopen_models::scenario::{self, Edits, Scenario};
use halfopen_models::{Run, app, event::Event};

const SEEDS: u64 = 40;

struct Case {
    name: &'static str,
    /// Options of the client and of the load beside the common ones.
    client: &'static str,
    load: &'static str,
    fault_at: f64,
    /// Requests answered before the fault, and sent in all: when the generator began and ended.
    before: f64,
    sent: f64,
    switch: f64,
    measured: Callers,
    crash: Option<f64>,
}

const CASES: &[Case] = &[
    Case {
        name: "callers that wait for ever",
        client: "",
        load: "",
        fault_at: 6.015,
        before: 1_378.0,
        sent: 15_440.0,
        switch: 3.076,
        measured: Callers { answered: 3_699, failed: 0, given_up: 0, cut_off: 11_740 },
        crash: Some(36.63),
    },
    Case {
        name: "the same, name moved later",
        client: "",
        load: "",
        fault_at: 6.006,
        before: 1_408.0,
        sent: 15_475.0,
        switch: 10.616,
        measured: Callers { answered: 3_693, failed: 0, given_up: 0, cut_off: 11_782 },
        crash: Some(36.82),
    },
    Case {
        name: "callers that leave after 2 s",
        client: "",
        load: r#"deadline = "2s""#,
        fault_at: 6.015,
        before: 1_412.0,
        sent: 14_212.0,
        switch: 3.015,
        measured: Callers { answered: 3_557, failed: 0, given_up: 9_204, cut_off: 1_446 },
        crash: Some(32.635),
    },
    Case {
        name: "a socket timeout of 2 s, callers that leave after 5 s",
        client: r#", socket_timeout = "2s""#,
        load: r#"deadline = "5s""#,
        fault_at: 6.015,
        before: 1_376.0,
        sent: 20_695.0,
        switch: 3.14,
        measured: Callers { answered: 18_398, failed: 0, given_up: 2_297, cut_off: 0 },
        crash: None,
    },
    Case {
        name: "a command timeout of 500 ms",
        client: r#", command_timeout = "500ms""#,
        load: r#"deadline = "2s""#,
        fault_at: 6.023,
        before: 1_341.0,
        sent: 20_712.0,
        switch: 3.065,
        measured: Callers { answered: 1_413, failed: 19_141, given_up: 0, cut_off: 0 },
        crash: None,
    },
];

const RATE: f64 = 300.0;

fn scenario_of(case: &Case) -> Scenario {
    let Case { client, load, fault_at, switch, .. } = case;
    let begins = fault_at - case.before / RATE;
    let ends = begins + case.sent / RATE;
    let text = format!(
        r#"
format = 1
title = "an HTTP front"
horizon = "{:.3}s"

[cache.main]
nodes = ["a", "b"]
service = {{ fixed = "20us" }}
path = {{ rtt = "150us" }}
failover = {{ name_moves = {{ after = "{switch}s" }} }}

[service.front]
instances = 1
concurrency = {{ event_loop = {{ cpu = "300us" }} }}
memory = {{ limit = "64MiB", baseline = "5854200B", per_request = "3980B", per_socket = "353B", runtime = "v8" }}
restart = {{ fixed = {{ delay = "2s", boot = "350ms" }} }}
calls = [{{ cache = "main", times = 1, payload = "0B" }}]
client = {{ preset = "ioredis-5"{client} }}
objective = {{ errors = "1%", p99 = "500ms" }}

[load.callers]
to = "front"
arrivals = {{ poisson = [
    {{ at = "0s", rate = "0/s" }},
    {{ at = "{begins:.3}s", rate = "0/s" }}, {{ at = "{begins:.3}s", rate = "{RATE}/s" }},
    {{ at = "{ends:.3}s", rate = "{RATE}/s" }}, {{ at = "{ends:.3}s", rate = "0/s" }},
] }}
{load}

[[fault]]
at = "{fault_at}s"
host_dies = {{ node = "main.a" }}
"#,
        ends + 5.0
    );
    scenario::read("front", &text, &Edits::default())
        .unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"))
}

fn run(scenario: &Scenario, seed: u64) -> Recording {
    let mut run = Run::new(scenario, seed);
    run.advance(halfopen_sim::Time::ZERO + scenario.horizon);
    run.finish()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2])
}

/// Within 10 %, beside what a crash that comes `early` seconds sooner moves from one count to another: it decides how many
/// are left to be answered before the case ends. The crash's own error is held apart.
fn near(of: &str, predicted: f64, measured: f64, early: f64) {
    println!("{of}: {predicted:.0}, measured {measured:.0}");
    let most = 0.1 * measured + early.abs() * RATE;
    assert!((predicted - measured).abs() <= most, "{of}: {predicted:.0}, measured {measured:.0}");
}

/// Runs in the way of dying that was measured, where there is one: what V8 does at its border is chance.
#[test]
fn callers_count_what_they_counted() {
    for case in CASES {
        let scenario = scenario_of(case);
        let runs: Vec<Recording> = (0..SEEDS).map(|seed| run(&scenario, seed)).collect();
        let crash = |run: &Recording| run.services[0].first_crash.map(|at| at.as_secs_f64() - case.fault_at);
        let alike: Vec<&Recording> = runs
            .iter()
            .filter(|run| match (crash(run), case.crash) {
                (Some(at), Some(measured)) => (at - measured).abs() <= 0.1 * measured,
                (at, measured) => at.is_none() && measured.is_none(),
            })
            .collect();
        assert!(alike.len() >= 3, "{}: {} of {SEEDS} as measured", case.name, alike.len());
        println!("{}: {} of {SEEDS} alike", case.name, alike.len());
        let count = |of: fn(&Callers) -> u64| {
            let counts = alike.iter().map(|run| of(&run.services[0].callers) as f64).collect();
            (median(counts), of(&case.measured) as f64)
        };
        let early = case.crash.map_or(0.0, |measured| {
            let at = median(alike.iter().filter_map(|run| crash(run)).collect());
            println!("{}: dies after {at:.2} s, measured {measured}", case.name);
            measured - at
        });
        for (what, (predicted, measured)) in [
            ("answered", count(|c| c.answered)),
            ("5xx", count(|c| c.failed)),
            ("given up", count(|c| c.given_up)),
            ("cut off", count(|c| c.cut_off)),
        ] {
            near(&format!("{}, {what}", case.name), predicted, measured, early);
        }
    }
}

/// Retries bring the crash forward, since each is one more request, and amplify nothing that the users needed.
#[test]
fn a_retry_is_one_more_request_and_no_further_need() {
    let once = Case { load: r#"deadline = "2s""#, ..CASES_RETRY };
    let thrice = Case { load: "deadline = \"2s\"\nretries = 2\nretry_delay = \"100ms\"", ..CASES_RETRY };
    let (once, thrice) = (run(&scenario_of(&once), 1), run(&scenario_of(&thrice), 1));
    let (a, b) = (&once.services[0], &thrice.services[0]);
    let crash = |of: &Recording| of.services[0].first_crash.expect("it dies").as_secs_f64() - 6.0;
    assert!(crash(&thrice) < 0.5 * crash(&once), "{} and {}", crash(&thrice), crash(&once));
    // Before the crash nobody is answered: three tries for one.
    let users = b.calls_needed as f64;
    assert!((users - a.calls_needed as f64).abs() < 0.2 * users, "{users} and {}", a.calls_needed);
    assert!(b.requests as f64 > 1.3 * a.requests as f64, "{} and {}", b.requests, a.requests);
}

const CASES_RETRY: Case = Case {
    name: "retries",
    client: "",
    load: "",
    fault_at: 6.0,
    before: 1_380.0,
    sent: 12_000.0,
    switch: 3.0,
    measured: Callers { answered: 0, failed: 0, given_up: 0, cut_off: 0 },
    crash: None,
};

/// The lab's loop: a dead cache whose name moves after a minute, a process that is started again each time.
/// 1,000 calls of 4 KiB a second into 64 MiB; each process dies of the calls that wait for its dial.
#[test]
fn a_restarted_process_dies_again_until_the_name_moves() {
    let text = r#"
format = 1
title = "restart loop"
horizon = "115s"

[cache.main]
nodes = ["a", "b"]
service = { fixed = "20us" }
path = { rtt = "150us" }
failover = { name_moves = { after = "60.067s" } }

[service.app]
instances = 1
concurrency = { event_loop = { cpu = "60us" } }
memory = { limit = "64MiB", baseline = "5MiB", per_request = "0B", runtime = "v8" }
restart = { fixed = { delay = "2s", boot = "1.2s" } }
calls = [{ cache = "main", times = 1, payload = "4096B" }]
client = { preset = "ioredis-5" }
objective = { errors = "1%", p99 = "500ms" }

[load.calls]
to = "app"
arrivals = { poisson = "1000/s" }

[[fault]]
at = "5.01s"
host_dies = { node = "main.a" }
"#;
    let scenario = scenario::read("loop", text, &Edits::default()).unwrap_or_else(|p| panic!("{p:#?}"));
    let mut gaps: Vec<Vec<f64>> = Vec::new();
    let mut counts = [0_u32; 8];
    for seed in 0..SEEDS {
        let mut at = vec![5.01];
        let mut ready = Vec::new();
        let mut run = Run::new(&scenario, seed);
        run.trace(|now, event| {
            if let Event::App(_, app::Event::Ready) = event {
                ready.push(now.as_secs_f64());
            }
        });
        // A process is ready again 3.2 s after the one before has died.
        at.extend(ready.iter().skip(1).map(|at| at - 3.2));
        counts[at.len() - 1] += 1;
        gaps.push(at.windows(2).map(|pair| pair[1] - pair[0]).collect());
    }
    println!("crashes: {counts:?}");
    // Four were measured; without its last one's longer way of dying there is time for five.
    assert!(counts[4] + counts[5] == SEEDS as u32 && counts[4] > 4, "{counts:?}");
    for (n, measured) in [9.039, 12.52, 12.69, 14.63].into_iter().enumerate() {
        let mut all: Vec<f64> = gaps.iter().filter_map(|gaps| gaps.get(n).copied()).collect();
        all.sort_by(f64::total_cmp);
        let (least, most) = (all[all.len() / 20], all[all.len() - 1 - all.len() / 20]);
        println!("death {}: {least:.2}–{most:.2}, measured {measured}", n + 1);
        assert!((0.98 * least..=1.02 * most).contains(&measured), "death {}: {least}–{most}", n + 1);
    }
}

/// 1,000 calls a second that each hold a Buffer of 16 KiB, a heap and a container of 256 MiB: killed after 13.13 and
/// 13.39 s with 13,087 and 12,933 calls pending and 25 MiB on the heap.
#[test]
fn the_container_counts_buffers_that_the_heap_does_not() {
    let with = |container: &str, payload: &str| {
        let text = format!(
            r#"
format = 1
title = "buffers"
horizon = "60s"

[cache.main]
nodes = ["a", "b"]
service = {{ fixed = "20us" }}
path = {{ rtt = "150us" }}
failover = "none"

[service.app]
instances = 1
concurrency = {{ event_loop = {{ cpu = "60us" }} }}
memory = {{ limit = "256MiB", baseline = "5MiB", per_request = "0B", runtime = "v8"{container} }}
restart = "never"
calls = [{{ cache = "main", times = 1, payload = {payload} }}]
client = {{ preset = "ioredis-5" }}
objective = {{ errors = "1%", p99 = "500ms" }}

[load.calls]
to = "app"
arrivals = {{ poisson = "1000/s" }}

[[fault]]
at = "5s"
host_dies = {{ node = "main.a" }}
"#
        );
        let scenario =
            scenario::read("buffers", &text, &Edits::default()).unwrap_or_else(|p| panic!("{p:#?}"));
        let recording = run(&scenario, 1);
        let what =
            recording.story.iter().find(|event| event.what.contains("MiB of")).map(|it| it.what.clone());
        (recording.services[0].first_crash.map(|at| at.as_secs_f64() - 5.0), what.unwrap_or_default())
    };
    let (crash, how) = with(r#", container = "256MiB""#, r#"{ buffer = "16KiB" }"#);
    let crash = crash.expect("it dies");
    println!("{crash:.2}: {how}");
    assert!((crash - 13.26).abs() <= 0.05 * 13.26 && how.contains("by its container"), "{crash}: {how}");
    assert_eq!(with("", r#"{ buffer = "16KiB" }"#).0, None, "a heap alone holds 60 s of them");
    // Strings fill both; the heap's own limit comes first if the container leaves room beside it.
    let (string, how) = with(r#", container = "320MiB""#, r#""16KiB""#);
    assert!(how.contains("heap limit"), "{string:?}: {how}");
    let (sooner, how) = with(r#", container = "256MiB""#, r#""16KiB""#);
    assert!(how.contains("by its container") && sooner < string, "{sooner:?}: {how}");
}
