//! `halfopen find`: up to which value, or from which on, something holds.
//!
//! A point begins with a quarter of its replications; it gets the others only where they could still change the
//! verdict. All points meet the same random numbers, so that neighbours differ by the value and not by chance.

mod judge;
mod report;
mod search;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use halfopen_models::scenario::{Dimension, Edits, Quantity, Scenario};
use halfopen_models::summary::Replication;

use crate::args::{self, Format, Question, Sampling};
use crate::export::Folder;
use crate::failure::Failure;
use crate::report::text;
use crate::source::{self, Source};
use crate::study::{Change, Point, Study, check};
use crate::{interrupt, print, say};
use judge::{Asks, Judged};
use search::{Answer, Range, Tried, search};

/// Where the timeouts of clients stand.
const TIMEOUT: &str = "service.*.client.command_timeout";
/// Timeouts that somebody might choose: below, a round trip does not fit; above, every caller has left.
const TIMEOUTS: &str = "1ms..10m";
/// Loads that somebody might expect.
const LOADS: &str = "0.05..10.0";
/// Fewest replications of a point.
const FEWEST: u32 = 5;

/// What is varied.
enum Vary {
    /// A value of the file.
    Path(String),
    /// All loads, by a factor.
    Load,
}

/// A search that was made.
pub struct Found {
    title: &'static str,
    vary: String,
    asks: String,
    calm: bool,
    tried: Vec<Tried<Judged>>,
    answer: Answer,
}

/// Everything that a search needs to look at a point.
struct Ground<'a> {
    source: Source,
    base: Edits,
    scenario: Scenario,
    vary: Vary,
    range: Range,
    sampling: &'a Sampling,
    quiet: bool,
}

