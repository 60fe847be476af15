//! `halfopen lab` as typed.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Input;

const AFTER_LAB: &str = "\
Ten minutes to a measurement of your own (docs/lab.md):
  halfopen lab export kustomer-2019 > ours.toml    the case that would test a scenario
  sudo halfopen lab run ours.toml                  measures it and sets the prediction beside it
  halfopen validate --case output/lab/ours.toml    predicts the measured case again

Only network namespaces whose names begin with halfopen- are touched.";

/// Measure a client of your own on this machine.
#[derive(Debug, Subcommand)]
#[command(after_help = AFTER_LAB)]
pub enum Lab {
    /// Build namespaces, start real servers and a real client, break the primary, measure, compare
    Run(LabRun),
    /// Print the lab case that would test a scenario, and say what was scaled or left out
    Export(LabExport),
    /// Remove what a killed run has left: its namespaces and the processes in them
    Clean,
    /// The application of cases that need no client library
    #[command(hide = true)]
    Client,
}

/// Build namespaces, start real servers and a real client, break the primary, measure, compare.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 the prediction holds, 1 it does not, 2 something is wrong or missing, \
                        130 interrupted."
)]
pub struct LabRun {
    /// The case: a scenario with one cache, one service, one load and one fault (docs/lab.md)
    #[command(flatten)]
    pub input: Input,
    /// File for the measured case; its course is written beside it [default: output/lab/SCENARIO.toml]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Seed of the application's arrivals
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u32,
    /// Print no progress on the standard error
    #[arg(long)]
    pub quiet: bool,
}

/// Print the lab case that would test a scenario.
#[derive(Debug, Args)]
pub struct LabExport {
    /// Which scenario.
    #[command(flatten)]
    pub input: Input,
    /// Which of its services [default: the first that calls the cache that fails]
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
}
