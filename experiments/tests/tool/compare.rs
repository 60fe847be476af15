//! `halfopen compare`: the ranking, the files, what it refuses.

use serde_json::Value;

use super::{Desk, files, text};

/// With the variant that really mends it beside the one that only fails faster.
fn desk() -> Desk {
    let desk = Desk::new();
    let more = "\n[variant.socket-timeout]\n\"service.*.client.socket_timeout\" = \"2s\"\n";
    let small = text(&std::fs::read(desk.path("small.toml")).unwrap());
    std::fs::write(desk.path("small.toml"), small + more).unwrap();
    desk
}

#[test]
fn variants_are_ranked_with_what_they_cost_in_calm() {
    let desk = desk();
    let asked = ["compare", "small.toml", "--reps", "6", "--format", "json"];
    let result = desk.halfopen(&asked);
    assert_eq!(result.status.code(), Some(0), "{}", text(&result.stderr));
    let printed = text(&result.stdout);
    let json: Value = serde_json::from_str(&printed).unwrap();
    let sides: Vec<&str> =
        json["sides"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(sides, ["as it is", "manual-failover", "command-timeout", "socket-timeout"]);
    assert_eq!(json["sides"][0]["instances"]["crashed"], 12, "two of five in each of six incidents");
    let ranked = |rank: usize| json["ranking"][rank]["variant"].as_str().unwrap();
    assert_eq!([ranked(1), ranked(2)], ["socket-timeout", "command-timeout"]);
    let sentence = json["ranking"][1]["sentence"].as_str().unwrap();
    assert!(
        sentence.contains("prevents all crashes (0 of 30 instances in 6 incidents; 95 %: at most 39 %"),
        "{sentence}"
    );
    let crashes = &json["sides"][3]["incident"]["system.crashes"]["difference"];
    assert_eq!(crashes["mean"], -2.0, "as it is, both instances of web crash in each");

    let files = files(&desk.path("output/compare-small"));
    let expected =
        ["compare.csv", "compare.json", "manifest.json", "summary.md", "survival.png", "survival.svg"];
    assert_eq!(files.keys().map(String::as_str).collect::<Vec<_>>(), expected);
    assert_eq!(text(&files["compare.json"]), printed);
    let again = desk.halfopen(&[&asked[..], &["--jobs", "1"]].concat());
    assert_eq!(text(&again.stdout), printed, "threads show in nothing");
}

#[test]
fn some_variants_against_another() {
    let desk = desk();
    let result = desk.halfopen(&[
        "compare",
        "small.toml",
        "--reps",
        "2",
        "--variant",
        "command-timeout",
        "--variants",
        "socket-timeout",
    ]);
    assert_eq!(result.status.code(), Some(0), "{}", text(&result.stderr));
    let shown = text(&result.stdout);
    assert!(shown.contains("1 variant of small"), "{shown}");
    assert!(shown.contains("crashes nothing, and nothing crashed without it"), "{shown}");
    assert_eq!(desk.others(), ["output"]);
}

#[test]
fn what_cannot_be_compared_is_told() {
    let desk = Desk::new();
    let refused = |arguments: &[&str], expected: &str| {
        let result = desk.halfopen(arguments);
        assert_eq!(result.status.code(), Some(2));
        let told = text(&result.stderr);
        assert!(told.contains(expected), "{told}");
    };
    refused(&["compare", "small.toml", "--variants", "comand-timeout"], "did you mean \"command-timeout\"?");
    let small = text(&std::fs::read(desk.path("small.toml")).unwrap());
    let (without, _) = small.split_once("[variant.").unwrap();
    std::fs::write(desk.path("small.toml"), without).unwrap();
    refused(&["compare", "small.toml"], "has no variant to compare");
    assert!(desk.others().is_empty());
}
