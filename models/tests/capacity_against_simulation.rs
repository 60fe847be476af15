//! Closed forms against simulation, wherever the assumptions of the formula hold.

use halfopen_models::capacity::{Line, Sheet, Topic};
use halfopen_models::recording::{ServiceRecord, StoryKind, Verdict};
use halfopen_models::scenario::{self, Edits, Scenario};
use halfopen_models::simulate;

/// What differs between the scenarios of this corpus.
struct Case {
    horizon: &'static str,
    service_time: &'static str,
    failover: &'static str,
    app: &'static str,
    client: &'static str,
    load: &'static str,
    fault: &'static str,
}

const HOST_DIES: &str = "[[fault]]\nat = \"5s\"\nhost_dies = { node = \"main.a\" }";
const NODE_APP: &str = "concurrency = { event_loop = { cpu = \"1ms\" } }\n\
    memory = { limit = \"8GiB\", baseline = \"20MiB\", per_request = \"4KiB\", runtime = \"native\" }";

const CASE: Case = Case {
    horizon: "60s",
    service_time: "{ exponential = { mean = \"100us\" } }",
    failover: "\"none\"",
    app: NODE_APP,
    client: "preset = \"ioredis-5\"",
    load: "arrivals = { poisson = \"200/s\" }",
    fault: HOST_DIES,
};

impl Case {
    fn scenario(&self) -> Scenario {
        let Case { horizon, service_time, failover, app, client, load, fault } = self;
        let text = format!(
            "format = 1\ntitle = \"corpus\"\nhorizon = \"{horizon}\"\n\
             [cache.main]\nnodes = [\"a\", \"b\"]\nservice = {service_time}\npath = {{ rtt = \"200us\" }}\nfailover = {failover}\n\
             [service.api]\ninstances = 1\n{app}\nrestart = \"never\"\ncalls = [{{ cache = \"main\", times = 1, payload = \"1KiB\" }}]\n\
             client = {{ {client} }}\nobjective = {{ errors = \"1%\", p99 = \"500ms\" }}\n\
             [load.users]\nto = \"api\"\n{load}\n{fault}\n"
        );
        scenario::read("corpus", &text, &Edits::default()).unwrap_or_else(|problems| panic!("{problems:#?}"))
    }
}

fn line(scenario: &Scenario, topic: &Topic, quantity: &str) -> Line {
    let sheet = Sheet::of(scenario);
    let mut lines = sheet.parts.into_iter().filter(|part| part.topic == *topic).flat_map(|part| part.lines);
    lines.find(|line| line.quantity == quantity).unwrap_or_else(|| panic!("no line `{quantity}`"))
}

fn silent(scenario: &Scenario, quantity: &str) -> [f64; 2] {
    let line = line(scenario, &Topic::Silent("main".into()), quantity);
    [line.low, line.high].map(|end| end.unwrap_or(f64::INFINITY))
}

/// Seconds after the fault, five seconds into the run.
fn after_fault(record: &ServiceRecord, at: fn(&ServiceRecord) -> Option<halfopen_sim::Time>) -> f64 {
    at(record).map_or(f64::INFINITY, |at| at.as_secs_f64() - 5.0)
}

#[test]
fn utilization_and_throughput_in_calm() {
    for load in ["arrivals = { poisson = \"200/s\" }", "arrivals = { poisson = \"900/s\" }"] {
        let scenario = Case { load, fault: "", horizon: "200s", ..CASE }.scenario();
        let record = &simulate(&scenario, 1).caches[0];
        for (quantity, measured) in
            [("utilization", record.utilization), ("commands", record.throughput_per_s)]
        {
            let formula = line(&scenario, &Topic::Caches, quantity).low.expect("it is finite");
            // Four standard errors of a count, doubled for the exponential service times.
            let tolerance = 4.0 * (2.0 / record.throughput_per_s / 200.0).sqrt();
            assert!((measured / formula - 1.0).abs() < tolerance, "{quantity}: {measured} for {formula}");
        }
    }
}

#[test]
fn a_process_without_a_collector_dies_when_its_memory_is_full() {
    for (limit, per_request) in [("64MiB", "4KiB"), ("128MiB", "16KiB"), ("96MiB", "0B")] {
        let app = format!(
            "concurrency = {{ event_loop = {{ cpu = \"1ms\" }} }}\n\
             memory = {{ limit = \"{limit}\", baseline = \"20MiB\", per_request = \"{per_request}\", runtime = \"native\" }}"
        );
        let scenario = Case { app: app.leak(), horizon: "400s", ..CASE }.scenario();
        let [low, high] = silent(&scenario, "time to crash");
        assert!(low.is_finite() && low.to_bits() == high.to_bits());
        let simulated = after_fault(&simulate(&scenario, 1).services[0], |record| record.first_crash);
        // The time of the nth arrival of a Poisson process: four standard deviations.
        let tolerance = 4.0 * (low * 200.0).sqrt() / 200.0;
        assert!((simulated - low).abs() < tolerance, "{limit}: {simulated} for {low}");
    }
}

