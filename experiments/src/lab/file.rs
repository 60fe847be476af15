//! A measured case on the disk: the scenario that was built, what was measured and on which machine, in one file; its
//! course beside it as a table.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::case::Case;
use super::measure::{Measured, Second};
use crate::failure::Failure;

/// Where it was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// Version of the kernel.
    pub kernel: String,
    /// Distribution.
    pub system: String,
    /// Model of the processor.
    pub processor: String,
    /// Cores that the measurement could use.
    pub cores: usize,
    /// Load average when it began: what else ran.
    pub load_before: f64,
    /// Version of the server.
    pub redis_server: String,
    /// Runtime of the application.
    pub runtime: String,
}

/// Both extra tables.
#[derive(Serialize)]
struct Tables<'a> {
    measured: &'a Measured,
    machine: &'a Machine,
}

/// The text of a measured case.
pub fn text(case: &Case, measured: &Measured, machine: &Machine) -> String {
    let mut out =
        String::from("# Measured by halfopen lab run; halfopen validate --case FILE predicts it.\n\n");
    out.push_str(case.scenario.document.trim_end());
    out.push_str("\n\n");
    if let Some(app) = &case.setup.app {
        let value = toml::Value::try_from(app).expect("a name or a list of words");
        let _ = write!(out, "[lab]\napp = {value}\n\n");
    }
    out.push_str(&toml::to_string(&Tables { measured, machine }).expect("tables of numbers and words"));
    out
}

/// Writes the case and its course beside it, each whole or not at all.
///
/// # Errors
/// When one of them cannot be written.
pub fn write(to: &Path, case: &str, course: &[Second]) -> Result<PathBuf, Failure> {
    let beside = to.with_extension("csv");
    let mut table = csv::Writer::from_writer(Vec::new());
    for second in course {
        table.serialize(second).expect("a row of numbers is a row");
    }
    whole(to, case.as_bytes())?;
    whole(&beside, &table.into_inner().expect("nothing is buffered outside memory"))?;
    Ok(beside)
}

fn whole(to: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || {
        fs::create_dir_all(folder)?;
        let mut builder = tempfile::Builder::new();
        // As if it had been made by open: for everybody whom the umask allows.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(to).map_err(|error| error.error)
    };
    write().map(|_| ()).map_err(|error| {
        Failure::wrong(format!("cannot write {}: {error}", to.display()), "name another --out")
    })
}
