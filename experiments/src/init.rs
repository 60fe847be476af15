//! `halfopen init`: a commented scenario to start from, put together from the parts that were named.

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

use halfopen_models::client::presets::{PRESETS, Platform, Preset};
use halfopen_models::failover::known::{FAILOVERS, Known};

use crate::args;
use crate::failure::Failure;
use crate::{print, say};

const START: &str = include_str!("init.toml");

/// Writes the scenario.
pub fn init(args: &args::Init) -> Result<ExitCode, Failure> {
    let preset = PRESETS.iter().find(|preset| preset.name == args.client);
    let failover = FAILOVERS.iter().find(|failover| failover.name == args.failover);
    let (Some(preset), Some(failover)) = (preset, failover) else {
        return Err(Failure::wrong(unknown(args, preset, failover), known(preset, failover)));
    };
    let text = scenario(preset, failover);
    if args.file == Path::new("-") {
        print(&text)?;
        return Ok(ExitCode::SUCCESS);
    }
    write_new(&args.file, &text)?;
    let file = args.file.display();
    say(&format!("{file} is written. Try:\n  halfopen capacity {file}\n  halfopen run {file}"));
    Ok(ExitCode::SUCCESS)
}

fn unknown(args: &args::Init, preset: Option<&Preset>, failover: Option<&Known>) -> String {
    let mut wrong = Vec::new();
    if preset.is_none() {
        wrong.push(format!("no client is called `{}`", args.client));
    }
    if failover.is_none() {
        wrong.push(format!("no failover is called `{}`", args.failover));
    }
    wrong.join(", and ")
}

fn known(preset: Option<&Preset>, failover: Option<&Known>) -> String {
    let mut right = Vec::new();
    if preset.is_none() {
        let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
        right.push(format!("clients: {}", names.join(", ")));
    }
    if failover.is_none() {
        let names: Vec<&str> = FAILOVERS.iter().map(|failover| failover.name).collect();
        right.push(format!("failovers: {}", names.join(", ")));
    }
    right.join("; ")
}

/// Never over somebody's file, and never half of it: written beside it, then linked to its name.
fn write_new(file: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: &io::Error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::wrong(
            format!("{} is there already", file.display()),
            "name another file, or move it away",
        ),
        _ => Failure::wrong(format!("{} cannot be written: {error}", file.display()), ""),
    };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if fs::symlink_metadata(file).is_ok() {
        return Err(failed(&ErrorKind::AlreadyExists.into()));
    }
    let mut beside =
        tempfile::Builder::new().prefix(".halfopen-").tempfile_in(folder).map_err(|e| failed(&e))?;
    beside.write_all(text.as_bytes()).map_err(|error| failed(&error))?;
    beside.persist_noclobber(file).map_err(|error| failed(&error.error))?;
    Ok(())
}

/// The start with what depends on client and failover filled in.
fn scenario(preset: &Preset, failover: &Known) -> String {
    let (concurrency, memory) = process(preset.platform());
    START
        .replace("{failover}", failover.example)
        .replace("{failover-summary}", failover.summary)
        .replace("{concurrency}", concurrency)
        .replace("{memory}", memory)
        .replace("{client}", preset.name)
        .replace("{client-summary}", &preset.summary())
}

/// How requests run there, and its memory: placeholders of a usual size, to be replaced by one's own.
fn process(platform: Platform) -> (&'static str, &'static str) {
    let concurrency = match platform {
        Platform::Node => "{ event_loop = { cpu = \"2ms\" } }",
        Platform::Python => "{ workers = { threads = 16, cpu = \"5ms\" } }",
        Platform::Jvm | Platform::Dotnet => "{ workers = { threads = 200, cpu = \"2ms\" } }",
        Platform::Go | Platform::Native => "{ workers = { threads = 1000, cpu = \"1ms\" } }",
    };
    let memory = match platform {
        Platform::Node => {
            "{ limit = \"1400MiB\", baseline = \"180MiB\", per_request = \"29KiB\", runtime = \"v8\" }"
        }
        Platform::Python | Platform::Go | Platform::Native => {
            "{ limit = \"512MiB\", baseline = \"100MiB\", per_request = \"24KiB\", runtime = \"native\" }"
        }
        Platform::Jvm | Platform::Dotnet => {
            "{ limit = \"1GiB\", baseline = \"400MiB\", per_request = \"32KiB\", runtime = \"native\" }"
        }
    };
    (concurrency, memory)
}
