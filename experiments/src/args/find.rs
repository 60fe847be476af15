//! `halfopen find` as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Input, Sampling, Shown};

const AFTER: &str = "\
Examples:
  halfopen find kustomer-2019 --vary 'service.*.client.command_timeout' --between 100ms..10m \\
      --such-that 'crashes == 0'
          the longest command timeout under which nothing crashes
  halfopen find kustomer-2019 safe-timeout
          the timeouts that fail no call in calm and still prevent every crash
  halfopen find kustomer-2019 load-limit --variant command-timeout
          how far that variant is from the cliff, as a multiple of the load

Some points between the ends are tried first, then the interval in which the answer changes is halved until it is as
narrow as asked. All points meet the same random numbers. A range of more than a factor of ten is halved by ratio.

Exit status:
    0  done, also where there is no threshold
    2  the input is wrong, or the result cannot be written
  130  interrupted by Ctrl-C: nothing is kept, and an earlier result stays as it was";

/// Find the threshold of a value: up to where, or from where on, a condition holds.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub struct Find {
    /// Which scenario.
    #[command(flatten)]
    pub input: Input,
    /// A question that needs no more words
    #[arg(value_enum, conflicts_with = "such_that")]
    pub question: Option<Question>,
    /// The value to vary, by its path as for --set
    #[arg(long, value_name = "PATH")]
    pub vary: Option<String>,
    /// Its smallest and largest value; of load-limit factors of the load [default of the questions: 1ms..10m, 0.05..10]
    #[arg(long, value_name = "LOW..HIGH")]
    pub between: Option<String>,
    /// What shall hold: a figure of summary.json, a sign and a value
    #[arg(long, value_name = "CONDITION", requires = "vary", requires = "between")]
    pub such_that: Option<String>,
    /// How narrow the interval shall be, as a share of the threshold
    #[arg(long, value_name = "SHARE", default_value = "5%")]
    pub within: String,
    /// How often each point is simulated, at most.
    #[command(flatten)]
    pub sampling: Sampling,
    /// Folder for the files [default: output/find-SCENARIO[-VARIANT]]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What is printed.
    #[command(flatten)]
    pub shown: Shown,
}

/// A question with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Question {
    /// Which command timeouts fail no call in calm, and still prevent every crash
    SafeTimeout,
    /// The largest load, as a multiple of the scenario's, that recovers by itself: without a crash, before the horizon
    LoadLimit,
}
