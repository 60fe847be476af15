//! `halfopen`: predicts what a silent cache failover does to the services in front of it.

mod args;
mod capacity;
mod check;
mod clock;
mod compare;
mod diagnostics;
mod execute;
mod export;
mod failure;
mod figure;
mod find;
mod infer;
mod init;
mod interrupt;
mod lab;
mod manual;
mod map;
mod over;
mod plot;
mod progress;
mod readable;
mod report;
mod run;
mod schema;
mod source;
mod study;
mod sweep;
mod validate;

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command, Known};
use failure::Failure;
use halfopen_models::client::presets::PRESETS;
use halfopen_models::failover::known::FAILOVERS;
use halfopen_models::fault::MODES;
use halfopen_models::protect::PROTECTIONS;
use source::SHIPPED;

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Run(run) if run.trace => run::trace(&run),
        Command::Run(run) => run::run(&run),
        Command::Sweep(args) => sweep::sweep(&args),
        Command::Merge(args) => sweep::merge(&args),
        Command::Capacity(args) => capacity::capacity(&args),
        Command::Check(args) => check::check(&args),
        Command::Compare(args) => compare::compare(&args),
        Command::Find(args) => find::find(&args),
        Command::Map(args) => map::map(&args),
        Command::Infer(args) => infer::infer(&args),
        Command::Validate(args) => validate::validate(&args),
        Command::Lab(command) => lab::lab(&command),
        Command::List { what } => list(what),
        Command::Show { name } => show(&name),
        Command::Init(args) => init::init(&args),
        Command::Schema => schema::schema(),
        Command::Completions(args) => manual::completions(&args),
        Command::Man(args) => manual::man(&args),
    };
    result.unwrap_or_else(|failure| {
        say(&failure.to_string());
        failure.exit()
    })
}

/// Writes a result to the standard output.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    printed(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// What writing to the standard output came to. A reader who has seen enough and closed the pipe is no failure.
fn printed(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::wrong(format!("cannot write to the standard output: {error}"), ""))
        }
        _ => Ok(()),
    }
}

/// Tells the person something on the standard error. That nobody listens there any more changes no result.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// One name a line, with what it is.
fn list(what: Known) -> Result<ExitCode, Failure> {
    let known: Vec<(&str, String)> = match what {
        Known::Scenarios => SHIPPED.iter().map(|(name, text)| (*name, source::title(text))).collect(),
        Known::Clients => PRESETS.iter().map(|preset| (preset.name, preset.summary())).collect(),
        Known::Faults => MODES.iter().map(|mode| (mode.name, mode.summary.to_owned())).collect(),
        Known::Failovers => FAILOVERS.iter().map(|it| (it.name, it.summary.to_owned())).collect(),
        Known::Protections => PROTECTIONS.iter().map(|it| (it.name, it.summary.to_owned())).collect(),
    };
    let width = known.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines: Vec<String> = known.iter().map(|(name, what)| format!("{name:width$}  {what}")).collect();
    print(&(lines.join("\n") + "\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// The text behind a name.
fn show(name: &str) -> Result<ExitCode, Failure> {
    let scenario = SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
    let preset = || PRESETS.iter().find(|preset| preset.name == name).map(|preset| preset.text.to_owned());
    let fault = || {
        let mode = MODES.iter().find(|mode| mode.name == name)?;
        Some(format!("{}\n\n[[fault]]\nat = \"8m\"\n{}\n", about(mode.source), inner(mode.example)))
    };
    let failover = || {
        let failover = FAILOVERS.iter().find(|failover| failover.name == name)?;
        let (about, example) = (about(failover.source), failover.example);
        Some(format!("{about}\n\n[cache.main]\nfailover = {example}\n"))
    };
    let protection = || {
        let protection = PROTECTIONS.iter().find(|protection| protection.name == name)?;
        Some(format!("{}\n\n{}", about(protection.source), tables(protection.example)))
    };
    let text = scenario.or_else(preset).or_else(fault).or_else(failover).or_else(protection);
    let Some(text) = text.or_else(|| validate::case(name)) else {
        let names = SHIPPED.iter().map(|(name, _)| *name);
        let names = names.chain(PRESETS.iter().map(|it| it.name)).chain(MODES.iter().map(|it| it.name));
        let names = names.chain(FAILOVERS.iter().map(|it| it.name));
        let names = names.chain(PROTECTIONS.iter().map(|it| it.name));
        let known = names.collect::<Vec<_>>().join(", ");
        return Err(Failure::wrong(format!("nothing is called `{name}`"), format!("known names: {known}")));
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// What a file of code opens with.
fn about(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// Fields as they stand under their tables.
fn tables(fields: &[(&str, &str, &str)]) -> String {
    let mut out = String::new();
    let mut last = "";
    for &(table, field, value) in fields {
        if table != last {
            let _ = writeln!(out, "[{table}]");
            last = table;
        }
        let _ = writeln!(out, "{field} = {value}");
    }
    out
}

/// `{ host_dies = … }` as it stands under `[[fault]]`.
fn inner(example: &str) -> &str {
    example.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(example).trim()
}
