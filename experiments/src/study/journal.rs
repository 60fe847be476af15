//! What a study has finished, on the disk, so that it goes on after whatever ended it.
//!
//! A text file that only grows: what the study is, then a line for each replication, each line with a checksum of
//! its own. A line is written at once; one that a kill or a full disk cut off is recognised and done again. Two
//! programs that write to one journal at a time waste work and harm nothing, because they write the same.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use halfopen_models::statistics::Lifetime;
use halfopen_models::summary::Observed;
use halfopen_sim::digest::Digest;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Unit;
use crate::failure::Failure;

/// What is kept of one replication.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Digest of its events.
    pub digest: u64,
    /// What it shows of each figure that is asked for.
    pub observed: Vec<Observed>,
}

/// First line of a journal: all that decides what its lines say.
pub trait Head: Serialize + DeserializeOwned {
    /// Whose journal it is: `a sweep`.
    const OF: &'static str;

    /// In what this one and the one that is asked for `here` differ, one sentence each.
    fn differences(&self, here: &Self) -> Vec<String>;
}

/// An open journal.
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Opens the journal of this study, or begins one, and tells `sink` of everything that it holds.
    ///
    /// # Errors
    /// When the file there is of another study, or cannot be read or written.
    pub fn open(path: &Path, head: &impl Head, sink: &mut dyn FnMut(Unit, Kept)) -> Result<Journal, Failure> {
        let failed = |error: io::Error| cannot("write", path, &error);
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        fs::create_dir_all(parent.unwrap_or(Path::new("."))).map_err(failed)?;
        let mut whole = 0;
        match File::open(path) {
            Ok(file) => whole = read(path, file, head, sink)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(cannot("read", path, &error)),
        }
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
        // What a kill cut off must not become the beginning of the next line.
        file.set_len(whole).map_err(failed)?;
        let journal = Journal { path: path.to_owned(), file };
        if whole == 0 {
            journal.line(&serde_json::to_string(head).expect("plain fields"))?;
        }
        Ok(journal)
    }

    /// Adds a replication.
    ///
    /// # Errors
    /// When the disk is full or gone.
    pub fn add(&self, unit: Unit, kept: &Kept) -> Result<(), Failure> {
        self.line(&write(unit, kept))
    }

    /// Makes sure of it on the disk.
    pub fn sync(&self) {
        // Whoever cannot has a journal all the same; it may lack lines after a power cut.
        let _ = self.file.sync_data();
    }

    /// The study is done; nothing is needed from here any more.
    pub fn remove(self) {
        let _ = fs::remove_file(&self.path);
    }

    fn line(&self, payload: &str) -> Result<(), Failure> {
        let line = format!("{:08x} {payload}\n", checksum(payload));
        // One write: another thread's line comes before it or after it.
        (&self.file).write_all(line.as_bytes()).map_err(|error| {
            let place = self.path.display();
            Failure::wrong(
                format!("cannot write to {place}: {error}"),
                "what it holds so far is good: the same command goes on from there",
            )
        })
    }
}

/// Reads a finished journal.
///
/// # Errors
/// When it is of another study or cannot be read.
pub fn replay(path: &Path, head: &impl Head, sink: &mut dyn FnMut(Unit, Kept)) -> Result<(), Failure> {
    let file = File::open(path).map_err(|error| cannot("read", path, &error))?;
    read(path, file, head, sink).map(|_| ())
}

/// The same lines in the order of their units, whatever the order in which they were done.
pub fn sorted(head: &impl Head, mut kept: Vec<(Unit, Kept)>) -> Vec<u8> {
    kept.sort_by_key(|(unit, _)| *unit);
    let head = serde_json::to_string(head).expect("plain fields");
    let lines = std::iter::once(head).chain(kept.iter().map(|(unit, kept)| write(*unit, kept)));
    lines.flat_map(|payload| format!("{:08x} {payload}\n", checksum(&payload)).into_bytes()).collect()
}

/// Reads all whole lines; how many bytes they are.
fn read<H: Head>(
    path: &Path,
    file: File,
    expected: &H,
    sink: &mut dyn FnMut(Unit, Kept),
) -> Result<u64, Failure> {
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    let (mut whole, mut first) = (0, true);
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line).map_err(|error| cannot("read", path, &error))?;
        if line.last() != Some(&b'\n') {
            return Ok(whole);
        }
        let payload = payload(&line);
        if first {
            let head = payload.and_then(|payload| serde_json::from_str::<H>(payload).ok());
            refuse_another(path, head.as_ref(), expected)?;
            first = false;
        } else if let Some((unit, kept)) = payload.and_then(parse) {
            sink(unit, kept);
        }
        whole += length as u64;
    }
}

/// What a line says, if it is whole.
fn payload(line: &[u8]) -> Option<&str> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (sum, payload) = line.split_once(' ')?;
    (u32::from_str_radix(sum, 16).ok()? == checksum(payload)).then_some(payload)
}

fn checksum(payload: &str) -> u32 {
    let mut digest = Digest::new();
    for bytes in payload.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        digest.mix(u64::from_le_bytes(word));
    }
    digest.mix(payload.len() as u64);
    digest.value() as u32
}

