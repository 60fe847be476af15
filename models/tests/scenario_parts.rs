//! Presets and failure modes are data and small files in lists: each is read, and says what its source says.

use halfopen_models::client::presets::PRESETS;
use halfopen_models::fault::{Lever, MODES, Path, Process};
use halfopen_models::scenario::{
    AfterSocketTimeout, Backoff, Client, ConnectTimeout, Connections, Covers, Edits, InFlight, Keepalive,
    PoolOrder, Scenario, Watches, WhenFull, read,
};
use halfopen_models::simulate;
use halfopen_sim::{Span, Time};

const BASE: &str = r#"
format = 1
title = "test"
horizon = "10m"
[cache.main]
nodes = ["a", "b"]
service = { fixed = "20us" }
path = { rtt = "300us" }
failover = "none"
[service.api]
instances = 1
concurrency = { event_loop = { cpu = "1ms" } }
memory = { limit = "512MiB", baseline = "80MiB", per_request = "29KiB", runtime = "v8" }
restart = "never"
calls = [{ cache = "main", times = 1, payload = "1KiB" }]
client = { preset = "ioredis-5" }
objective = { errors = "1%", p99 = "1s" }
[load.users]
to = "api"
arrivals = { poisson = "10/s" }
"#;

fn reads(text: &str) -> Scenario {
    read("test", text, &Edits::default()).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"))
}

fn preset(name: &str) -> Client {
    PRESETS.iter().find(|preset| preset.name == name).expect("listed").client()
}

#[test]
fn every_preset_reads_and_names_itself() {
    for preset in PRESETS {
        assert_eq!(preset.client().preset, preset.name);
        assert!(!preset.summary().is_empty());
        // Each value with its source on its line.
        let (options, assumed) = preset.text.split_once("[assume]").unwrap_or((preset.text, ""));
        let values = options.lines().filter(|line| line.contains(" = "));
        for line in values.filter(|line| !line.starts_with("summary") && !line.starts_with("runs_on")) {
            assert!(line.contains('#') || line.contains("why = "), "{}: no source: {line}", preset.name);
        }
        // What nobody has measured is called so where it stands, has a range, and is told by whoever lists the client.
        for assumption in preset.assumptions() {
            assert!(assumed.contains(&assumption.path) && preset.summary().contains(&assumption.path));
        }
        let called = options.lines().filter(|line| line.contains("# assumption: see below")).count();
        assert_eq!(called, preset.assumptions().len(), "{}", preset.name);
    }
}

#[test]
fn what_a_preset_assumes_a_scenario_assumes_unless_it_says_better() {
    let assumed = |client: &str| {
        let scenario = reads(&BASE.replace("{ preset = \"ioredis-5\" }", client));
        scenario.assumptions.into_iter().map(|it| (it.path, it.value)).collect::<Vec<_>>()
    };
    let bytes = |option: &str, value: &str| (format!("service.api.client.{option}"), value.to_owned());
    let both = [bytes("bytes_per_call", "1KiB"), bytes("bytes_per_timed_out_call", "600B")];
    assert_eq!(assumed("{ preset = \"lettuce-6\" }"), both);
    assert_eq!(assumed("{ preset = \"lettuce-6\", bytes_per_timed_out_call = \"0B\" }"), both[..1]);
    assert_eq!(assumed("{ preset = \"ioredis-5\" }"), []);
}

#[test]
fn ioredis_gives_up_queued_calls_at_its_twenty_first_close() {
    let ioredis = preset("ioredis-5");
    assert_eq!(ioredis.connections, Connections::Pipelined);
    assert_eq!(ioredis.in_flight_on_close, InFlight::Resend);
    assert_eq!((ioredis.command_timeout, ioredis.socket_timeout, ioredis.max_pending), (None, None, None));
    let (Backoff::Linear { step, cap }, Some(flush_after)) = (ioredis.reconnect, ioredis.flush_after) else {
        panic!("a linear back-off and a flush")
    };
    // Attempts that fail at once: the waits between 21 closes, 50 i ms for i = 1 … 20, are 10.5 s.
    let waits = (1..u64::from(flush_after)).map(|attempt| (step * attempt).min(cap));
    let total = waits.fold(Span::ZERO, |sum, wait| sum + wait);
    assert_eq!((flush_after, total), (21, Span::from_millis(10_500)));
    // The kernel's own keepalive: an idle connection dies after 7200 + 9 × 75 s.
    let keepalive = ioredis.keepalive.expect("setKeepAlive(true, 0)");
    assert_eq!(keepalive.idle + keepalive.interval * u64::from(keepalive.probes), Span::from_secs(7_875));
}

#[test]
fn redis_py_waits_for_ever_on_a_socket_and_twenty_seconds_for_a_connection() {
    let redis_py = preset("redis-py-5");
    let pool =
        Connections::Pool { size: 50, acquire_timeout: Some(Span::from_secs(20)), order: PoolOrder::Lifo };
    assert_eq!(redis_py.connections, pool);
    let clocks = (redis_py.dial_timeout(), redis_py.socket_timeout, redis_py.keepalive, redis_py.retries);
    assert_eq!(clocks, (None, None, None, 0));
    let falls_back = Client { socket_timeout: Some(Span::from_secs(1)), ..redis_py };
    assert_eq!(falls_back.dial_timeout(), Some(Span::from_secs(1)), "socket_connect_timeout falls back");
}

