//! `halfopen sweep` and `halfopen merge`: one scenario at many points, what each comes to, and where the cliff is.

mod axis;
mod cliff;
mod definition;
mod design;
mod journal;
mod plan;
mod result;
mod table;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::args::{self, Format, Shard};
use crate::export::Folder;
use crate::failure::Failure;
use crate::report::text;
use crate::study::journal::{beside, kept, other_program};
use crate::study::{Collect, Study, Unit};
use crate::{interrupt, print, readable, say};
pub use axis::Axis;
use definition::Definition;
use plan::Kept;
pub use plan::{Cell, Plan};

/// The journal in the folder of a shard.
const JOURNAL: &str = "replications.journal";

/// `manifest.json` of a sweep's folder.
#[derive(Serialize, Deserialize)]
struct Manifest {
    /// A part of the work only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    shard: Option<Shard>,
    #[serde(flatten)]
    sweep: Definition,
}

/// Simulates what is not yet done of a sweep, writes the files, tells the person.
pub fn sweep(args: &args::Sweep) -> Result<ExitCode, Failure> {
    let plan = Plan::of(Definition::of(args)?)?;
    interrupt::listen()?;
    let shard = args.shard.unwrap_or(Shard::WHOLE);
    let place = args.out.clone().unwrap_or_else(|| usual_place(&plan.definition, args.shard));
    let folder = Folder::reserve(&place, &plan.definition.scenario)?;
    let study = Study::new(&plan.points, &args.sampling);
    let collect = Collect::new(plan.points.len(), args.sampling.reps, |_, kept: &[Kept]| plan.reduce(kept));

    let mut sample = None;
    let journal = journal::open(&beside(&place), &plan.definition, shard, &mut |unit, kept| {
        if taken(&plan, unit) {
            sample.get_or_insert_with(|| (unit, kept.clone()));
            collect.add(unit, kept);
        }
    })?;
    let units: Vec<Unit> = of_shard(&study, shard).collect();
    let missing: Vec<Unit> = units.iter().copied().filter(|unit| !collect.has(*unit)).collect();
    let done = units.len() - missing.len();
    if let Some((unit, kept)) = sample {
        if !args.shown.quiet {
            say(&format!("{done} of {} replications were done before; going on from there", units.len()));
        }
        verify(&plan, unit, &kept, &beside(&place))?;
    }
    let progress = study.progress(&missing, args.shown.quiet);
    let whole = shard == Shard::WHOLE;
    let of_part = Mutex::new(Vec::new());
    let simulated = study.simulate(&missing, &progress, &|unit, replication| {
        let kept = plan.keep(replication);
        journal.add(unit, &kept)?;
        collect.add(unit, kept);
        Ok(())
    });
    let speed = progress.speed();
    drop(progress);
    if let Err(failure) = simulated {
        journal.sync();
        return Err(kept(failure, &beside(&place)));
    }
    if whole {
        let cells = collect.finish();
        finish(&plan, &cells, folder, args.shown.format)?;
    } else {
        journal::replay(&beside(&place), &plan.definition, shard, &mut |unit, kept| {
            of_part.lock().expect("nobody panics with it").push((unit, kept));
        })?;
        let kept = of_part.into_inner().expect("nobody panics with it");
        part(&plan, shard, kept, folder)?;
    }
    journal.remove();
    if !args.shown.quiet {
        let seconds = readable::seconds(speed.seconds);
        say(&format!("{} replications simulated in {seconds}", missing.len()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Joins the shards of a sweep.
pub fn merge(args: &args::Merge) -> Result<ExitCode, Failure> {
    let shards = args.shards.iter().map(|path| manifest(path).map(|it| (path.as_path(), it)));
    let shards: Vec<(&Path, Manifest)> = shards.collect::<Result<_, _>>()?;
    let (first, Manifest { sweep: definition, .. }) = &shards[0];
    all_there(first, definition, &shards)?;
    let plan = Plan::of(definition.clone())?;
    interrupt::listen()?;
    let place = args.out.clone().unwrap_or_else(|| usual_place(definition, None));
    let folder = Folder::reserve(&place, &definition.scenario)?;
    let points = &plan.points;
    let study = Study { points, seed: definition.seed, reps: definition.replications, jobs: None };
    let collect = Collect::new(points.len(), study.reps, |_, kept: &[Kept]| plan.reduce(kept));
    for (path, Manifest { shard, .. }) in &shards {
        let shard = shard.unwrap_or(Shard::WHOLE);
        let file = path.join(JOURNAL);
        let mut sample = None;
        journal::replay(&file, definition, shard, &mut |unit, kept| {
            if taken(&plan, unit) {
                sample.get_or_insert_with(|| (unit, kept.clone()));
                collect.add(unit, kept);
            }
        })?;
        if let Some(unit) = of_shard(&study, shard).find(|unit| !collect.has(*unit)) {
            return Err(Failure::wrong(
                format!(
                    "{} lacks replication {} of the point {}",
                    file.display(),
                    unit.rep,
                    plan.place(unit.point)
                ),
                "simulate this shard again",
            ));
        }
        if let Some((unit, kept)) = sample {
            verify(&plan, unit, &kept, &file)?;
        }
    }
    let cells = collect.finish();
    finish(&plan, &cells, folder, args.shown.format)?;
    Ok(ExitCode::SUCCESS)
}

/// `output/sweep-kustomer-2019-shard-2-of-4`.
fn usual_place(definition: &Definition, shard: Option<Shard>) -> PathBuf {
    let shard = shard.map_or(String::new(), |Shard { number, of }| format!("-shard-{number}-of-{of}"));
    let variant = definition.variant.as_ref().map_or(String::new(), |name| format!("-{name}"));
    Path::new("output").join(format!("sweep-{}{variant}{shard}", definition.name))
}

/// The units of a shard: each in its turn, so that all shards have about the same work.
fn of_shard(study: &Study<'_>, shard: Shard) -> impl Iterator<Item = Unit> {
    study.units().into_iter().skip(shard.number as usize - 1).step_by(shard.of as usize)
}

/// Whether a journal's unit is one of this plan's.
fn taken(plan: &Plan, unit: Unit) -> bool {
    unit.point < plan.points.len() && unit.rep < plan.definition.replications
}

/// Simulates again what a journal holds: only a program that computes the same may go on with it.
fn verify(plan: &Plan, unit: Unit, kept: &Kept, journal: &Path) -> Result<(), Failure> {
    let points = &plan.points[unit.point..=unit.point];
    let study = Study { points, seed: plan.definition.seed + u64::from(unit.rep), reps: 1, jobs: Some(1) };
    let again = study.run(true, |_, replications| plan.keep(&replications[0]))?;
    if again[0] == *kept {
        return Ok(());
    }
    Err(other_program(journal))
}

/// The files of the whole sweep, and what is printed.
fn finish(plan: &Plan, cells: &[Cell], folder: Folder, format: Format) -> Result<(), Failure> {
    let sections = table::describe(plan, cells);
    result::write(plan, cells, &sections, &folder)?;
    let place = folder.publish()?;
    print(&match format {
        Format::Json => result::json(plan, cells),
        Format::Table => {
            let files = format!("\n{} {}\n", text::bold("Files"), place.display());
            text::write(&table::title(plan), &sections) + &files
        }
    })
}

/// The folder of a shard.
fn part(plan: &Plan, shard: Shard, kept: Vec<(Unit, Kept)>, folder: Folder) -> Result<(), Failure> {
    let count = kept.len();
    folder.write("manifest.json", result::manifest(&plan.definition, Some(shard)).as_bytes())?;
    folder.write(JOURNAL, &journal::sorted(&plan.definition, shard, kept))?;
    let place = folder.publish()?;
    let Shard { number, of } = shard;
    print(&format!(
        "shard {number} of {of}: {count} replications in {}; `halfopen merge` joins all {of} shards\n",
        place.display()
    ))
}

fn manifest(folder: &Path) -> Result<Manifest, Failure> {
    let file = folder.join("manifest.json");
    let text = std::fs::read(&file).map_err(|error| {
        Failure::wrong(format!("cannot read {}: {error}", file.display()), "name a shard's folder")
    })?;
    let manifest: Option<Manifest> = serde_json::from_slice(&text).ok();
    manifest.filter(|manifest| manifest.shard.is_some()).ok_or_else(|| {
        Failure::wrong(
            format!("{} is no shard of a sweep", folder.display()),
            "name the folders that `halfopen sweep … --shard I/N` made",
        )
    })
}

/// All shards of one sweep, each once, by this version.
fn all_there(first: &Path, definition: &Definition, shards: &[(&Path, Manifest)]) -> Result<(), Failure> {
    let refuse = |wrong: String, right: &str| Err(Failure::wrong(wrong, right));
    if definition.version != env!("CARGO_PKG_VERSION") {
        let (there, here) = (&definition.version, env!("CARGO_PKG_VERSION"));
        let right = "merge with the version that simulated";
        return refuse(format!("{} was made by version {there}, and this is {here}", first.display()), right);
    }
    let of = shards[0].1.shard.map_or(1, |shard| shard.of);
    let mut numbers = BTreeSet::new();
    for (path, Manifest { shard, sweep }) in shards {
        let differences = definition.differences(sweep);
        let shard = shard.unwrap_or(Shard::WHOLE);
        if !differences.is_empty() {
            let (first, path) = (first.display(), path.display());
            let differences = differences
                .join("; ")
                .replace(" there", &format!(" in {first}"))
                .replace(" here", &format!(" in {path}"));
            return refuse(
                format!("the shards are of different sweeps: {differences}"),
                "merge shards of one sweep",
            );
        }
        if shard.of != of {
            return refuse(
                format!("{} is one of {} shards, {} one of {of}", path.display(), shard.of, first.display()),
                "merge shards of one division",
            );
        }
        if !numbers.insert(shard.number) {
            return refuse(
                format!("{} is shard {} a second time", path.display(), shard.number),
                "name each shard once",
            );
        }
    }
    let missing: Vec<String> =
        (1..=of).filter(|it| !numbers.contains(it)).map(|it| format!("{it}/{of}")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    refuse(
        format!("missing: shard {}", missing.join(", ")),
        "simulate what is missing, and name the folders of all shards",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Sample;

    #[test]
    fn a_program_that_computes_other_results_is_found_out() {
        let text = include_str!("../../tests/data/small.toml").replace("\"3m\"", "\"40s\"");
        let definition = Definition {
            format: 1,
            tool: "halfopen".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            name: "small".into(),
            scenario: "small".into(),
            variant: None,
            set: Vec::new(),
            over: vec!["service.web.instances=2,3".into()],
            sample: Sample::Grid,
            points: None,
            figures: Vec::new(),
            cliff: "crashes == 0".into(),
            seed: 1,
            replications: 2,
            text,
        };
        let plan = Plan::of(definition).unwrap();
        let study = Study { points: &plan.points, seed: 1, reps: 2, jobs: Some(1) };
        let all = study.run(true, |_, of| of.iter().map(|it| plan.keep(it)).collect::<Vec<_>>()).unwrap();
        let (unit, journal) = (Unit { point: 1, rep: 1 }, Path::new("x.journal"));
        verify(&plan, unit, &all[1][1], journal).unwrap();
        let other = Kept { digest: all[1][1].digest + 1, ..all[1][1].clone() };
        let failure = verify(&plan, unit, &other, journal).unwrap_err();
        assert!(failure.to_string().contains("computes other results"), "{failure}");
    }
}
