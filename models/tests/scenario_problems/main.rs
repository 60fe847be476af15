//! What is said about a scenario that is wrong: every problem, with its line, its path and what would be right.

mod edits;
mod fields;
mod memory_and_callers;
mod values;

use halfopen_models::scenario::{Edits, Origin, Problem, read};

/// Good as it is; each case breaks it. Line 1 is the first line after the quotes.
const GOOD: &str = r#"format = 1
title = "test"
horizon = "10m"
clock = 2019-11-25T14:40:00-05:00
[cache.main]
nodes = ["a", "b"]
service = { lognormal = { mean = "25us", cv = 0.6 } }
path = { rtt = "300us" }
failover = { managed = { detect = "20s", promote = "10s", ttl = "5s", closes_connections = false } }
[service.api]
instances = 2
concurrency = { event_loop = { cpu = "1ms" } }
memory = { limit = "512MiB", baseline = "80MiB", per_request = "29KiB", runtime = "v8" }
restart = { kubernetes = { boot = "12s" } }
calls = [{ cache = "main", times = 1, payload = "1KiB" }]
client = { preset = "ioredis-5" }
objective = { errors = "1%", p99 = "1s" }
[load.users]
to = "api"
arrivals = { poisson = "10/s" }
deadline = "60s"
[[fault]]
at = "1m"
host_dies = { node = "main.a" }
[assume]
"service.*.instances" = { range = [1, 4], why = "guess" }
[variant.slow]
"cache.main.path.rtt" = "9ms"
[expect]
"it crashes" = { first_crash = { after = "10s", before = "5m" } }
"#;

fn problems(text: &str, edits: &Edits) -> Vec<Problem> {
    match read("test", text, edits) {
        Ok(_) => Vec::new(),
        Err(problems) => problems,
    }
}

/// `LINE PATH: WRONG`; the place is `set N` or `variant` for what the command line did.
fn told(text: &str, problem: &Problem) -> String {
    let place = match &problem.origin {
        Origin::File(range) => format!("{}", text[..range.start].matches('\n').count() + 1),
        Origin::Set(number) => format!("set {number}"),
        Origin::Variant => "variant".into(),
    };
    format!("{place} {}: {}", problem.path, problem.wrong)
}

fn broken(find: &str, replace: &str) -> String {
    assert_eq!(GOOD.matches(find).count(), 1, "{find}");
    GOOD.replacen(find, replace, 1)
}

/// A case: what is replaced, by what, and everything that is said.
type Case<'a> = (&'a str, &'a str, &'a [&'a str]);

fn hold(cases: &[Case<'_>]) {
    let mut wrong = String::new();
    for (find, replace, expected) in cases {
        let text = broken(find, replace);
        let found: Vec<String> = problems(&text, &Edits::default()).iter().map(|p| told(&text, p)).collect();
        if found != *expected {
            let lines: Vec<String> = found.iter().map(|line| format!("    r#\"{line}\"#,\n")).collect();
            wrong.extend([format!("(r#\"{find}\"#, r#\"{replace}\"#, &[\n"), lines.concat(), "]),\n".into()]);
        }
    }
    assert!(wrong.is_empty(), "these were said:\n{wrong}");
}

#[test]
fn the_good_one_is_good() {
    assert_eq!(problems(GOOD, &Edits::default()), []);
}

#[test]
fn what_would_be_right() {
    for (find, replace, right) in [
        ("\"10m\"", "600", "write \"600s\" (units: ns, us, ms, s, m, h)"),
        ("\"512MiB\"", "\"512mib\"", "write \"512MiB\" (units: B, KB, KiB, MB, MiB, GB, GiB, TB, TiB)"),
        ("\"10/s\"", "\"-1/s\"", "write \"1/s\", or \"0/s\""),
        (
            "limit = ",
            "limt = ",
            "did you mean \"limit\"? known fields: limit, baseline, per_request, per_socket, garbage_per_request, loading_garbage, runtime, outside, container",
        ),
        ("title = \"test\"\n", "", "write for example title = \"What happens, in a sentence\""),
        ("to = \"api\"", "to = \"apo\"", "did you mean \"api\"? there is: api"),
        ("runtime = \"v8\"", "runtime = \"jvm\"", "one of: v8, native"),
        (
            "{ kubernetes = { boot = \"12s\" } }",
            "\"kubernetes\"",
            "write { kubernetes = { boot = \"12s\" } }",
        ),
        (
            "{ event_loop = {",
            "{ workers = { threads = 1, cpu = \"1ms\" }, event_loop = {",
            "keep one; to change the kind write all of it: service.api.concurrency = \
             { event_loop = { cpu = \"2ms\" } }",
        ),
        (
            "cache = \"main\"",
            "cache = \"main\", service = \"x\"",
            "a service calls caches only: write cache = \"NAME\"; another service gets a [load.NAME] of its own",
        ),
        (
            "\"cache.main.path.rtt\"",
            "\"variant.slow\"",
            "each line is \"path\" = value; a path begins with title, clock, horizon, cache, database, service, load, fault",
        ),
    ] {
        let found = problems(&broken(find, replace), &Edits::default());
        assert_eq!(found[0].right, right, "{replace}");
    }
}
