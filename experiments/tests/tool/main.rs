//! The program as a person meets it: what it prints, what it leaves on the disk, how it ends.

mod capacity;
mod check;
mod compare;
mod find;
mod infer;
mod init;
mod inputs;
mod lab;
mod manual;
mod map;
mod outputs;
mod places;
mod schema;
mod sweep;
mod uncertain;
mod validate;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A scenario that runs in milliseconds.
const SMALL: &str = include_str!("../data/small.toml");

/// A folder to run in, with `small.toml` in it.
struct Desk(TempDir);

impl Desk {
    fn new() -> Desk {
        let desk = Desk(TempDir::new().unwrap());
        fs::write(desk.path("small.toml"), SMALL).unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs `halfopen` here.
    fn halfopen(&self, arguments: &[&str]) -> Output {
        command(self.0.path()).args(arguments).output().unwrap()
    }

    /// Names of everything here but the scenario.
    fn others(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "small.toml")
            .collect();
        names.sort();
        names
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_halfopen"));
    command.current_dir(folder);
    // Whoever runs the tests may have wishes of their own.
    for wish in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(wish);
    }
    command
}

/// Every file of a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let read =
        |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap());
    fs::read_dir(folder).unwrap().map(|entry| read(entry.unwrap())).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
