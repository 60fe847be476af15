//! Whatever is done to a scenario's text, reading it answers; and what it accepts, the world can be built from.

use halfopen_models::Run;
use halfopen_models::scenario::{Edits, read};
use proptest::prelude::*;

const KUSTOMER: &str = include_str!("../../experiments/scenarios/kustomer-2019.toml");

/// Pieces that a slip of the hand puts into a file, or somebody who tries what happens.
const PIECES: &[&str] = &[
    "0",
    "-1",
    "1e400",
    "nan",
    "\"\"",
    "\"none\"",
    "\"0s\"",
    "\"1ns\"",
    "\"8760h\"",
    "\"1TiB\"",
    "\"main\"",
    "\"api\"",
    "\"10000000/s\"",
    "[]",
    "{}",
    "[[]]",
    "[{}]",
    "true",
    "2019-11-25",
    "\n",
    "\"",
    "=",
    ".",
    "*",
    ",",
    "}",
    "]",
    "[",
    "{",
    "é",
    "\u{0}",
    "\u{feff}",
];

fn tokens() -> Vec<&'static str> {
    let mut tokens = Vec::new();
    let mut rest = KUSTOMER;
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || "_-".contains(c);
        let end =
            if word(first) { rest.find(|c: char| !word(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        tokens.push(&rest[..end]);
        rest = &rest[end..];
    }
    tokens
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_damaged_file(changes in prop::collection::vec((any::<prop::sample::Index>(), 0..PIECES.len(), 0..3), 1..6)) {
        let mut tokens = tokens();
        for (at, piece, how) in changes {
            let at = at.index(tokens.len());
            match how {
                0 => tokens[at] = PIECES[piece],
                1 => tokens.insert(at, PIECES[piece]),
                _ => drop(tokens.remove(at)),
            }
        }
        if let Ok(scenario) = read("damaged", &tokens.concat(), &Edits::default()) {
            drop(Run::new(&scenario, 1));
        }
    }

    #[test]
    fn any_edit(path in "(service|cache|load|fault|\\*|x)(\\.(\\*|api|main|agents|0|client|memory|arrivals|at|x)){0,4}",
                value in "none|0s|1|[0-9]{1,3}(s|ms|/s|MiB|%)?|\\{ x = 1 \\}|.{0,8}",
                variant in prop::option::of("manual-failover|bounded-queue|x")) {
        let edits = Edits { variant, set: vec![(path, value)], ..Edits::default() };
        if let Ok(scenario) = read("edited", KUSTOMER, &edits) {
            drop(Run::new(&scenario, 1));
            let again = read("edited", &scenario.document, &Edits::default());
            prop_assert!(again.is_ok(), "{again:#?}");
        }
    }
}

/// Small enough to run, with a value in every place.
const WHOLE: &str = r#"
format = 1
title = "whole"
horizon = "2m"
[cache.main]
nodes = ["a", "b"]
service = { lognormal = { mean = "20us", cv = 0.6 } }
path = { rtt = "300us" }
failover = { managed = { detect = "3s", promote = "2s", ttl = "1s", closes_connections = false } }
[service.api]
instances = 2
concurrency = { workers = { threads = 8, cpu = "1ms" } }
memory = { limit = "100MiB", baseline = "80MiB", per_request = "29KiB", runtime = "native" }
restart = { fixed = { delay = "4s", boot = "5s" } }
calls = [{ cache = "main", times = 2, payload = "1KiB" }]
objective = { errors = "1%", p99 = "1s" }
[service.api.client]
preset = "ioredis-5"
connect_timeout = "10s"
command_timeout = "6s"
socket_timeout = "7s"
reconnect = { exponential = { base = "50ms", factor = 2, cap = "8s", jitter = "199ms" } }
retries = 2
retry_backoff = { linear = { step = "11ms", cap = "9s" } }
tcp_user_timeout = "14s"
[load.users]
to = "api"
arrivals = { poisson = [{ at = "0s", rate = "10/s" }, { at = "12s", rate = "20/s" }] }
deadline = "15s"
[[fault]]
at = "13s"
host_dies = { node = "main.a", for = "16s" }
"#;

/// Nothing that the check lets through may overflow the clock or a ledger, or stop time.
#[test]
fn extremes_that_are_accepted_also_run() {
    let extremes = ["1ns", "1us", "8760h", "60s", "0B", "1B", "16TiB", "0/s", "0.01/h", "100%", "0.0001%"];
    let mut ran = 0;
    let quoted: Vec<(usize, &str)> = WHOLE.match_indices('"').collect();
    for pair in quoted.chunks(2) {
        let (start, end) = (pair[0].0 + 1, pair[1].0);
        for extreme in extremes {
            // A run of a year is no question of arithmetic.
            if &WHOLE[start..end] == "2m" && extreme == "8760h" {
                continue;
            }
            let text = format!("{}{extreme}{}", &WHOLE[..start], &WHOLE[end..]);
            if let Ok(scenario) = read("extreme", &text, &Edits::default()) {
                drop(halfopen_models::simulate(&scenario, 1));
                ran += 1;
            }
        }
    }
    assert!(ran > 80, "{ran} of them were accepted");
    let numbers = [
        (
            "service.api.kernel",
            "{ tcp_retries2 = 255, tcp_syn_retries = 127, tcp_syn_linear_timeouts = 127, hz = 1000 }",
        ),
        (
            "service.api.kernel",
            "{ tcp_retries2 = 0, tcp_syn_retries = 1, tcp_syn_linear_timeouts = 0, hz = 100 }",
        ),
        ("service.api.client.keepalive", "{ idle = \"32767s\", interval = \"32767s\", probes = 127 }"),
        ("service.api.client.reconnect.exponential.factor", "100"),
        ("service.api.client.retries", "1000"),
        ("service.api.client.max_pending", "1"),
        ("service.api.calls.0.times", "10000"),
        ("service.api.instances", "1000"),
        ("cache.main.service.lognormal.cv", "20"),
        ("cache.main.service", "{ gamma = { mean = \"60s\", cv = 20 } }"),
        ("cache.main.service", "{ gamma = { mean = \"1ns\", cv = 0.001 } }"),
        ("cache.main.service", "{ erlang = { mean = \"60s\", shape = 1000 } }"),
        ("cache.main.service", "{ pareto = { scale = \"1ms\", shape = 1.5 } }"),
        ("cache.main.service", "{ weibull = { scale = \"1ms\", shape = 0.2 } }"),
        ("cache.main.service", "{ weibull = { scale = \"1ns\", shape = 100 } }"),
        ("cache.main.service", "{ empirical = [\"1ns\", \"60s\"] }"),
        ("cache.main.service", "{ exponential = { mean = \"60s\" } }"),
    ];
    for (path, value) in numbers {
        let edits = Edits { set: vec![(path.into(), value.into())], ..Edits::default() };
        let scenario =
            read("extreme", WHOLE, &edits).unwrap_or_else(|problems| panic!("{path}: {problems:#?}"));
        drop(halfopen_models::simulate(&scenario, 1));
    }
}
