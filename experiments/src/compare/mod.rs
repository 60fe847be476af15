//! `halfopen compare`: the variants of a scenario side by side, and what each costs in calm.
//!
//! All meet the same random numbers, so that a difference is taken within each replication, where what both met falls
//! out of it. The calm cost is that of the same variant without its fault: a fix is paid for on every day on which
//! nothing happens.

mod difference;
mod ranking;
mod result;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use halfopen_models::scenario::{Edits, Scenario, suggest};
use halfopen_models::summary::Replication;

use crate::args::{self, Format};
use crate::export::Folder;
use crate::failure::Failure;
use crate::figure::Name;
use crate::report::text;
use crate::source::{self, Source};
use crate::study::{Change, Point, Study, check};
use crate::{interrupt, print};
use difference::Difference;

/// Figures of the incident.
const INCIDENT: [&str; 8] = [
    "availability",
    "crashes",
    "time_to_first_error_s",
    "time_to_crash_s",
    "time_to_recovery_s",
    "peak_pending_calls",
    "peak_memory_bytes",
    "latency_ms.p99",
];
/// Figures in calm; the most connections of each cache besides.
const CALM: [&str; 3] = ["availability", "latency_ms.p50", "latency_ms.p99"];

/// What the others are compared with, where it is the scenario as it is.
const AS_IT_IS: &str = "as it is";

/// Everything that was simulated.
pub struct Comparison {
    source: Source,
    base: Edits,
    scenario: Scenario,
    seed: u64,
    /// The scenario as it is, then the variants.
    sides: Vec<Side>,
    incident: Panel,
    /// Absent where the scenario has no fault: it is calm as it is.
    calm: Option<Panel>,
}

/// A variant, or the scenario as it is.
struct Side {
    name: String,
    incident: Vec<Replication>,
    calm: Vec<Replication>,
}

/// Some figures of all sides.
struct Panel {
    names: Vec<Name>,
    /// By figure, then by variant: how it differs from the scenario as it is.
    differences: Vec<Vec<Option<Difference>>>,
}

