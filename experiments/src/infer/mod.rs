//! `halfopen infer`: which settings inside the ranges reproduce what is known of an incident (approximate Bayesian
//! computation by rejection), and what would have helped in all of them.
//!
//! A setting is drawn from the ranges and simulated once; it is kept when its distance from what is known is zero: when
//! this one replication holds every claim of `[expect]`, whose bounds are as wide as what was published is vague. Only
//! what holds the claims about the scenario as it is meets the tests (variants that a claim is about), and only what
//! holds all of them meets the fixes: what is decided is not simulated further.

mod findings;
mod result;
mod runs;
mod seen;
mod table;
mod task;

use std::path::Path;
use std::process::ExitCode;

use halfopen_models::scenario::Drawn;

use crate::args::{self, Format};
use crate::export::Folder;
use crate::failure::Failure;
use crate::report::text;
use crate::{interrupt, print, say};
use findings::Simulated;
pub use findings::{Findings, Posterior};
use runs::Runs;
pub use table::amount;
use task::Task;

/// Simulates what is not yet done, writes the files, tells the person.
pub fn infer(args: &args::Infer) -> Result<ExitCode, Failure> {
    let task = Task::of(args)?;
    let all: Vec<u32> = (0..task.points).collect();
    let drawn = task.draw(None, &all)?;
    if drawn.unknowns.is_empty() {
        return Err(Failure::wrong(
            format!("nothing is unknown in {}: there is nothing to infer", task.definition.scenario),
            "give what nobody published a range in [assume]",
        ));
    }
    interrupt::listen()?;
    let usual = || Path::new("output").join(format!("infer-{}", task.definition.scenario));
    let place = args.out.clone().unwrap_or_else(usual);
    let folder = Folder::reserve(&place, &task.definition.scenario)?;
    let tell = |text: String| {
        if !args.shown.quiet {
            say(&text);
        }
    };

    let mut runs = Runs::open(&task, &place, args.shown.quiet)?;
    let simulated = simulate(&task, drawn, &all, &mut runs, &tell)?;
    let findings = Findings::of(&task, &simulated);
    let sections = table::describe(&task, &simulated, &findings);
    let (published, journal) = lines(&task, &runs, &simulated);
    folder.write(runs::JOURNAL, &journal)?;
    result::write(&task, &simulated, &findings, &sections, &folder)?;
    if interrupt::asked() {
        return Err(Failure::Interrupted("interrupted; the same command goes on from there".into()));
    }
    let place = folder.publish()?;
    print(&match args.shown.format {
        Format::Json => result::json(&task, &simulated, &findings),
        Format::Table => {
            let files = format!("\n{} {}\n", text::bold("Files"), place.display());
            text::write(&table::title(&task, &findings), &sections) + &files
        }
    })?;
    tell(format!("{} replications simulated", runs.simulated()));
    runs.finish(published);
    Ok(ExitCode::SUCCESS)
}

/// The settings, then the tests, then the fixes.
fn simulate(
    task: &Task,
    drawn: Drawn,
    all: &[u32],
    runs: &mut Runs<'_>,
    tell: &dyn Fn(String),
) -> Result<Simulated, Failure> {
    let base = runs.simulate(None, all, &drawn)?;
    let holds = |variant: Option<&str>, kept: &_| {
        task.claims(variant).all(|claim| seen::distance(claim, kept) <= 0.0)
    };
    let near: Vec<u32> = all.iter().copied().filter(|&it| holds(None, &base[it as usize])).collect();
    tell(format!("{} of {} settings hold what is known of the scenario as it is", near.len(), all.len()));
    let mut fit = near.clone();
    let mut tests = Vec::new();
    for variant in task.tests() {
        let kept = runs.simulate(Some(variant), &near, &task.draw(Some(variant), &near)?)?;
        fit.retain(|setting| {
            let place = near.iter().position(|it| it == setting).expect("those that fit are near");
            holds(Some(variant), &kept[place])
        });
        tests.push((variant.to_owned(), kept));
    }
    tell(format!("{} of them hold what is known of the tests, too; trying the fixes on these", fit.len()));
    let mut fixes = Vec::new();
    for variant in task.fixes() {
        let kept = runs.simulate(Some(variant), &fit, &task.draw(Some(variant), &fit)?)?;
        fixes.push((variant.to_owned(), kept));
    }
    Ok(Simulated { drawn, base, tests, near, fit, fixes })
}

/// The journal of what a result is made of, and how many replications that are.
fn lines(task: &Task, runs: &Runs<'_>, simulated: &Simulated) -> (usize, Vec<u8>) {
    let all: Vec<u32> = (0..task.points).collect();
    let tests =
        simulated.tests.iter().map(|(variant, _)| (Some(variant.as_str()), simulated.near.as_slice()));
    let fixes = simulated.fixes.iter().map(|(variant, _)| (Some(variant.as_str()), simulated.fit.as_slice()));
    let settings: Vec<_> = [(None, all.as_slice())].into_iter().chain(tests).chain(fixes).collect();
    runs.lines(&settings)
}
