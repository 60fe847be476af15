//! What is said about a scenario that is wrong: every problem, with its line, its path and what would be right.

use halfopen_models::scenario::{Edits, LARGEST_TEXT, Origin, Problem, read};

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
            wrong += &format!("(r#\"{find}\"#, r#\"{replace}\"#, &[\n");
            found.iter().for_each(|line| wrong += &format!("    r#\"{line}\"#,\n"));
            wrong += "]),\n";
        }
    }
    assert!(wrong.is_empty(), "these were said:\n{wrong}");
}

#[test]
fn the_good_one_is_good() {
    assert_eq!(problems(GOOD, &Edits::default()), []);
}

#[test]
fn whole_files() {
    for (text, expected) in [
        ("", "1 : the file is empty"),
        ("# nothing\n", "1 : the file is empty"),
        ("format = 2\nnonsense = 3\n", "1 format: unknown format 2"),
        ("format = 1\nformat = 1\n", "2 : no TOML: duplicate key"),
    ] {
        let found: Vec<String> = problems(text, &Edits::default()).iter().map(|p| told(text, p)).collect();
        assert_eq!(found, [expected]);
    }
    let missing = problems("format = 1\n", &Edits::default());
    let paths: Vec<&str> = missing.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["title", "horizon", "cache", "service", "load"]);
    let large = " ".repeat(LARGEST_TEXT + 1);
    assert_eq!(problems(&large, &Edits::default())[0].wrong, "the file has 1048577 bytes");
}

#[test]
fn several_syntax_errors_at_once() {
    let text = "title = \"a\nhorizon = \nx = [1 2]\n";
    let lines: Vec<String> = problems(text, &Edits::default()).iter().map(|p| told(text, p)).collect();
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert!(
        lines.iter().zip(1..).all(|(told, line)| told.starts_with(&format!("{line} : no TOML"))),
        "{lines:#?}"
    );
}

#[test]
fn deep_nesting_is_refused() {
    let text = format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep = |text: &str| told(text, &problems(text, &Edits::default())[0]);
    assert_eq!(deep(&text), "1 : no TOML: cannot recurse further; max recursion depth met");
    let tables = format!("a = {}1{}", "{ b = ".repeat(100_000), "}".repeat(100_000));
    assert_eq!(deep(&tables), "1 : no TOML: cannot recurse further; max recursion depth met");
    let keys = format!("{} = 1", vec!["a"; 100_000].join("."));
    assert_eq!(deep(&keys), "1 : no TOML: recursion limit");
}

