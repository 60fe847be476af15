//! Quantities, references, and values that do not go together.

use super::hold;

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
    ]);
}

#[test]
fn ranges_that_do_not_go_with_the_file() {
    hold(&[
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
            "range = [1, 4]",
            "range = [0, 4]",
            &["26 service.api.instances: at 0 of the range of `service.*.instances`: 0 is out of range"],
        ),
        (
            "range = [1, 4]",
            "range = [2, 1]",
            &[r#"26 assume."service.*.instances".range: the range ends below its beginning"#],
        ),
        (
            "\"service.*.instances\" = { range = [1, 4]",
            "\"service.*.client.preset\" = { range = [\"ioredis-5\", \"ioredis-6\"]",
            &[
                r#"26 service.api.client.preset: at "ioredis-6" of the range of `service.*.client.preset`: no preset is named "ioredis-6""#,
            ],
        ),
        (
            "\"service.*.instances\" = { range = [1, 4]",
            "\"service.*.memory.baseline\" = { range = [\"8MiB\", \"1GiB\"]",
            &[
                r#"26 service.api.memory.baseline: at "1GiB" of the range of `service.*.memory.baseline`: the baseline is not below the limit"#,
            ],
        ),
        (
            "range = [1, 4], why = \"guess\"",
            "why = \"\"",
            &[
                r#"26 assume."service.*.instances".range: missing field `range`"#,
                r#"26 assume."service.*.instances".why: empty text"#,
            ],
        ),
    ]);
}

#[test]
fn claims_that_cannot_be_meant() {
    hold(&[
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
            "first_crash = { after = \"10s\", before = \"5m\" }",
            "first_crash = { at_most = \"50%\" }, against = \"slow\"",
            &[r#"30 expect."it crashes".first_crash: has no ratio: it may never come, or be below zero"#],
        ),
        (
            "first_crash = { after = \"10s\", before = \"5m\" }",
            "errors = { at_most = \"50%\" }, against = \"slwo\"",
            &[r#"30 expect."it crashes".against: no variant is named "slwo""#],
        ),
        (
            "first_crash = { after = \"10s\", before = \"5m\" }",
            "errors = { at_most = \"50%\" }, against = \"none\"",
            &[r#"30 expect."it crashes".errors: compares a variant with itself"#],
        ),
        (
            "first_crash = { after = \"10s\", before = \"5m\" }",
            "errors = { at_most = 3 }, against = \"slow\", share = \"150%\"",
            &[
                r#"30 expect."it crashes".errors: `share` and `against` in one claim"#,
                r#"30 expect."it crashes".share: "150%" is out of range"#,
            ],
        ),
    ]);
}

#[test]
fn parts_that_do_not_go_together() {
    hold(&[
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
