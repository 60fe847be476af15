//! What a person is told, described once; `text` and `markdown` write the same description.

mod assumptions;
mod claims;
pub mod figures;
pub mod markdown;
mod story;
pub mod text;
mod uncertainty;
pub mod validation;
mod verdicts;

use halfopen_models::recording::Recording;
use halfopen_models::scenario::Scenario;
use halfopen_models::summary::Summary;

/// A part of the report.
pub struct Section {
    /// Its heading.
    pub title: String,
    /// A remark under the heading; empty: none.
    pub remark: String,
    /// What it shows.
    pub table: Table,
}

/// In the first column of a table that judges.
pub const HOLDS: &str = "holds";
/// In the first column of a table that judges.
pub const BROKEN: &str = "BROKEN";

/// In the first column of a table that judges.
pub const UNDECIDED: &str = "undecided";

/// A table; a cell may have several lines.
#[derive(Default)]
pub struct Table {
    /// Names of the columns; empty: the rows speak for themselves.
    pub header: Vec<String>,
    /// Rows of cells.
    pub rows: Vec<Vec<String>>,
    /// Whether all columns but the first are numbers.
    pub numeric: bool,
    /// Whether the first column says [`HOLDS`], [`BROKEN`] or [`UNDECIDED`].
    pub judges: bool,
}

/// What became of a scenario: verdicts, the story, figures, what is not known, claims, assumptions.
pub fn describe(scenario: &Scenario, recordings: &[Recording], summary: &Summary) -> Vec<Section> {
    let mut sections = vec![
        verdicts::section(summary),
        story::section(scenario, &recordings[0]),
        figures::services(summary),
        figures::caches(summary),
    ];
    sections.extend(figures::databases(summary));
    sections.extend(uncertainty::sections(summary));
    sections.extend(claims::section(summary));
    sections.extend(assumptions::section(scenario));
    sections
}

/// The heading of the whole report.
pub fn title(scenario: &Scenario, summary: &Summary) -> String {
    let runs = match summary.replications {
        1 => "1 replication".to_owned(),
        n => format!("{n} replications"),
    };
    format!("{} ({}; {runs} from seed {})", scenario.title, name(scenario), summary.seed)
}

/// What was run: `kustomer-2019, variant manual-failover`.
pub fn name(scenario: &Scenario) -> String {
    match &scenario.variant {
        Some(variant) => format!("{}, variant {variant}", scenario.name),
        None => scenario.name.clone(),
    }
}
