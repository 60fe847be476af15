//! The command line as typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};

/// Predicts what a silent cache failover does to the services in front of it.
#[derive(Debug, Parser)]
#[command(name = "halfopen", version, max_term_width = 100)]
#[command(after_help = "Start with `halfopen run kustomer-2019`, and `halfopen run --help`.")]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Simulate a scenario and show what becomes of each service
    Run(Run),
    /// Compare predictions with measurements of real clients, servers and the kernel
    Validate(Validate),
    /// List what is known: one name a line, with what it is
    List {
        /// What to list
        what: Known,
    },
    /// Print a shipped scenario, a client preset, a fault, or the scenario of a measured case
    Show {
        /// Its name, as `list` prints it
        name: String,
    },
}

const AFTER_RUN: &str = "\
Examples:
  halfopen run kustomer-2019
          the shipped incident, as it was
  halfopen run kustomer-2019 --variant command-timeout
          the same with one of the fixes in its file
  halfopen run kustomer-2019 --set service.api.client.socket_timeout=2s
          the same with a value of your own
  halfopen show kustomer-2019 > ours.toml && halfopen run ours.toml --reps 100 --out result
          a scenario of your own, with narrower intervals
  halfopen run kustomer-2019 --uncertain --reps 100
          how far the result may lie with all that is not known, and what to measure first

Exit status:
    0  every claim of the scenario holds
    1  a claim is broken; the result is written all the same
    2  the input is wrong, or the result cannot be written
  130  interrupted by Ctrl-C: nothing is kept, and an earlier result stays as it was. A run is short and gives
       the same bytes again, so there is nothing to resume.";

/// Simulate a scenario and show what becomes of each service.
#[derive(Debug, Args)]
#[command(after_help = AFTER_RUN)]
pub struct Run {
    /// A file, or the name of a shipped scenario (see `halfopen list scenarios`)
    pub scenario: String,
    /// Run this variant of the scenario: [variant.NAME] in its file
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// Change a value of the file, named by its tables and dots; repeatable
    #[arg(long, value_name = "PATH=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
    /// Draw every value that is not known from its range, anew for each replication: what [assume] gives a range,
    /// and measured values of the client's preset
    #[arg(long)]
    pub uncertain: bool,
    /// Seed of the first replication's random numbers; the others follow by one
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u64).range(..=u64::from(u32::MAX)))]
    pub seed: u64,
    /// Replications, runs with different random numbers: more of them narrow the intervals
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = value_parser!(u32).range(1..=1000))]
    pub reps: u32,
    /// Replications simulated at the same time [default: all cores]
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Folder for the files [default: output/SCENARIO[-VARIANT]]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What to print on the standard output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// Print no progress and no remarks on the standard error
    #[arg(long)]
    pub quiet: bool,
    /// Instead of all this print every event of the first replication, one a line: time in nanoseconds, event
    #[arg(long, conflicts_with_all = ["reps", "jobs", "out", "format", "uncertain"])]
    pub trace: bool,
}

/// Compare predictions with measurements of real clients, servers and the kernel.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 fine, 1 a case misses that was not known to, 2 the input is wrong, 130 interrupted."
)]
pub struct Validate {
    /// Only this group of cases; repeatable
    #[arg(long, value_name = "GROUP")]
    pub only: Vec<String>,
    /// Other cases than those that come with the program: a file with the columns of experiments/cases/README.md
    #[arg(long, value_name = "FILE")]
    pub cases: Option<PathBuf>,
    /// Seed of the first replication; the others follow by one
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u64).range(..=u64::from(u32::MAX)))]
    pub seed: u64,
    /// Number of replications of each measured case
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = value_parser!(u32).range(1..=1000))]
    pub reps: u32,
    /// Draw every calibrated value from the spread of its measurement, anew for each replication
    #[arg(long)]
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
    /// What goes to the standard output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// No progress
    #[arg(long)]
    pub quiet: bool,
}

impl Validate {
    /// Replications of each measured case.
    pub fn seeds(&self) -> u32 {
        if self.quick { 4 } else { self.reps }
    }
}

/// What goes to the standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables for people
    Table,
    /// Exactly summary.json; of `validate` its groups and cases
    Json,
}

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Known {
    /// Scenarios that come with the program
    Scenarios,
    /// Presets of cache clients
    Clients,
    /// Faults a scenario can have
    Faults,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((path, value)) if !path.trim().is_empty() => {
            Ok((path.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("expected PATH=VALUE, for instance service.api.instances=8".into()),
    }
}