#[test]
fn v8_dies_between_eighty_percent_of_its_limit_and_the_limit() {
    for (limit, load) in [
        ("64MiB", "arrivals = { poisson = \"300/s\" }"),
        ("128MiB", "arrivals = { poisson = \"800/s\" }"),
        ("512MiB", "arrivals = { poisson = \"900/s\" }"),
    ] {
        let app = format!(
            "concurrency = {{ event_loop = {{ cpu = \"1ms\" }} }}\n\
             memory = {{ limit = \"{limit}\", baseline = \"20MiB\", per_request = \"4KiB\", runtime = \"v8\" }}"
        );
        let scenario = Case { app: app.leak(), load, horizon: "400s", ..CASE }.scenario();
        let [low, high] = silent(&scenario, "time to crash");
        for seed in 1..=3 {
            let simulated = after_fault(&simulate(&scenario, seed).services[0], |record| record.first_crash);
            // Pages hold a few MiB beside what is alive: of 64 MiB that is the most.
            assert!((0.95 * low..1.02 * high).contains(&simulated), "{limit}: {simulated} for {low}–{high}");
        }
    }
}

#[test]
fn littles_law_bounds_the_calls_that_wait_for_a_timeout() {
    for (client, timeout) in [
        ("preset = \"ioredis-5\", command_timeout = \"500ms\"", 0.5),
        ("preset = \"ioredis-5\", command_timeout = \"4s\"", 4.0),
    ] {
        let scenario = Case { client, ..CASE }.scenario();
        let [low, high] = silent(&scenario, "most pending calls");
        let expected = 200.0 * timeout;
        assert!((low - expected).abs() < 1e-6 && (high - expected).abs() < 1e-6);
        let peak = simulate(&scenario, 1).services[0].peak_pending_calls as f64;
        // The largest of a Poisson count over 55 s of its own time scale.
        assert!((low..low + 5.0 * low.sqrt()).contains(&peak), "{client}: {peak} for {low}");
        let first_error = after_fault(&simulate(&scenario, 1).services[0], |record| record.first_error);
        assert!((first_error - timeout).abs() < 0.05, "{first_error}");
    }
}

#[test]
fn a_bounded_queue_bounds_pending_calls_and_saves_the_process() {
    let scenario = Case { client: "preset = \"ioredis-5\", max_pending = 700", ..CASE }.scenario();
    assert!(silent(&scenario, "time to crash")[0].is_infinite());
    let [low, _] = silent(&scenario, "most pending calls");
    let record = &simulate(&scenario, 1).services[0];
    assert_eq!((record.peak_pending_calls, record.crashes), (low as u64, 0));
    let [first_error, _] = silent(&scenario, "first error");
    let simulated = after_fault(record, |record| record.first_error);
    assert!(
        (simulated - first_error).abs() < 4.0 * 700.0_f64.sqrt() / 200.0,
        "{simulated} for {first_error}"
    );
}

#[test]
fn the_kernel_gives_up_inside_its_bounds() {
    for (setting, user_timeout) in [
        (1, ""),
        (2, ""),
        (3, ""),
        (5, ""),
        (8, ""),
        (15, ""),
        (15, ", tcp_user_timeout = \"5s\""),
        (15, ", tcp_user_timeout = \"30s\""),
    ] {
        let app = format!("{NODE_APP}\nkernel = {{ tcp_retries2 = {setting} }}");
        let client = format!("preset = \"ioredis-5\"{user_timeout}");
        let failover = "{ name_moves = { after = \"100ms\" } }";
        let scenario =
            Case { app: app.leak(), client: client.leak(), failover, horizon: "20m", ..CASE }.scenario();
        let [low, high] = silent(&scenario, "the kernel gives a busy connection up");
        for seed in 1..=3 {
            let story = simulate(&scenario, seed).story;
            let noticed =
                story.iter().find(|event| event.kind == StoryKind::Noticed).expect("the kernel notices");
            let noticed = noticed.at.as_secs_f64() - 5.0;
            // It counts from the first call, 5 ms after the fault in the mean.
            assert!(
                (low..high + 0.1).contains(&noticed),
                "{setting}{user_timeout}: {noticed} for {low}–{high}"
            );
        }
    }
}

/// The retry storm of Bronson et al. 2021, §2.1: 300 requests a second, a deadline of a second, one retry, and an outage of
/// ten seconds. Below half the capacity it passes, above it stays.
#[test]
fn retries_decide_which_load_recovers() {
    for (share, stays) in [(0.8, false), (1.8, true)] {
        let load = format!(
            "arrivals = {{ poisson = \"{}/s\" }}\ndeadline = \"1s\"\nretries = 1\nretry_delay = \"1ms\"",
            150.0 * share
        );
        let scenario = Case {
            service_time: "{ fixed = \"3333333ns\" }",
            load: load.leak(),
            fault: "[[fault]]\nat = \"5s\"\npauses = { node = \"main.a\", for = \"10s\" }",
            horizon: "240s",
            ..CASE
        }
        .scenario();
        let recovers =
            line(&scenario, &Topic::Retries, "load that recovers by itself").low.expect("it is finite");
        assert!((recovers - 150.0).abs() < 0.1, "{recovers}");
        let verdict = simulate(&scenario, 1).services[0].verdict;
        assert_eq!(verdict == Verdict::Metastable, stays, "at {share} of it: {verdict}");
    }
}
