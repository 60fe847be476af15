//! Cases of the person's own, as `halfopen lab run` writes them: the scenario stands in the file, and what was measured
//! beside it in the words of `cases/README.md`.

use std::path::PathBuf;

use halfopen_models::scenario::Edits;
use serde::Deserialize;

use super::Scenarios;
use super::groups::{Group, OWN};
use super::row::{Cases, Courses, Row};
use crate::failure::Failure;
use crate::lab::Case;

/// The cases of these files, each over so many seeds, and the one group that takes them.
///
/// # Errors
/// When a file is no case, or was not measured.
pub fn read(files: &[PathBuf], seeds: u32) -> Result<(Vec<&'static Group>, Cases, Scenarios), Failure> {
    let (mut rows, mut scenarios) = (Vec::new(), Vec::new());
    for file in files {
        let path = file.to_string_lossy();
        let case = Case::read(&path, &Edits::default())?;
        let measured = case.measured.ok_or_else(|| {
            Failure::wrong(
                format!("{path} has no [measured]: nobody has measured it yet"),
                format!("`halfopen lab run {path}` does, `halfopen run {path}` only predicts"),
            )
        })?;
        let row = Row::deserialize(measured)
            .map_err(|error| Failure::wrong(format!("{path}: [measured]: {error}"), "see docs/lab.md"))?;
        let case_id = case.scenario.name.clone();
        rows.push(Row { case_id: case_id.clone(), ..row });
        scenarios.push((case_id, Ok(vec![case.scenario; seeds as usize])));
    }
    Ok((vec![&OWN], Cases { rows, courses: Courses::new() }, scenarios))
}
