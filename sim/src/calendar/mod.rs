//! The calendar: everything that will happen, in one total order of (time, lane, sequence).

use std::collections::BTreeMap;

use crate::time::Time;

/// Order inside one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Failures come first: work of the same instant already meets them.
    Fault,
    /// Everything a model does, in the order it was scheduled.
    Work,
    /// Samples come last: they see what the instant left behind.
    Sample,
}

/// A handle to a timer that may still be cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    slot: u32,
    generation: u32,
}

type Key = (Time, Lane, u64);

/// Pending events in their order, and the clock they move.
#[derive(Clone, Debug)]
pub struct Calendar<E> {
    now: Time,
    sequence: u64,
    pending: BTreeMap<Key, (E, Option<u32>)>,
    timers: Vec<(u32, Option<Key>)>,
    free: Vec<u32>,
}

impl<E: Copy> Default for Calendar<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: Copy> Calendar<E> {
    /// An empty calendar at [`Time::ZERO`].
    pub fn new() -> Self {
        Calendar {
            now: Time::ZERO,
            sequence: 0,
            pending: BTreeMap::new(),
            timers: Vec::new(),
            free: Vec::new(),
        }
    }

    /// Time of the event popped last.
    pub fn now(&self) -> Time {
        self.now
    }

    /// `event` happens `at`, in [`Lane::Work`].
    ///
    /// # Panics
    /// When `at` is before [`now`](Self::now).
    pub fn schedule(&mut self, at: Time, event: E) {
        self.schedule_in(Lane::Work, at, event);
    }

    /// `event` happens `at`, in `lane`.
    ///
    /// # Panics
    /// When `at` is before [`now`](Self::now).
    pub fn schedule_in(&mut self, lane: Lane, at: Time, event: E) {
        let key = self.key(lane, at);
        self.pending.insert(key, (event, None));
    }

    /// `event` happens `at`, in [`Lane::Work`], unless the timer is cancelled before.
    ///
    /// # Panics
    /// When `at` is before [`now`](Self::now).
    pub fn arm(&mut self, at: Time, event: E) -> Timer {
        let key = self.key(Lane::Work, at);
        let slot = self.free.pop().unwrap_or_else(|| {
            self.timers.push((0, None));
            self.timers.len() as u32 - 1
        });
        self.pending.insert(key, (event, Some(slot)));
        let entry = &mut self.timers[slot as usize];
        entry.1 = Some(key);
        Timer { slot, generation: entry.0 }
    }

    /// Unlinks `timer`; `false` when it has fired or was cancelled already.
    pub fn cancel(&mut self, timer: Timer) -> bool {
        let (generation, key) = self.timers[timer.slot as usize];
        let Some(key) = key.filter(|_| generation == timer.generation) else { return false };
        self.pending.remove(&key);
        self.release(timer.slot);
        true
    }

    /// Takes the next event and moves the clock to it.
    pub fn pop(&mut self) -> Option<(Time, E)> {
        self.pop_before(Time::MAX)
    }

    /// Takes the next event if it happens at or before `end`, and moves the clock to it.
    pub fn pop_before(&mut self, end: Time) -> Option<(Time, E)> {
        let first = self.pending.first_entry().filter(|first| first.key().0 <= end)?;
        let ((at, _, _), (event, slot)) = first.remove_entry();
        if let Some(slot) = slot {
            self.release(slot);
        }
        self.now = at;
        Some((at, event))
    }

    /// How many events and armed timers are pending.
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    /// Whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    fn key(&mut self, lane: Lane, at: Time) -> Key {
        assert!(at >= self.now, "event scheduled at {at:?}, before now, {:?}", self.now);
        self.sequence += 1;
        (at, lane, self.sequence)
    }

    fn release(&mut self, slot: u32) {
        let entry = &mut self.timers[slot as usize];
        *entry = (entry.0 + 1, None);
        self.free.push(slot);
    }
}
