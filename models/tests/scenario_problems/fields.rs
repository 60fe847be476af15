//! Whole files, fields and kinds.

use halfopen_models::scenario::{Edits, LARGEST_TEXT};

use super::{hold, problems, told};

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
