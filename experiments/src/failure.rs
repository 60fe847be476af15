//! Why the program ends without a result.

use std::fmt;
use std::process::ExitCode;

use crate::diagnostics;

/// Why the program ends without a result; its text is ready for the standard error.
#[derive(Debug)]
pub enum Failure {
    /// The input is wrong, or the output cannot be written.
    Wrong(String),
    /// The person pressed Ctrl-C.
    Interrupted(String),
}

impl Failure {
    /// Something is wrong; `right` says what would be right.
    pub fn wrong(wrong: impl AsRef<str>, right: impl AsRef<str>) -> Failure {
        Failure::Wrong(diagnostics::message(wrong.as_ref(), right.as_ref()))
    }

    /// The exit status that tells it.
    pub fn exit(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::Wrong(_) => 2,
            Failure::Interrupted(_) => 130,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Wrong(text) | Failure::Interrupted(text) => f.write_str(text),
        }
    }
}
