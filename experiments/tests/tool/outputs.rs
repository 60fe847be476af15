//! Results: the same bytes from the same seed, the same facts wherever they are shown.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::{Desk, SMALL, command, files, text};

const FILES: [&str; 10] = [
    "events.csv",
    "manifest.json",
    "replications.csv",
    "summary.json",
    "summary.md",
    "survival.png",
    "survival.svg",
    "timeline.png",
    "timeline.svg",
    "timeseries.csv",
];

#[test]
fn the_number_of_threads_shows_in_no_byte() {
    let desk = Desk::new();
    for jobs in ["1", "2"] {
        let output = desk.halfopen(&["run", "small.toml", "--reps", "3", "--jobs", jobs, "--out", jobs]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    }
    let (one, two) = (files(&desk.path("1")), files(&desk.path("2")));
    assert_eq!(one.keys().collect::<Vec<_>>(), FILES);
    for name in FILES {
        assert!(one[name] == two[name], "{name} differs");
    }
}

#[test]
fn seeds_and_sets_show() {
    let desk = Desk::new();
    let digest = |arguments: &[&str]| {
        let output =
            desk.halfopen(&[&["run", "small.toml", "--reps", "1", "--format", "json"], arguments].concat());
        let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        summary["digest"].as_str().unwrap().to_owned()
    };
    let (base, seed, set) =
        (digest(&[]), digest(&["--seed", "2"]), digest(&["--set", "service.web.instances=3"]));
    assert_eq!(base, digest(&["--seed", "1"]));
    assert!(base != seed && base != set && seed != set);
}

#[test]
fn json_on_stdout_is_the_file() {
    let desk = Desk::new();
    let output = desk.halfopen(&["run", "small.toml", "--reps", "2", "--format", "json"]);
    assert_eq!(text(&output.stdout), text(&files(&desk.path("output/small"))["summary.json"]));
    assert_eq!(desk.others(), ["output"]);
}

#[test]
fn the_report_tells_everything_without_colour_in_a_pipe() {
    let desk = Desk::new();
    let output = desk.halfopen(&["run", "small.toml", "--reps", "2"]);
    let report = text(&output.stdout);
    for fact in [
        "A small silent failover",
        "recovered by crash and restart",
        "never within the horizon",
        "23:58:30",
        "main.a   dies with its host",
        "time to crash",
        "never in 2 of 2",
        "holds   errors begin with the deadline",
        "a manual failover crashes nothing (variant manual-failover)",
        "service.web.memory.limit",
        "200MiB … 1GiB",
        "output/small",
        "halfopen run small.toml --variant command-timeout",
    ] {
        assert!(report.contains(fact), "`{fact}` is not in:\n{report}");
    }
    assert!(!report.contains('\u{1b}'), "colour in a pipe");
    assert!(text(&output.stderr).contains("requests per second"));
    let markdown = text(&files(&desk.path("output/small"))["summary.md"]);
    assert!(markdown.contains("![timeline](timeline.svg)") && markdown.contains("| time to crash |"));
    let quiet = desk.halfopen(&["run", "small.toml", "--reps", "2", "--quiet"]);
    assert!(quiet.stderr.is_empty());
    assert_eq!(text(&quiet.stdout), report);
}

#[test]
fn judgements_and_headings_stand_out_where_colour_is_wanted() {
    let desk = Desk::new();
    let report = |wish: (&str, &str)| {
        let mut command = command(&desk.path(""));
        let late = ["--set", "load.people.deadline=60s", "--set", "load.timers.deadline=60s"];
        command.args(["run", "small.toml", "--reps", "1", "--quiet"]).args(late).env(wish.0, wish.1);
        text(&command.output().unwrap().stdout)
    };
    let coloured = report(("CLICOLOR_FORCE", "1"));
    for part in [
        "\u{1b}[1mVerdicts\u{1b}[0m",
        "\u{1b}[32mholds\u{1b}[0m    a manual",
        "\u{1b}[31m\u{1b}[1mBROKEN\u{1b}[0m   errors",
    ] {
        assert!(coloured.contains(part), "{part:?} is not in {coloured:?}");
    }
    assert_eq!(console::strip_ansi_codes(&coloured), report(("NO_COLOR", "1")));
}

#[test]
fn every_column_is_explained() {
    let explained = Path::new(env!("CARGO_MANIFEST_DIR")).join("../output/README.md");
    let explained = fs::read_to_string(explained).unwrap();
    let desk = Desk::new();
    desk.halfopen(&["run", "small.toml", "--reps", "1"]);
    for (name, bytes) in files(&desk.path("output/small")) {
        assert!(explained.contains(&format!("`{}", name.split('.').next().unwrap())), "{name}");
        if !["events.csv", "replications.csv", "timeseries.csv"].contains(&name.as_str()) {
            continue;
        }
        let (_, section) = explained.split_once(&format!("\n## {name}\n")).unwrap();
        let section = section.split("\n## ").next().unwrap();
        for column in csv::Reader::from_reader(bytes.as_slice()).headers().unwrap() {
            assert!(section.contains(&format!("`{column}`")), "{column} of {name}");
        }
    }
}

#[test]
fn one_replication_has_the_same_figures_in_every_file() {
    let desk = Desk::new();
    // Without a fault times count from the start.
    let before_fault = &SMALL[..SMALL.find("[[fault]]").unwrap()];
    for (folder, scenario) in [("fault", SMALL), ("none", before_fault)] {
        fs::write(desk.path("small.toml"), scenario).unwrap();
        let output =
            desk.halfopen(&["run", "small.toml", "--reps", "1", "--format", "json", "--out", folder]);
        let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let rows = fs::read(desk.path(folder).join("replications.csv")).unwrap();
        let mut rows = csv::Reader::from_reader(rows.as_slice());
        let header = rows.headers().unwrap().clone();
        for row in rows.records().map(Result::unwrap) {
            let service = &summary["services"][&row[2]];
            for (column, cell) in header.iter().zip(&row).filter(|(column, _)| column != &"service") {
                let quantile = column.strip_prefix("latency_").and_then(|it| it.strip_suffix("_ms"));
                let figure = quantile.map_or(&service[column], |quantile| &service["latency_ms"][quantile]);
                if !figure.is_object() {
                    continue;
                }
                match (figure["median"].as_f64(), cell.parse::<f64>().ok()) {
                    // JSON is read to the last bit but one.
                    (Some(there), Some(here)) if (there - here).abs() <= 1e-15 * here => {}
                    (None, None) => {}
                    differ => panic!("{column} of {}: {differ:?}", &row[2]),
                }
            }
        }
    }
}

#[test]
fn rows_and_columns_are_complete() {
    let desk = Desk::new();
    desk.halfopen(&["run", "small.toml", "--reps", "2"]);
    let files = files(&desk.path("output/small"));
    let rows = |name: &str| -> Vec<csv::StringRecord> {
        csv::Reader::from_reader(files[name].as_slice()).records().map(Result::unwrap).collect()
    };
    // A sample at each second of three minutes, both ends included, for two services.
    assert_eq!(rows("timeseries.csv").len(), 181 * 2);
    let replications = rows("replications.csv");
    assert_eq!(replications.len(), 4);
    let crash = |row: usize| replications[row].get(9).unwrap().to_owned();
    assert!(crash(0).parse::<f64>().unwrap() > 5.0, "web crashes");
    assert_eq!(crash(1), "", "jobs never crashes: censored is empty");
    let fault = &rows("events.csv")[0];
    assert_eq!(
        fault.iter().take(7).collect::<Vec<_>>(),
        ["0", "1", "30", "0", "2024-02-29T23:58:30.000+01:00", "fault", "main.a"]
    );
}

#[test]
fn a_broken_claim_is_exit_status_one() {
    let desk = Desk::new();
    let arguments = [
        "run",
        "small.toml",
        "--reps",
        "1",
        "--set",
        "load.people.deadline=60s",
        "--set",
        "load.timers.deadline=60s",
    ];
    let output = desk.halfopen(&arguments);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("BROKEN   errors begin with the deadline"));
    assert!(desk.path("output/small/manifest.json").exists(), "a broken claim is a result");
}

#[test]
fn the_trace_of_one_seed_is_one_text() {
    let desk = Desk::new();
    let trace = || text(&desk.halfopen(&["run", "small.toml", "--trace"]).stdout);
    let first = trace();
    assert!(first == trace());
    let times: Vec<u64> =
        first.lines().map(|line| line.split_once(' ').unwrap().0.parse().unwrap()).collect();
    assert!(times.len() > 1000 && times.is_sorted());
    assert_eq!(desk.others(), [""; 0], "a trace writes no file");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    for arguments in [&["run", "small.toml", "--reps", "1", "--quiet"][..], &["run", "small.toml", "--trace"]]
    {
        let desk = Desk::new();
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_halfopen"))
            .args(arguments)
            .current_dir(desk.path(""))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    }
}

#[test]
fn nobody_who_listens_to_remarks_is_no_failure() {
    for (arguments, status) in [(&["run", "small.toml", "--reps", "1"][..], 0), (&["run", "nothing"], 2)] {
        let desk = Desk::new();
        let mut child = command(&desk.path(""))
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stderr.take());
        assert_eq!(child.wait().unwrap().code(), Some(status));
    }
}
