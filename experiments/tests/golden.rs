//! The shipped scenario's summary as text, under review: any change of a result shows here.
//!
//! `BLESS=1 cargo test -p halfopen --test golden` writes it anew.

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn kustomer_2019() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("out");
    let run = Command::new(env!("CARGO_BIN_EXE_halfopen"))
        .args(["run", "kustomer-2019", "--reps", "3", "--quiet", "--out"])
        .arg(&out)
        .output()
        .expect("it can be started");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
    let now = fs::read_to_string(out.join("summary.md")).expect("a summary");
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/kustomer-2019.md");
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(golden.parent().expect("it is in a folder")).expect("a folder");
        fs::write(&golden, &now).expect("it can be written");
    }
    let blessed = fs::read_to_string(&golden).unwrap_or_default();
    for (line, (now, blessed)) in now.lines().zip(blessed.lines()).enumerate() {
        assert_eq!(now, blessed, "line {} of {}", line + 1, golden.display());
    }
    assert_eq!(now.lines().count(), blessed.lines().count());
}
