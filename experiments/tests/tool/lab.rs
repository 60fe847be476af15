//! `halfopen lab`: what it refuses and exports anywhere, and half a minute of a real case where namespaces are allowed.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{Desk, text};

fn case(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("lab/cases/{name}.toml"));
    fs::read_to_string(path).unwrap()
}

/// What the socket measured once: `halfopen lab run lab/cases/socket.toml`.
const MEASURED: &str = "
[measured]
client = \"socket\"
fault = \"host_dies\"
fault_at_s = 5.0
observed_after_fault_s = 15.0
time_to_detect_s = 4.4
time_to_first_error_s = 1.0
error_count = 340.0
peak_pending = 101.0
time_to_recovery_s = 4.5
";

#[test]
fn what_one_machine_cannot_build_is_refused_at_once() {
    let desk = Desk::new();
    let much = case("socket")
        .replace("instances   = 1", "instances   = 3")
        .replace("times = 1", "times = 4")
        .replace("\"never\"", "{ kubernetes = { boot = \"2s\" } }")
        .replace("tcp_user_timeout = \"4s\"", "socket_timeout = \"4s\"");
    fs::write(desk.path("much.toml"), much).unwrap();
    let output = desk.halfopen(&["lab", "run", "much.toml"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for path in ["service.app.instances", "service.app.calls", "service.app.restart", "client.socket_timeout"]
    {
        assert!(said.contains(path), "{path} is not in\n{said}");
    }
    assert_eq!(desk.others(), ["much.toml"]);
}

#[test]
fn a_wrong_scenario_is_told_with_its_line() {
    let desk = Desk::new();
    let wrong = case("socket").replace("horizon = \"20s\"", "horizon = \"20 parsecs\"") + "appp = \"x\"\n";
    fs::write(desk.path("wrong.toml"), wrong).unwrap();
    let output = desk.halfopen(&["lab", "run", "wrong.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("wrong.toml:5:"), "{}", text(&output.stderr));
    fs::write(desk.path("app.toml"), case("socket") + "appp = \"x\"\n").unwrap();
    let output = desk.halfopen(&["lab", "run", "app.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("[lab]: unknown field `appp`"), "{}", text(&output.stderr));
}

#[test]
fn an_exported_scenario_is_a_case_that_can_be_predicted() {
    let desk = Desk::new();
    let output = desk.halfopen(&["lab", "export", "kustomer-2019", "--set", "horizon=10m"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let case = text(&output.stdout);
    for said in ["# Scaled: 4 instances to one", "# Left out: services events", "poisson = \"150/s\""] {
        assert!(case.contains(said), "{said} is not in\n{case}");
    }
    // 29 KiB of a request and 2 KiB of a call.
    assert!(case.contains("payload = \"31744B\""), "{case}");
    fs::write(desk.path("case.toml"), &case).unwrap();
    let output = desk.halfopen(&["run", "case.toml", "--reps", "2", "--set", "horizon=30s", "--quiet"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let output = desk.halfopen(&["lab", "export", "kustomer-2019", "--service", "nobody"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("its callers: api, events, hooks, workflow"));
}

#[test]
fn a_measured_case_is_predicted() {
    let desk = Desk::new();
    let validate = || desk.halfopen(&["validate", "--case", "mine.toml", "--reps", "5", "--quiet"]);
    fs::write(desk.path("mine.toml"), case("socket")).unwrap();
    let output = validate();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("nobody has measured it yet"), "{}", text(&output.stderr));
    fs::write(desk.path("mine.toml"), case("socket") + MEASURED).unwrap();
    let output = validate();
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    let late = MEASURED.replace("time_to_detect_s = 4.4", "time_to_detect_s = 13.3");
    fs::write(desk.path("mine.toml"), case("socket") + &late).unwrap();
    let output = validate();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    let noticed = text(&output.stdout).lines().find(|line| line.contains("noticed")).unwrap().to_owned();
    assert!(noticed.contains("NO"), "{noticed}");
}

/// What the lab measured holds still. Not the crash: it is one draw from two ways of dying.
#[test]
fn measured_cases_hold() {
    let desk = Desk::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("lab/measured");
    let names = ["socket", "command-timeout", "process-killed", "link-down", "sentinel", "drops-heal"];
    let files: Vec<String> =
        names.iter().map(|name| folder.join(format!("{name}.toml")).to_string_lossy().into_owned()).collect();
    let mut arguments = vec!["validate", "--quiet"];
    arguments.extend(files.iter().flat_map(|file| ["--case", file]));
    let output = desk.halfopen(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
}

/// Why this machine cannot build a lab, if it cannot.
fn no_lab() -> Option<String> {
    let works = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    for (program, argument) in [("ip", "-V"), ("redis-server", "--version"), ("redis-cli", "--version")] {
        if !works(program, &[argument]) {
            return Some(format!("there is no `{program}`"));
        }
    }
    let try_it = "ip netns add halfopen-probe && ip netns exec halfopen-probe true";
    let may = works("sh", &["-c", try_it]);
    works("ip", &["netns", "delete", "halfopen-probe"]);
    (!may).then(|| "no network namespaces here, or no root".into())
}

/// Twenty seconds of real servers, a real socket and the real kernel. The measurement is judged, not the prediction:
/// a machine that is busy with other tests may be late.
#[test]
#[ignore = "half a minute on real servers, as root: .ci/run runs it"]
fn a_real_case_is_measured_where_namespaces_are_allowed() {
    if let Some(why) = no_lab() {
        println!("SKIPPED: no real case was measured: {why}");
        return;
    }
    let desk = Desk::new();
    fs::write(desk.path("socket.toml"), case("socket")).unwrap();
    let output = desk.halfopen(&["lab", "run", "socket.toml", "--out", "measured.toml"]);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{said}");
    assert_eq!(desk.others(), ["measured.csv", "measured.toml", "socket.toml"]);
    let measured: toml::Table = fs::read_to_string(desk.path("measured.toml")).unwrap().parse().unwrap();
    let number = |name: &str| measured["measured"][name].as_float().unwrap();
    // A user timeout of 4 s, checked at the retransmissions around it: 4.3 s, and a bit on a busy machine.
    assert!((4.0..5.5).contains(&number("time_to_detect_s")), "{said}");
    assert!((0.9..1.5).contains(&number("time_to_first_error_s")), "{said}");
    assert!((4.0..6.0).contains(&number("time_to_recovery_s")), "{said}");
    let left = text(&Command::new("ip").args(["netns", "list"]).output().unwrap().stdout);
    assert!(!left.contains("halfopen-"), "{left}");
}
