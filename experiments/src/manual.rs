//! `halfopen completions` and `halfopen man`: what a shell and `man` need, made from the command line's own description.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_mangen::Man;

use crate::args::{self, Arguments};
use crate::failure::Failure;
use crate::print;

/// Prints the completions of one shell.
pub fn completions(args: &args::Completions) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "halfopen", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}

/// Prints a manual page.
pub fn man(args: &args::Man) -> Result<ExitCode, Failure> {
    let mut program = Arguments::command();
    program.build();
    let command = match &args.command {
        None => program,
        Some(name) => {
            let Some(command) = program.find_subcommand(name) else {
                let known: Vec<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
                return Err(Failure::wrong(
                    format!("there is no command `{name}`"),
                    format!("commands: {}", known.join(", ")),
                ));
            };
            command.clone()
        }
    };
    let mut page = Vec::new();
    Man::new(command)
        .render(&mut page)
        .map_err(|error| Failure::wrong(format!("cannot write the manual page: {error}"), ""))?;
    print(&String::from_utf8_lossy(&page))?;
    Ok(ExitCode::SUCCESS)
}
