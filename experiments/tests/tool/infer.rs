//! Inference: the settings that hold what is known and no others, the same bytes whatever ended it in between, and more
//! settings going on where fewer ended.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::sweep::{kill_after, lines, well};
use crate::{Desk, SMALL, command, files, text};

/// What is known of the small incident decides the memory: little enough to crash within a minute.
const KNOWN: &str =
    r#""web crashes within the minute" = { service = "web", first_crash = { before = "60s" } }"#;

fn desk() -> Desk {
    let desk = Desk::new();
    fs::write(desk.path("known.toml"), format!("{SMALL}{KNOWN}\n")).unwrap();
    desk
}

fn infer(desk: &Desk, more: &[&str]) -> Output {
    let points: &[&str] =
        if more.iter().any(|it| it.starts_with("--points")) { &[] } else { &["--points=24"] };
    desk.halfopen(&[&["infer", "known.toml"], points, more].concat())
}

fn undisturbed(desk: &Desk) -> BTreeMap<String, Vec<u8>> {
    well(&infer(desk, &["--jobs=2", "--out=undisturbed"]));
    files(&desk.path("undisturbed"))
}

/// Rows of a table, by the names of its columns.
fn rows(bytes: &[u8]) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(bytes);
    reader.deserialize().map(Result::unwrap).collect()
}

#[test]
fn what_is_kept_holds_what_is_known_and_nothing_else_is_kept() {
    let desk = desk();
    let output = infer(&desk, &["--jobs=1", "--out=one"]);
    well(&output);
    let one = files(&desk.path("one"));
    assert!(one == undisturbed(&desk), "the number of jobs shows in no byte");
    assert_eq!(desk.others(), ["known.toml", "one", "undisturbed"], "no journal is left beside");
    let points = rows(&one["points.csv"]);
    assert_eq!(points.len(), 24);
    let limit = |row: &BTreeMap<String, String>| row["service.web.memory.limit"].parse::<f64>().unwrap();
    let kept = |row: &&BTreeMap<String, String>| row["kept"] == "true";
    let soon =
        |row: &BTreeMap<String, String>| row["time_to_crash_s"].parse::<f64>().is_ok_and(|at| at <= 60.0);
    for row in &points {
        // With very little memory even the manual failover crashes: then a test that passed says no.
        assert_eq!(row["kept"] == "true", row["distance"] == "0", "{row:?}");
        assert!(soon(row) || row["kept"] == "false", "{row:?}");
    }
    let count = points.iter().filter(kept).count();
    assert!((4..20).contains(&count), "{count}");
    // Less memory is an earlier crash: what crashes soon enough lies below what does not.
    let most = points.iter().filter(|row| soon(row)).map(limit).fold(0.0, f64::max);
    let least = points.iter().filter(|row| !soon(row)).map(limit).fold(f64::INFINITY, f64::min);
    assert!(most < 1.1 * least, "{most} {least}");

    let posterior = rows(&one["posterior.csv"]);
    assert_eq!(posterior[0]["unknown"], "service.web.memory.limit");
    assert_eq!(posterior[0]["told"], "true");
    assert!(posterior.iter().skip(1).all(|row| row["told"] == "false"), "{posterior:?}");
    assert!(posterior[0]["width_high"].parse::<f64>().unwrap() < 1.0, "{:?}", posterior[0]);
    let report = text(&output.stdout);
    for fact in ["What the timeline tells", "What the timeline cannot tell", "What would have prevented it"] {
        assert!(report.contains(fact), "`{fact}` is not in:\n{report}");
    }
    let summary: Value = serde_json::from_slice(&one["summary.json"]).unwrap();
    assert_eq!(summary["fit"]["count"], count);
    let fixes = summary["fixes"].as_array().unwrap();
    let names: Vec<&str> = fixes.iter().map(|fix| fix["variant"].as_str().unwrap_or("as it was")).collect();
    assert_eq!(names, ["as it was", "manual-failover", "command-timeout"]);
    assert_eq!(fixes[0]["no_crash"]["count"], 0, "as it was, all that fit crash");
    assert_eq!(fixes[1]["no_crash"]["count"], count, "the test passes in all that fit");
    let printed = infer(&desk, &["--out=one", "--format=json", "--quiet"]);
    assert_eq!(printed.stdout, one["summary.json"]);
    assert!(printed.stderr.is_empty());
}

#[test]
fn killed_at_any_moment_it_goes_on_to_the_same_bytes() {
    let desk = desk();
    let expected = undisturbed(&desk);
    let start = || {
        let mut command = command(&desk.path(""));
        command.args(["infer", "known.toml", "--points=24", "--out=killed"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    // Among the settings, the tests, the fixes.
    let all = lines(&desk, "undisturbed/replications.journal");
    for count in [2, 13, 27, all - 2] {
        kill_after(&desk, start(), "killed.journal", count);
        assert!(!desk.path("killed").exists(), "a folder appears whole");
    }
    let output = infer(&desk, &["--out=killed"]);
    well(&output);
    assert!(text(&output.stderr).contains("replications were done before"), "{}", text(&output.stderr));
    assert!(files(&desk.path("killed")) == expected);
}

#[test]
fn more_settings_go_on_where_fewer_ended() {
    let desk = desk();
    let expected = undisturbed(&desk);
    well(&infer(&desk, &["--points=10", "--out=more"]));
    let before = lines(&desk, "more/replications.journal") - 1;
    let output = infer(&desk, &["--out=more"]);
    well(&output);
    let told = text(&output.stderr);
    assert!(told.contains(&format!("{before} replications were done before")), "{told}");
    assert!(files(&desk.path("more")) == expected);
    let whole = lines(&desk, "more/replications.journal") - 1;
    assert!(told.contains(&format!("{} replications simulated", whole - before)), "{told}");
}

#[test]
#[cfg(unix)]
fn interrupted_it_tells_how_to_go_on() {
    let desk = desk();
    let mut command = command(&desk.path(""));
    command.args(["infer", "known.toml", "--points=200", "--out=stopped"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    while lines(&desk, "stopped.journal") < 3 {
        sleep(Duration::from_millis(1));
    }
    let interrupt = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{message}");
    assert!(
        message.contains("kept in stopped.journal") && message.contains("same command goes on"),
        "{message}"
    );
    let other = infer(&desk, &["--seed=2", "--out=stopped"]);
    assert_eq!(other.status.code(), Some(2));
    assert!(text(&other.stderr).contains("belongs to another inference: seed: 1 there, 2 here"));
}

#[test]
fn what_cannot_be_inferred_is_told() {
    let desk = desk();
    let silent = SMALL.replace("{ first_error =", "{ variant = \"command-timeout\", first_error =");
    fs::write(desk.path("silent.toml"), silent).unwrap();
    let own = ["call", "timed_out_call", "buffered_call"]
        .map(|of| format!("service.*.client.bytes_per_{of}=1200B"));
    let limit = "service.web.memory.limit=256MiB";
    let rows: [(&[&str], &str); 4] = [
        (&["infer", "silent.toml"], "[expect] has no claim about it as it is"),
        (
            &["infer", "known.toml", "--set", &own[0], "--set", &own[1], "--set", &own[2], "--set", limit],
            "nothing is unknown in known",
        ),
        (&["infer", "known.toml", "--outage=5"], "expected a duration with its unit"),
        (&["infer", "known.toml", "--set", "service.wep.instances=2"], "wep"),
    ];
    for (arguments, told) in rows {
        let output = desk.halfopen(arguments);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.contains(told), "`{told}` is not in:\n{message}");
    }
    assert_eq!(desk.others(), ["known.toml", "silent.toml"]);
}
