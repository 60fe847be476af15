//! `halfopen capacity`: the closed forms of a scenario, beside what a run of it has shown.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use halfopen_models::capacity::{Line, Measure, Part, Sheet, Topic};
use halfopen_models::scenario::{Edits, Scenario};
use serde::Serialize;
use serde_json::Value;

use crate::args::{self, Format};
use crate::failure::Failure;
use crate::readable::{self, Unit};
use crate::report::{self, Section, Table, text};
use crate::{print, say, source};

/// Reads, computes, prints.
pub fn capacity(args: &args::Capacity) -> Result<ExitCode, Failure> {
    let source = source::find(&args.input.scenario)?;
    let edits =
        Edits { variant: args.input.variant.clone(), set: args.input.set.clone(), ..Edits::default() };
    let scenario = source::read(&source, &edits)?;
    let sheet = Sheet::of(&scenario);
    let simulated = simulated(args, &scenario)?;
    print(&match args.format {
        Format::Json => json(&sheet, simulated.as_ref()),
        Format::Table => table(&scenario, &sheet, simulated.as_ref(), args.assumptions),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The summary of a run with exactly these values. A result that was asked for must be there and be of these values; one
/// that lies in the usual place by chance need not.
fn simulated(args: &args::Capacity, scenario: &Scenario) -> Result<Option<Value>, Failure> {
    let folder = args.against.clone().unwrap_or_else(|| usual_place(scenario));
    let read = |name: &str| -> Result<Option<Value>, Failure> {
        let path = folder.join(name);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && args.against.is_none() => return Ok(None),
            Err(error) => {
                return Err(Failure::wrong(
                    format!("{} cannot be read: {error}", path.display()),
                    "name a folder that `halfopen run` has written",
                ));
            }
        };
        serde_json::from_str(&text).map(Some).map_err(|error| {
            Failure::wrong(
                format!("{}: this is no result of `halfopen run`: {error}", path.display()),
                "run the scenario again",
            )
        })
    };
    let (Some(manifest), Some(summary)) = (read("manifest.json")?, read("summary.json")?) else {
        return Ok(None);
    };
    if manifest.get("document").and_then(Value::as_str) == Some(&scenario.document) {
        return Ok(Some(summary));
    }
    let other = format!("the run in {} is of other values", folder.display());
    if args.against.is_some() {
        return Err(Failure::wrong(other, "run the scenario again with the values of this command"));
    }
    say(&format!("{other}: nothing to compare with"));
    Ok(None)
}

fn usual_place(scenario: &Scenario) -> PathBuf {
    let variant = scenario.variant.as_ref().map_or(String::new(), |name| format!("-{name}"));
    Path::new("output").join(format!("{}{variant}", scenario.name))
}

/// A line, and what a run has shown of it.
#[derive(Serialize)]
struct Compared<'a> {
    topic: &'a Topic,
    of: &'a str,
    #[serde(flatten)]
    line: &'a Line,
    simulated: Option<f64>,
}

fn json(sheet: &Sheet, simulated: Option<&Value>) -> String {
    let lines: Vec<Compared<'_>> = sheet
        .parts
        .iter()
        .flat_map(|part| part.lines.iter().map(move |line| (part, line)))
        .map(|(part, line)| Compared {
            topic: &part.topic,
            of: &part.of,
            line,
            simulated: figure(line, simulated),
        })
        .collect();
    let sheet = serde_json::json!({ "format": 1, "at_s": sheet.at_s, "lines": lines });
    serde_json::to_string_pretty(&sheet).expect("plain fields") + "\n"
}

fn figure(line: &Line, simulated: Option<&Value>) -> Option<f64> {
    let path = line.figure.as_ref()?.replace('.', "/");
    simulated?.pointer(&format!("/{path}"))?.as_f64()
}

fn table(scenario: &Scenario, sheet: &Sheet, simulated: Option<&Value>, assumptions: bool) -> String {
    let when = if scenario.faults.is_empty() { "at the start" } else { "at the first fault" };
    let title = format!(
        "{} ({}; rates {when}, {})",
        scenario.title,
        report::name(scenario),
        readable::seconds(sheet.at_s)
    );
    let parts: Vec<&[Part]> = sheet.parts.chunk_by(|a, b| a.topic == b.topic).collect();
    let sections: Vec<Section> =
        parts.into_iter().map(|parts| section(parts, simulated, assumptions)).collect();
    text::write(&title, &sections)
}

/// One topic: a row a quantity, a column a cache or service.
fn section(parts: &[Part], simulated: Option<&Value>, assumptions: bool) -> Section {
    let mut header = vec![String::new()];
    header.extend(parts.iter().map(|part| part.of.clone()));
    header.push("formula".into());
    let mut quantities: Vec<&Line> = Vec::new();
    for line in parts.iter().flat_map(|part| &part.lines) {
        if quantities.iter().all(|known| (known.quantity, known.formula) != (line.quantity, line.formula)) {
            quantities.push(line);
        }
    }
    let row = |wanted: &&Line| {
        let of = |part: &Part| {
            let line = part
                .lines
                .iter()
                .find(|line| (line.quantity, line.formula) == (wanted.quantity, wanted.formula));
            line.map_or(String::new(), |line| cell(line, figure(line, simulated)))
        };
        let mut row = vec![wanted.quantity.to_owned()];
        row.extend(parts.iter().map(of));
        let assumes = if assumptions { format!("\n({})", wanted.assumes) } else { String::new() };
        row.push(format!("{}{assumes}", wanted.formula));
        row
    };
    Section {
        title: match &parts[0].topic {
            Topic::Caches => "Caches in calm".into(),
            Topic::Databases => "Databases behind caches".into(),
            Topic::Calm => "Services in calm".into(),
            Topic::Silent(cache) => format!("Services when {cache}'s serving node falls silent"),
            Topic::Retries => "Services whose callers try again".into(),
        },
        remark: String::new(),
        table: Table { header, rows: quantities.iter().map(row).collect(), ..Table::default() },
    }
}

/// The closed form, and what a run has shown.
fn cell(line: &Line, simulated: Option<f64>) -> String {
    let form = value(line);
    match simulated {
        None => form,
        Some(measured) => {
            format!("{form}\nsimulated {}{}", unit(line.measure, measured), difference(line, measured))
        }
    }
}

/// One value, a range, or that there is no such moment.
fn value(line: &Line) -> String {
    let none = if line.measure == Measure::Seconds { "never" } else { "none" };
    match (line.low, line.high) {
        (Some(low), Some(high)) if low.to_bits() == high.to_bits() => unit(line.measure, low),
        (Some(low), Some(high)) => format!("{} … {}", unit(line.measure, low), unit(line.measure, high)),
        (Some(low), None) => format!("{} or more", unit(line.measure, low)),
        (None, _) => none.to_owned(),
    }
}

/// How far the simulated value lies outside the closed form.
fn difference(line: &Line, simulated: f64) -> String {
    let (Some(low), Some(high)) = (line.low, line.high.or(Some(f64::INFINITY))) else { return String::new() };
    let nearest = simulated.clamp(low, high);
    if nearest.to_bits() == simulated.to_bits() {
        return ", inside".into();
    }
    if nearest == 0.0 { String::new() } else { format!(" ({:+.1} %)", (simulated / nearest - 1.0) * 100.0) }
}

fn unit(measure: Measure, value: f64) -> String {
    match measure {
        Measure::Share => Unit::of_share(value).write(value),
        Measure::Count => readable::count(value),
        Measure::PerSecond => format!("{}/s", readable::count(value)),
        Measure::Seconds => readable::seconds(value),
        Measure::Bytes => Unit::of_bytes(value).write(value),
        Measure::BytesPerSecond => format!("{}/s", Unit::of_bytes(value).write(value)),
    }
}
