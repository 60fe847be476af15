//! Where a scenario's text comes from: a file, or the program itself.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use halfopen_models::scenario::{self, Drawn, Edits, LARGEST_TEXT, Scenario};

use crate::diagnostics;
use crate::failure::Failure;

/// Scenarios that come with the program.
pub const SHIPPED: &[(&str, &str)] = &[
    ("kustomer-2019", include_str!("../scenarios/kustomer-2019.toml")),
    ("sentinel-failover", include_str!("../scenarios/sentinel-failover.toml")),
    ("retry-storm", include_str!("../scenarios/retry-storm.toml")),
    ("cold-cache", include_str!("../scenarios/cold-cache.toml")),
];

/// A scenario's text.
pub struct Source {
    /// Shipped name, or the file's name without its extension.
    pub name: String,
    /// How messages call it: the path as typed.
    pub label: String,
    /// The text.
    pub text: String,
}

/// Finds the text that `scenario` names.
///
/// # Errors
/// When there is none, or it cannot be read as text.
pub fn find(scenario: &str) -> Result<Source, Failure> {
    if let Some((name, text)) = SHIPPED.iter().find(|(name, _)| *name == scenario) {
        let label = format!("{name}.toml (shipped)");
        return Ok(Source { name: (*name).into(), label, text: (*text).into() });
    }
    let bytes = load(scenario)?;
    let name = Path::new(scenario).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let text = String::from_utf8(bytes).map_err(|error| not_text(scenario, &error))?;
    Ok(Source { name, label: scenario.into(), text })
}

/// Reads the scenario as meant.
///
/// # Errors
/// All its problems, as text.
pub fn read(source: &Source, edits: &Edits) -> Result<Scenario, Failure> {
    scenario::read(&source.name, &source.text, edits)
        .map_err(|problems| Failure::Wrong(diagnostics::problems(source, edits, &problems)))
}

/// Reads the scenario with every unknown drawn, once for each of `reps` replications.
///
/// # Errors
/// All problems of the file, or of a setting whose values do not go together, as text.
pub fn draw(source: &Source, edits: &Edits, reps: u32, seed: u64) -> Result<Drawn, Failure> {
    scenario::draw(&source.name, &source.text, edits, reps as usize, seed)
        .map_err(|problems| Failure::Wrong(diagnostics::problems(source, edits, &problems)))
}

fn load(path: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST_TEXT as u64 + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) if bytes.len() > LARGEST_TEXT => Err(Failure::wrong(
            format!("{path}:1: this is more than 1 MiB, and no scenario"),
            "a scenario is a TOML text of a few KiB; `halfopen show kustomer-2019` prints one",
        )),
        Ok(_) => Ok(bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(Failure::wrong(format!("there is no scenario `{path}`"), known()))
        }
        Err(error) if error.kind() == ErrorKind::IsADirectory => {
            Err(Failure::wrong(format!("{path} is a directory"), "name a .toml file in it"))
        }
        Err(error) => Err(Failure::wrong(format!("{path} cannot be read: {error}"), "")),
    }
}

fn known() -> String {
    let names: Vec<&str> = SHIPPED.iter().map(|(name, _)| *name).collect();
    format!("shipped scenarios: {}; anything else is taken for the path of a file", names.join(", "))
}

fn not_text(path: &str, error: &std::string::FromUtf8Error) -> Failure {
    let bytes = error.as_bytes();
    let at = error.utf8_error().valid_up_to();
    let line = String::from_utf8_lossy(&bytes[..at]).matches('\n').count() + 1;
    Failure::wrong(
        format!("{path}:{line}: this is not UTF-8: byte 0x{:02x} at offset {at}", bytes[at]),
        "save the file as UTF-8",
    )
}

/// The title of a shipped scenario.
pub fn title(text: &str) -> String {
    scenario::read("", text, &Edits::default()).map_or(String::new(), |scenario| scenario.title)
}
