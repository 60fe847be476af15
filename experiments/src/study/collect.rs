//! What is kept of each replication as they come in, in any order; a point is reduced as soon as its last one is there.

use std::sync::Mutex;

use super::Unit;

/// What is known of each point so far.
pub struct Collect<R, T, F> {
    points: Vec<Mutex<State<R, T>>>,
    reps: usize,
    reduce: F,
}

enum State<R, T> {
    /// Some replications, by their number.
    Open(Vec<Option<R>>),
    Done(T),
}

impl<R: Clone, T, F: Fn(usize, &[R]) -> T> Collect<R, T, F> {
    /// Nothing yet.
    pub fn new(points: usize, reps: u32, reduce: F) -> Collect<R, T, F> {
        let points = (0..points).map(|_| Mutex::new(State::Open(Vec::new()))).collect();
        Collect { points, reps: reps as usize, reduce }
    }

    /// Takes one in; whether it was new.
    pub fn add(&self, unit: Unit, kept: R) -> bool {
        let mut state = self.points[unit.point].lock().expect("nobody panics with it");
        let State::Open(some) = &mut *state else { return false };
        some.resize(self.reps, None);
        if some[unit.rep as usize].replace(kept).is_some() {
            return false;
        }
        if some.iter().all(Option::is_some) {
            let all: Vec<R> = some.drain(..).flatten().collect();
            *state = State::Done((self.reduce)(unit.point, &all));
        }
        true
    }

    /// Whether this replication is there.
    pub fn has(&self, unit: Unit) -> bool {
        match &*self.points[unit.point].lock().expect("nobody panics with it") {
            State::Open(some) => some.get(unit.rep as usize).is_some_and(Option::is_some),
            State::Done(_) => true,
        }
    }

    /// Of every point its result.
    ///
    /// # Panics
    /// When a replication is missing.
    pub fn finish(self) -> Vec<T> {
        let result = |(point, state): (usize, Mutex<State<R, T>>)| match state.into_inner() {
            Ok(State::Done(result)) => result,
            _ => panic!("point {point} lacks a replication"),
        };
        self.points.into_iter().enumerate().map(result).collect()
    }
}
