//! Scenarios: from text to meaning.
//!
//! [`read`] parses the text, edits the document (variant, `--set`) and checks it. It reports every problem at once,
//! each with its place, what is wrong and what would be right. After it nothing fails for the user.

mod meaning;
mod problem;

pub use meaning::*;
pub use problem::{Origin, Problem};

/// Changes to a document before it is checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    /// Name of a `[variant.NAME]` of the document.
    pub variant: Option<String>,
    /// `path=value`, applied after the variant, in order.
    pub set: Vec<(String, String)>,
}

/// Reads the scenario `name` from `text`.
///
/// # Errors
/// Every problem found, in the order of their places.
pub fn read(name: &str, text: &str, edits: &Edits) -> Result<Scenario, Vec<Problem>> {
    let _ = (name, text, edits);
    unimplemented!()
}
