//! `halfopen map` as typed.

use std::path::PathBuf;

use clap::{Args, value_parser};

use super::{Input, Sampling, Shown};

const AFTER: &str = "\
Examples:
  halfopen map ours.toml
          how it comes out at half to twice the load, after triggers of a second to five minutes
  halfopen map ours.toml --loads 0.8..1.2/9 --lengths 5s..60s/12 --reps 10
          a closer look

The fault must heal: it needs for = \"…\", whose value is what --lengths varies.

Exit status:
    0  done
    2  the input is wrong, or the result cannot be written
  130  interrupted by Ctrl-C: nothing is kept, and an earlier result stays as it was";

/// Map how a scenario comes out over its load and the length of its fault.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub struct Map {
    /// Which scenario; its fault heals.
    #[command(flatten)]
    pub input: Input,
    /// Factors of all loads
    #[arg(long, value_name = "VALUES", default_value = "0.5..2/7")]
    pub loads: String,
    /// How long the fault lasts
    #[arg(long, value_name = "VALUES", default_value = "1s..5m/log/6")]
    pub lengths: String,
    /// Seed of the first replication's random numbers; the others follow by one
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u64).range(..=u64::from(u32::MAX)))]
    pub seed: u64,
    /// Replications of each cell
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = value_parser!(u32).range(1..=1000))]
    pub reps: u32,
    /// Replications simulated at the same time [default: all cores]
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Folder for the files [default: output/map-SCENARIO[-VARIANT]]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What is printed.
    #[command(flatten)]
    pub shown: Shown,
}

impl Map {
    /// How often each cell is simulated. The picture needs many cells more than it needs many replications, so their
    /// usual number is smaller here than elsewhere.
    pub fn sampling(&self) -> Sampling {
        Sampling { seed: self.seed, reps: self.reps, jobs: self.jobs }
    }
}
