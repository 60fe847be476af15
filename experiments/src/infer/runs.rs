//! Replications of settings: each once, from the journal where it was done before.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use halfopen_models::scenario::{Drawn, Edits};

use super::seen::keep;
use super::task::Task;
use crate::failure::Failure;
use crate::say;
use crate::study::{Journal, Kept, Point, Study, Unit, journal};

/// The journal in the folder of a result: more settings go on from there.
pub const JOURNAL: &str = "replications.journal";

/// What has been simulated of a task, and where that is written down. The unit of setting s and variant v (zero: the
/// scenario as it is) is (s, v).
pub struct Runs<'a> {
    task: &'a Task,
    quiet: bool,
    path: PathBuf,
    journal: Journal,
    done: BTreeMap<Unit, Kept>,
    simulated: usize,
}

impl<'a> Runs<'a> {
    /// Takes up what an earlier result in `place` holds of this task, and what one that was cut off has left beside it.
    ///
    /// # Errors
    /// When the journal beside the folder is of another task, or was written by a program that computes other results.
    pub fn open(task: &'a Task, place: &Path, quiet: bool) -> Result<Runs<'a>, Failure> {
        let path = journal::beside(place);
        let mut done = BTreeMap::new();
        // An earlier result that is of another task, or that this program would not compute, will be replaced like any.
        let earlier = journal::replay(&place.join(JOURNAL), &task.definition, &mut |unit, kept| {
            done.insert(unit, kept);
        });
        if earlier.is_err() || !same(task, &done)? {
            done.clear();
        }
        let mut left = BTreeMap::new();
        let journal = Journal::open(&path, &task.definition, &mut |unit, kept| {
            left.insert(unit, kept);
        })?;
        if !same(task, &left)? {
            return Err(journal::other_program(&path));
        }
        done.extend(left);
        if !quiet && !done.is_empty() {
            say(&format!("{} replications were done before; going on from there", done.len()));
        }
        Ok(Runs { task, quiet, path, journal, done, simulated: 0 })
    }

    /// What each of these settings comes to, of the scenario or a variant; simulates what was not done before.
    ///
    /// # Errors
    /// When somebody asked to stop, or a setting's values do not go together.
    pub fn simulate(
        &mut self,
        variant: Option<&str>,
        which: &[u32],
        drawn: &Drawn,
    ) -> Result<Vec<Kept>, Failure> {
        let unit = |&setting: &u32| Unit { point: setting as usize, rep: self.task.number(variant) };
        let missing: Vec<usize> =
            (0..which.len()).filter(|&index| !self.done.contains_key(&unit(&which[index]))).collect();
        let points: Vec<Point> =
            missing.iter().map(|&index| point(self.task, variant, drawn, index)).collect();
        // Every setting has a seed of its own: that some fit must not hang on one course of chance.
        let mut units: Vec<Unit> =
            missing.iter().enumerate().map(|(point, &index)| Unit { point, rep: which[index] }).collect();
        units.sort_by_key(|unit| Reverse(points[unit.point].cost));
        let study = Study { points: &points, seed: self.task.definition.seed, reps: 1, jobs: self.task.jobs };
        let found = Mutex::new(Vec::new());
        let progress = study.progress(&units, self.quiet);
        let simulated = study.simulate(&units, &progress, &|of, replication| {
            let (unit, kept) = (unit(&of.rep), keep(replication));
            self.journal.add(unit, &kept)?;
            found.lock().expect("nobody panics with it").push((unit, kept));
            Ok(())
        });
        drop(progress);
        let units: Vec<Unit> = which.iter().map(unit).collect();
        let found = found.into_inner().expect("nobody panics with it");
        self.simulated += found.len();
        self.done.extend(found);
        if let Err(failure) = simulated {
            self.journal.sync();
            return Err(journal::kept(failure, &self.path));
        }
        Ok(units.iter().map(|unit| self.done[unit].clone()).collect())
    }

    /// How many replications were simulated now.
    pub fn simulated(&self) -> usize {
        self.simulated
    }

    /// How many replications these settings have, and the lines of a journal that holds them and nothing of any other.
    pub fn lines(&self, settings: &[(Option<&str>, &[u32])]) -> (usize, Vec<u8>) {
        let units = settings.iter().flat_map(|(variant, which)| {
            let rep = self.task.number(*variant);
            which.iter().map(move |&setting| Unit { point: setting as usize, rep })
        });
        let kept: Vec<_> = units.map(|unit| (unit, self.done[&unit].clone())).collect();
        (kept.len(), journal::sorted(&self.task.definition, kept))
    }

    /// The result is there, with so many replications. The journal beside it is not needed any more, unless it holds
    /// others: of more settings than were asked for this time.
    pub fn finish(self, published: usize) {
        if self.done.len() == published {
            self.journal.remove();
        }
    }
}

/// A setting, ready to be simulated.
fn point(task: &Task, variant: Option<&str>, drawn: &Drawn, index: usize) -> Point {
    let set = drawn.edits(index).into_iter().chain(task.edits(variant).set).collect();
    let edits = Edits { variant: variant.map(str::to_owned), set, ..Edits::default() };
    Point::new(edits, drawn.scenarios[index].clone())
}

/// Simulates one again of what was done before: only a program that computes the same may go on with it.
fn same(task: &Task, done: &BTreeMap<Unit, Kept>) -> Result<bool, Failure> {
    let Some((unit, kept)) = done.iter().find(|(unit, _)| unit.rep == 0) else { return Ok(true) };
    let setting = unit.point as u32;
    let points = [point(task, None, &task.draw(None, &[setting])?, 0)];
    let seed = task.definition.seed + u64::from(setting);
    let study = Study { points: &points, seed, reps: 1, jobs: Some(1) };
    Ok(study.run(true, |_, replications| keep(&replications[0]))?[0] == *kept)
}
