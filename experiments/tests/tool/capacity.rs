//! `halfopen capacity`.

use serde_json::Value;

use crate::Desk;

fn lines(desk: &Desk, arguments: &[&str]) -> Vec<Value> {
    let output = desk.halfopen(&[&["capacity", "small.toml", "--format", "json"], arguments].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let sheet: Value = serde_json::from_slice(&output.stdout).unwrap();
    sheet["lines"].as_array().unwrap().clone()
}

#[test]
fn a_sheet_needs_no_run_and_stands_beside_one_of_the_same_values() {
    let desk = Desk::new();
    let simulated = |lines: &[Value]| lines.iter().filter(|line| line["simulated"].is_number()).count();
    let alone = lines(&desk, &[]);
    assert!(alone.len() > 20 && alone.iter().all(|line| line["formula"].as_str().unwrap().len() > 2));
    assert_eq!((simulated(&alone), desk.others()), (0, Vec::new()));
    assert!(desk.halfopen(&["run", "small.toml", "--reps", "2", "--quiet"]).status.code().is_some());
    assert!(simulated(&lines(&desk, &[])) > 0, "the run in output/small is of the same values");
    let other = ["--set", "horizon=50s"];
    assert_eq!(simulated(&lines(&desk, &other)), 0, "that run is of other values");
}

#[test]
fn a_result_that_was_asked_for_must_be_there_and_of_these_values() {
    let desk = Desk::new();
    let failed = |arguments: &[&str]| {
        let output = desk.halfopen(&[&["capacity", "small.toml"], arguments].concat());
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(failed(&["--against", "nowhere"]).contains("cannot be read"));
    desk.halfopen(&["run", "small.toml", "--reps", "2", "--quiet"]);
    assert!(failed(&["--against", "output/small", "--set", "horizon=50s"]).contains("other values"));
    assert!(failed(&["--set", "service.nobody.instances=2"]).contains("nobody"));
}
