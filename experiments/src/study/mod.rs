//! A study: one scenario at several points, each with the same seeds. Sweeps, comparisons and searches stand on it.
//!
//! The unit of work is one replication, and the dearest are begun first, so that no core is left idle at the end. Each
//! replication is reduced at once to what a summary needs, and all replications of a point to what the caller wants
//! of it, so that memory does not grow with their number. Results go to their index: the number of threads shows in
//! nothing but the time it takes. All points meet the same random numbers, which takes what they have in common out of
//! their differences.

mod collect;
mod cost;
pub mod journal;
mod points;

pub use collect::Collect;
pub use cost::cost;
pub use journal::{Journal, Kept};
pub use points::{Change, Point, check};

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use halfopen_models::summary::Replication;

use crate::args::Sampling;
use crate::execute;
use crate::failure::Failure;
use crate::progress::Progress;

/// Points and how often each is simulated.
pub struct Study<'a> {
    /// The points; all meet the same seeds.
    pub points: &'a [Point],
    /// Seed of the first replication of each point; the others follow by one.
    pub seed: u64,
    /// Replications of each point.
    pub reps: u32,
    /// Threads; absent: all cores.
    pub jobs: Option<u16>,
}

/// One replication of one point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unit {
    /// Index of the point.
    pub point: usize,
    /// Number of the replication, from zero.
    pub rep: u32,
}

/// Told of every replication that is done, from the thread that did it.
pub type Keep<'a> = &'a (dyn Fn(Unit, &Replication) -> Result<(), Failure> + Sync);

impl<'a> Study<'a> {
    /// These points, sampled as asked.
    pub fn new(points: &'a [Point], sampling: &Sampling) -> Study<'a> {
        Study { points, seed: sampling.seed, reps: sampling.reps, jobs: sampling.jobs }
    }

    /// All units, the dearest points first; of equal points and of one point in their order.
    pub fn units(&self) -> Vec<Unit> {
        let mut order: Vec<usize> = (0..self.points.len()).collect();
        order.sort_by_key(|&point| std::cmp::Reverse(self.points[point].cost));
        order.into_iter().flat_map(|point| (0..self.reps).map(move |rep| Unit { point, rep })).collect()
    }

    /// A bar for these units.
    pub fn progress(&self, units: &[Unit], quiet: bool) -> Progress {
        let work = units.iter().map(|unit| self.points[unit.point].cost).sum();
        Progress::new(units.len(), work, quiet)
    }

    /// Simulates everything; of each point what `reduce` makes of its replications, which come in the order of their
    /// seeds.
    ///
    /// # Errors
    /// When somebody asked to stop before the end.
    pub fn run<T: Send>(
        &self,
        quiet: bool,
        reduce: impl Fn(usize, &[Replication]) -> T + Sync,
    ) -> Result<Vec<T>, Failure> {
        let units = self.units();
        let collect = Collect::new(self.points.len(), self.reps, reduce);
        self.simulate(&units, &self.progress(&units, quiet), &|unit, replication| {
            collect.add(unit, replication.clone());
            Ok(())
        })?;
        Ok(collect.finish())
    }

    /// Simulates these units, in this order as far as threads are free, and tells `keep` of each.
    ///
    /// # Errors
    /// When somebody asked to stop before the end, or when `keep` fails.
    pub fn simulate(&self, units: &[Unit], progress: &Progress, keep: Keep<'_>) -> Result<(), Failure> {
        let pool = execute::pool(self.jobs)?;
        let next = AtomicUsize::new(0);
        let stop = AtomicBool::new(false);
        let failed: Mutex<Option<Failure>> = Mutex::new(None);
        pool.broadcast(|_| {
            let _alarm = Alarm(&stop);
            while let Some(&unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let Some(replication) = self.replication(unit, progress) else { break };
                if let Err(failure) = keep(unit, &replication) {
                    stop.store(true, Ordering::Relaxed);
                    *failed.lock().expect("nobody panics with it") = Some(failure);
                }
                progress.finished_one();
            }
        });
        if let Some(failure) = failed.into_inner().expect("nobody panics with it") {
            return Err(failure);
        }
        if progress.finished() < units.len() as u64 {
            let done = progress.finished();
            return Err(Failure::Interrupted(format!(
                "interrupted after {done} of {} replications",
                units.len()
            )));
        }
        Ok(())
    }

    /// One unit; nothing when somebody asked to stop.
    fn replication(&self, unit: Unit, progress: &Progress) -> Option<Replication> {
        let point = &self.points[unit.point];
        let seed = self.seed + u64::from(unit.rep);
        let run = || execute::slices(&point.scenario, seed, point.cost, progress);
        let recording = execute::guarded(&point.scenario, &point.edits.set, seed, run)?;
        Some(Replication::of(&recording))
    }
}

/// Tells the other threads when its own panics: they need not finish what nobody will see.
struct Alarm<'a>(&'a AtomicBool);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use halfopen_models::scenario::Edits;
    use halfopen_models::summary::Summary;

    use super::*;
    use crate::source::Source;

    fn source() -> Source {
        let text = include_str!("../../tests/data/small.toml").replace("\"3m\"", "\"40s\"");
        Source { name: "small".into(), label: "small.toml".into(), text }
    }

    fn points() -> Vec<Point> {
        let change = |rate: &str| Change {
            variant: None,
            set: vec![("load.people.arrivals.poisson".into(), rate.into())],
        };
        check(&source(), &Edits::default(), &["20/s", "90/s", "40/s"].map(change)).unwrap()
    }

    fn study(points: &[Point], jobs: u16) -> Study<'_> {
        Study { points, seed: 1, reps: 3, jobs: Some(jobs) }
    }

    #[test]
    fn the_dearest_units_come_first_and_results_at_their_index() {
        let points = points();
        let study = study(&points, 1);
        let order: Vec<usize> = study.units().iter().map(|unit| unit.point).collect();
        assert_eq!(order, [1, 1, 1, 2, 2, 2, 0, 0, 0]);
        let seeds =
            |point: usize, of: &[Replication]| (point, of.iter().map(|it| it.seed).collect::<Vec<_>>());
        assert_eq!(study.run(true, seeds).unwrap(), [0, 1, 2].map(|point| (point, vec![1, 2, 3])));
    }

    #[test]
    fn the_number_of_threads_shows_in_nothing() {
        let points = points();
        let all = |jobs| study(&points, jobs).run(true, |_, replications| replications.to_vec()).unwrap();
        assert_eq!(all(1), all(3));
    }

    #[test]
    fn a_replication_comes_back_from_its_text_to_the_last_bit() {
        let points = points();
        let of = study(&points, 2).run(true, |_, replications| replications.to_vec()).unwrap();
        for (point, replications) in points.iter().zip(of) {
            let text = serde_json::to_string(&replications).unwrap();
            let read: Vec<Replication> = serde_json::from_str(&text).unwrap();
            assert_eq!(read, replications);
            assert_eq!(Summary::over(&point.scenario, &read), Summary::over(&point.scenario, &replications));
        }
    }

    #[test]
    fn a_keeper_that_fails_stops_the_study() {
        let points = points();
        let study = study(&points, 2);
        let units = study.units();
        let full = |_: Unit, _: &Replication| Err(Failure::wrong("the disk is full", ""));
        let failure = study.simulate(&units, &study.progress(&units, true), &full).unwrap_err();
        assert!(failure.to_string().contains("the disk is full"));
    }
}
