//! Replications in parallel. Each run is one thread; results go to their index, so the number of threads shows in
//! nothing but the time it takes.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use halfopen_models::Run;
use halfopen_models::recording::Recording;
use halfopen_models::scenario::Scenario;
use halfopen_sim::{Span, Time};
use rayon::prelude::*;

use crate::failure::Failure;
use crate::progress::Progress;
use crate::{interrupt, say};

/// Simulated time between two looks at progress and Ctrl-C.
const SLICE: Span = Span::from_secs(10);

/// What is to be simulated: sets of as many replications each, which all meet the same seeds.
pub struct Plan<'a> {
    /// Of each set the scenario of each replication.
    pub sets: Vec<Vec<&'a Scenario>>,
    /// Seed of the first replication; the others follow by one.
    pub seed: u64,
    /// Threads; absent: all cores.
    pub jobs: Option<u16>,
}

impl Plan<'_> {
    /// How many runs this is.
    pub fn runs(&self) -> usize {
        self.sets.iter().map(Vec::len).sum()
    }

    /// Simulated time of all runs together.
    pub fn total(&self) -> Span {
        self.sets.iter().flatten().fold(Span::ZERO, |sum, scenario| sum + scenario.horizon)
    }
}

/// Runs everything; per set its recordings in the order of their seeds.
///
/// # Errors
/// When somebody asked to stop before the end.
pub fn execute(plan: &Plan<'_>, progress: &Progress) -> Result<Vec<Vec<Recording>>, Failure> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(plan.jobs.map_or(0, usize::from))
        .build()
        .map_err(|error| Failure::wrong(format!("cannot start threads: {error}"), "ask for fewer --jobs"))?;
    let runs: Vec<(&Scenario, u64)> =
        plan.sets.iter().flat_map(|set| set.iter().copied().zip(plan.seed..)).collect();
    let recordings: Option<Vec<Recording>> = pool.install(|| {
        runs.into_par_iter().map(|(scenario, seed)| replication(scenario, seed, progress)).collect()
    });
    let Some(recordings) = recordings else {
        return Err(Failure::Interrupted(format!(
            "interrupted after {} of {} replications",
            progress.finished(),
            plan.runs()
        )));
    };
    let mut recordings = recordings.into_iter();
    Ok(plan.sets.iter().map(|set| recordings.by_ref().take(set.len()).collect()).collect())
}

/// One run; nothing when somebody asked to stop.
fn replication(scenario: &Scenario, seed: u64, progress: &Progress) -> Option<Recording> {
    let run = catch_unwind(AssertUnwindSafe(|| slices(scenario, seed, progress)));
    run.unwrap_or_else(|panic| {
        let variant = scenario.variant.as_ref().map_or(String::new(), |name| format!(" --variant {name}"));
        say(&format!(
            "this is a defect of halfopen; it can be reproduced (with the same --set) by: \
             halfopen run {}{variant} --seed {seed} --reps 1",
            scenario.name
        ));
        resume_unwind(panic)
    })
}

fn slices(scenario: &Scenario, seed: u64, progress: &Progress) -> Option<Recording> {
    let mut run = Run::new(scenario, seed);
    let horizon = Time::ZERO + scenario.horizon;
    let mut now = Time::ZERO;
    while now < horizon {
        if interrupt::asked() {
            return None;
        }
        let next = (now + SLICE).min(horizon);
        let before = run.requests();
        run.advance(next);
        progress.went_on(next - now, run.requests() - before);
        now = next;
    }
    progress.finished_one();
    Some(run.finish())
}
