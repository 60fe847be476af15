//! `halfopen validate` on a case file of its own: what it prints and how it ends.

use std::fs;
use std::path::Path;

use crate::{Desk, text};

/// A process that dies of its memory, as it was measured or as it was not.
fn cases(desk: &Desk, crash: &str) {
    let header = "case_id,suite,client,client_version,fault,fault_at_s,switch_after_s,rate_per_s,command,payload_bytes,\
                  payload_kind,heap_mb,max_restarts,duration_s,observed_after_fault_s,peak_pending,bytes_per_pending,\
                  time_to_crash_s,crash_kind,quality";
    let row = format!(
        "tiny,a,ioredis,5.11.1,blackhole,5.001,2,1000,get,16384,string,64,0,30,10,3214,17708,{crash},reached_heap_limit,ok"
    );
    fs::write(desk.path("cases.csv"), format!("{header}\n{row}\n")).unwrap();
}

fn validate(desk: &Desk, arguments: &[&str]) -> std::process::Output {
    let all = [&["validate", "--cases", "cases.csv", "--reps", "5", "--quiet", "--only", "bytes"], arguments]
        .concat();
    desk.halfopen(&all)
}

#[test]
fn json_has_groups_and_cases() {
    let desk = Desk::new();
    cases(&desk, "3.3");
    let output = validate(&desk, &["--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let keys = |value: &serde_json::Value| -> Vec<String> {
        let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys
    };
    assert_eq!(keys(&json), ["cases", "groups"]);
    assert_eq!(
        keys(&json["cases"][0]),
        ["error", "expected", "group", "holds", "id", "interval", "predicted", "quantity", "reason"]
    );
    assert_eq!(json["groups"][0]["name"], "bytes");
    assert_eq!(json["cases"][0]["id"], "tiny");
    assert_eq!(json["cases"][0]["holds"], true);
    let error = json["cases"][0]["error"].as_f64().unwrap();
    assert!(error.abs() < 0.03, "{error}");
}

#[test]
fn a_miss_that_was_not_known_is_exit_status_one() {
    let desk = Desk::new();
    for (crash, status, word) in [("3.4", 0, "yes"), ("6.6", 1, "NO")] {
        cases(&desk, crash);
        let output = validate(&desk, &["--only", "crash"]);
        let shown = text(&output.stdout);
        // 64 MiB less 5 MiB, by 17.7 kB a call and 1,000 calls a second.
        let holds = shown.lines().find(|line| line.contains("time to crash")).unwrap();
        assert!(holds.contains(word), "{shown}");
        assert_eq!(output.status.code(), Some(status), "{shown}");
    }
}

#[test]
fn the_page_has_its_picture_beside_it() {
    let desk = Desk::new();
    cases(&desk, "3.3");
    let output = validate(&desk, &["--out", "page.md"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(desk.others(), ["cases.csv", "page.md", "page.png"]);
    let page = fs::read_to_string(desk.path("page.md")).unwrap();
    assert!(page.contains("![page](page.png)") && page.contains("| tiny "), "{page}");
}

#[test]
fn what_is_no_group_or_no_table_is_refused() {
    let desk = Desk::new();
    cases(&desk, "3.3");
    let output = validate(&desk, &["--only", "astrology"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("known groups: exact"), "{}", text(&output.stderr));
    fs::write(desk.path("cases.csv"), "case_id,rate_per_s\nx,fast\n").unwrap();
    let output = validate(&desk, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("is no table of cases"), "{}", text(&output.stderr));
}

/// The scenario of a case, under review: `BLESS=1 cargo test -p halfopen --test tool` writes them anew.
#[test]
fn cases_are_scenarios_that_a_user_could_have_written() {
    let desk = Desk::new();
    for case in [
        "d2_st2000_cto500_D10",
        "c2_py810_kill9_D8",
        "k_heal10",
        "e_mmc_K4_r108",
        "h_r300_h64_st2000",
        "g_sigstop_2000_0",
    ] {
        let now = text(&desk.halfopen(&["show", case]).stdout);
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/cases/{case}.toml"));
        if std::env::var_os("BLESS").is_some() {
            fs::create_dir_all(golden.parent().unwrap()).unwrap();
            fs::write(&golden, &now).unwrap();
        }
        assert_eq!(now, fs::read_to_string(&golden).unwrap_or_default(), "{case}");
    }
}

/// Fast groups of the shipped cases: nothing misses that was not known to.
#[test]
fn nothing_new_is_missed() {
    let desk = Desk::new();
    let output = desk.halfopen(&["validate", "--only", "kernel", "--only", "sentinel", "--quiet"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
}