/// `point replication digest value…`; a value is a number or `-`, a time `=12.5` or `>2400` where it had not come.
fn write(Unit { point, rep }: Unit, kept: &Kept) -> String {
    let word = |observed: &Observed| match observed {
        Observed::Value(None) => "-".to_owned(),
        Observed::Value(Some(value)) => value.to_string(),
        Observed::Time(Lifetime::Ended(at)) => format!("={at}"),
        Observed::Time(Lifetime::Censored(at)) => format!(">{at}"),
    };
    let words: Vec<String> = kept.observed.iter().map(word).collect();
    format!("{point} {rep} {:016x} {}", kept.digest, words.join(" "))
}

fn parse(payload: &str) -> Option<(Unit, Kept)> {
    let mut words = payload.split(' ');
    let unit = Unit { point: words.next()?.parse().ok()?, rep: words.next()?.parse().ok()? };
    let digest = u64::from_str_radix(words.next()?, 16).ok()?;
    let observed = |word: &str| match word.split_at_checked(1)? {
        ("-", "") => Some(Observed::Value(None)),
        ("=", at) => at.parse().ok().map(|at| Observed::Time(Lifetime::Ended(at))),
        (">", at) => at.parse().ok().map(|at| Observed::Time(Lifetime::Censored(at))),
        _ => word.parse().ok().map(|value| Observed::Value(Some(value))),
    };
    Some((unit, Kept { digest, observed: words.map(observed).collect::<Option<_>>()? }))
}

fn refuse_another<H: Head>(path: &Path, there: Option<&H>, here: &H) -> Result<(), Failure> {
    let (place, of) = (path.display(), H::OF);
    let Some(there) = there else {
        return Err(Failure::wrong(
            format!("{place} is no journal of {of}"),
            "move it away, or name another folder with --out",
        ));
    };
    let differences = there.differences(here);
    if differences.is_empty() {
        return Ok(());
    }
    let of = of.replacen("a ", "another ", 1).replacen("an ", "another ", 1);
    Err(Failure::wrong(
        format!("{place} belongs to {of}: {}", differences.join("; ")),
        "finish that one with its own command, remove the file to give it up, or name another folder with --out",
    ))
}

/// The journal beside a folder: it must survive what the folder is replaced by.
pub fn beside(folder: &Path) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!("{name}.journal"))
}

/// What was interrupted can go on.
pub fn kept(failure: Failure, journal: &Path) -> Failure {
    match failure {
        Failure::Interrupted(what) => Failure::Interrupted(format!(
            "{what}; they are kept in {}, and the same command goes on from there",
            journal.display()
        )),
        wrong @ Failure::Wrong(_) => wrong,
    }
}

/// What a journal holds is not what this program computes.
pub fn other_program(journal: &Path) -> Failure {
    Failure::wrong(
        format!("{} was written by a program that computes other results", journal.display()),
        "go on with that program, or remove the file and begin anew with this one",
    )
}

/// In which fields `there` and `here` differ, one sentence each.
pub fn differences<T: Serialize>(there: &T, here: &T) -> Vec<String> {
    let fields = |it: &T| match serde_json::to_value(it) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let (there, here) = (fields(there), fields(here));
    let differ = there.iter().filter(|(key, value)| here.get(*key) != Some(value));
    let sentence = |(key, value): (&String, &serde_json::Value)| match key.as_str() {
        "text" => "the scenario's text is another".into(),
        _ => format!("{key}: {value} there, {} here", here.get(key).unwrap_or(&serde_json::Value::Null)),
    };
    differ.map(sentence).collect()
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::wrong(
        format!("cannot {what} {}: {error}", path.display()),
        "name a folder that can be written with --out",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Kept {
        let observed = [
            Observed::Value(Some(0.1 + 0.2)),
            Observed::Value(None),
            Observed::Value(Some(-1e-9)),
            Observed::Time(Lifetime::Ended(12.000_000_001)),
            Observed::Time(Lifetime::Censored(2400.0)),
        ];
        Kept { digest: 0xabc, observed: observed.to_vec() }
    }

    #[test]
    fn a_replication_comes_back_to_the_last_bit() {
        let unit = Unit { point: 17, rep: 3 };
        assert_eq!(parse(&write(unit, &kept())), Some((unit, kept())));
        assert_eq!(
            write(unit, &kept()),
            "17 3 0000000000000abc 0.30000000000000004 - -0.000000001 =12.000000001 >2400"
        );
    }

    #[test]
    fn a_line_that_was_cut_off_or_changed_says_nothing() {
        let line = format!("{:08x} {}\n", checksum("1 2 3 4"), "1 2 3 4");
        assert_eq!(payload(line.as_bytes()), Some("1 2 3 4"));
        for end in 0..line.len() {
            assert_eq!(payload(&line.as_bytes()[..end]), None);
        }
        assert_eq!(payload(line.replace("3 4", "3 5").as_bytes()), None);
        assert_eq!(payload(&[0; 40]), None);
    }
}
