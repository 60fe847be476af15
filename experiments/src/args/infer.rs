//! `halfopen infer` as typed.

use std::path::PathBuf;

use clap::{Args, value_parser};

use super::Shown;
use super::shared::assignment;

const AFTER: &str = "\
What is known is what [expect] says: of the scenario as it is, and of the variants that a claim is about (a test that
passed). What is not known is what [assume] and the clients' presets give a range. Settings are drawn from the ranges one
by one, each is simulated once with a seed of its own, and those are kept that hold every claim. All other variants are
fixes: they are tried on what was kept.

Examples:
  halfopen infer kustomer-2019
          which settings reproduce the published times, and what would have helped in all of them
  halfopen infer kustomer-2019 --points 1000
          the same with more settings; the first 300 are not simulated again
  halfopen infer ours.toml --set service.api.memory.limit=1GiB
          what is left open once that is known

Exit status:
    0  done
    2  the input is wrong, or the result cannot be written
  130  interrupted by Ctrl-C: what was finished is kept beside the result's folder, also after a kill, and the same
       command goes on from there";

/// Find the settings that reproduce what is known of an incident.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub struct Infer {
    /// A file, or the name of a shipped scenario (see `halfopen list scenarios`)
    pub scenario: String,
    /// Change a value of the file, named by its tables and dots: then it is known; repeatable
    #[arg(long, value_name = "PATH=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
    /// Settings to draw from the ranges; more of them go on where fewer ended
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = value_parser!(u32).range(2..=20_000))]
    pub points: u32,
    /// Errors that last longer are an outage; a fix prevents it when they end sooner and nothing crashes
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = seconds)]
    pub outage: f64,
    /// Seed of the settings, and of the first one's random numbers; the others follow by one
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u64).range(..=u64::from(u32::MAX)))]
    pub seed: u64,
    /// Settings simulated at the same time [default: all cores]
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Folder for the files [default: output/infer-SCENARIO]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What is printed.
    #[command(flatten)]
    pub shown: Shown,
}

fn seconds(text: &str) -> Result<f64, String> {
    use halfopen_models::scenario::{Dimension, Quantity};
    match Quantity::parse(text) {
        Some(Quantity { dimension: Dimension::Time, value, .. }) if value > 0.0 => Ok(value),
        _ => Err("expected a duration with its unit, for instance 5m".into()),
    }
}
