//! The files of a sweep.

use halfopen_models::summary::Figure;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::definition::Definition;
use super::plan::{Cell, Plan};
use super::{Manifest, table};
use crate::args::Shard;
use crate::export::{self, Folder};
use crate::failure::Failure;
use crate::plot::{Picture, sweep as pictures};
use crate::report::{Section, markdown};

/// Writes every file into `folder`.
///
/// # Errors
/// When one cannot be written.
pub fn write(plan: &Plan, cells: &[Cell], sections: &[Section], folder: &Folder) -> Result<(), Failure> {
    folder.write("manifest.json", manifest(&plan.definition, None).as_bytes())?;
    folder.write("summary.json", json(plan, cells).as_bytes())?;
    folder.write("points.csv", &points(plan, cells))?;
    let pictures = pictures::draw(plan, cells);
    for Picture { name, svg, png } in &pictures {
        folder.write(&format!("{name}.svg"), svg.as_bytes())?;
        folder.write(&format!("{name}.png"), png)?;
    }
    let names: Vec<String> = pictures.iter().map(|picture| format!("{}.svg", picture.name)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    folder.write("summary.md", markdown::write(&table::title(plan), sections, &names).as_bytes())
}

/// `manifest.json`.
pub fn manifest(definition: &Definition, shard: Option<Shard>) -> String {
    let manifest = Manifest { shard, sweep: definition.clone() };
    serde_json::to_string_pretty(&manifest).expect("plain fields") + "\n"
}

/// `summary.json`: a point a line.
pub fn json(plan: &Plan, cells: &[Cell]) -> String {
    let head = json!({
        "format": 1,
        "scenario": plan.definition.scenario,
        "variant": plan.definition.variant,
        "seed": plan.definition.seed,
        "replications": plan.definition.replications,
        "cliff": plan.cliff.to_string(),
        "axes": plan.axes,
    });
    let head = serde_json::to_string_pretty(&head).expect("plain fields");
    let points: Vec<String> = (0..cells.len()).map(|point| point_json(plan, cells, point)).collect();
    format!("{},\n  \"points\": [\n    {}\n  ]\n}}\n", head.trim_end_matches("\n}"), points.join(",\n    "))
}

fn point_json(plan: &Plan, cells: &[Cell], point: usize) -> String {
    #[derive(Serialize)]
    struct Point<'a> {
        at: Map<String, Value>,
        digest: String,
        good: Option<bool>,
        #[serde(serialize_with = "as_map")]
        figures: Vec<(String, &'a Figure)>,
    }
    fn as_map<S: serde::Serializer>(figures: &[(String, &Figure)], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(figures.iter().map(|(name, figure)| (name, figure)))
    }
    let cell = &cells[point];
    let at = plan.axes.iter().zip(&plan.places[point]);
    let at = at.map(|(path, value)| (path.clone(), Value::String(value.clone()))).collect();
    let figures =
        plan.figures.iter().zip(&cell.figures).map(|(name, figure)| (name.to_string(), figure)).collect();
    let point = Point { at, digest: format!("{:016x}", cell.digest), good: cell.good, figures };
    serde_json::to_string(&point).expect("plain fields")
}

/// `points.csv`.
fn points(plan: &Plan, cells: &[Cell]) -> Vec<u8> {
    let mut header = vec!["point".to_owned()];
    header.extend(plan.axes.iter().cloned());
    header.push("replications".into());
    for name in &plan.figures {
        header.extend(["", ".low", ".high"].map(|end| format!("{name}{end}")));
        if name.may_be_censored() {
            header.push(format!("{name}.censored"));
        }
    }
    header.extend(["good".to_owned(), "digest".to_owned()]);
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    export::csv(&header, |to| (0..cells.len()).for_each(|point| to(row(plan, cells, point))))
}

fn row(plan: &Plan, cells: &[Cell], point: usize) -> export::Row {
    let cell = &cells[point];
    let mut row = vec![point.to_string()];
    row.extend(plan.places[point].iter().cloned());
    row.push(plan.definition.replications.to_string());
    for (name, figure) in plan.figures.iter().zip(&cell.figures) {
        let [low, high] = name.interval(figure);
        row.extend([name.number(figure), low, high].map(export::optional));
        if name.may_be_censored() {
            row.push(figure.censored.to_string());
        }
    }
    row.push(cell.good.map_or(String::new(), |good| good.to_string()));
    row.push(format!("{:016x}", cell.digest));
    row
}