/// Searches, writes the files, tells the person.
pub fn find(args: &args::Find) -> Result<ExitCode, Failure> {
    let source = source::find(&args.input.scenario)?;
    let base = Edits { variant: args.input.variant.clone(), set: args.input.set.clone(), ..Edits::default() };
    let scenario = source::read(&source, &base)?;
    let (vary, range, asks) = asked(args, &scenario)?;
    let (sampling, quiet) = (&args.sampling, args.shown.quiet);
    let ground = Ground { source, base, scenario, vary, range, sampling, quiet };
    ground.points(&[range.low()], false)?;
    interrupt::listen()?;
    let folder = ground.folder(args)?;
    let found = match args.question {
        Some(Question::SafeTimeout) => {
            let in_calm = Asks::fails_no_more_than(ground.calm()?);
            vec![
                ground.search("The shortest that fails no call in calm", &in_calm, true)?,
                ground.search("The longest that prevents every crash", &asks, false)?,
            ]
        }
        Some(Question::LoadLimit) => {
            vec![ground.search("The largest load that recovers by itself", &asks, false)?]
        }
        None => vec![ground.search("The threshold", &asks, false)?],
    };

    let sections = report::sections(&found, args.question);
    report::write(&ground, &found, &sections, args.question, &folder)?;
    if interrupt::asked() {
        return Err(Failure::Interrupted("interrupted; nothing was written".into()));
    }
    let place = folder.publish()?;
    print(&match args.shown.format {
        Format::Json => report::json(&ground, &found, args.question),
        Format::Table => {
            let files = format!("\n{} {}\n", text::bold("Files"), place.display());
            text::write(&report::title(&ground), &sections) + &files
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// What is varied, where, and what shall hold with the fault; all that is wrong with it at once.
fn asked(args: &args::Find, scenario: &Scenario) -> Result<(Vary, Range, Asks), Failure> {
    let between = args.between.as_deref();
    let (vary, range, asks) = match (args.question, &args.vary, between, &args.such_that) {
        (Some(Question::SafeTimeout), path, between, _) => {
            let path = path.clone().unwrap_or_else(|| TIMEOUT.into());
            let asks = Asks::parse("crashes == 0", scenario);
            (Vary::Path(path), range(between.unwrap_or(TIMEOUTS), args), asks)
        }
        (Some(Question::LoadLimit), None, between, _) => {
            (Vary::Load, range(between.unwrap_or(LOADS), args), Ok(Asks::recovers_by_itself()))
        }
        (Some(Question::LoadLimit), Some(_), ..) => {
            return Err(Failure::wrong("load-limit varies all loads", "leave out --vary"));
        }
        (None, Some(path), Some(between), Some(such_that)) => {
            (Vary::Path(path.clone()), range(between, args), Asks::parse(such_that, scenario))
        }
        (None, ..) => {
            return Err(Failure::wrong(
                "this does not say what to find",
                "ask safe-timeout or load-limit, or give --vary PATH, --between LOW..HIGH and --such-that CONDITION",
            ));
        }
    };
    match (range, asks) {
        (Ok(range), Ok(asks)) => Ok((vary, range, asks)),
        (Err(one), Err(other)) => Err(Failure::Wrong(format!("{one}\n\n{other}"))),
        (Err(failure), _) | (_, Err(failure)) => Err(failure),
    }
}

/// Where to look, and how narrowly.
fn range(between: &str, args: &args::Find) -> Result<Range, Failure> {
    let share = |it: &Quantity| {
        matches!(it.dimension, Dimension::Share | Dimension::Plain) && it.value > 0.0 && it.value < 1.0
    };
    let within = Quantity::parse(&args.within).filter(share).ok_or_else(|| {
        let wrong = format!("--within {} is no share", args.within);
        Failure::wrong(wrong, "write one above zero, for instance 5%")
    })?;
    Range::parse(between, within.value).map_err(|(wrong, right)| Failure::wrong(wrong, right))
}

impl Ground<'_> {
    fn folder(&self, args: &args::Find) -> Result<Folder, Failure> {
        let variant = self.scenario.variant.as_ref().map_or(String::new(), |name| format!("-{name}"));
        let usual =
            || -> PathBuf { Path::new("output").join(format!("find-{}{variant}", self.scenario.name)) };
        Folder::reserve(&args.out.clone().unwrap_or_else(usual), &self.scenario.name)
    }

    /// The scenario as it is, without its fault.
    fn calm(&self) -> Result<Vec<Replication>, Failure> {
        let point = check(&self.source, &self.base, &[Change::default()])?.remove(0).calm();
        let study = Study::new(std::slice::from_ref(&point), self.sampling);
        Ok(study.run(self.quiet, |_, of| of.to_vec())?.remove(0))
    }

    fn search(&self, title: &'static str, asks: &Asks, calm: bool) -> Result<Found, Failure> {
        if !self.quiet {
            say(&format!("{title}: {}", asks.sentence()));
        }
        let mut look = |values: &[Quantity]| {
            let judged = self.judged(&self.points(values, calm)?, asks)?;
            Ok(judged.into_iter().map(|it| (it.holds, it)).collect())
        };
        let (tried, answer) = search(&self.range, &mut look)?;
        let vary = match &self.vary {
            Vary::Path(path) => path.clone(),
            Vary::Load => "load, times".into(),
        };
        Ok(Found { title, vary, asks: asks.sentence(), calm, tried, answer })
    }

    fn points(&self, values: &[Quantity], calm: bool) -> Result<Vec<Point>, Failure> {
        let points: Vec<Point> = match &self.vary {
            Vary::Path(path) => {
                let change =
                    |value: &Quantity| Change { variant: None, set: vec![(path.clone(), value.to_string())] };
                check(&self.source, &self.base, &values.iter().map(change).collect::<Vec<_>>())?
            }
            Vary::Load => {
                let point = check(&self.source, &self.base, &[Change::default()])?.remove(0);
                values.iter().map(|factor| point.clone().loaded(factor.value)).collect()
            }
        };
        Ok(if calm { points.into_iter().map(Point::calm).collect() } else { points })
    }

    /// Of each point the verdict: after a few replications where they decide it, else after all.
    fn judged(&self, points: &[Point], asks: &Asks) -> Result<Vec<Judged>, Failure> {
        let Sampling { seed, reps, jobs } = *self.sampling;
        let few = (reps / 4).max(FEWEST).min(reps);
        let simulate = |points: &[Point], seed: u64, reps: u32| -> Result<Vec<Vec<Replication>>, Failure> {
            let study = Study { points, seed, reps, jobs };
            study.run(self.quiet, |_, replications| replications.to_vec())
        };
        let mut all = simulate(points, seed, few)?;
        let mut judged: Vec<Judged> = all.iter().map(|it| asks.judge(it)).collect::<Result<_, _>>()?;
        let open: Vec<usize> = (0..points.len()).filter(|&at| judged[at].open && few < reps).collect();
        let again: Vec<Point> = open.iter().map(|&at| points[at].clone()).collect();
        if again.is_empty() {
            return Ok(judged);
        }
        let more = simulate(&again, seed + u64::from(few), reps - few)?;
        for (&at, more) in open.iter().zip(more) {
            all[at].extend(more);
            judged[at] = asks.judge(&all[at])?;
        }
        Ok(judged)
    }
}
