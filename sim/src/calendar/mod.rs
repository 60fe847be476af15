//! The calendar: everything that will happen, in one total order of (time, lane, sequence).
//!
//! Two stores under one numbering. Events that are never taken back are in a ladder queue, whose cost does not depend on
//! how many are pending. Timers, which nearly always are taken back, are in a timing wheel, where arming and cancelling
//! are linking and unlinking and a cancelled timer leaves nothing behind. The earlier of the two firsts is next. Both
//! keep packed keys; what happens lies still, in a slot, until its key's turn has come.

mod due;
mod key;
mod ladder;
#[cfg(test)]
mod tests;
mod timers;

use key::{Key, SEQUENCES, SLOTS};
use ladder::Ladder;
use timers::Timers;

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

/// Pending events in their order, and the clock they move.
#[derive(Clone, Debug)]
pub struct Calendar<E> {
    now: Time,
    /// The next sequence number; from one on, so that no key is the very beginning of its time.
    sequence: u64,
    ladder: Ladder,
    /// What the keys in the ladder stand for, by slot, and which slots are free.
    events: Vec<E>,
    free: Vec<u32>,
    timers: Timers<E>,
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
            sequence: 1,
            ladder: Ladder::new(),
            events: Vec::new(),
            free: Vec::new(),
            timers: Timers::new(),
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
    #[inline]
    pub fn schedule_in(&mut self, lane: Lane, at: Time, event: E) {
        let sequence = self.next_sequence(at);
        let slot = if let Some(slot) = self.free.pop() {
            self.events[slot as usize] = event;
            slot
        } else {
            self.grow(event)
        };
        self.ladder.push(Key::new(at, lane, sequence, slot), self.now);
    }

    /// `event` happens `at`, in [`Lane::Work`], unless the timer is cancelled before.
    ///
    /// # Panics
    /// When `at` is before [`now`](Self::now).
    #[inline]
    pub fn arm(&mut self, at: Time, event: E) -> Timer {
        let sequence = self.next_sequence(at);
        let (slot, generation) = self.timers.arm(Key::new(at, Lane::Work, sequence, 0), event, self.now);
        Timer { slot, generation }
    }

    /// Unlinks `timer`; `false` when it has fired or was cancelled already.
    #[inline]
    pub fn cancel(&mut self, timer: Timer) -> bool {
        self.timers.cancel(timer.slot, timer.generation)
    }

    /// Takes the next event and moves the clock to it.
    pub fn pop(&mut self) -> Option<(Time, E)> {
        self.pop_before(Time::MAX)
    }

    /// Takes the next event if it happens at or before `end`, and moves the clock to it.
    #[inline]
    pub fn pop_before(&mut self, end: Time) -> Option<(Time, E)> {
        let limit = Key::past(end);
        loop {
            let first = self.ladder.first(limit.min(self.timers.from()));
            if first < self.timers.from() {
                if first >= limit {
                    return None;
                }
                debug_assert!(first.at() >= self.now, "{first:x?} comes after {:?}", self.now);
                self.ladder.take();
                self.free.push(first.slot());
                self.move_clock(first.at());
                return Some((self.now, self.events[first.slot() as usize]));
            }
            if self.timers.from() >= limit {
                return None;
            }
            if let Some((key, event)) = self.timers.pop(first.min(limit)) {
                self.move_clock(key.at());
                return Some((self.now, event));
            }
        }
    }

    #[inline]
    fn move_clock(&mut self, at: Time) {
        assert!(
            at >= self.now,
            "the calendar gave an event of {at:?} at {:?}: its order is broken",
            self.now
        );
        self.now = at;
    }

    /// How many events and armed timers are pending.
    pub fn len(&self) -> usize {
        self.events.len() - self.free.len() + self.timers.len()
    }

    /// Whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The turn of something that happens `at`.
    #[inline]
    fn next_sequence(&mut self, at: Time) -> u64 {
        if at < self.now {
            self.refuse(at);
        }
        if self.sequence == SEQUENCES {
            self.renumber();
        }
        self.sequence += 1;
        self.sequence - 1
    }

    #[cold]
    fn refuse(&self, at: Time) -> ! {
        panic!("event scheduled at {at:?}, before now, {:?}", self.now)
    }

    #[cold]
    fn grow(&mut self, event: E) -> u32 {
        let slot = self.events.len() as u32;
        assert!(slot < SLOTS, "more than {SLOTS} events scheduled at once");
        self.events.push(event);
        slot
    }

    /// Numbers what is pending anew, from one and in the same order.
    #[cold]
    fn renumber(&mut self) {
        let scheduled = self.ladder.drain().into_iter().map(|key| (key, false));
        let mut keys: Vec<_> = scheduled.chain(self.timers.keys().map(|key| (key, true))).collect();
        keys.sort_unstable();
        self.sequence = 1;
        for (key, armed) in keys {
            let key = key.with_sequence(self.sequence);
            self.sequence += 1;
            if armed {
                self.timers.renumber(key);
            } else {
                self.ladder.push(key, self.now);
            }
        }
    }
}
