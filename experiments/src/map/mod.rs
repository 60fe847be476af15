//! `halfopen map`: how a scenario comes out over its load and the length of its fault, and where it goes meanwhile.
//!
//! A system is metastable where a fault that has long ended keeps it down: the map shows beyond which load and which
//! length that begins. Both are about a fault that heals, so the scenario needs one.

mod result;
mod table;

use std::path::{Path as FilePath, PathBuf};
use std::process::ExitCode;

use halfopen_models::recording::{Recording, Verdict};
use halfopen_models::scenario::{Edits, Quantity, Scenario};
use halfopen_models::summary::{Outcome, Replication};
use halfopen_sim::Time;

use crate::args::{self, Format};
use crate::execute::{self, execute};
use crate::export::Folder;
use crate::failure::Failure;
use crate::report::text;
use crate::source::{self, Source};
use crate::study::{Change, Point, Study, check};
use crate::sweep::Axis;
use crate::{interrupt, print};

/// All verdicts, the worst last.
pub const VERDICTS: [Verdict; 6] = [
    Verdict::Unharmed,
    Verdict::ByItself,
    Verdict::ByKernel,
    Verdict::ByCrash,
    Verdict::NeverWithinHorizon,
    Verdict::Metastable,
];

/// The map and the portrait.
pub struct Chart {
    source: Source,
    base: Edits,
    /// Name of the scenario.
    pub scenario: String,
    /// Where the length of the fault stands.
    pub path: String,
    /// Factors of the load, as written.
    pub loads: Vec<String>,
    /// Lengths of the fault, as written.
    pub lengths: Vec<String>,
    seed: u64,
    /// Of each cell.
    pub replications: u32,
    /// The first load with every length, then the next.
    pub cells: Vec<Cell>,
    /// Ways through the plane of pending calls and retries.
    pub paths: Vec<Path>,
}

/// One load and one length.
pub struct Cell {
    replications: Vec<Replication>,
}

/// One replication's way, a point a second.
pub struct Path {
    /// Where on the map it is.
    pub name: String,
    /// Pending calls and retries in flight, of all services.
    pub points: Vec<(f64, f64)>,
    /// The second in which the fault ends.
    pub healed: usize,
}

