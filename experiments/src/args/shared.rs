//! What several commands take, in the same words everywhere.

use clap::{Args, value_parser};

use super::Format;

/// Which scenario, with which of its values changed.
#[derive(Debug, Args)]
pub struct Input {
    /// A file, or the name of a shipped scenario (see `halfopen list scenarios`)
    pub scenario: String,
    /// Run this variant of the scenario: [variant.NAME] in its file
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// Change a value of the file, named by its tables and dots; repeatable
    #[arg(long, value_name = "PATH=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
}

/// How often a scenario is simulated, and on how many cores.
#[derive(Debug, Args)]
pub struct Sampling {
    /// Seed of the first replication's random numbers; the others follow by one
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u64).range(..=u64::from(u32::MAX)))]
    pub seed: u64,
    /// Replications, runs with different random numbers: more of them narrow the intervals
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = value_parser!(u32).range(1..=1000))]
    pub reps: u32,
    /// Replications simulated at the same time [default: all cores]
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
}

/// What is printed.
#[derive(Debug, Args)]
pub struct Shown {
    /// What to print on the standard output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// Print no progress and no remarks on the standard error
    #[arg(long)]
    pub quiet: bool,
}

/// `PATH=VALUE`.
pub(super) fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((path, value)) if !path.trim().is_empty() => {
            Ok((path.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("expected PATH=VALUE, for instance service.api.instances=8".into()),
    }
}
