//! `halfopen check`: the story of a fix that somebody takes out, and figures that somebody changes.

use std::fs;
use std::process::Output;

use crate::{Desk, SMALL, command, text};

const FIX: &str = "client      = { preset = \"ioredis-5\", command_timeout = \"500ms\" }";
const WITHOUT: &str = "client      = { preset = \"ioredis-5\" }";
const CLAIM: &str = "\"no process dies\" = { crashes = { at_most = 0 } }";

/// The small scenario with its fix in place, and the claim that it is enough.
fn fixed() -> String {
    let (head, _) = SMALL.split_once("[expect]").unwrap();
    let head = head.replace(WITHOUT, FIX);
    assert!(head.contains(FIX));
    format!("{head}[expect]\n{CLAIM}\n")
}

/// A desk with `scenarios/sessions.toml`.
fn desk() -> Desk {
    let desk = Desk::new();
    fs::create_dir(desk.path("scenarios")).unwrap();
    fs::write(desk.path("scenarios/sessions.toml"), fixed()).unwrap();
    desk
}

fn change(desk: &Desk, from: &str, to: &str) {
    let file = desk.path("scenarios/sessions.toml");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(from));
    fs::write(file, text.replace(from, to)).unwrap();
}

fn check(desk: &Desk, arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } =
        command(desk.0.path()).arg("check").args(arguments).env("GITHUB_ACTIONS", "true").output().unwrap();
    (status.code(), text(&stdout), text(&stderr))
}

#[test]
fn a_fix_that_is_taken_out_fails_at_its_line_and_restored_passes() {
    let desk = desk();
    let (code, out, remarks) = check(&desk, &[]);
    assert_eq!(code, Some(0), "{out}{remarks}");
    assert!(out.contains("holds") && out.contains("0 in each of 10 replications"), "{out}");
    assert!(!remarks.contains("::"), "{remarks}");

    change(&desk, FIX, WITHOUT);
    let (code, out, remarks) = check(&desk, &["--junit", "report.xml"]);
    assert_eq!(code, Some(1), "{out}{remarks}");
    let line = fixed().lines().position(|line| line == CLAIM).unwrap() + 1;
    let place =
        format!("::error file=scenarios/sessions.toml,line={line},title=claim broken::no process dies: ");
    assert!(remarks.contains(&place), "{remarks}");
    assert!(remarks.contains("2 in each of 10 replications; claimed: crashes at most 0"), "{remarks}");
    assert!(out.contains("BROKEN") && out.contains(&format!("scenarios/sessions.toml:{line}")), "{out}");
    let report = fs::read_to_string(desk.path("report.xml")).unwrap();
    assert!(report.contains("tests=\"1\" failures=\"1\" skipped=\"0\""), "{report}");
    assert!(
        report
            .contains(&format!("name=\"no process dies\" file=\"scenarios/sessions.toml\" line=\"{line}\""))
    );

    change(&desk, WITHOUT, FIX);
    assert_eq!(check(&desk, &[]).0, Some(0));
}

#[test]
fn what_is_blessed_stays_until_a_figure_changes() {
    let desk = desk();
    let (code, _, remarks) = check(&desk, &["--bless"]);
    assert_eq!(code, Some(0));
    assert!(remarks.contains("blessed baselines/sessions.csv"), "{remarks}");
    let baseline = fs::read_to_string(desk.path("baselines/sessions.csv")).unwrap();
    assert!(baseline.contains("\nnone,web.crashes,0,0,0,0 0 0 0 0 0 0 0 0 0\n"), "{baseline}");

    let (code, out, _) = check(&desk, &["--jobs", "1"]);
    assert!(code == Some(0) && out.contains("every event as blessed"), "{out}");

    // Twice as long a timeout crashes nothing either: no claim breaks, but more calls are pending at once.
    change(&desk, "500ms\" }", "1s\" }");
    let (code, out, remarks) = check(&desk, &[]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("holds") && out.contains("changed") && out.contains("web.errors"), "{out}");
    let title = fixed().lines().position(|line| line.starts_with("title")).unwrap() + 1;
    let place = format!("::error file=scenarios/sessions.toml,line={title},title=figures changed::");
    assert!(remarks.contains(&place), "{remarks}");
    assert_eq!(
        fs::read_to_string(desk.path("baselines/sessions.csv")).unwrap(),
        baseline,
        "nobody blessed it"
    );

    let (code, out, _) = check(&desk, &["--bless"]);
    assert!(code == Some(0) && out.contains("changed"), "what is blessed is shown: {out}");
    assert_eq!(check(&desk, &[]).0, Some(0));
    let names: Vec<String> = fs::read_dir(desk.path("baselines"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names, ["sessions.csv"], "nothing unfinished is left");
}

#[test]
fn what_is_undecided_is_told_and_fails_when_asked() {
    let desk = desk();
    // No ten replications can show that 99 % of all runs are so.
    change(&desk, CLAIM, "\"mostly\" = { crashes = { at_most = 0 }, share = \"99%\" }");
    let few = ["--reps", "3", "--max-reps", "6"];
    let (code, out, remarks) = check(&desk, &few);
    assert!(code == Some(0) && out.contains("undecided"), "{out}");
    assert!(out.contains("6 of 6 replications within the bounds"), "looked twice: {out}");
    assert!(remarks.contains("::warning file=scenarios/sessions.toml,line="), "{remarks}");
    let (code, _, remarks) = check(&desk, &[&few[..], &["--strict"]].concat());
    assert!(code == Some(1) && remarks.contains("::error"), "{remarks}");
}

#[test]
fn json_has_all_of_it_and_nothing_else_is_on_stdout() {
    let desk = desk();
    let (code, out, _) = check(&desk, &["scenarios/sessions.toml", "--format", "json", "--reps", "2"]);
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, Some(0));
    let scenario = &found["scenarios"][0];
    assert_eq!(
        (&scenario["scenario"], &scenario["claims"][0]["decision"]),
        (&"sessions".into(), &"held".into())
    );
    assert_eq!(scenario["claims"][0]["claimed"], "crashes at most 0");
    assert!(scenario["baseline"].is_null());
}

#[test]
fn wrong_input_is_told_all_at_once() {
    let desk = desk();
    assert!(check(&desk, &["nowhere"]).2.contains("nowhere"));
    fs::write(desk.path("scenarios/other.toml"), fixed().replace("crashes = {", "crash = {")).unwrap();
    change(&desk, "deadline = \"10s\"", "deadline = \"10\"");
    let (code, out, remarks) = check(&desk, &[]);
    assert!(code == Some(2) && out.is_empty(), "{out}");
    assert!(remarks.contains("other.toml:") && remarks.contains("sessions.toml:"), "{remarks}");
    fs::remove_file(desk.path("scenarios/other.toml")).unwrap();
    change(&desk, "deadline = \"10\"", "deadline = \"10s\"");
    fs::create_dir(desk.path("baselines")).unwrap();
    fs::write(desk.path("baselines/sessions.csv"), "what is this\n").unwrap();
    let (code, _, remarks) = check(&desk, &[]);
    assert!(code == Some(2) && remarks.contains("sessions.csv:1: this is no baseline"), "{remarks}");
    assert_eq!(check(&Desk::new(), &[]).0, Some(2), "there is no folder to look in");
}
