//! Wrong input: said where and what would be right, exit status 2, nothing written.

use std::fs;

use crate::{Desk, SMALL, text};

/// Runs this text as a scenario and returns what the person reads.
fn refused(bytes: &[u8], arguments: &[&str]) -> String {
    let desk = Desk::new();
    fs::write(desk.path("small.toml"), bytes).unwrap();
    let output = desk.halfopen(&[&["run", "small.toml"], arguments].concat());
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(output.stdout.is_empty(), "a result on stdout");
    assert_eq!(desk.others(), [""; 0], "something was written");
    message
}

/// As `refused`, of the small scenario with one change; the place of the change is in the message.
fn refused_change(from: &str, to: &str) -> String {
    assert!(SMALL.contains(from));
    let changed = SMALL.replacen(from, to, 1);
    let line = changed[..changed.find(to).unwrap()].matches('\n').count() + 1;
    let message = refused(changed.as_bytes(), &[]);
    assert!(message.contains(&format!("small.toml:{line}:")), "no place in:\n{message}");
    assert!(message.contains('^'), "no caret in:\n{message}");
    message
}

#[test]
fn help_and_version() {
    let desk = Desk::new();
    let help = desk.halfopen(&["run", "--help"]);
    assert!(help.status.success());
    for option in ["--seed", "--reps", "--variant", "--set", "--jobs", "--out", "--format", "--quiet"] {
        assert!(text(&help.stdout).contains(option), "{option} is not in the help");
    }
    let version = desk.halfopen(&["--version"]);
    assert_eq!(text(&version.stdout), format!("halfopen {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(desk.halfopen(&["run"]).status.code(), Some(2));
}

#[test]
fn what_is_listed_can_be_shown() {
    let desk = Desk::new();
    for what in ["scenarios", "clients", "faults", "failovers", "protections"] {
        let list = text(&desk.halfopen(&["list", what]).stdout);
        assert!(!list.is_empty(), "no {what}");
        for line in list.lines() {
            let name = line.split_whitespace().next().unwrap();
            let shown = desk.halfopen(&["show", name]);
            assert!(shown.status.success() && !shown.stdout.is_empty(), "{name} cannot be shown");
        }
    }
    let unknown = desk.halfopen(&["show", "nothing"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("kustomer-2019"));
}

#[test]
fn an_unknown_scenario_lists_the_known_ones() {
    let desk = Desk::new();
    let output = desk.halfopen(&["run", "kustomer-2091"]);
    assert_eq!(output.status.code(), Some(2));
    let message = text(&output.stderr);
    assert!(message.contains("kustomer-2091") && message.contains("kustomer-2019"), "{message}");
}

#[test]
fn an_unknown_field() {
    let message = refused_change("deadline = \"10s\"", "deadlin = \"10s\"");
    assert!(message.contains("deadline"), "{message}");
}

#[test]
fn a_missing_unit() {
    refused_change("cpu = \"2ms\"", "cpu = \"2\"");
}

#[test]
fn a_reference_to_nothing() {
    let message = refused_change("to       = \"web\"", "to       = \"wep\"");
    assert!(message.contains("web"), "{message}");
}

#[test]
fn a_negative_rate() {
    refused_change("poisson = \"200/s\"", "poisson = \"-200/s\"");
}

#[test]
fn no_toml() {
    refused_change("[cache.main]", "[cache.main");
}

#[test]
fn all_problems_at_once() {
    let changed = SMALL.replace("200/s", "-200/s").replace("to       = \"jobs\"", "to       = \"nobody\"");
    let message = refused(changed.as_bytes(), &[]);
    assert!(message.contains("-200/s") && message.contains("nobody"), "{message}");
    assert!(message.contains("2 problems"), "{message}");
}

#[test]
fn an_empty_file() {
    let message = refused(b"", &[]);
    assert!(message.contains("small.toml:1:"), "{message}");
}

#[test]
fn a_hundred_megabytes() {
    let desk = Desk::new();
    fs::File::create(desk.path("small.toml")).unwrap().set_len(100 << 20).unwrap();
    let output = desk.halfopen(&["run", "small.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("small.toml:1: this is more than 1 MiB"));
    assert_eq!(desk.others(), [""; 0]);
}

#[test]
fn no_utf8() {
    let message = refused(b"format = 1\ntitle = \"\xff\"\n", &[]);
    assert!(message.contains("small.toml:2: this is not UTF-8"), "{message}");
}

#[test]
fn a_directory() {
    let desk = Desk::new();
    fs::create_dir(desk.path("folder")).unwrap();
    let output = desk.halfopen(&["run", "folder"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("folder is a directory"));
}

#[test]
fn what_is_wrong_on_the_command_line_is_shown_there() {
    let message = refused(SMALL.as_bytes(), &["--set", "service.web.instances=-3"]);
    assert!(message.contains("--set service.web.instances=-3"), "{message}");
    let message = refused(SMALL.as_bytes(), &["--variant", "command-timeot"]);
    assert!(message.contains("--variant command-timeot") && message.contains("command-timeout"), "{message}");
    let message = refused(SMALL.as_bytes(), &["--set", "service.web.instances"]);
    assert!(message.contains("PATH=VALUE"), "{message}");
    refused(SMALL.as_bytes(), &["--reps", "0"]);
}
