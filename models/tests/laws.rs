//! Laws of the whole model: what must hold whatever the parameters.

use halfopen_models::event::Event;
use halfopen_models::recording::{Recording, Recovery, ServiceRecord, Verdict};
use halfopen_models::scenario::{self, Edits, Scenario};
use halfopen_models::{Run, load, simulate};
use halfopen_sim::chance::Streams;
use halfopen_sim::{Span, Time};

const CACHES: &str = r#"
[cache.main]
nodes = ["a", "b"]
service = { exponential = { mean = "200us" } }
path = { rtt = "300us" }
failover = { managed = { detect = "3s", promote = "2s", ttl = "1s", closes_connections = false } }
"#;
const API: &str = r#"
[service.api]
instances = 2
concurrency = { event_loop = { cpu = "1ms" } }
memory = { limit = "96MiB", baseline = "40MiB", per_request = "24KiB", runtime = "v8" }
restart = { kubernetes = { boot = "2s" } }
calls = [{ cache = "main", times = 2, payload = "1KiB" }]
client = { preset = "ioredis-5" }
objective = { errors = "1%", p99 = "500ms" }
"#;
const JOBS: &str = r#"
[service.jobs]
instances = 1
concurrency = { workers = { threads = 16, cpu = "2ms" } }
memory = { limit = "512MiB", baseline = "40MiB", per_request = "24KiB", runtime = "native" }
restart = { fixed = { delay = "1s", boot = "2s" } }
calls = [{ cache = "main", times = 1, payload = "1KiB" }]
client = { preset = "redis-py-5", socket_timeout = "1s" }
objective = { errors = "1%", p99 = "500ms" }
"#;
const LOADS: &str = r#"
[load.users]
to = "api"
arrivals = { poisson = "100/s" }
deadline = "10s"

[load.queue]
to = "jobs"
arrivals = { poisson = "50/s" }
"#;
const DIES: &str = r#"
[[fault]]
at = "20s"
host_dies = { node = "main.a" }
"#;
const VARIANT: &str = r#"
[variant.socket-timeout]
"service.api.client.socket_timeout" = "1s"
"#;

fn read(parts: &[&str], variant: Option<&str>) -> Scenario {
    let text = format!("format = 1\ntitle = \"laws\"\nhorizon = \"90s\"\n{}", parts.concat());
    let edits = Edits { variant: variant.map(Into::into), ..Edits::default() };
    scenario::read("laws", &text, &edits).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn whole() -> Scenario {
    read(&[CACHES, API, JOBS, LOADS, DIES, VARIANT], None)
}

fn service<'a>(scenario: &Scenario, recording: &'a Recording, name: &str) -> &'a ServiceRecord {
    let at = scenario.services.iter().position(|s| s.name == name).expect("it is in the scenario");
    &recording.services[at]
}

#[test]
fn requests_sent_are_answered_failed_or_open() {
    for seed in 1..=5 {
        for record in simulate(&whole(), seed).services {
            assert_eq!(record.requests, record.latency.len() + record.errors + record.open_at_horizon);
            assert!(record.good_after_fault <= record.sent_after_fault);
            assert!(record.sent_after_fault <= record.requests);
            let series: u64 = record.series.iter().map(|s| u64::from(s.answered)).sum();
            assert_eq!(
                series,
                record.latency.len(),
                "every answer is in one sample, the last at the horizon"
            );
        }
    }
}

#[test]
fn equal_seeds_give_equal_recordings_and_others_do_not() {
    let scenario = whole();
    let digest = |seed| simulate(&scenario, seed).digest;
    assert_eq!(digest(7), digest(7));
    assert_ne!(digest(7), digest(8));
    let mut sliced = Run::new(&scenario, 7);
    for second in 0..=90 {
        sliced.advance(Time::ZERO + Span::from_secs(second));
    }
    let mut traced = Run::new(&scenario, 7);
    let mut events = 0;
    traced.trace(|_, _| events += 1);
    let (sliced, traced) = (sliced.finish(), traced.finish());
    assert_eq!((sliced.digest, sliced.events), (digest(7), events));
    assert_eq!((traced.digest, traced.events), (digest(7), events));
}

#[test]
fn a_fault_of_size_zero_changes_nothing() {
    let quiet = simulate(&read(&[CACHES, API, JOBS, LOADS], None), 3);
    for mode in ["host_dies", "process_killed", "process_stopped"] {
        let fault = format!("[[fault]]\nat = \"20s\"\n{mode} = {{ node = \"main.a\", for = \"0s\" }}\n");
        let with = simulate(&read(&[CACHES, API, JOBS, LOADS, &fault], None), 3);
        assert_eq!((with.digest, with.events), (quiet.digest, quiet.events), "{mode}");
        assert_eq!(format!("{with:?}"), format!("{quiet:?}"), "{mode}");
    }
}

