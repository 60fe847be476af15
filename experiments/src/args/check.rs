//! `halfopen check` as typed.

use std::path::PathBuf;

use clap::{Args, value_parser};

use super::Shown;

const AFTER: &str = "\
A claim is held, broken, or undecided: the interval of what was measured straddles its bound. Where a claim is undecided
after --reps replications, its variants are simulated twice as often, and again up to --max-reps. What is undecided then
is told as a warning; with --strict it fails.

A scenario's baseline is NAME.csv in --baselines. Figures are compared seed by seed; what moved within its noise is
counted and does not fail. docs/ci.md has the rules, a workflow for GitHub and a hook for pre-commit.

Examples:
  halfopen check
          all scenarios under experiments/scenarios, or scenarios
  halfopen check ours --junit report.xml
          all scenarios under a folder
  halfopen check ours/sessions.toml --bless
          what has changed, which then is the baseline

Exit status:
    0  no claim is broken and no figure has changed
    1  a claim is broken, a figure has changed, or with --strict a claim is undecided
    2  the input is wrong, or a file cannot be written
  130  interrupted by Ctrl-C: nothing was written";

/// Hold scenarios to their claims and to the figures that were blessed.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub struct Check {
    /// Scenarios: files, folders with such files, or names of shipped ones
    /// [default: experiments/scenarios or scenarios, whichever is there]
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Folder of the baselines [default: `baselines` beside a folder named `scenarios`, else in the scenario's folder]
    #[arg(long, value_name = "DIR")]
    pub baselines: Option<PathBuf>,
    /// Write what was measured as the new baselines, after showing what changed
    #[arg(long)]
    pub bless: bool,
    /// Fail where a claim is undecided
    #[arg(long)]
    pub strict: bool,
    /// Write a `JUnit` report to this file
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Seed of the first replication's random numbers; the others follow by one
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u64).range(..=u64::from(u32::MAX)))]
    pub seed: u64,
    /// Replications at first, and those that baselines are made of
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = value_parser!(u32).range(2..=1000))]
    pub reps: u32,
    /// Replications at most, where a claim is undecided [default: eight times --reps]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(2..=100_000))]
    pub max_reps: Option<u32>,
    /// Replications simulated at the same time [default: all cores]
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// What is printed.
    #[command(flatten)]
    pub shown: Shown,
}
