//! `halfopen capacity` as typed.

use std::path::PathBuf;

use clap::Args;

use super::{Format, Input};

const AFTER: &str = "\
Examples:
  halfopen capacity kustomer-2019
          the shipped incident on one sheet
  halfopen capacity ours.toml --set service.api.client.command_timeout=500ms
          what one timeout changes
  halfopen capacity kustomer-2019 --variant socket-timeout --format json | jq '.parts[].lines[]'

A simulated value stands beside a line where `halfopen run` has left a result of the same scenario with the same
values in --against, or in output/SCENARIO[-VARIANT].";

/// The closed forms of a scenario, at once and without simulation: each with its formula and what it assumes.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub struct Capacity {
    /// Which scenario.
    #[command(flatten)]
    pub input: Input,
    /// Result of `halfopen run` to compare with [default: output/SCENARIO[-VARIANT], if it is there]
    #[arg(long, value_name = "DIR")]
    pub against: Option<PathBuf>,
    /// Name what each line takes for granted
    #[arg(long)]
    pub assumptions: bool,
    /// What to print on the standard output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}