#[test]
fn units() {
    hold(&[
        ("\"10m\"", "600", &["3 horizon: a duration needs a unit"]),
        ("\"10m\"", "\"600\"", &["3 horizon: a duration needs a unit"]),
        ("\"10m\"", "\"1h30m\"", &["3 horizon: `1h30m` is not a duration"]),
        ("\"10m\"", "\"10 m\"", &["3 horizon: `10 m` is not a duration"]),
        ("\"10m\"", "\"10min\"", &["3 horizon: unknown unit `min`"]),
        ("\"10m\"", "\"-10m\"", &["3 horizon: a duration cannot be negative"]),
        ("\"10m\"", "\"0s\"", &[r#"3 horizon: "0s" is out of range"#]),
        ("\"10m\"", "\"0.1ns\"", &["3 horizon: `0.1ns` is finer than a nanosecond"]),
        ("\"10m\"", "\"99999999999h\"", &["3 horizon: `99999999999h` is too much"]),
        ("\"10m\"", "\"9000h\"", &[r#"3 horizon: "9000h" is out of range"#]),
        ("\"10m\"", "inf", &["3 horizon: `inf` is not a duration"]),
        ("\"10m\"", "[\"10m\"]", &["3 horizon: expected a duration, found a list"]),
        ("\"512MiB\"", "512", &["13 service.api.memory.limit: a size needs a unit"]),
        ("\"512MiB\"", "\"512MIB\"", &["13 service.api.memory.limit: unknown unit `MIB`"]),
        ("\"512MiB\"", "\"99999999TiB\"", &["13 service.api.memory.limit: `99999999TiB` is too much"]),
        ("\"10/s\"", "\"10\"", &["20 load.users.arrivals.poisson: a rate needs a unit"]),
        ("\"10/s\"", "\"-1/s\"", &["20 load.users.arrivals.poisson: a rate cannot be negative"]),
        ("\"10/s\"", "\"1e99/s\"", &["20 load.users.arrivals.poisson: `1e99/s` is not a rate"]),
        ("\"10/s\"", "\"99999999/s\"", &[r#"20 load.users.arrivals.poisson: "99999999/s" is out of range"#]),
        ("\"1%\"", "\"1\"", &["17 service.api.objective.errors: a share needs a unit"]),
        ("\"1%\"", "1.5", &["17 service.api.objective.errors: 1.5 is out of range"]),
        ("\"1%\"", "\"120%\"", &[r#"17 service.api.objective.errors: "120%" is out of range"#]),
        ("\"1%\"", "0", &["17 service.api.objective.errors: every window would break this objective"]),
        ("cv = 0.6", "cv = nan", &["7 cache.main.service.lognormal.cv: nan is out of range"]),
        (
            "instances = 2",
            "instances = \"2\"",
            &[
                r#"11 service.api.instances: expected a whole number, found the text "2""#,
                r#"26 assume."service.*.instances".range: the range is not of the kind of its value, "2""#,
            ],
        ),
        (
            "instances = 2",
            "instances = 2.5",
            &["11 service.api.instances: expected a whole number, found the number 2.5"],
        ),
        (
            "instances = 2",
            "instances = 99999999999999999999999",
            &[
                "11 service.api.instances: 99999999999999999999999 is out of range",
                r#"26 assume."service.*.instances".range: the range is not of the kind of its value, 99999999999999999999999"#,
            ],
        ),
        ("2019-11-25T14:40:00-05:00", "2019-11-25T14:40:00", &["4 clock: 2019-11-25T14:40:00 is no moment"]),
        ("2019-11-25T14:40:00-05:00", "\"2019-11-25\"", &[r#"4 clock: "2019-11-25" is no moment"#]),
    ]);
}

#[test]
fn fields_and_kinds() {
    hold(&[
        ("title = \"test\"\n", "", &["1 title: missing field `title`"]),
        ("title = ", "titel = ", &["2 titel: unknown field `titel`"]),
        ("format = 1\n", "", &["1 format: missing field `format`"]),
        ("limit = ", "limt = ", &["13 service.api.memory.limt: unknown field `limt`"]),
        ("lognormal", "lognorml", &[r#"7 cache.main.service.lognorml: unknown kind "lognorml""#]),
        ("{ lognormal = { mean = \"25us\", cv = 0.6 } }", "{}", &["7 cache.main.service: no kind given"]),
        (
            "{ kubernetes = { boot = \"12s\" } }",
            "\"kubernetes\"",
            &["14 service.api.restart: `kubernetes` needs its values"],
        ),
        (
            "{ kubernetes = { boot = \"12s\" } }",
            "\"alwys\"",
            &[r#"14 service.api.restart: unknown kind "alwys""#],
        ),
        (
            "{ kubernetes = { boot = \"12s\" } }",
            "{ never = {} }",
            &["14 service.api.restart.never: `never` has no values"],
        ),
        (
            "{ kubernetes = {",
            "{ never = 1, kubernetes = {",
            &["14 service.api.restart.kubernetes: two kinds in one table: `never` and `kubernetes`"],
        ),
        (
            "{ event_loop = {",
            "{ workers = { threads = 1, cpu = \"1ms\" }, event_loop = {",
            &["12 service.api.concurrency.event_loop: two kinds in one table: `workers` and `event_loop`"],
        ),
        (
            "host_dies = {",
            "process_killed = { node = \"main.a\" }\nhost_dies = {",
            &["25 fault.0.host_dies: two kinds in one table: `process_killed` and `host_dies`"],
        ),
        ("host_dies = { node = \"main.a\" }\n", "", &["22 fault.0: no kind given"]),
        ("host_dies", "host-dies", &[r#"24 fault.0.host-dies: unknown kind "host-dies""#]),
        ("runtime = \"v8\"", "runtime = \"jvm\"", &[r#"13 service.api.memory.runtime: unknown value "jvm""#]),
        (
            "closes_connections = false",
            "closes_connections = \"no\"",
            &[
                r#"9 cache.main.failover.managed.closes_connections: expected true or false, found the text "no""#,
            ],
        ),
        (
            "[cache.main]",
            "[cache.\"my cache\"]",
            &[
                r#"5 cache."my cache": `my cache` cannot be a name"#,
                r#"15 service.api.calls.0.cache: no cache is named "main""#,
                r#"24 fault.0.host_dies.node: no node is named "main.a""#,
                "28 cache.main: `cache` has no `main`",
            ],
        ),
        (
            "[service.api]\ninstances",
            "[service.api]\nname = \"x\"\ninstances",
            &["11 service.api.name: unknown field `name`"],
        ),
        ("[[fault]]", "[fault]", &["22 fault: expected a list, found a table"]),
        (
            "[variant.slow]\n\"cache.main.path.rtt\" = \"9ms\"",
            "[variant.slow]",
            &["27 variant.slow: empty table"],
        ),
        (
            "[load.users]\nto = \"api\"\narrivals = { poisson = \"10/s\" }\ndeadline = \"60s\"\n",
            "[load]\n",
            &["18 load: empty table"],
        ),
    ]);
}

#[test]
fn references() {
    hold(&[
        ("to = \"api\"", "to = \"apo\"", &[r#"19 load.users.to: no service is named "apo""#]),
        (
            "cache = \"main\"",
            "cache = \"mian\"",
            &[r#"15 service.api.calls.0.cache: no cache is named "mian""#],
        ),
        (
            "cache = \"main\"",
            "service = \"other\"",
            &[
                "15 service.api.calls.0.cache: missing field `cache`",
                "15 service.api.calls.0.service: unknown field `service`",
            ],
        ),
        ("\"main.a\"", "\"main.c\"", &[r#"24 fault.0.host_dies.node: no node is named "main.c""#]),
        ("\"main.a\"", "\"a\"", &[r#"24 fault.0.host_dies.node: no node is named "a""#]),
        (
            "host_dies = { node = \"main.a\" }",
            "planned_failover = { cache = \"x\", for = \"3s\" }",
            &[
                r#"24 fault.0.planned_failover.cache: no cache is named "x""#,
                "24 fault.0.planned_failover.for: unknown field `for`",
            ],
        ),
        ("ioredis-5", "ioredis", &[r#"16 service.api.client.preset: no preset is named "ioredis""#]),
        (
            "first_crash",
            "variant = \"slo\", service = \"web\", first_crash",
            &[
                r#"30 expect."it crashes".variant: no variant is named "slo""#,
                r#"30 expect."it crashes".service: no service is named "web""#,
            ],
        ),
        (
            "\"service.*.instances\"",
            "\"service.*.instance\"",
            &[r#"26 assume."service.*.instance": `service.api` has no `instance`"#],
        ),
        (
            "\"service.*.instances\"",
            "\"service.api.instances.x\"",
            &[
                r#"26 assume."service.api.instances.x": `service.api.instances` is the number 2, nothing is below it"#,
            ],
        ),
        ("\"cache.main.path.rtt\"", "\"cache.mian.path.rtt\"", &["28 cache.mian: `cache` has no `mian`"]),
        ("\"cache.main.path.rtt\"", "\"fault.3.at\"", &["28 fault.3: `fault` has no element `3`"]),
        (
            "\"cache.main.path.rtt\"",
            "\"variant\"",
            &["28 variant.slow.variant: a variant cannot change `variant`"],
        ),
        ("\"cache.main.path.rtt\"", "\"cache..rtt\"", &["28 cache..rtt: no path"]),
    ]);
}

#[test]
fn values_that_do_not_go_together() {
    hold(&[
        ("[\"a\", \"b\"]", "[\"a\", \"a\"]", &["6 cache.main.nodes.1: two nodes are named `a`"]),
        (
            "[\"a\", \"b\"]",
            "[]",
            &["6 cache.main.nodes: empty list", r#"24 fault.0.host_dies.node: no node is named "main.a""#],
        ),
        ("[\"a\", \"b\"]", "[\"a\"]", &["9 cache.main.failover: a failover with one node"]),
        (
            "[\"a\", \"b\"]",
            "[\"a.b\", \"\"]",
            &[
                "6 cache.main.nodes.0: `a.b` cannot be a name",
                "6 cache.main.nodes.1: empty text",
                r#"24 fault.0.host_dies.node: no node is named "main.a""#,
            ],
        ),
        (
            "[{ cache = \"main\", times = 1, payload = \"1KiB\" }]",
            "[]",
            &["15 service.api.calls: empty list"],
        ),
        (
            "baseline = \"80MiB\"",
            "baseline = \"512MiB\"",
            &["13 service.api.memory.baseline: the baseline is not below the limit"],
        ),
        ("at = \"1m\"", "at = \"10m\"", &["23 fault.0.at: the run ends before this, at 10m"]),
        (
            "[assume]",
            "[[fault]]\nat = \"2m\"\nprocess_killed = { node = \"main.a\" }\n[assume]",
            &["25 fault.1: `main.a` is already hit by the fault at 1m"],
        ),
        ("\"10/s\"", "[]", &["20 load.users.arrivals.poisson: empty list"]),
        (
            "\"10/s\"",
            "[{ at = \"1s\", rate = \"1/s\" }]",
            &["20 load.users.arrivals.poisson.0.at: the first point is not at the start"],
        ),
        (
            "\"10/s\"",
            "[{ at = \"0s\", rate = \"1/s\" }, { at = \"9s\", rate = \"1/s\" }, { at = \"8s\", rate = \"1\" }]",
            &[
                "20 load.users.arrivals.poisson.2.at: points go back in time",
                "20 load.users.arrivals.poisson.2.rate: a rate needs a unit",
            ],
        ),
        (
            "range = [1, 4]",
            "range = [3, 4]",
            &[r#"26 assume."service.*.instances".range: the value 2 is outside its range"#],
        ),
        (
            "range = [1, 4]",
            "range = [\"1\", \"4\"]",
            &[r#"26 assume."service.*.instances".range: the range is not of the kind of its value, 2"#],
        ),
        (
            "range = [1, 4]",
            "range = [1]",
            &[r#"26 assume."service.*.instances".range: a range has two ends, not 1"#],
        ),
        (
            "range = [1, 4], why = \"guess\"",
            "why = \"\"",
            &[
                r#"26 assume."service.*.instances".range: missing field `range`"#,
                r#"26 assume."service.*.instances".why: empty text"#,
            ],
        ),
        (
            "after = \"10s\", before = \"5m\"",
            "after = \"5m\", before = \"10s\"",
            &[r#"30 expect."it crashes".first_crash: no value can hold"#],
        ),
        (
            "after = \"10s\", before = \"5m\"",
            "",
            &[r#"30 expect."it crashes".first_crash: a claim without a bound"#],
        ),
        (
            "first_crash = { after = \"10s\", before = \"5m\" }",
            "variant = \"slow\"",
            &[r#"30 expect."it crashes": no kind given"#],
        ),
        (
            "{ preset = \"ioredis-5\" }",
            "{ preset = \"ioredis-5\", reconnect = \"none\" }",
            &["16 service.api.client: a pipelined client that waits for nothing before it dials again"],
        ),
        (
            "[service.api]",
            "[service.system]",
            &[
                "10 service.system: no service can be named `system`",
                r#"19 load.users.to: no service is named "api""#,
            ],
        ),
        (
            "client = {",
            "kernel = { hz = 128, tcp_retries2 = 256 }\nclient = {",
            &[
                "16 service.api.kernel.hz: no kernel has 128 Hz",
                "16 service.api.kernel.tcp_retries2: 256 is out of range",
            ],
        ),
    ]);
}

#[test]
fn variants_are_checked_also_when_nobody_asks_for_them() {
    hold(&[
        ("\"9ms\"", "\"9\"", &["28 cache.main.path.rtt: a duration needs a unit"]),
        (
            "\"cache.main.path.rtt\" = \"9ms\"",
            "\"cache.main.nodes\" = [\"b\", \"c\"]",
            &[r#"24 fault.0.host_dies.node: in variant `slow`: no node is named "main.a""#],
        ),
        (
            "\"cache.main.path.rtt\" = \"9ms\"",
            "\"service.api.concurrency.workers\" = 3",
            &["28 service.api.concurrency.workers: two kinds in one table: `event_loop` and `workers`"],
        ),
        (
            "\"cache.main.path.rtt\" = \"9ms\"",
            "variant = \"fast\"",
            &["28 variant.slow.variant: a variant cannot change `variant`"],
        ),
    ]);
}

#[test]
fn the_command_line() {
    let set = |edits: &[(&str, &str)], variant: Option<&str>| -> Vec<String> {
        let set = edits.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
        let edits = Edits { variant: variant.map(str::to_owned), set };
        problems(GOOD, &edits).iter().map(|problem| told(GOOD, problem)).collect()
    };
    let all = [
        ("service.api.instances", "0"),
        ("service.web.instances", "3"),
        ("service.api.instance", "3"),
        ("service.api.client.comand_timeout", "1s"),
        ("service.api.concurrency.workers", "{ threads = 3, cpu = \"1ms\" }"),
        ("service.api.memory", "{ limit"),
        ("fault.1.at", "3m"),
        ("horizon.x", "3m"),
        ("", "3"),
        ("load.users.deadline", "60"),
    ];
    let expected = [
        "variant variant.slwo: no variant is named \"slwo\"",
        "set 0 service.api.instances: 0 is out of range",
        "set 1 service.web: `service` has no `web`",
        "set 2 service.api.instance: unknown field `instance`",
        "set 3 service.api.client.comand_timeout: unknown field `comand_timeout`",
        "set 4 service.api.concurrency.workers: two kinds in one table: `event_loop` and `workers`",
        "set 5 service.api.memory: no TOML value: unclosed inline table, expected `}`",
        "set 6 fault.1: `fault` has no element `1`",
        "set 7 horizon.x: `horizon` is the text \"10m\", nothing is below it",
        "set 8 : no path",
        "set 9 load.users.deadline: a duration needs a unit",
    ];
    assert_eq!(set(&all, Some("slwo")), expected);
    let expected = ["23 fault.0.at: with --set: the run ends before this, at 30s"];
    assert_eq!(set(&[("horizon", "30s")], Some("slow")), expected);
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
            "did you mean \"limit\"? known fields: limit, baseline, per_request, runtime",
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
            "each line is \"path\" = value; a path begins with title, clock, horizon, cache, service, load, fault",
        ),
    ] {
        let found = problems(&broken(find, replace), &Edits::default());
        assert_eq!(found[0].right, right, "{replace}");
    }
}