#[test]
fn the_node_redis_versions_mean_different_things_by_the_same_words() {
    let [three, four, five] = ["node-redis-3.1", "node-redis-4.7", "node-redis-5"].map(preset);
    assert_eq!(
        [&three, &four, &five].map(|it| it.when_full),
        [WhenFull::Buffers, WhenFull::Waits, WhenFull::OneATurn]
    );
    assert_eq!([&three, &four, &five].map(|it| it.dials_at_once), [0, 2, 1]);
    assert_eq!([&three, &four, &five].map(|it| it.in_flight_on_close), [InFlight::Fail; 3]);
    assert_eq!(three.reconnect_for, Some(Span::from_secs(3_600)));
    assert_eq!(five.command_timeout_covers, Covers::Unwritten);
    assert_eq!(
        (five.socket_timeout_watches, five.after_socket_timeout),
        (Watches::Traffic, AfterSocketTimeout::Closed)
    );
    // An idle one notices 5 + 10 × 1 s after the last traffic.
    let keepalive = Some(Keepalive { idle: Span::from_secs(5), interval: Span::from_secs(1), probes: 10 });
    assert_eq!((four.keepalive, five.keepalive), (keepalive, keepalive));
}

#[test]
fn an_override_changes_one_value_and_none_takes_a_timeout_away() {
    let client =
        |text: &str| reads(&BASE.replace("{ preset = \"ioredis-5\" }", text)).services[0].client.clone();
    let expected = Client { connect_timeout: ConnectTimeout::None, ..preset("ioredis-5") };
    assert_eq!(client("{ preset = \"ioredis-5\", connect_timeout = \"none\" }"), expected);
    let pool =
        Connections::Pool { size: 8, acquire_timeout: Some(Span::from_secs(20)), order: PoolOrder::Lifo };
    let expected = Client { connections: pool, ..preset("redis-py-5") };
    assert_eq!(client("{ preset = \"redis-py-5\", connections = { pool = { size = 8 } } }"), expected);
}

#[test]
fn every_failure_mode_reads_its_example() {
    for mode in MODES {
        assert!(!mode.summary.is_empty());
        // As a scenario has it: the kind's key and its table below `at`.
        let example = mode.example.strip_prefix("{ ").and_then(|rest| rest.strip_suffix(" }"));
        let example = example.expect("written as the whole value");
        let scenario = reads(&format!("{BASE}[[fault]]\nat = \"1m\"\n{example}\n"));
        let [fault] = scenario.faults.as_slice() else { panic!("one fault") };
        assert_eq!(fault.mode, mode.name);
        assert_eq!(fault.at, Time::ZERO + Span::from_secs(60));
    }
}

#[test]
fn levers_of_each_mode() {
    let fault = |text: &str| reads(&format!("{BASE}[[fault]]\nat = \"1m\"\n{text}\n")).faults[0].clone();
    let process = |node, process| Lever::Process { cache: 0, node, process };
    let died = fault("host_dies = { node = \"main.b\", for = \"30s\" }");
    assert_eq!((died.begin, died.end), (process(1, Process::HostGone), Some(process(1, Process::Running))));
    assert_eq!(died.until, Some(Time::ZERO + Span::from_secs(90)));
    let killed = fault("process_killed = { node = \"main.a\" }");
    assert_eq!((killed.begin, killed.until), (process(0, Process::Killed), None));
    let stopped = fault("process_stopped = { node = \"main.a\" }");
    assert_eq!(stopped.begin, process(0, Process::Stopped));
    let path = |path| Lever::Path { cache: 0, node: 0, path };
    for (text, becomes) in [
        (
            "drops = { node = \"main.a\", way = \"in\", for = \"9s\" }",
            Path::Drops { inward: true, outward: false },
        ),
        (
            "drops = { node = \"main.a\", way = \"out\", for = \"9s\" }",
            Path::Drops { inward: false, outward: true },
        ),
        ("link_down = { node = \"main.a\", for = \"9s\" }", Path::LinkDown),
        ("rejects = { node = \"main.a\", for = \"9s\" }", Path::Rejects),
        ("loses = { node = \"main.a\", share = \"10%\", for = \"9s\" }", Path::Loses(0.1)),
    ] {
        let hit = fault(text);
        assert_eq!((hit.begin, hit.end), (path(becomes), Some(path(Path::Open))), "{text}");
        assert_eq!(hit.until, Some(Time::ZERO + Span::from_secs(69)), "{text}");
    }
    let paused = fault("pauses = { node = \"main.a\", for = \"9s\" }");
    assert_eq!(
        (paused.begin, paused.end),
        (process(0, Process::Stopped), Some(process(0, Process::Running)))
    );
    let closed = fault("connections_closed = { node = \"main.a\" }");
    assert_eq!((closed.begin, closed.until), (Lever::CloseConnections { cache: 0, node: 0 }, None));
    let moved = fault("planned_failover = { cache = \"main\" }");
    assert_eq!((moved.target.as_str(), moved.begin), ("main", Lever::Handover { cache: 0 }));
}

#[test]
fn a_fault_of_size_zero_changes_no_byte() {
    let without = reads(BASE);
    for mode in ["host_dies", "process_killed", "process_stopped", "link_down", "rejects"] {
        let fault = format!("[[fault]]\nat = \"1m\"\n{mode} = {{ node = \"main.a\", for = \"0s\" }}\n");
        let with = reads(&format!("{BASE}{fault}"));
        let [without, with] = [&without, &with].map(|scenario| format!("{:?}", simulate(scenario, 1)));
        assert_eq!(with, without, "{mode}");
    }
}
