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
use crate::study::cost;
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

    /// What all runs together cost.
    pub fn work(&self) -> u64 {
        self.sets.iter().flatten().map(|scenario| cost(scenario)).sum()
    }
}

/// Runs everything; per set its recordings in the order of their seeds.
///
/// # Errors
/// When somebody asked to stop before the end.
pub fn execute(plan: &Plan<'_>, progress: &Progress) -> Result<Vec<Vec<Recording>>, Failure> {
    let pool = pool(plan.jobs)?;
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

/// Threads to work with; absent: one for each core.
///
/// # Errors
/// When the system has none to give.
pub fn pool(jobs: Option<u16>) -> Result<rayon::ThreadPool, Failure> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(jobs.map_or(0, usize::from))
        .build()
        .map_err(|error| Failure::wrong(format!("cannot start threads: {error}"), "ask for fewer --jobs"))
}

/// One run; nothing when somebody asked to stop.
fn replication(scenario: &Scenario, seed: u64, progress: &Progress) -> Option<Recording> {
    let recording = guarded(scenario, &[], seed, || slices(scenario, seed, cost(scenario), progress));
    progress.finished_one();
    recording
}

/// Does `run`, and tells how to see it again if it breaks down.
pub fn guarded<T>(scenario: &Scenario, set: &[(String, String)], seed: u64, run: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let variant = scenario.variant.as_ref().map_or(String::new(), |name| format!(" --variant {name}"));
        let set: Vec<String> = set.iter().map(|(path, value)| format!(" --set '{path}={value}'")).collect();
        let set = set.concat();
        let also = if set.is_empty() { " (with the same --set)" } else { "" };
        say(&format!(
            "this is a defect of halfopen; it can be reproduced{also} by: \
             halfopen run {}{variant}{set} --seed {seed} --reps 1",
            scenario.name
        ));
        resume_unwind(panic)
    })
}

/// One run of this cost; nothing when somebody asked to stop.
pub fn slices(scenario: &Scenario, seed: u64, cost: u64, progress: &Progress) -> Option<Recording> {
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
        let share = (next - now).as_secs_f64() / scenario.horizon.as_secs_f64();
        progress.went_on((cost as f64 * share) as u64, run.requests() - before);
        now = next;
    }
    Some(run.finish())
}
