//! `manifest.json`: what was run, so that it can be run again.

use serde::Serialize;

use super::Result;

/// The field by which a folder is known as a result of a scenario.
pub const SCENARIO: &str = "scenario";

#[derive(Serialize)]
struct Manifest<'a> {
    format: u32,
    tool: &'static str,
    version: &'static str,
    scenario: &'a str,
    variant: Option<&'a str>,
    set: Vec<String>,
    seed: u64,
    replications: u32,
    digest: &'a str,
    /// Whether each replication had a setting of its own, by the ranges in `document` and of the presets: `drawn.csv`.
    uncertain: bool,
    /// The scenario after all edits.
    document: &'a str,
}

pub(super) fn text(result: &Result<'_>) -> String {
    let Result { scenario, summary, set, .. } = *result;
    let manifest = Manifest {
        format: 1,
        tool: "halfopen",
        version: env!("CARGO_PKG_VERSION"),
        scenario: &scenario.name,
        variant: scenario.variant.as_deref(),
        set: set.iter().map(|(path, value)| format!("{path}={value}")).collect(),
        seed: summary.seed,
        replications: summary.replications,
        digest: &summary.digest,
        uncertain: result.drawn.is_some(),
        document: &scenario.document,
    };
    let mut text = serde_json::to_string_pretty(&manifest).expect("plain fields");
    text.push('\n');
    text
}
