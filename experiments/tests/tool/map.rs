//! `halfopen map`: where it comes back and where it does not.

use serde_json::Value;

use super::{Desk, files, text};

const STORM: &str = include_str!("../data/storm.toml");

#[test]
fn a_storm_has_a_cliff() {
    let desk = Desk::new();
    std::fs::write(desk.path("storm.toml"), STORM).unwrap();
    let result = desk.halfopen(&[
        "map",
        "storm.toml",
        "--reps",
        "2",
        "--loads",
        "0.7,1",
        "--lengths",
        "500ms,10s",
        "--format",
        "json",
    ]);
    assert_eq!(result.status.code(), Some(0), "{}", text(&result.stderr));
    let json: Value = serde_json::from_slice(&result.stdout).unwrap();
    let cell = |at: usize| {
        (json["cells"][at]["length"].as_str().unwrap(), json["cells"][at]["comes_back"].as_bool())
    };
    // Half a second is less than its callers' deadline; after ten seconds their retries keep it busy.
    let expected = [("500ms", Some(true)), ("10s", Some(false)), ("500ms", Some(true)), ("10s", Some(false))];
    assert_eq!([0, 1, 2, 3].map(cell), expected);
    let files = files(&desk.path("output/map-storm"));
    let expected = [
        "manifest.json",
        "map.csv",
        "map.json",
        "map.png",
        "map.svg",
        "phase.csv",
        "phase.png",
        "phase.svg",
        "summary.md",
    ];
    assert_eq!(files.keys().map(String::as_str).collect::<Vec<_>>(), expected);
    let phase = text(&files["phase.csv"]);
    let retries = |row: &str| row.rsplit(',').next().and_then(|it| it.parse::<f64>().ok()).unwrap_or(0.0);
    assert!(phase.lines().map(retries).fold(0.0, f64::max) > 50.0, "the storm is made of retries");
}

#[test]
fn a_fault_that_never_heals_has_no_map() {
    let desk = Desk::new();
    let result = desk.halfopen(&["map", "small.toml"]);
    assert_eq!(result.status.code(), Some(2));
    let told = text(&result.stderr);
    assert!(told.contains("no fault that heals") && told.contains("host_dies.for=30s"), "{told}");
    std::fs::write(desk.path("storm.toml"), STORM).unwrap();
    let result = desk.halfopen(&["map", "storm.toml", "--lengths", "1h"]);
    assert!(text(&result.stderr).contains("does not end before the horizon"), "{}", text(&result.stderr));
    assert_eq!(result.status.code(), Some(2));
    assert_eq!(desk.others(), ["storm.toml"]);
}
