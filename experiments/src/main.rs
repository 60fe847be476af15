//! `halfopen`: predicts what a silent cache failover does to the services in front of it.

mod args;
mod clock;
mod diagnostics;
mod execute;
mod export;
mod failure;
mod interrupt;
mod over;
mod plot;
mod progress;
mod readable;
mod report;
mod run;
mod source;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command, Known};
use failure::Failure;

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Run(run) if run.trace => run::trace(&run),
        Command::Run(run) => run::run(&run),
        Command::List { what } => list(what),
        Command::Show { name } => show(&name),
    };
    result.unwrap_or_else(|failure| {
        eprintln!("{failure}");
        failure.exit()
    })
}

/// Writes a result to the standard output. A reader who has seen enough and closed the pipe is no failure.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::wrong(format!("cannot write to the standard output: {error}"), ""))
        }
        _ => Ok(()),
    }
}

fn list(what: Known) -> Result<ExitCode, Failure> {
    let _ = what;
    print("")?;
    Ok(ExitCode::SUCCESS)
}

fn show(name: &str) -> Result<ExitCode, Failure> {
    let _ = name;
    Ok(ExitCode::SUCCESS)
}
