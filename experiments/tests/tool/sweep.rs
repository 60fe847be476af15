//! Sweeps: the same bytes whatever the number of jobs, whatever ended them in between, and in whatever parts.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::process::{Child, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::{Desk, SMALL, command, files, text};

/// A sweep of eight points that takes about a second.
const SWEEP: [&str; 7] = [
    "sweep",
    "small.toml",
    "--over",
    "service.*.client.socket_timeout=500ms..4s/4",
    "--over",
    "load.people.arrivals.poisson=100/s,200/s",
    "--reps=3",
];

fn sweep(desk: &Desk, more: &[&str]) -> Output {
    desk.halfopen(&[&SWEEP, more].concat())
}

fn well(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

/// The files of the sweep that nothing disturbed.
fn undisturbed(desk: &Desk) -> BTreeMap<String, Vec<u8>> {
    well(&sweep(desk, &["--jobs=2", "--out=undisturbed"]));
    files(&desk.path("undisturbed"))
}

fn start(desk: &Desk, more: &[&str]) -> Child {
    let mut command = command(&desk.path(""));
    command.args([&SWEEP, more].concat()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Lines of a journal; a file that is not there has none.
fn lines(desk: &Desk, journal: &str) -> usize {
    fs::read(desk.path(journal)).map_or(0, |bytes| String::from_utf8_lossy(&bytes).matches('\n').count())
}

/// Waits until the journal has so many lines, then kills without a warning (SIGKILL on Unix).
fn kill_after(desk: &Desk, mut child: Child, journal: &str, count: usize) {
    while lines(desk, journal) < count {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it had {count} lines");
        sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None, "killed");
}

#[test]
fn the_number_of_jobs_shows_in_no_byte() {
    let desk = Desk::new();
    let two = undisturbed(&desk);
    well(&sweep(&desk, &["--jobs=1", "--out=one"]));
    assert!(files(&desk.path("one")) == two);
    let names: Vec<&String> = two.keys().collect();
    assert_eq!(
        names,
        [
            "heat.png",
            "heat.svg",
            "lines.png",
            "lines.svg",
            "manifest.json",
            "points.csv",
            "summary.json",
            "summary.md"
        ]
    );
    assert_eq!(desk.others(), ["one", "undisturbed"], "no journal is left of a sweep that is done");
}

#[test]
fn killed_at_any_moment_it_goes_on_to_the_same_bytes() {
    let desk = Desk::new();
    let expected = undisturbed(&desk);
    for (jobs, kills) in [("--jobs=1", &[1, 5, 20][..]), ("--jobs=2", &[2, 11])] {
        for &count in kills {
            kill_after(&desk, start(&desk, &[jobs, "--out=killed"]), "killed.journal", count);
            assert!(!desk.path("killed").exists(), "a folder appears whole");
            // What a kill in the middle of a line leaves.
            let mut journal = fs::OpenOptions::new().append(true).open(desk.path("killed.journal")).unwrap();
            journal.write_all(b"1234abcd 3 0 00").unwrap();
        }
        let before = lines(&desk, "killed.journal") - 1;
        assert!(before >= *kills.last().unwrap() - 1, "each went on where the one before was ended");
        let output = sweep(&desk, &[jobs, "--out=killed"]);
        well(&output);
        let remark = format!("{before} of 24 replications were done before");
        assert!(text(&output.stderr).contains(&remark), "{remark}: {}", text(&output.stderr));
        assert!(files(&desk.path("killed")) == expected, "{jobs}");
        fs::remove_dir_all(desk.path("killed")).unwrap();
    }
    let left: Vec<String> =
        desk.others().into_iter().filter(|name| !name.starts_with(".killed-unfinished-")).collect();
    assert_eq!(left, ["undisturbed"]);
}

#[test]
fn a_journal_with_a_hole_is_filled() {
    let desk = Desk::new();
    let expected = undisturbed(&desk);
    kill_after(&desk, start(&desk, &["--out=hole"]), "hole.journal", 8);
    // A power cut can leave zeros where lines were.
    let mut bytes = fs::read(desk.path("hole.journal")).unwrap();
    let second = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 10;
    bytes[second..second + 60].fill(0);
    fs::write(desk.path("hole.journal"), bytes).unwrap();
    well(&sweep(&desk, &["--out=hole"]));
    assert!(files(&desk.path("hole")) == expected);
}

#[test]
#[cfg(unix)]
fn interrupted_it_tells_how_to_go_on() {
    let desk = Desk::new();
    let mut child = command(&desk.path(""));
    let child =
        child.args([&SWEEP[..], &["--out=stopped"]].concat()).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = child.spawn().unwrap();
    while lines(&desk, "stopped.journal") < 3 {
        sleep(Duration::from_millis(1));
    }
    let interrupt =
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    let output = child.wait_with_output().unwrap();
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{message}");
    assert!(
        message.contains("kept in stopped.journal") && message.contains("same command goes on"),
        "{message}"
    );
    well(&sweep(&desk, &["--out=stopped"]));
    assert!(files(&desk.path("stopped")) == undisturbed(&desk));
}

#[test]
fn shards_merge_to_the_bytes_of_the_whole() {
    let desk = Desk::new();
    let expected = undisturbed(&desk);
    for jobs in ["--jobs=1", "--jobs=2"] {
        for (shard, out) in [("--shard=1/3", "--out=a"), ("--shard=3/3", "--out=c")] {
            well(&sweep(&desk, &[jobs, shard, out]));
        }
        // One of them is killed on the way.
        kill_after(&desk, start(&desk, &[jobs, "--shard=2/3", "--out=b"]), "b.journal", 3);
        let merge = |shards: &[&str]| desk.halfopen(&[&["merge"], shards, &["--out=merged"]].concat());
        let early = merge(&["a", "c"]);
        assert_eq!(early.status.code(), Some(2));
        assert!(text(&early.stderr).contains("missing: shard 2/3"), "{}", text(&early.stderr));
        well(&sweep(&desk, &[jobs, "--shard=2/3", "--out=b"]));
        well(&merge(&["b", "c", "a"]));
        assert!(files(&desk.path("merged")) == expected, "{jobs}");
    }
    assert_eq!(desk.others().iter().filter(|name| name.ends_with(".journal")).count(), 0);
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let desk = Desk::new();
    well(&sweep(&desk, &["--shard=1/2", "--out=a"]));
    well(&sweep(&desk, &["--shard=2/2", "--seed=9", "--out=seed"]));
    well(&sweep(&desk, &["--shard=2/3", "--out=division"]));
    let other = SMALL.replace("instances   = 2", "instances   = 3");
    fs::write(desk.path("small.toml"), other).unwrap();
    well(&sweep(&desk, &["--shard=2/2", "--out=scenario"]));
    fs::write(desk.path("small.toml"), SMALL).unwrap();
    well(&sweep(&desk, &["--shard=2/2", "--out=b"]));
    let version = fs::read_to_string(desk.path("b/manifest.json")).unwrap();
    let version = version.replace(env!("CARGO_PKG_VERSION"), "0.0.1");
    fs::create_dir(desk.path("version")).unwrap();
    fs::write(desk.path("version/manifest.json"), version).unwrap();
    fs::copy(desk.path("b/replications.journal"), desk.path("version/replications.journal")).unwrap();
    for (shards, expected) in [
        (&["a", "seed"][..], "seed: 1 in a, 9 in seed"),
        (&["a", "scenario"], "the scenario's text is another"),
        (&["a", "division"], "one of 3 shards"),
        (&["a", "a"], "a second time"),
        (&["a", "version"], "version: "),
        (&["a", "nothing"], "cannot read"),
    ] {
        let output = desk.halfopen(&[&["merge"], shards, &["--out=merged"]].concat());
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(expected), "`{expected}` is not in {message}");
    }
    assert!(!desk.path("merged").exists());
    kill_after(&desk, start(&desk, &["--out=b2"]), "b2.journal", 2);
    let output = desk.halfopen(&["sweep", "small.toml", "--over", "horizon=40s", "--reps=4", "--out=b2"]);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(
        message.contains("belongs to another sweep") && message.contains("replications: 3 there, 4 here"),
        "{message}"
    );
}

#[test]
fn all_that_is_wrong_is_told_before_anything_runs() {
    let desk = Desk::new();
    let arguments = [
        "sweep",
        "small.toml",
        "--over",
        "a=1..2",
        "--over",
        "horizon",
        "--figure",
        "web.crash",
        "--cliff",
        "crashes",
    ];
    let message = text(&desk.halfopen(&arguments).stderr);
    for part in [
        "a=1..2 does not say how many",
        "`horizon` is no axis",
        "did you mean \"crashes\"",
        "compares nothing",
        "4 problems",
    ] {
        assert!(message.contains(part), "`{part}` is not in\n{message}");
    }
    let points = [
        "sweep",
        "small.toml",
        "--over",
        "service.web.instances=2,none,three",
        "--over",
        "load.people.deadlin=5s",
    ];
    let output = desk.halfopen(&points);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    for part in [
        "service.web.instances=none",
        "service.web.instances=three",
        "load.people.deadlin=5s",
        "3 points are refused",
    ] {
        assert!(message.contains(part), "`{part}` is not in\n{message}");
    }
    assert_eq!(desk.others(), [""; 0], "nothing was written");
}

#[test]
fn samples_and_sweep_files() {
    let desk = Desk::new();
    let file = "scenario = \"small.toml\"\nover = [\"horizon=35s..45s\", \"variant=none,manual-failover\"]\n\
                sample = \"latin\"\npoints = 4\nfigures = [\"web.crashes\", \"availability\"]\ncliff = \"availability >= 99.9%\"\n";
    fs::create_dir(desk.path("sweeps")).unwrap();
    fs::write(desk.path("sweeps/mine.toml"), file.replace("small.toml", "../small.toml")).unwrap();
    well(&desk.halfopen(&["sweep", "sweeps/mine.toml", "--reps=2"]));
    let files = files(&desk.path("output/sweep-mine"));
    let mut rows = csv::Reader::from_reader(files["points.csv"].as_slice());
    let header: Vec<String> = rows.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(header[..5], ["point", "horizon", "variant", "replications", "services.web.crashes.mean"]);
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    let variants = rows.iter().filter(|row| &row[2] == "manual-failover").count();
    assert_eq!((rows.len(), variants), (4, 2), "a Latin hypercube takes each half of an axis equally");
    assert!(files.contains_key("dots.svg") && !files.contains_key("heat.svg"));
    let sobol = ["--sample=sobol", "--points=4", "--reps=1", "--over", "horizon=35s..45s", "--out=sobol"];
    well(&desk.halfopen(&[&["sweep", "small.toml"], &sobol[..]].concat()));
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(desk.path("sobol/summary.json")).unwrap()).unwrap();
    assert_eq!(json["points"].as_array().map(Vec::len), Some(4));
    fs::write(desk.path("wrong.toml"), "scenario = \"small.toml\"\nover = []\nfigure = []\n").unwrap();
    let output = desk.halfopen(&["sweep", "wrong.toml"]);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("unknown field `figure`") && message.contains("line 3"), "{message}");
}

#[test]
fn every_column_of_points_is_explained() {
    let explained = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../output/README.md");
    let explained = fs::read_to_string(explained).unwrap();
    let (_, section) = explained.split_once("\n## points.csv\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    for column in ["point", "replications", ".low", ".high", ".censored", "good", "digest"] {
        assert!(section.contains(&format!("`{column}`")), "{column}");
    }
    for file in ["points.csv", "heat.svg", "lines.svg", "dots.svg", "replications.journal"] {
        assert!(explained.contains(&format!("`{file}`")), "{file}");
    }
}