/// Simulates, draws, writes the files, tells the person.
pub fn map(args: &args::Map) -> Result<ExitCode, Failure> {
    let source = source::find(&args.input.scenario)?;
    let base = Edits { variant: args.input.variant.clone(), set: args.input.set.clone(), ..Edits::default() };
    let scenario = source::read(&source, &base)?;
    let path = heals(&scenario)?;
    let (loads, lengths) = (values("--loads", &args.loads)?, values("--lengths", &args.lengths)?);
    let points = points(&source, &base, &path, &loads, &lengths)?;
    interrupt::listen()?;
    let variant = scenario.variant.as_ref().map_or(String::new(), |name| format!("-{name}"));
    let usual = || -> PathBuf { FilePath::new("output").join(format!("map-{}{variant}", scenario.name)) };
    let folder = Folder::reserve(&args.out.clone().unwrap_or_else(usual), &scenario.name)?;
    let sampling = args.sampling();
    let study = Study::new(&points, &sampling);
    let cells = study.run(args.shown.quiet, |_, of| Cell { replications: of.to_vec() })?;
    let mut chart = Chart {
        scenario: scenario.name.clone(),
        source,
        base,
        path,
        loads,
        lengths,
        seed: args.seed,
        replications: args.reps,
        cells,
        paths: Vec::new(),
    };
    chart.paths = chart.portrait(&study)?;

    let sections = table::describe(&chart);
    result::write(&chart, &sections, &folder)?;
    if interrupt::asked() {
        return Err(Failure::Interrupted("interrupted; nothing was written".into()));
    }
    let place = folder.publish()?;
    print(&match args.shown.format {
        Format::Json => result::json(&chart),
        Format::Table => {
            let files = format!("\n{} {}\n", text::bold("Files"), place.display());
            text::write(&table::title(&chart), &sections) + &files
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The path of the length of the first fault that heals.
fn heals(scenario: &Scenario) -> Result<String, Failure> {
    let healing = scenario.faults.iter().position(|fault| fault.end.is_some());
    if let Some(at) = healing {
        return Ok(format!("fault.{at}.{}.for", scenario.faults[at].mode));
    }
    let right = match scenario.faults.first() {
        Some(fault) => format!(
            "a map shows what stays broken after its cause is gone, so the fault needs an end: add for = \"30s\" to it, \
             or --set fault.0.{}.for=30s (where the mode heals: see `halfopen list faults`)",
            fault.mode
        ),
        None => {
            "write one: [[fault]] with at and a mode that has for = \"30s\" (`halfopen list faults`)".into()
        }
    };
    let wrong = if scenario.faults.is_empty() { "has no fault" } else { "has no fault that heals" };
    Err(Failure::wrong(format!("{} {wrong}", scenario.name), right))
}

fn values(option: &str, text: &str) -> Result<Vec<String>, Failure> {
    Axis::parse(&format!("{option}={text}"))
        .and_then(|axis| axis.values())
        .map_err(|(wrong, right)| Failure::wrong(wrong, right))
}

/// The first load with every length, then the next.
fn points(
    source: &Source,
    base: &Edits,
    path: &str,
    loads: &[String],
    lengths: &[String],
) -> Result<Vec<Point>, Failure> {
    let factors: Vec<f64> = loads.iter().map(|load| factor(load)).collect::<Result<_, _>>()?;
    let change = |length: &String| Change { variant: None, set: vec![(path.to_owned(), length.clone())] };
    let of_lengths = check(source, base, &lengths.iter().map(change).collect::<Vec<_>>())?;
    for (point, length) in of_lengths.iter().zip(lengths) {
        let scenario = &point.scenario;
        if scenario
            .faults
            .iter()
            .filter_map(|it| it.until)
            .any(|until| until >= Time::ZERO + scenario.horizon)
        {
            return Err(Failure::wrong(
                format!("a fault of {length} does not end before the horizon"),
                "choose shorter --lengths, or a later end of the run with --set horizon=…",
            ));
        }
    }
    let at = |factor: &f64| of_lengths.iter().map(|point| point.clone().loaded(*factor)).collect::<Vec<_>>();
    Ok(factors.iter().flat_map(at).collect())
}

fn factor(text: &str) -> Result<f64, Failure> {
    let number = Quantity::parse(text).map(|it| it.value).filter(|it| *it > 0.0 && *it <= 1000.0);
    number.ok_or_else(|| {
        Failure::wrong(format!("--loads: `{text}` is no factor of the load"), "write numbers, like 0.5,1,1.5")
    })
}

impl Cell {
    /// Of each verdict, the worst last, in how many replications it is that of the worst service.
    pub fn counts(&self) -> [u32; 6] {
        let mut counts = [0; 6];
        for replication in &self.replications {
            counts[replication.services.iter().map(came_out).max().unwrap_or(0)] += 1;
        }
        counts
    }

    /// The most frequent one; of equals the worst.
    pub fn verdict(&self) -> Verdict {
        let counts = self.counts();
        let most = (0..counts.len()).max_by_key(|&at| (counts[at], at)).unwrap_or(0);
        VERDICTS[most]
    }

    /// In how many replications it comes out that way, of how many.
    pub fn share(&self) -> (u32, u32) {
        let counts = self.counts();
        (counts[severity(self.verdict())], counts.iter().sum())
    }

    /// Whether it recovers before the horizon and without a crash, more often than not.
    pub fn comes_back(&self) -> bool {
        let counts = self.counts();
        let broken: u32 = counts[severity(Verdict::ByCrash)..].iter().sum();
        2 * broken < counts.iter().sum()
    }
}

/// How a service came out, as an index of [`VERDICTS`]. Its own verdict tells what became of its connections; here it
/// also counts that a crash has emptied what had piled up.
fn came_out(service: &Outcome) -> usize {
    let own = service.verdict.as_ref().map_or(0, |it| severity(it.0));
    if service.crashes > 0 { own.max(severity(Verdict::ByCrash)) } else { own }
}

fn severity(verdict: Verdict) -> usize {
    VERDICTS.iter().position(|it| *it == verdict).unwrap_or(0)
}

impl Chart {
    /// The first replication of the cells on both sides of the cliff, at the load nearest to the scenario's where there
    /// is one; else of the longest fault at that load.
    fn portrait(&self, study: &Study<'_>) -> Result<Vec<Path>, Failure> {
        let up = self.lengths.len();
        let mut loads: Vec<usize> = (0..self.loads.len()).collect();
        let away = |load: &usize| factor(&self.loads[*load]).map_or(f64::INFINITY, |it| libm::log(it).abs());
        loads.sort_by(|a, b| away(a).total_cmp(&away(b)));
        let edge = |load: &usize| {
            let back = |length: usize| self.cells[load * up + length].comes_back();
            (1..up).find(|&length| back(length) != back(length - 1)).map(|length| load * up + length)
        };
        let cells = match loads.iter().find_map(edge) {
            Some(cell) => vec![cell - 1, cell],
            None => vec![loads[0] * up + up - 1],
        };
        let scenarios: Vec<Scenario> = cells.iter().map(|&at| study.points[at].scenario.clone()).collect();
        let plan = execute::Plan {
            sets: scenarios.iter().map(|scenario| vec![scenario]).collect(),
            seed: study.seed,
            jobs: study.jobs,
        };
        let progress = crate::progress::Progress::new(plan.runs(), plan.work(), true);
        let recordings = execute(&plan, &progress)?;
        let path = |((cell, of), scenario): ((&usize, &Vec<Recording>), &Scenario)| Path {
            name: format!(
                "load × {}, {} long: {}",
                self.loads[cell / up],
                self.lengths[cell % up],
                self.cells[*cell].verdict()
            ),
            points: points_of(&of[0]),
            healed: scenario
                .faults
                .iter()
                .filter_map(|it| it.until)
                .max()
                .map_or(0, |it| it.as_secs_f64() as usize),
        };
        Ok(cells.iter().zip(&recordings).zip(&scenarios).map(path).collect())
    }
}

fn points_of(recording: &Recording) -> Vec<(f64, f64)> {
    let seconds = recording.services.iter().map(|it| it.series.len()).max().unwrap_or(0);
    let sum = |second: usize| {
        let samples = recording.services.iter().filter_map(|it| it.series.get(second));
        samples.fold((0.0, 0.0), |(calls, retries), it| {
            (calls + it.pending_calls as f64, retries + it.retries_in_flight as f64)
        })
    };
    (0..seconds).map(sum).collect()
}