/// Simulates, compares, writes the files, tells the person.
pub fn compare(args: &args::Compare) -> Result<ExitCode, Failure> {
    let source = source::find(&args.input.scenario)?;
    let base = Edits { variant: args.input.variant.clone(), set: args.input.set.clone(), ..Edits::default() };
    let scenario = source::read(&source, &base)?;
    let variants = variants(&scenario, &args.variants)?;
    let changes: Vec<Change> = std::iter::once(None)
        .chain(variants.iter().cloned().map(Some))
        .map(|variant| Change { variant, set: Vec::new() })
        .collect();
    let mut points = check(&source, &base, &changes)?;
    same_parts(&scenario, &points)?;
    let sides = points.len();
    if !scenario.faults.is_empty() {
        points.extend_from_within(..);
        points[sides..].iter_mut().for_each(|point| *point = point.clone().calm());
    }
    interrupt::listen()?;
    let folder = Folder::reserve(&place(args, &scenario), &scenario.name)?;
    let study = Study::new(&points, &args.sampling);
    let mut simulated = study.run(args.shown.quiet, |_, replications| replications.to_vec())?;
    let calm = simulated.split_off(sides);
    let names = std::iter::once(base.variant.clone().unwrap_or_else(|| AS_IT_IS.into())).chain(variants);
    let calm = calm.into_iter().chain(std::iter::repeat_with(Vec::new));
    let sides = names.zip(simulated).zip(calm).map(|((name, incident), calm)| Side { name, incident, calm });
    let comparison = Comparison::of(source, base, scenario, args.sampling.seed, sides.collect());

    let sections = table::describe(&comparison);
    result::write(&comparison, &sections, &folder)?;
    if interrupt::asked() {
        return Err(Failure::Interrupted("interrupted; nothing was written".into()));
    }
    let place = folder.publish()?;
    print(&match args.shown.format {
        Format::Json => result::json(&comparison),
        Format::Table => {
            let files = format!("\n{} {}\n", text::bold("Files"), place.display());
            text::write(&table::title(&comparison), &sections) + &files
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

impl Comparison {
    fn of(source: Source, base: Edits, scenario: Scenario, seed: u64, sides: Vec<Side>) -> Comparison {
        let name = |text: &str| Name::parse(text, &scenario).expect("every scenario has these figures");
        let incident: Vec<&[Replication]> = sides.iter().map(|side| side.incident.as_slice()).collect();
        let calm: Vec<&[Replication]> = sides.iter().map(|side| side.calm.as_slice()).collect();
        let has_calm = calm.iter().all(|replications| !replications.is_empty());
        let connections =
            scenario.caches.iter().map(|cache| name(&format!("caches.{}.peak_connections", cache.name)));
        let calm_names = CALM.iter().map(|it| name(it)).chain(connections).collect();
        let incident = Panel::of(INCIDENT.iter().map(|it| name(it)).collect(), &incident);
        let calm = has_calm.then(|| Panel::of(calm_names, &calm));
        Comparison { source, base, scenario, seed, sides, incident, calm }
    }

    /// The variants, without the first side.
    fn variants(&self) -> &[Side] {
        &self.sides[1..]
    }
}

impl Panel {
    fn of(names: Vec<Name>, sides: &[&[Replication]]) -> Panel {
        let differences = names.iter().map(|name| difference::from_first(name, sides)).collect();
        Panel { names, differences }
    }

    /// How this variant (from zero) differs in a figure.
    fn difference(&self, figure: &str, variant: usize) -> Option<&Difference> {
        let at = self.names.iter().position(|name| name.short().ends_with(figure))?;
        self.differences[at][variant].as_ref()
    }
}

/// Those that were asked for, each once; all where none was.
fn variants(scenario: &Scenario, asked: &[String]) -> Result<Vec<String>, Failure> {
    let known: Vec<&str> = scenario.variants.iter().map(String::as_str).collect();
    let mut chosen: Vec<String> = Vec::new();
    let all = || scenario.variants.iter().filter(|name| Some(*name) != scenario.variant.as_ref());
    for name in asked.iter().chain(all().filter(|_| asked.is_empty())) {
        if !known.contains(&name.as_str()) {
            let right = if known.is_empty() {
                "the file has no [variant.NAME]".into()
            } else {
                suggest(name, &known, "there is")
            };
            return Err(Failure::wrong(format!("no variant is named `{name}`"), right));
        }
        if !chosen.contains(name) {
            chosen.push(name.clone());
        }
    }
    if chosen.is_empty() {
        return Err(Failure::wrong(
            format!("{} has no variant to compare", scenario.name),
            "write one: [variant.NAME] with \"path\" = value under it (docs/scenario.md)",
        ));
    }
    Ok(chosen)
}

/// Figures are told by service and cache: all sides must have the same ones.
fn same_parts(scenario: &Scenario, points: &[Point]) -> Result<(), Failure> {
    let parts = |scenario: &Scenario| {
        let services = scenario.services.iter().map(|service| service.name.clone());
        services.chain(scenario.caches.iter().map(|cache| cache.name.clone())).collect::<Vec<_>>()
    };
    match points.iter().find(|point| parts(&point.scenario) != parts(scenario)) {
        None => Ok(()),
        Some(point) => Err(Failure::wrong(
            format!(
                "variant {} has other services or caches",
                point.edits.variant.as_deref().unwrap_or(AS_IT_IS)
            ),
            "leave it out of --variants: its figures cannot be set beside the others'",
        )),
    }
}

fn place(args: &args::Compare, scenario: &Scenario) -> PathBuf {
    let variant = scenario.variant.as_ref().map_or(String::new(), |name| format!("-{name}"));
    args.out
        .clone()
        .unwrap_or_else(|| Path::new("output").join(format!("compare-{}{variant}", scenario.name)))
}
