//! The files of a result: one file here for each of them.

mod drawn;
mod events;
mod file;
mod folder;
mod manifest;
mod replications;
mod timeseries;

pub use drawn::unit;
pub use file::replace;
pub use folder::Folder;
pub use manifest::SCENARIO;

use std::io;

use halfopen_models::recording::Recording;
use halfopen_models::scenario::{Drawn, Scenario};
use halfopen_models::summary::Summary;
use halfopen_sim::Time;

use crate::failure::Failure;
use crate::plot::{Picture, survival, timeline};
use crate::report::{self, Section, markdown};

/// Everything the files are made of.
pub struct Result<'a> {
    /// What was run.
    pub scenario: &'a Scenario,
    /// Its `--set`, as typed.
    pub set: &'a [(String, String)],
    /// Its replications in the order of their seeds.
    pub recordings: &'a [Recording],
    /// Their figures.
    pub summary: &'a Summary,
    /// The settings of the replications, of a run over the ranges.
    pub drawn: Option<&'a Drawn>,
    /// The report on them.
    pub report: &'a [Section],
}

impl Result<'_> {
    /// Writes every file into `folder`.
    ///
    /// # Errors
    /// When one cannot be written.
    pub fn write(&self, folder: &Folder) -> std::result::Result<(), Failure> {
        let Result { scenario, recordings, summary, .. } = *self;
        folder.write("manifest.json", manifest::text(self).as_bytes())?;
        folder.write("summary.json", json(summary).as_bytes())?;
        folder.write("timeseries.csv", &csv(timeseries::HEADER, |to| timeseries::rows(self, to)))?;
        folder.write("events.csv", &csv(events::HEADER, |to| events::rows(self, to)))?;
        folder.write("replications.csv", &csv(replications::HEADER, |to| replications::rows(self, to)))?;
        if let Some(drawn) = self.drawn {
            folder.write("drawn.csv", &csv(drawn::HEADER, |to| drawn::rows(drawn, to)))?;
        }
        let mut pictures = vec![timeline::draw(scenario, recordings, summary)];
        pictures.extend(survival::draw(scenario, recordings));
        let names: Vec<String> = pictures.iter().map(|picture| format!("{}.svg", picture.name)).collect();
        for Picture { name, svg, png } in &pictures {
            folder.write(&format!("{name}.svg"), svg.as_bytes())?;
            folder.write(&format!("{name}.png"), png)?;
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let text = markdown::write(&report::title(scenario, summary), self.report, &names);
        folder.write("summary.md", text.as_bytes())
    }
}

/// `summary.json`.
pub fn json(summary: &Summary) -> String {
    let mut text = serde_json::to_string_pretty(summary).expect("a summary has string keys");
    text.push('\n');
    text
}

/// A row, cell by cell.
pub type Row = Vec<String>;

/// A table with this header.
pub fn csv(header: &[&str], rows: impl FnOnce(&mut dyn FnMut(Row))) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = (|| -> io::Result<Vec<u8>> {
        writer.write_record(header)?;
        let mut result = Ok(());
        rows(&mut |row| {
            if result.is_ok() {
                result = writer.write_record(row);
            }
        });
        result?;
        writer.into_inner().map_err(csv::IntoInnerError::into_error)
    })();
    written.expect("writing to memory, every row as long as the header")
}

/// Absent: an empty cell.
pub fn optional(value: Option<f64>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}

/// Seconds from `earlier`, negative before it.
fn since(at: Time, earlier: Time) -> f64 {
    if at >= earlier { (at - earlier).as_secs_f64() } else { -(earlier - at).as_secs_f64() }
}
