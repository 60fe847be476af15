//! Where results go: whole or not at all, and never over what is somebody else's.

use std::fs;

use crate::{Desk, files, text};

#[test]
fn an_earlier_result_of_the_scenario_is_replaced_whole() {
    let desk = Desk::new();
    desk.halfopen(&["run", "small.toml", "--reps", "1", "--out", "result"]);
    let first = files(&desk.path("result"));
    fs::write(desk.path("result/summary.md"), "of an older version").unwrap();
    let again = desk.halfopen(&["run", "small.toml", "--reps", "1", "--out", "result"]);
    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stderr));
    assert!(files(&desk.path("result")) == first);
    assert_eq!(desk.others(), ["result"]);
}

#[test]
fn what_somebody_put_beside_a_result_is_not_lost() {
    let desk = Desk::new();
    desk.halfopen(&["run", "small.toml", "--reps", "1", "--out", "result"]);
    fs::write(desk.path("result/notes.txt"), "for the review").unwrap();
    let before = files(&desk.path("result"));
    let again = desk.halfopen(&["run", "small.toml", "--reps", "2", "--out", "result"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("notes.txt"), "{}", text(&again.stderr));
    assert!(files(&desk.path("result")) == before);
}

#[test]
fn an_empty_folder_is_filled() {
    let desk = Desk::new();
    fs::create_dir(desk.path("result")).unwrap();
    let output = desk.halfopen(&["run", "small.toml", "--reps", "1", "--out", "result"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(desk.path("result/summary.json").exists());
}

#[test]
fn a_foreign_folder_is_refused_and_left_as_it_is() {
    let desk = Desk::new();
    fs::create_dir(desk.path("thesis")).unwrap();
    fs::write(desk.path("thesis/chapter.tex"), "years of work").unwrap();
    fs::write(desk.path("file"), "a file").unwrap();
    fs::create_dir(desk.path("other")).unwrap();
    fs::write(desk.path("other/manifest.json"), r#"{"tool": "halfopen", "scenario": "large"}"#).unwrap();
    for (name, word) in
        [("thesis", "no result of halfopen"), ("file", "no folder"), ("other", "of large, not of small")]
    {
        let output = desk.halfopen(&["run", "small.toml", "--out", name]);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(word) && message.contains("--out"), "{message}");
    }
    assert_eq!(text(&files(&desk.path("thesis"))["chapter.tex"]), "years of work");
    assert_eq!(fs::read_to_string(desk.path("file")).unwrap(), "a file");
    assert_eq!(desk.others(), ["file", "other", "thesis"]);
}

#[test]
fn a_place_that_cannot_be_written_is_said_before_anything_is_simulated() {
    let desk = Desk::new();
    fs::write(desk.path("file"), "a file").unwrap();
    let output = desk.halfopen(&["run", "small.toml", "--reps", "1000", "--out", "file/result"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("file/result"), "{}", text(&output.stderr));
    assert_eq!(desk.others(), ["file"]);
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_nothing_behind() {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    let desk = Desk::new();
    desk.halfopen(&["run", "small.toml", "--reps", "1", "--out", "result"]);
    let earlier = files(&desk.path("result"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_halfopen"))
        .args(["run", "small.toml", "--reps", "1000", "--out", "result"])
        .current_dir(desk.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Its temporary folder shows that it has begun.
    while desk.others().len() < 2 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be interrupted");
        std::thread::sleep(Duration::from_millis(5));
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let message = text(&output.stderr);
    assert!(message.contains("interrupted after") && message.contains("of 2000"), "{message}");
    assert!(message.contains("nothing was kept"), "{message}");
    assert!(output.stdout.is_empty());
    assert_eq!(desk.others(), ["result"]);
    assert!(files(&desk.path("result")) == earlier, "the earlier result was touched");
}