#[test]
fn variants_meet_the_same_requests() {
    let base = simulate(&whole(), 5);
    let variant = simulate(&read(&[CACHES, API, JOBS, LOADS, DIES, VARIANT], Some("socket-timeout")), 5);
    let arrivals = |variant| {
        let scenario = read(&[CACHES, API, JOBS, LOADS, DIES, VARIANT], variant);
        let mut arrivals = Vec::new();
        Run::new(&scenario, 5).trace(|now, event| {
            if let Event::Load(load, load::Event::Arrival) = event {
                arrivals.push((now, load));
            }
        });
        arrivals
    };
    assert_eq!(arrivals(None), arrivals(Some("socket-timeout")));
    let until_fault = |r: &Recording| format!("{:?}", &r.services[1].series[..20]);
    assert_eq!(until_fault(&base), until_fault(&variant), "the other service is untouched before the fault");
    assert_ne!(base.digest, variant.digest);
}

#[test]
fn the_order_of_services_does_not_matter() {
    let (one, other) = (whole(), read(&[CACHES, JOBS, API, LOADS, DIES, VARIANT], None));
    let (a, b) = (simulate(&one, 2), simulate(&other, 2));
    for name in ["api", "jobs"] {
        let (a, b) = (service(&one, &a, name), service(&other, &b, name));
        assert_eq!(format!("{a:?}"), format!("{b:?}"), "{name}");
    }
}

#[test]
fn a_node_is_busy_for_its_throughput_times_its_service_time() {
    for record in simulate(&read(&[CACHES, API, JOBS, LOADS], None), 9).caches {
        // About 22,500 exponential services: four standard deviations are 2.7 %.
        let expected = record.throughput_per_s * 200e-6;
        assert!((record.utilization / expected - 1.0).abs() < 0.027, "{record:?}");
    }
}

/// An event loop without calls is M/D/1: mean sojourn = d + ρd / (2(1 − ρ)).
#[test]
fn an_event_loop_is_a_queue_with_one_server() {
    let loop_only = r#"
[cache.main]
nodes = ["a"]
service = { fixed = "1us" }
path = { rtt = "1us" }
failover = "none"

[service.api]
instances = 1
concurrency = { event_loop = { cpu = "4ms" } }
memory = { limit = "1GiB", baseline = "1MiB", per_request = "1KiB", runtime = "native" }
restart = "never"
calls = [{ cache = "main", times = 1, payload = "1B" }]
client = { preset = "ioredis-5" }
objective = { errors = "1%", p99 = "1s" }

[load.users]
to = "api"
arrivals = { poisson = "200/s" }
"#;
    let mut scenario = read(&[loop_only], None);
    scenario.services[0].calls.clear();
    let means: Vec<f64> = (0..20)
        .map(|seed| simulate(&scenario, seed).services[0].latency.mean().expect("answers").as_secs_f64())
        .collect();
    let n = means.len() as f64;
    let mean = means.iter().sum::<f64>() / n;
    let sd = (means.iter().map(|m| (m - mean) * (m - mean)).sum::<f64>() / (n - 1.0)).sqrt();
    // 99.9 % t interval with 19 degrees of freedom.
    let half = 3.883 * sd / n.sqrt();
    let expected = 0.004 + 0.8 * 0.004 / (2.0 * 0.2);
    assert!((mean - expected).abs() < half, "{mean} ± {half}, expected {expected}");
    assert!(half < 0.05 * expected, "the interval says something");
}

#[test]
fn unharmed_without_a_fault() {
    for record in simulate(&read(&[CACHES, API, JOBS, LOADS], None), 1).services {
        assert_eq!(record.verdict, Verdict::Unharmed);
        assert_eq!((record.crashes, record.errors), (0, 0));
    }
}

/// Faults of any mode, on either node, one after the other or at one instant, healed or handed over: whatever the order,
/// nothing breaks, nothing is lost from the books, and once every node runs the services recover.
#[test]
fn whatever_fails_in_whatever_order_heals() {
    let quick = API.replace("calls =", "kernel = { tcp_retries2 = 3 }\ncalls =");
    let mut chance = Streams::new(11).stream("faults", "test");
    for round in 0..150 {
        let mut faults = Vec::new();
        for node in ["a", "b"] {
            let mut at = chance.below(4);
            for _ in 0..=chance.below(3) {
                let lasts = 1 + chance.below(8);
                let mode = ["host_dies", "process_killed", "process_stopped"][chance.below(3) as usize];
                faults.push(format!(
                    "[[fault]]\nat = \"{at}s\"\n{mode} = {{ node = \"main.{node}\", for = \"{lasts}s\" }}\n"
                ));
                at += lasts + chance.below(2) * chance.below(5);
            }
        }
        for _ in 0..chance.below(3) {
            let at = chance.below(30);
            faults.push(format!("[[fault]]\nat = \"{at}s\"\nplanned_failover = {{ cache = \"main\" }}\n"));
        }
        if chance.below(2) == 0 {
            faults.reverse();
        }
        let scenario = read(&[CACHES, &quick, JOBS, LOADS, &faults.concat()], None);
        let recording = simulate(&scenario, round);
        for (service, record) in scenario.services.iter().zip(&recording.services) {
            let name = &service.name;
            assert_eq!(
                record.requests,
                record.latency.len() + record.errors + record.open_at_horizon,
                "{name}"
            );
            assert_ne!(
                record.recovery,
                Recovery::Never,
                "{name}: {}\n{}",
                record.verdict_rule,
                faults.concat()
            );
        }
    }
}
