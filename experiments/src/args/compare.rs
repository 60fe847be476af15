//! `halfopen compare` as typed.

use std::path::PathBuf;

use clap::Args;

use super::{Input, Sampling, Shown};

const AFTER: &str = "\
Examples:
  halfopen compare kustomer-2019
          all variants of the shipped incident, and what each costs in calm
  halfopen compare kustomer-2019 --variants command-timeout,bounded-queue --reps 50
          two of them, with narrower intervals
  halfopen compare kustomer-2019 --set load.agents.arrivals.poisson=900/s --format json | jq '.ranking'
          the ranking at another load

All meet the same random numbers. With --variant NAME the others are compared with that variant instead of the scenario
as it is.

Exit status:
    0  done
    2  the input is wrong, or the result cannot be written
  130  interrupted by Ctrl-C: nothing is kept, and an earlier result stays as it was";

/// Compare the variants of a scenario: what each prevents, and what it costs in calm.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub struct Compare {
    /// Which scenario.
    #[command(flatten)]
    pub input: Input,
    /// Variants to compare, with commas between them [default: all in the file]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub variants: Vec<String>,
    /// How often each is simulated, and as often without its fault.
    #[command(flatten)]
    pub sampling: Sampling,
    /// Folder for the files [default: output/compare-SCENARIO[-VARIANT]]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What is printed.
    #[command(flatten)]
    pub shown: Shown,
}
