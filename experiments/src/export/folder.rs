//! The folder of a result. Files are written into a temporary sibling, which takes the folder's place at the end: who
//! looks there finds the earlier result or the new one, whole.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::SCENARIO;
use crate::failure::Failure;

/// Every file that a result can have.
const FILES: [&str; 35] = [
    "manifest.json",
    "summary.json",
    "summary.md",
    "timeseries.csv",
    "events.csv",
    "replications.csv",
    "drawn.csv",
    "timeline.svg",
    "timeline.png",
    "survival.svg",
    "survival.png",
    "points.csv",
    "compare.json",
    "compare.csv",
    "find.json",
    "find.csv",
    "map.json",
    "map.csv",
    "map.svg",
    "map.png",
    "phase.csv",
    "phase.svg",
    "phase.png",
    "posterior.csv",
    "marginals.svg",
    "marginals.png",
    "pair.svg",
    "pair.png",
    "replications.journal",
    "heat.svg",
    "heat.png",
    "lines.svg",
    "lines.png",
    "dots.svg",
    "dots.png",
];

/// A place for a result, reserved before anything is simulated.
pub struct Folder {
    /// As typed, for messages.
    name: PathBuf,
    target: PathBuf,
    unfinished: TempDir,
}

impl Folder {
    /// Reserves `target` for a result of `scenario`.
    ///
    /// # Errors
    /// When something else is there, or nothing can be written there.
    pub fn reserve(name: &Path, scenario: &str) -> Result<Folder, Failure> {
        refuse_foreign(name, scenario)?;
        // A link is followed, and what it points to is replaced.
        let target = fs::canonicalize(name).unwrap_or_else(|_| name.to_owned());
        let last = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let unfinished = fs::create_dir_all(&parent).and_then(|()| {
            let mut builder = tempfile::Builder::new();
            let prefix = format!(".{last}-unfinished-");
            builder.prefix(&prefix);
            // The result is for everybody whom the umask allows, as if it had been made by mkdir.
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
            builder.tempdir_in(&parent)
        });
        let unfinished = unfinished.map_err(|error| {
            Failure::wrong(
                format!("cannot write to {}: {error}", parent.display()),
                "name a folder that can be written with --out",
            )
        })?;
        Ok(Folder { name: name.to_owned(), target, unfinished })
    }

    /// Where the result will be, as typed.
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// Writes a file, down to the disk.
    ///
    /// # Errors
    /// When the disk is full or gone; nothing then takes the folder's place.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        assert!(FILES.contains(&name), "{name} is not listed as a file of a result");
        let write = || {
            let mut file = File::create_new(self.unfinished.path().join(name))?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().map_err(|error| self.failed(name, &error))
    }

    /// Puts what was written in its place, instead of an earlier result.
    ///
    /// # Errors
    /// When the file system refuses; what was there before is then there again, or the message says where it is.
    pub fn publish(self) -> Result<PathBuf, Failure> {
        self.swap()?;
        Ok(self.name)
    }

    fn swap(&self) -> Result<(), Failure> {
        let failed = |error: io::Error| self.failed("the folder", &error);
        sync_folder(self.unfinished.path()).map_err(failed)?;
        let parent = self.target.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        let last = self.target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // Removed, with the earlier result in it, when it goes out of scope.
        let earlier = tempfile::Builder::new().prefix(&format!(".{last}-replaced-")).tempdir_in(parent);
        let earlier = earlier.map_err(failed)?;
        let aside = earlier.path().join("earlier");
        let replaces = self.target.exists();
        if replaces {
            fs::rename(&self.target, &aside).map_err(failed)?;
        }
        if let Err(error) = fs::rename(self.unfinished.path(), &self.target) {
            if replaces && fs::rename(&aside, &self.target).is_err() {
                let kept = earlier.keep().join("earlier");
                return Err(Failure::wrong(
                    format!("cannot replace {}: {error}", self.name.display()),
                    format!("the earlier result could not be put back: it is now {}", kept.display()),
                ));
            }
            return Err(failed(error));
        }
        // The result is there; whether its name outlives a power cut is no reason to call the run a failure.
        let _ = sync_folder(parent);
        Ok(())
    }

    fn failed(&self, what: &str, error: &io::Error) -> Failure {
        Failure::wrong(
            format!("cannot write {what} of {}: {error}", self.name.display()),
            "no file was left there by this run, and an earlier result is as it was",
        )
    }
}

/// Only an empty folder or an earlier result of the same scenario may be replaced.
fn refuse_foreign(target: &Path, scenario: &str) -> Result<(), Failure> {
    let refuse = |what: &str| {
        Err(Failure::wrong(
            format!("{} {what}; it is left as it is", target.display()),
            "name another folder with --out, or move this one away",
        ))
    };
    match fs::metadata(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(Failure::wrong(format!("cannot look at {}: {error}", target.display()), ""));
        }
        Ok(there) if !there.is_dir() => return refuse("exists and is no folder"),
        Ok(_) => {}
    }
    if fs::read_dir(target).is_ok_and(|mut entries| entries.next().is_none()) {
        return Ok(());
    }
    let manifest = fs::read(target.join("manifest.json")).ok();
    let manifest: Option<serde_json::Value> = manifest.and_then(|text| serde_json::from_slice(&text).ok());
    match manifest.as_ref().filter(|it| it["tool"] == "halfopen").and_then(|it| it[SCENARIO].as_str()) {
        Some(name) if name == scenario => match foreign_file(target) {
            Some(file) => refuse(&format!("holds {file}, which is no file of a result")),
            None => Ok(()),
        },
        Some(name) => refuse(&format!("holds a result of {name}, not of {scenario}")),
        None => refuse("exists and is no result of halfopen"),
    }
}

/// A file that somebody else has put into a result's folder; it would be lost with it.
fn foreign_file(folder: &Path) -> Option<String> {
    let entries = fs::read_dir(folder).ok()?.flatten();
    let mut names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.find(|name| !FILES.contains(&name.as_str()))
}

/// Makes sure that the names in a folder are on the disk; only Unix can.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
