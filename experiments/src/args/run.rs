//! `halfopen run` as typed.

use std::path::PathBuf;

use clap::Args;

use super::{Input, Sampling, Shown};

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
    1  a claim is broken or undecided; the result is written all the same
    2  the input is wrong, or the result cannot be written
  130  interrupted by Ctrl-C: nothing is kept, and an earlier result stays as it was. A run is short and gives
       the same bytes again, so there is nothing to resume.";

/// Simulate a scenario and show what becomes of each service.
#[derive(Debug, Args)]
#[command(after_help = AFTER_RUN)]
pub struct Run {
    /// Which scenario.
    #[command(flatten)]
    pub input: Input,
    /// Draw every value that is not known from its range, anew for each replication: what `[assume]` gives a range,
    /// and measured values of the client's preset
    #[arg(long)]
    pub uncertain: bool,
    /// How often it is simulated.
    #[command(flatten)]
    pub sampling: Sampling,
    /// Folder for the files [default: output/SCENARIO[-VARIANT]]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What is printed.
    #[command(flatten)]
    pub shown: Shown,
    /// Instead of all this print every event of the first replication, one a line: time in nanoseconds, event
    #[arg(long, conflicts_with_all = ["reps", "jobs", "out", "format", "uncertain"])]
    pub trace: bool,
}
