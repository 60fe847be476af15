//! `halfopen init` as typed.

use std::path::PathBuf;

use clap::Args;

const AFTER: &str = "\
Examples:
  halfopen init
          scenario.toml, with ioredis and a managed cache
  halfopen init ours.toml --client redis-py-5 --failover sentinel
          another start; `halfopen list clients` and `halfopen list failovers` name what there is
  halfopen init - | less
          to the standard output";

/// Write a commented scenario to start from; it runs as it is.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub struct Init {
    /// The file to write; it must not be there yet. `-` is the standard output
    #[arg(default_value = "scenario.toml")]
    pub file: PathBuf,
    /// Which client the service uses (see `halfopen list clients`)
    #[arg(long, value_name = "NAME", default_value = "ioredis-5")]
    pub client: String,
    /// How its cache fails over (see `halfopen list failovers`)
    #[arg(long, value_name = "NAME", default_value = "managed")]
    pub failover: String,
}
