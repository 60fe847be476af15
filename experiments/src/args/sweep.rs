//! `halfopen sweep` and `halfopen merge` as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum, value_parser};
use serde::{Deserialize, Serialize};

use super::{Input, Sampling, Shown};

const AFTER_SWEEP: &str = "\
An axis is PATH=VALUES: a path as for --set, and values with commas between them. A value may be a range:
  100ms,500ms,2s           these
  100ms..2s/5              five in equal steps, both ends among them
  100ms..10s/log/7         seven in equal ratios
  variant=none,FIX         the file as it is, and with its variant FIX
With --sample latin or sobol a range needs no count: 100ms..10s/log.

Examples:
  halfopen sweep kustomer-2019 --over 'service.*.client.command_timeout=100ms..10s/log/5' \\
      --over load.agents.arrivals.poisson=300/s..900/s/4 --reps 5
          which command timeout at which load
  halfopen sweep experiments/sweeps/timeout-and-load.toml
          the same, from a file
  halfopen sweep experiments/sweeps/timeout-and-load.toml --shard 2/4
          the second quarter of it, for one of four machines; `halfopen merge` joins them

Exit status:
    0  done
    2  the input is wrong, or the result cannot be written
  130  interrupted by Ctrl-C: what was finished is kept beside the result's folder, also after a kill, and the same
       command goes on from there";

/// Simulate a scenario at many points.
#[derive(Debug, Args)]
#[command(after_help = AFTER_SWEEP)]
pub struct Sweep {
    /// The scenario, or a sweep file that names it and its axes.
    #[command(flatten)]
    pub input: Input,
    /// An axis: a path of the scenario and its values; repeatable
    #[arg(long, value_name = "PATH=VALUES")]
    pub over: Vec<String>,
    /// How points are chosen on the axes
    #[arg(long, value_enum)]
    pub sample: Option<Sample>,
    /// Number of points of a sample; a grid has as many as its axes make
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(2..=65_536))]
    pub points: Option<u32>,
    /// A figure to tabulate and draw, by its path in summary.json or in short; repeatable
    /// [default: what the system as a whole comes to]
    #[arg(long, value_name = "FIGURE")]
    pub figure: Vec<String>,
    /// Where the cliff is: a figure, a sign and a value [default: crashes == 0]
    #[arg(long, value_name = "CONDITION")]
    pub cliff: Option<String>,
    /// How often each point is simulated.
    #[command(flatten)]
    pub sampling: Sampling,
    /// Do only part I of N of the work, for `halfopen merge`
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub shard: Option<Shard>,
    /// Folder for the files [default: output/sweep-NAME]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What is printed.
    #[command(flatten)]
    pub shown: Shown,
}

/// Join the shards of a sweep.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 done, 2 a shard is missing, is not of the same sweep, or the result cannot be written."
)]
pub struct Merge {
    /// Folders of all shards, in any order
    #[arg(required = true, value_name = "DIR")]
    pub shards: Vec<PathBuf>,
    /// Folder for the files [default: output/sweep-NAME, as without shards]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What is printed.
    #[command(flatten)]
    pub shown: Shown,
}

/// How points are chosen on the axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sample {
    /// Every value of each axis with every value of the others
    Grid,
    /// A Latin hypercube: on each axis one point in each of as many equal parts as there are points
    Latin,
    /// A scrambled Sobol sequence: even on all axes together; best with 64, 128, 256, … points
    Sobol,
}

/// A part of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shard {
    /// Which, from one.
    pub number: u32,
    /// Of how many.
    pub of: u32,
}

impl Shard {
    /// All of the work.
    pub const WHOLE: Shard = Shard { number: 1, of: 1 };
}

fn shard(text: &str) -> Result<Shard, String> {
    let parts = text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
    match parts {
        Some((number, of)) if (1..=of).contains(&number) && of <= 10_000 => Ok(Shard { number, of }),
        _ => Err("expected I/N with I from 1 to N, for instance 2/4".into()),
    }
}
