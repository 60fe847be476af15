//! `halfopen validate` as typed.

use std::path::PathBuf;

use clap::{Args, value_parser};

use super::Shown;

/// Compare predictions with measurements of real clients, servers and the kernel.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 fine, 1 a case misses that was not known to, or one of your own does, 2 the input is wrong, 130 interrupted."
)]
pub struct Validate {
    /// Only this group of cases; repeatable
    #[arg(long, value_name = "GROUP")]
    pub only: Vec<String>,
    /// Other cases than those that come with the program: a file with the columns of experiments/cases/README.md
    #[arg(long, value_name = "FILE")]
    pub cases: Option<PathBuf>,
    /// A case of your own, as `halfopen lab run` writes it, instead of those that come with the program; repeatable
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cases", "only"])]
    pub case: Vec<PathBuf>,
    /// Seed of the first replication; the others follow by one
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u64).range(..=u64::from(u32::MAX)))]
    pub seed: u64,
    /// Number of replications of each measured case
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = value_parser!(u32).range(1..=1000))]
    pub reps: u32,
    /// Draw every calibrated value from the spread of its measurement, anew for each replication
    #[arg(long, conflicts_with = "case")]
    pub uncertain: bool,
    /// A first look: four replications, and textbook cases with wider intervals
    #[arg(long, conflicts_with = "reps")]
    pub quick: bool,
    /// Cases simulated at the same time [default: all cores]
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Write the tables as a Markdown page, and a picture of all predictions beside it
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// What is printed.
    #[command(flatten)]
    pub shown: Shown,
}

impl Validate {
    /// For one case that has just been measured.
    #[cfg(target_os = "linux")]
    pub fn of_case(file: PathBuf, quiet: bool) -> Validate {
        Validate {
            only: Vec::new(),
            cases: None,
            case: vec![file],
            seed: 1,
            reps: 40,
            uncertain: false,
            quick: false,
            jobs: None,
            out: None,
            shown: Shown { format: super::Format::Table, quiet },
        }
    }

    /// Replications of each measured case.
    pub fn seeds(&self) -> u32 {
        if self.quick { 4 } else { self.reps }
    }
}
