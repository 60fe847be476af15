//! `halfopen init`: what it writes runs as it is, whatever was chosen.

use std::fs;

use crate::Desk;

fn listed(desk: &Desk, what: &str) -> Vec<String> {
    let output = desk.halfopen(&["list", what]);
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

/// Every client with the usual failover, and every failover with the usual client.
#[test]
fn every_start_runs_and_keeps_its_claim() {
    let desk = Desk::new();
    let clients = listed(&desk, "clients").into_iter().map(|client| (client, "managed".to_owned()));
    let failovers = listed(&desk, "failovers").into_iter().map(|failover| ("ioredis-5".to_owned(), failover));
    for (client, failover) in clients.chain(failovers) {
        let file = format!("{client}-{failover}.toml");
        let written = desk.halfopen(&["init", &file, "--client", &client, "--failover", &failover]);
        assert!(written.status.success() || desk.path(&file).exists(), "{file}");
        let run = desk.halfopen(&["run", &file, "--reps", "1", "--set", "horizon=7m", "--quiet"]);
        assert_eq!(run.status.code(), Some(0), "{file}: {}", String::from_utf8_lossy(&run.stderr));
    }
}

#[test]
fn a_file_that_is_there_stays_as_it_is() {
    let desk = Desk::new();
    let output = desk.halfopen(&["init", "small.toml"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is there already"));
    assert_eq!(fs::read_to_string(desk.path("small.toml")).unwrap(), crate::SMALL);
    assert!(desk.others().is_empty());
}

#[test]
fn unknown_names_are_told_together() {
    let output = Desk::new().halfopen(&["init", "-", "--client", "ioredis", "--failover", "luck"]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    for part in ["`ioredis`", "`luck`", "ioredis-5", "sentinel"] {
        assert!(told.contains(part), "{told}");
    }
    let output = Desk::new().halfopen(&["init", "-"]);
    assert!(
        output.status.success() && output.stderr.is_empty() && output.stdout.starts_with(b"# A scenario")
    );
}
