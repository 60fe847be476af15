//! Variants and the command line.

use halfopen_models::scenario::Edits;

use super::{GOOD, hold, problems, told};

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
        let edits = Edits { variant: variant.map(str::to_owned), set, ..Edits::default() };
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
