//! `halfopen find`: thresholds, and where there is none.

use serde_json::Value;

use super::{Desk, files, text};

const TIMEOUT: &str = "service.*.client.command_timeout";

fn found(desk: &Desk, arguments: &[&str]) -> Value {
    let quick = ["--reps", "6", "--quiet", "--format", "json"];
    let result = desk.halfopen(&[&["find", "small.toml"], arguments, &quick[..]].concat());
    assert_eq!(result.status.code(), Some(0), "{}", text(&result.stderr));
    serde_json::from_slice(&result.stdout).unwrap()
}

#[test]
fn a_threshold_is_found_with_what_lies_on_both_sides() {
    let desk = Desk::new();
    let json = found(
        &desk,
        &["--vary", TIMEOUT, "--between", "1s..2m", "--such-that", "crashes == 0", "--within", "20%"],
    );
    let search = &json["searches"][0];
    assert_eq!(search["answer"], "threshold");
    // An instance of web takes about a third of a minute to fill its memory: a timeout below that keeps it alive.
    let end = |at: usize| {
        let text = search["between"][0][at].as_str().unwrap();
        text.strip_suffix('s').unwrap().parse::<f64>().unwrap()
    };
    assert!(5.0 < end(0) && end(0) < end(1) && end(1) < 25.0, "{search}");
    let names = files(&desk.path("output/find-small"));
    let expected = ["find.csv", "find.json", "manifest.json", "summary.md"];
    assert_eq!(names.keys().map(String::as_str).collect::<Vec<_>>(), expected);
    let csv = text(&names["find.csv"]);
    assert_eq!(csv.lines().count(), 1 + search["tried"].as_array().unwrap().len(), "{csv}");
}

#[test]
fn where_there_is_no_threshold_it_says_so() {
    let desk = Desk::new();
    let json = found(&desk, &["--vary", TIMEOUT, "--between", "100ms..2s", "--such-that", "crashes == 0"]);
    assert_eq!(json["searches"][0]["answer"], "holds everywhere");
    let json = found(&desk, &["--vary", TIMEOUT, "--between", "40s..2m", "--such-that", "crashes == 0"]);
    assert_eq!(json["searches"][0]["answer"], "holds nowhere");
}

#[test]
fn named_questions_need_no_more_words() {
    let desk = Desk::new();
    let json = found(&desk, &["safe-timeout", "--within", "50%"]);
    assert!(json["answer"].as_str().unwrap().starts_with("any from "), "{}", json["answer"]);
    assert_eq!(json["searches"][0]["calm"], true);
    let json = found(&desk, &["load-limit", "--variant", "manual-failover", "--between", "0.5..2"]);
    assert_eq!(json["searches"][0]["answer"], "holds everywhere", "a manual failover closes its connections");
}

#[test]
fn what_cannot_be_searched_is_told_before_anything_runs() {
    let desk = Desk::new();
    let rows: [(&[&str], &[&str]); 5] = [
        (&[], &["does not say what to find", "safe-timeout or load-limit"]),
        (
            &["--vary", TIMEOUT, "--between", "2s..1s", "--such-that", "crash == 0"],
            &["not below the second", "no figure is named `crash`"],
        ),
        (&["--vary", "service.web.clint", "--between", "1s..2s", "--such-that", "crashes == 0"], &["clint"]),
        (&["safe-timeout", "--within", "5s"], &["no share"]),
        (&["load-limit", "--vary", TIMEOUT], &["leave out --vary"]),
    ];
    for (arguments, expected) in rows {
        let result = desk.halfopen(&[&["find", "small.toml"], arguments].concat());
        assert_eq!(result.status.code(), Some(2), "{arguments:?}");
        let told = text(&result.stderr);
        assert!(expected.iter().all(|it| told.contains(it)), "{told}");
    }
    assert!(desk.others().is_empty(), "{:?}", desk.others());
}
