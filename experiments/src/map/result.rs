//! The files of a map.

use halfopen_models::summary::Figure;
use serde_json::{Value, json};

use super::{Cell, Chart, VERDICTS, table};
use crate::export::{self, Folder, optional};
use crate::failure::Failure;
use crate::plot::{Picture, map, phase};
use crate::report::{Section, markdown};

/// Writes every file into `folder`.
///
/// # Errors
/// When one cannot be written.
pub fn write(chart: &Chart, sections: &[Section], folder: &Folder) -> Result<(), Failure> {
    folder.write("manifest.json", manifest(chart).as_bytes())?;
    folder.write("map.json", json(chart).as_bytes())?;
    folder.write("map.csv", &cells(chart))?;
    folder.write("phase.csv", &paths(chart))?;
    for Picture { name, svg, png } in [map::draw(chart), phase::draw(&chart.scenario, &chart.paths)] {
        folder.write(&format!("{name}.svg"), svg.as_bytes())?;
        folder.write(&format!("{name}.png"), &png)?;
    }
    let text = markdown::write(&table::title(chart), sections, &["map.svg", "phase.svg"]);
    folder.write("summary.md", text.as_bytes())
}

fn manifest(chart: &Chart) -> String {
    let set = chart.base.set.iter().map(|(path, value)| format!("{path}={value}"));
    pretty(&json!({
        "format": 1,
        "tool": "halfopen",
        "version": env!("CARGO_PKG_VERSION"),
        "scenario": chart.scenario,
        "variant": chart.base.variant,
        "set": set.collect::<Vec<_>>(),
        "loads": chart.loads,
        "lengths": chart.lengths,
        "length": chart.path,
        "seed": chart.seed,
        "replications": chart.replications,
        "text": chart.source.text,
    }))
}

/// The cells with their place: load, length.
fn places(chart: &Chart) -> impl Iterator<Item = (&str, &str, &Cell)> {
    chart.cells.iter().enumerate().map(|(at, cell)| {
        let (load, length) = (at / chart.lengths.len(), at % chart.lengths.len());
        (chart.loads[load].as_str(), chart.lengths[length].as_str(), cell)
    })
}

/// `map.json`.
pub fn json(chart: &Chart) -> String {
    let cell = |(load, length, cell): (&str, &str, &Cell)| {
        let counts = VERDICTS.iter().zip(cell.counts()).filter(|(_, count)| *count > 0);
        let counts = counts.map(|(verdict, count)| (verdict.to_string(), Value::from(count)));
        json!({
            "load": load,
            "length": length,
            "verdict": cell.verdict().to_string(),
            "comes_back": cell.comes_back(),
            "verdicts": counts.collect::<serde_json::Map<_, _>>(),
        })
    };
    pretty(&json!({
        "format": 1,
        "scenario": chart.scenario,
        "variant": chart.base.variant,
        "seed": chart.seed,
        "replications": chart.replications,
        "length": chart.path,
        "cells": places(chart).map(cell).collect::<Vec<_>>(),
    }))
}

/// `map.csv`: a row for each cell.
fn cells(chart: &Chart) -> Vec<u8> {
    let mut header: Vec<String> =
        ["load", "length", "verdict", "comes_back", "replications"].map(Into::into).into();
    header.extend(VERDICTS.iter().map(|verdict| verdict.to_string().replace(' ', "_")));
    header.extend(["availability", "crashes", "time_to_recovery_s"].map(String::from));
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    export::csv(&header, |to| {
        for (load, length, cell) in places(chart) {
            let mut row = vec![load.to_owned(), length.to_owned(), cell.verdict().to_string()];
            row.extend([cell.comes_back().to_string(), cell.replications.len().to_string()]);
            row.extend(cell.counts().map(|count| count.to_string()));
            let system = || cell.replications.iter().map(|it| &it.system);
            row.push(optional(Figure::of(system().filter_map(|it| it.availability)).mean));
            row.push(optional(Figure::of(system().map(|it| it.crashes as f64)).mean));
            row.push(optional(Figure::of_times(&system().map(|it| it.recovery).collect::<Vec<_>>()).median));
            to(row);
        }
    })
}

/// `phase.csv`: a row for each second of each path.
fn paths(chart: &Chart) -> Vec<u8> {
    export::csv(&["path", "time_s", "pending_calls", "retries_in_flight"], |to| {
        for path in &chart.paths {
            for (second, (calls, retries)) in path.points.iter().enumerate() {
                to(vec![path.name.clone(), second.to_string(), calls.to_string(), retries.to_string()]);
            }
        }
    })
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("plain fields") + "\n"
}
