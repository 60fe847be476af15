//! `--uncertain`: settings from ranges, the same for every number of threads, and the plain run where nothing is unknown.

use std::fs;

use serde_json::Value;

use crate::{Desk, SMALL, files, text};

fn summary(desk: &Desk, arguments: &[&str]) -> Value {
    let output = desk.halfopen(&[&["run", "--quiet", "--format", "json"], arguments].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)))
}

#[test]
fn without_anything_unknown_it_is_the_plain_run() {
    let desk = Desk::new();
    // One value is possible, and the client's measured values are the scenario's own.
    let known = SMALL.replace("[\"200MiB\", \"1GiB\"]", "[\"256MiB\", \"256MiB\"]");
    fs::write(desk.path("known.toml"), known).unwrap();
    let own = ["call", "timed_out_call", "buffered_call"]
        .map(|of| format!("service.*.client.bytes_per_{of}=1200B"));
    let set = own.iter().flat_map(|own| ["--set", own.as_str()]);
    let arguments: Vec<&str> = ["known.toml", "--reps", "3"].into_iter().chain(set).collect();
    let plain = summary(&desk, &arguments);
    let drawn = summary(&desk, &[&arguments[..], &["--uncertain"]].concat());
    for key in ["digest", "services", "system", "caches", "expect"] {
        assert_eq!(plain[key].to_string(), drawn[key].to_string(), "{key}");
    }
    assert_eq!(plain["uncertainty"], Value::Null);
    assert_eq!(drawn["uncertainty"]["drawn"], Value::Array(Vec::new()));
}

#[test]
fn values_are_drawn_from_their_ranges_and_make_the_result_wider() {
    let desk = Desk::new();
    for jobs in ["1", "2"] {
        let arguments = ["run", "small.toml", "--uncertain", "--reps", "8", "--jobs", jobs, "--out", jobs];
        let output = desk.halfopen(&arguments);
        let report = text(&output.stdout);
        for fact in [
            "What is not known",
            "What to measure first",
            "What was drawn",
            "ioredis-5.bytes_per_call",
            "uniform",
        ] {
            assert!(report.contains(fact), "`{fact}` is not in:\n{report}\n{}", text(&output.stderr));
        }
    }
    let (one, two) = (files(&desk.path("1")), files(&desk.path("2")));
    assert_eq!(one, two);
    let mut reader = csv::Reader::from_reader(&one["drawn.csv"][..]);
    let mut limits = Vec::new();
    for row in reader.records().map(Result::unwrap) {
        if &row[1] == "service.web.memory.limit" {
            limits.push(row[2].parse::<f64>().unwrap() / 1_048_576.0);
        }
    }
    assert_eq!(limits.len(), 8);
    limits.sort_by(f64::total_cmp);
    for (stratum, limit) in limits.iter().enumerate() {
        let end = |share: usize| 200.0 + 824.0 * share as f64 / 8.0;
        assert!((end(stratum) - 1.0..=end(stratum + 1) + 1.0).contains(limit), "{limits:?}");
    }
    let summary: Value = serde_json::from_slice(&one["summary.json"]).unwrap();
    let width = |service: &Value| {
        let crash = &service["time_to_crash_s"];
        crash["p95"].as_f64().unwrap_or(f64::INFINITY) - crash["p5"].as_f64().unwrap()
    };
    let written = width(&summary["uncertainty"]["services_as_written"]["web"]);
    assert!(width(&summary["services"]["web"]) > 5.0 * written, "{written}");
    let first = &summary["uncertainty"]["influences"][0];
    assert_eq!(first["name"], "service.web.memory.limit", "{first}");
    assert!(first["rho"].as_f64().unwrap().abs() > 0.9, "{first}");
}

#[test]
fn settings_do_not_depend_on_the_variant_nor_on_what_is_set() {
    let desk = Desk::new();
    let limits = |name: &str, arguments: &[&str]| {
        let all = ["run", "small.toml", "--uncertain", "--quiet", "--reps", "4", "--out", name];
        desk.halfopen(&[&all[..], arguments].concat());
        text(&files(&desk.path(name))["drawn.csv"])
    };
    let plain = limits("plain", &[]);
    assert_eq!(plain, limits("fix", &["--variant", "command-timeout"]));
    assert_ne!(plain, limits("seed", &["--seed", "2"]));
    let set = limits("set", &["--set", "service.web.memory.limit=512MiB"]);
    let rest = |all: &str| {
        all.lines().filter(|line| !line.contains("memory.limit")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(rest(&plain), rest(&set));
    assert!(!set.contains("memory.limit"), "whoever sets it knows");
}

#[test]
fn a_faulty_range_is_a_problem_with_its_place() {
    let desk = Desk::new();
    fs::write(desk.path("bad.toml"), SMALL.replace("\"200MiB\", \"1GiB\"", "\"100MiB\", \"1GiB\"")).unwrap();
    let output = desk.halfopen(&["run", "bad.toml"]);
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    assert!(told.contains("at \"100MiB\" of the range of `service.web.memory.limit`"), "{told}");
    assert!(told.contains("bad.toml:48"), "{told}");
}
