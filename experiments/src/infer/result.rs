//! The files of an inference.

use serde::Serialize;
use serde_json::json;

use super::findings::{Findings, Posterior, Simulated};
use super::seen::{self, FIGURES};
use super::table;
use super::task::{Definition, Task};
use crate::export::{self, Folder, Row, optional};
use crate::failure::Failure;
use crate::plot::{Picture, inference as pictures};
use crate::report::{Section, markdown};

/// `manifest.json`.
#[derive(Serialize)]
struct Manifest<'a> {
    #[serde(flatten)]
    definition: &'a Definition,
    points: u32,
    outage_s: f64,
}

/// Writes every file but the journal into `folder`.
///
/// # Errors
/// When one cannot be written.
pub fn write(
    task: &Task,
    simulated: &Simulated,
    findings: &Findings,
    sections: &[Section],
    folder: &Folder,
) -> Result<(), Failure> {
    let manifest = Manifest { definition: &task.definition, points: task.points, outage_s: task.outage };
    let manifest = serde_json::to_string_pretty(&manifest).expect("plain fields") + "\n";
    folder.write("manifest.json", manifest.as_bytes())?;
    folder.write("summary.json", json(task, simulated, findings).as_bytes())?;
    folder.write("points.csv", &points(task, simulated))?;
    folder.write("posterior.csv", &posterior(simulated, findings))?;
    let pictures = pictures::draw(&task.definition.scenario, &simulated.drawn, &simulated.fit, findings);
    for Picture { name, svg, png } in &pictures {
        folder.write(&format!("{name}.svg"), svg.as_bytes())?;
        folder.write(&format!("{name}.png"), png)?;
    }
    let names: Vec<String> = pictures.iter().map(|picture| format!("{}.svg", picture.name)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    folder.write("summary.md", markdown::write(&table::title(task, findings), sections, &names).as_bytes())
}

/// `summary.json`.
pub fn json(task: &Task, simulated: &Simulated, findings: &Findings) -> String {
    #[derive(Serialize)]
    struct Whole<'a> {
        #[serde(flatten)]
        head: serde_json::Value,
        #[serde(flatten)]
        findings: &'a Findings,
    }
    let unknowns = simulated.drawn.unknowns.iter().map(|unknown| {
        json!({
            "name": unknown.name, "value": unknown.value, "range": unknown.range.to_string(),
            "law": unknown.range.law(), "unit": export::unit(&unknown.range), "measured": unknown.measured,
            "why": unknown.why,
        })
    });
    let head = json!({
        "format": 1,
        "scenario": task.definition.scenario,
        "seed": task.definition.seed,
        "points": task.points,
        "outage_s": task.outage,
        "unknowns": unknowns.collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&Whole { head, findings }).expect("plain fields") + "\n"
}

/// `points.csv`.
fn points(task: &Task, simulated: &Simulated) -> Vec<u8> {
    let services: Vec<&str> = task.scenario.services.iter().map(|service| service.name.as_str()).collect();
    let mut header = vec!["point".to_owned(), "seed".to_owned()];
    header.extend(simulated.drawn.unknowns.iter().map(|unknown| unknown.name.clone()));
    header.extend(FIGURES.iter().map(|figure| figure.1.to_owned()));
    for service in &services {
        header.extend([format!("{service}.crashes"), format!("{service}.verdict")]);
    }
    header.extend(["distance", "kept", "digest"].map(str::to_owned));
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    export::csv(&header, |to| (0..task.points).for_each(|setting| to(point(task, simulated, setting))))
}

fn point(task: &Task, simulated: &Simulated, setting: u32) -> Row {
    let kept = &simulated.base[setting as usize];
    let mut row = vec![setting.to_string(), (task.definition.seed + u64::from(setting)).to_string()];
    row.extend(simulated.drawn.amounts[setting as usize].iter().map(|amount| optional(*amount)));
    row.extend(FIGURES.iter().map(|figure| optional(seen::observed(kept, None, figure.0).value())));
    for service in 0..task.scenario.services.len() {
        let crashes = seen::observed(kept, Some(service), halfopen_models::scenario::ClaimFigure::Crashes);
        row.push(optional(crashes.value()));
        row.push(seen::verdict(kept, service).map_or(String::new(), |verdict| verdict.to_string()));
    }
    let farthest = |variant: Option<&str>, kept: &_| {
        task.claims(variant).map(|claim| seen::distance(claim, kept)).fold(0.0, f64::max)
    };
    let mut distance = farthest(None, kept);
    if let Some(place) = simulated.near.iter().position(|&it| it == setting) {
        let tests = simulated.tests.iter().map(|(variant, kept)| farthest(Some(variant), &kept[place]));
        distance = tests.fold(distance, f64::max);
    }
    row.push(distance.to_string());
    row.push(simulated.fit.contains(&setting).to_string());
    row.push(format!("{:016x}", kept.digest));
    row
}

/// `posterior.csv`.
fn posterior(simulated: &Simulated, findings: &Findings) -> Vec<u8> {
    let header = [
        "unknown",
        "unit",
        "law",
        "n",
        "prior_p5",
        "prior_p25",
        "prior_p50",
        "prior_p75",
        "prior_p95",
        "p5",
        "p25",
        "p50",
        "p75",
        "p95",
        "p50_low",
        "p50_high",
        "width",
        "width_low",
        "width_high",
        "distance",
        "p",
        "told",
    ];
    let row = |it: &Posterior| {
        let range = &simulated.drawn.unknowns[it.unknown].range;
        let mut row = vec![it.name.clone(), export::unit(range).into(), range.law().into(), it.n.to_string()];
        row.extend(it.before.map(|value| value.to_string()));
        row.extend(it.after.map(optional));
        row.extend(it.median_ci95.map(optional));
        row.push(optional(it.width));
        row.extend([0, 1].map(|end| optional(it.width_ci95.map(|ends| ends[end]))));
        row.extend([it.distance, it.p].map(optional));
        row.push(it.told().to_string());
        row
    };
    export::csv(&header, |to| findings.posterior.iter().for_each(|it| to(row(it))))
}
