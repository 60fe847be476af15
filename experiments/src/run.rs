//! `halfopen run`: a scenario, simulated and shown.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use halfopen_models::Run;
use halfopen_models::recording::Recording;
use halfopen_models::scenario::{Claim, Drawn, Edits, Scenario};
use halfopen_models::summary::claims::{self, Runs};
use halfopen_models::summary::{ClaimResult, Replication, Summary, Uncertainty};

use crate::args::{self, Format};
use crate::execute::{Plan, execute};
use crate::export::{self, Folder};
use crate::failure::Failure;
use crate::progress::{Progress, Speed};
use crate::report::{self, text};
use crate::source::{self, Source};
use crate::{interrupt, print, printed, readable, say};

/// Simulates, writes the files, tells the person.
pub fn run(args: &args::Run) -> Result<ExitCode, Failure> {
    let source = source::find(&args.input.scenario)?;
    let scenarios = scenarios(&source, args)?;
    let scenario = &scenarios[0];
    interrupt::listen()?;
    let folder = Folder::reserve(&place(args, scenario), &scenario.name)?;

    let drawn = drawn(&source, args, &scenarios)?;
    let sampling = &args.sampling;
    let plan =
        Plan { sets: sets(&scenarios, &drawn, sampling.reps), seed: sampling.seed, jobs: sampling.jobs };
    let progress = Progress::new(plan.runs(), plan.work(), args.shown.quiet);
    let recordings = execute(&plan, &progress).map_err(|failure| nothing_written(failure, folder.name()))?;
    let speed = progress.speed();
    drop(progress);

    let summary = Summary {
        expect: hold(&scenarios, &recordings),
        uncertainty: drawn.first().map(|drawn| {
            let as_written = recordings.last().expect("the last set is the scenario as written");
            Uncertainty::of(drawn, &recordings[0], Summary::of(scenario, as_written))
        }),
        ..Summary::of(scenario, &recordings[0])
    };
    let sections = report::describe(scenario, &recordings[0], &summary);
    let result = export::Result {
        scenario,
        set: &args.input.set,
        recordings: &recordings[0],
        summary: &summary,
        drawn: drawn.first(),
        report: &sections,
    };
    result.write(&folder)?;
    if interrupt::asked() {
        return Err(nothing_written(Failure::Interrupted("interrupted".into()), folder.name()));
    }
    let folder = folder.publish()?;

    print(&match args.shown.format {
        Format::Json => export::json(&summary),
        Format::Table => {
            text::write(&report::title(scenario, &summary), &sections) + &next(args, scenario, &folder)
        }
    })?;
    if !args.shown.quiet {
        remark(&speed);
    }
    let broken = summary.expect.iter().any(|claim| !claim.holds);
    Ok(ExitCode::from(u8::from(broken)))
}

/// Prints every event of the first replication, and nothing else.
pub fn trace(args: &args::Run) -> Result<ExitCode, Failure> {
    let source = source::find(&args.input.scenario)?;
    let scenario = source::read(&source, &edits(args, args.input.variant.clone()))?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut result = Ok(());
    Run::new(&scenario, args.sampling.seed).trace(|now, event| {
        if result.is_ok() {
            result = writeln!(out, "{} {event:?}", now.as_nanos());
        }
    });
    printed(result.and_then(|()| out.flush()))?;
    Ok(ExitCode::SUCCESS)
}

/// The scenario to run, and the variants that its claims need.
fn scenarios(source: &Source, args: &args::Run) -> Result<Vec<Scenario>, Failure> {
    let scenario = source::read(source, &edits(args, args.input.variant.clone()))?;
    let others: BTreeSet<Option<String>> = about(&scenario)
        .flat_map(Claim::variants)
        .filter(|variant| *variant != scenario.variant.as_deref())
        .map(|variant| variant.map(str::to_owned))
        .collect();
    let mut scenarios = vec![scenario];
    for variant in others {
        scenarios.push(source::read(source, &edits(args, variant))?);
    }
    Ok(scenarios)
}

/// Of each scenario the settings of its replications; none unless asked for.
fn drawn(source: &Source, args: &args::Run, scenarios: &[Scenario]) -> Result<Vec<Drawn>, Failure> {
    let of = |scenario: &Scenario| {
        source::draw(source, &edits(args, scenario.variant.clone()), args.sampling.reps, args.sampling.seed)
    };
    scenarios.iter().filter(|_| args.uncertain).map(of).collect()
}

/// What each scenario's replications run; with settings drawn, last the first scenario as it is written.
fn sets<'a>(scenarios: &'a [Scenario], drawn: &'a [Drawn], reps: u32) -> Vec<Vec<&'a Scenario>> {
    let as_written = |scenario| vec![scenario; reps as usize];
    if drawn.is_empty() {
        return scenarios.iter().map(as_written).collect();
    }
    let over_ranges = drawn.iter().map(|drawn| drawn.scenarios.iter().collect());
    over_ranges.chain([as_written(&scenarios[0])]).collect()
}

/// The claims that a run answers for: all of them, or those about the variant that was asked for.
fn about(scenario: &Scenario) -> impl Iterator<Item = &Claim> {
    scenario.claims.iter().filter(|claim| scenario.variant.is_none() || claim.variant == scenario.variant)
}

fn edits(args: &args::Run, variant: Option<String>) -> Edits {
    Edits { variant, set: args.input.set.clone(), ..Edits::default() }
}

fn place(args: &args::Run, scenario: &Scenario) -> PathBuf {
    args.out.clone().unwrap_or_else(|| {
        let variant = scenario.variant.as_ref().map_or(String::new(), |name| format!("-{name}"));
        Path::new("output").join(format!("{}{variant}", scenario.name))
    })
}

/// The claims about this run, in the order of the file.
fn hold(scenarios: &[Scenario], recordings: &[Vec<Recording>]) -> Vec<ClaimResult> {
    let replications: Vec<Vec<Replication>> =
        recordings.iter().map(|of| of.iter().map(Replication::of).collect()).collect();
    let runs = scenarios.iter().zip(&replications);
    let runs: Vec<Runs<'_>> = runs
        .map(|(scenario, replications)| Runs { variant: scenario.variant.as_deref(), replications })
        .collect();
    let about: Vec<Claim> = about(&scenarios[0]).cloned().collect();
    claims::hold(&about, &runs)
}

fn nothing_written(failure: Failure, target: &Path) -> Failure {
    match failure {
        Failure::Interrupted(what) => {
            let target = target.display();
            Failure::Interrupted(format!("{what}; nothing was kept, and {target} is as it was"))
        }
        wrong @ Failure::Wrong(_) => wrong,
    }
}

/// Where the files are, and what to try next.
fn next(args: &args::Run, scenario: &Scenario, folder: &Path) -> String {
    let mut out = format!("\n{} {}\n", text::bold("Files"), folder.display());
    let others: Vec<&String> =
        scenario.variants.iter().filter(|name| scenario.variant.as_ref() != Some(name)).collect();
    if !others.is_empty() {
        let _ = writeln!(out, "\n{}", text::bold("What to try next"));
        for name in others {
            let _ = writeln!(out, "  halfopen run {} --variant {name}", args.input.scenario);
        }
    }
    out
}

fn remark(Speed { requests, seconds }: &Speed) {
    say(&format!(
        "{} requests simulated in {}: {} requests per second",
        readable::count(*requests as f64),
        readable::seconds(*seconds),
        readable::count(*requests as f64 / seconds)
    ));
}
