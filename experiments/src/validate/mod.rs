//! `halfopen validate`: the model beside what others proved and published ([`textbook`]), and beside measurements of
//! real clients, servers and the kernel.
//!
//! A measured case becomes a scenario ([`scenario`]), the scenario runs over seeds and is looked at as the laboratory
//! looked ([`watch`]), a group asks for quantities and judges them by its rule ([`groups`]).

mod calibration;
mod client;
pub mod comparison;
mod course;
pub mod groups;
mod known;
pub mod outcome;
mod own;
mod question;
mod row;
mod scenario;
mod textbook;
mod watch;

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;

use halfopen_models::scenario::Scenario;
use rayon::ThreadPool;
use rayon::prelude::*;

use crate::args::{self, Format};
use crate::failure::Failure;
use crate::plot::scatter;
use crate::progress::Progress;
use crate::report::{markdown, text, validation};
use crate::study::cost;
use crate::{interrupt, print};

pub use calibration::Calibration;
pub use watch::recovery;

use groups::{GROUPS, Ground, Group, Runs};
use outcome::Outcome;
use row::{Cases, Row};

/// Compares, tells the person, writes the page.
pub fn validate(args: &args::Validate) -> Result<ExitCode, Failure> {
    let (groups, cases, scenarios) =
        if args.case.is_empty() { shared(args)? } else { own::read(&args.case, args.seeds())? };
    let known = known::list(args.cases.is_none() && args.case.is_empty())?;
    interrupt::listen()?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(args.jobs.map_or(0, usize::from))
        .build()
        .map_err(|error| Failure::wrong(format!("cannot start threads: {error}"), "ask for fewer --jobs"))?;
    let runs = simulate(args, &pool, scenarios)?;
    let mut comparisons = Vec::new();
    for group in &groups {
        let rows = cases.rows.iter().filter(|row| (group.takes)(row, &cases.courses)).collect();
        let ground =
            Ground { group: group.name, rows, courses: &cases.courses, runs: &runs, quick: args.quick };
        comparisons.extend(pool.install(|| (group.compare)(&ground)));
    }
    let outcome = Outcome::new(&groups, comparisons, &known);
    let over = if args.uncertain { ", calibrated values drawn from their ranges" } else { "" };
    let title = format!("halfopen against measurements ({} seeds from {}{over})", args.seeds(), args.seed);
    let sections = validation::describe(&outcome);
    if let Some(page) = &args.out {
        write_page(page, &title, &sections, &outcome)?;
    }
    print(&match args.shown.format {
        Format::Json => outcome.json(),
        Format::Table => text::write(&title, &sections),
    })?;
    Ok(ExitCode::from(u8::from(outcome.has_news())))
}

/// The scenario of a shipped case, as `show` prints it.
pub fn case(name: &str) -> Option<String> {
    let cases = Cases::shipped().ok()?;
    let row = cases.rows.iter().find(|row| row.case_id == name)?;
    Some(scenario::text(row, &Calibration::shipped()))
}

fn chosen(only: &[String]) -> Result<Vec<&'static Group>, Failure> {
    for name in only {
        if !GROUPS.iter().any(|group| group.name == name) {
            let names: Vec<&str> = GROUPS.iter().map(|group| group.name).collect();
            return Err(Failure::wrong(
                format!("no group is called `{name}`"),
                format!("known groups: {}", names.join(", ")),
            ));
        }
    }
    let wanted = |group: &&Group| only.is_empty() || only.iter().any(|name| group.name == name);
    Ok(GROUPS.iter().filter(wanted).collect())
}

/// Cases by name, each as a scenario for every seed, or why it is none.
type Scenarios = Vec<(String, Result<Vec<Scenario>, String>)>;

/// Cases that come with the program, or those of a table, and which groups take them.
fn shared(args: &args::Validate) -> Result<(Vec<&'static Group>, Cases, Scenarios), Failure> {
    let groups = chosen(&args.only)?;
    let cases = args.cases.as_deref().map_or_else(Cases::shipped, Cases::from)?;
    let calibration = Calibration::shipped();
    let needed = |row: &&Row| groups.iter().any(|group| (group.takes)(row, &cases.courses));
    let count = args.seeds() as usize;
    let calibrations = calibration.drawn(count, args.seed);
    let settings = |row: &Row| {
        if args.uncertain {
            return scenario::drawn(row, &calibrations, args.seed);
        }
        scenario::read(row, &calibration).map(|scenario| vec![scenario; count])
    };
    let scenarios =
        cases.rows.iter().filter(needed).map(|row| (row.case_id.clone(), settings(row))).collect();
    Ok((groups, cases, scenarios))
}

/// Runs every case over all seeds.
fn simulate(
    args: &args::Validate,
    pool: &ThreadPool,
    scenarios: Scenarios,
) -> Result<BTreeMap<String, Runs>, Failure> {
    let work = scenarios.iter().filter_map(|(_, read)| read.as_ref().ok()).flatten().map(cost).sum();
    let progress = Progress::new(scenarios.len(), work, args.shown.quiet);
    let run = |(id, read): (String, Result<Vec<Scenario>, String>)| {
        let runs = read.and_then(|scenarios| over_seeds(&scenarios, args.seed, &progress));
        progress.finished_one();
        (id, runs)
    };
    let runs = pool.install(|| scenarios.into_par_iter().map(run).collect());
    if interrupt::asked() {
        return Err(Failure::Interrupted("interrupted; nothing was written".into()));
    }
    Ok(runs)
}

/// One case, a scenario for each seed. A run that a defect of ours stops is told as a miss: the other cases are still worth
/// their time.
fn over_seeds(scenarios: &[Scenario], first: u64, progress: &Progress) -> Runs {
    let mut runs = Vec::new();
    for (scenario, seed) in scenarios.iter().zip(first..).take_while(|_| !interrupt::asked()) {
        let run = catch_unwind(AssertUnwindSafe(|| watch::watch(scenario, seed))).map_err(|_| {
            let name = &scenario.name;
            format!("a defect of halfopen stops it: halfopen show {name} > case.toml; halfopen run case.toml --seed {seed} --reps 1")
        })?;
        progress.went_on(cost(scenario), run.callers.sent as u64);
        runs.push(run);
    }
    Ok(runs)
}

/// The page and its picture beside it.
fn write_page(
    page: &Path,
    title: &str,
    sections: &[crate::report::Section],
    outcome: &Outcome<'_>,
) -> Result<(), Failure> {
    let picture = scatter::draw(&outcome.comparisons);
    let beside = page.with_extension("png");
    let name = beside.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned());
    let text = markdown::write(title, sections, &[&name]);
    let write = |path: &Path, bytes: &[u8]| {
        fs::write(path, bytes)
            .map_err(|error| Failure::wrong(format!("cannot write {}: {error}", path.display()), ""))
    };
    write(page, text.as_bytes())?;
    write(&beside, &picture.png)
}
