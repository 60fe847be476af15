//! The command line as typed: one file a command, and [`shared`] what several of them take.

mod capacity;
mod check;
mod compare;
mod find;
mod infer;
mod init;
mod lab;
mod manual;
mod map;
mod run;
mod shared;
mod sweep;
mod validate;

use clap::{Parser, Subcommand, ValueEnum};

pub use capacity::Capacity;
pub use check::Check;
pub use compare::Compare;
pub use find::{Find, Question};
pub use infer::Infer;
pub use init::Init;
pub use lab::{Lab, LabExport, LabRun};
pub use manual::{Completions, Man};
pub use map::Map;
pub use run::Run;
pub use shared::{Input, Sampling, Shown};
pub use sweep::{Merge, Sample, Shard, Sweep};
pub use validate::Validate;

/// Predicts what a silent cache failover does to the services in front of it.
#[derive(Debug, Parser)]
#[command(name = "halfopen", version, max_term_width = 100)]
#[command(after_help = "Start with `halfopen run kustomer-2019`, and `halfopen run --help`.")]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Simulate a scenario and show what becomes of each service
    Run(Run),
    /// Simulate a scenario at many points: axes over any of its values
    Sweep(Sweep),
    /// Join the shards of a sweep
    Merge(Merge),
    /// The closed forms of a scenario at once, each with its formula
    Capacity(Capacity),
    /// Hold scenarios to their claims and to the figures that were blessed, for continuous integration
    Check(Check),
    /// Compare the variants of a scenario: what each prevents, and what it costs in calm
    Compare(Compare),
    /// Find the threshold of a value: up to where, or from where on, a condition holds
    Find(Find),
    /// Map how a scenario comes out over its load and the length of its fault
    Map(Map),
    /// Find the settings that reproduce what is known of an incident, and the fixes that help in all of them
    Infer(Infer),
    /// Compare predictions with measurements of real clients, servers and the kernel
    Validate(Validate),
    /// Measure a real client against real servers on this machine, and set the prediction beside it
    #[command(subcommand)]
    Lab(Lab),
    /// List what is known: one name a line, with what it is
    List {
        /// What to list
        what: Known,
    },
    /// Print a shipped scenario, a client preset, a fault, a failover, a protection, or the scenario of a measured case
    Show {
        /// Its name, as `list` prints it
        name: String,
    },
    /// Write a commented scenario to start from; it runs as it is
    Init(Init),
    /// Print the JSON schema of a scenario, from which editors complete and check
    Schema,
    /// Print what a shell needs to complete commands and options
    Completions(Completions),
    /// Print the manual page, of the program or of one of its commands
    Man(Man),
}

/// What goes to the standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables for people
    Table,
    /// Exactly summary.json; of `validate` its groups and cases
    Json,
}

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Known {
    /// Scenarios that come with the program
    Scenarios,
    /// Presets of cache clients
    Clients,
    /// Faults a scenario can have
    Faults,
    /// Failovers a cache can have
    Failovers,
    /// Protections that callers, balancers and services can have
    Protections,
}
