//! What is wrong with a scenario, where, and what would be right.

use std::ops::Range;

/// One thing wrong. A scenario with problems is never run; all its problems are reported together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub origin: Origin,
    /// Path of the value: `service.api.memory.limit`; empty where the text is no TOML.
    pub path: String,
    /// What is wrong, as a sentence: `unknown field`.
    pub wrong: String,
    /// What would be right, as a sentence: `did you mean "rate"? known fields: …`.
    pub right: String,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// These bytes of the scenario's text.
    File(Range<usize>),
    /// `--set` number `.0`, counted from zero.
    Set(usize),
    /// `--variant`.
    Variant,
}
