//! `halfopen lab`: a case on real servers with a real client, on one machine.
//!
//! A case is a scenario that one machine can build ([`case`]); [`mod@bench`] builds and breaks it, [`log`] is what the
//! application told meanwhile, [`measure`] makes of it the quantities that `validate` compares, [`mod@file`] writes them
//! into the case. [`export`] makes a case of a scenario.

#[cfg(target_os = "linux")]
mod bench;
// Where there is no bench, cases are only read and made.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
mod case;
mod export;
#[cfg(target_os = "linux")]
mod file;
#[cfg(target_os = "linux")]
mod log;
#[cfg(target_os = "linux")]
mod measure;
mod options;
#[cfg(target_os = "linux")]
mod socket;

use std::process::ExitCode;

use crate::args::Lab;
use crate::failure::Failure;

pub use case::Case;

/// Does what was asked.
pub fn lab(command: &Lab) -> Result<ExitCode, Failure> {
    match command {
        Lab::Export(args) => export::export(args),
        #[cfg(target_os = "linux")]
        Lab::Run(args) => bench::run(args),
        #[cfg(target_os = "linux")]
        Lab::Clean => Ok(bench::clean()),
        #[cfg(target_os = "linux")]
        Lab::Client => socket::client(),
        #[cfg(not(target_os = "linux"))]
        Lab::Run(_) | Lab::Clean | Lab::Client => Err(Failure::wrong(
            "the lab needs Linux: it is built from network namespaces",
            "run it in a Linux virtual machine; `halfopen validate --case FILE` reads its result anywhere",
        )),
    }
}
