//! The list of events that are never taken back: a sorted vector while they are few, a ladder queue above.
//!
//! Three tiers by key. The *bottom* is sorted, descending, so the next event is its last. The *rungs* are buckets of
//! equal width; each rung cuts up one bucket of the rung above it. The *top* holds everything from the *horizon* on,
//! in no order. A bucket is sorted only when its turn has come, so an event costs the same however many are pending
//! (Tang, Goh and Thng 2005, "Ladder queue: an O(1) priority queue structure for large-scale discrete event
//! simulation").
//!
//! What differs from the paper: buckets divide whole keys, not times, so events of one instant can be divided too and
//! no bucket has to be sorted whole because it is narrow; a rung that takes over the bottom reaches down to the last
//! key taken, so each rung is narrower than the one before by a factor and their number stays below 32 whatever
//! comes; and a bucket is a chain through the slots of its events, so it needs no memory of its own.

use super::key::{Key, SLOTS};
use crate::time::Time;

/// The bottom is sorted by insertion up to this length; then its later part moves up.
const LONG: usize = 64;
/// At most this many are sorted at once.
const SHORT: usize = 32;

/// No slot.
const NIL: u32 = SLOTS;

/// Keys in their order.
#[derive(Clone, Debug)]
pub(super) struct Ladder {
    /// Descending.
    bottom: Vec<Key>,
    /// From the widest to the narrowest; those from `depth` on are empty and kept for their memory.
    rungs: Vec<Rung>,
    depth: usize,
    /// In no order.
    top: Vec<Key>,
    /// Where the top begins.
    horizon: Key,
    /// Where the bottom ends: at the first bucket not emptied, or at the top.
    near: Key,
    /// By slot, for those in a rung: the key, with the next slot of the chain where its own was.
    links: Vec<Key>,
}

/// Buckets of equal width.
#[derive(Clone, Debug, Default)]
struct Rung {
    /// Where the first bucket begins, and where the rung or the top above takes over; the last bucket may be cut off.
    start: u128,
    end: u128,
    /// Width of a bucket, as a power of two.
    shift: u32,
    /// First slot of each bucket's chain.
    heads: Vec<u32>,
    /// The first bucket not yet emptied into the bottom, and where it begins.
    current: usize,
    from: u128,
    /// Keys in all its buckets.
    len: usize,
}

impl Ladder {
    pub(super) fn new() -> Self {
        Ladder {
            bottom: Vec::with_capacity(LONG + 1),
            rungs: Vec::new(),
            depth: 0,
            top: Vec::new(),
            horizon: Key::NONE,
            near: Key::NONE,
            links: Vec::new(),
        }
    }

    /// Adds `key`; nothing here or still to come happens before `now`.
    #[inline]
    pub(super) fn push(&mut self, key: Key, now: Time) {
        if key >= self.near {
            return self.push_above(key);
        }
        insert(&mut self.bottom, key);
        if self.bottom.len() > LONG {
            self.lift(now);
        }
    }

    /// The first key if it is at or before `limit`; otherwise something that is after `limit` and not after the first.
    #[inline]
    pub(super) fn first(&mut self, limit: Key) -> Key {
        match self.bottom.last() {
            Some(&key) => key,
            None => self.refill(limit),
        }
    }

    /// Takes the key that [`first`](Self::first) has just shown.
    #[inline]
    pub(super) fn take(&mut self) {
        self.bottom.pop();
    }

    /// Removes all keys and returns them in no order.
    pub(super) fn drain(&mut self) -> Vec<Key> {
        let mut all = std::mem::take(&mut self.top);
        all.append(&mut self.bottom);
        while self.depth > 0 {
            self.depth -= 1;
            while self.rungs[self.depth].len > 0 {
                self.rungs[self.depth].take_bucket(&self.links, &mut all);
            }
        }
        self.horizon = Key::NONE;
        self.near = Key::NONE;
        all
    }

    /// How many rungs are in use.
    #[cfg(test)]
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Adds `key`, which is not for the bottom, to the tier that covers it.
    #[inline(never)]
    fn push_above(&mut self, key: Key) {
        if key >= self.horizon {
            return self.top.push(key);
        }
        // The widest rung covers the latest keys, and most keys.
        let Some(rung) = self.rungs[..self.depth].iter_mut().find(|rung| key.0 >= rung.from) else {
            unreachable!("{key:x?} is not before {:x?} but in no rung", self.near)
        };
        rung.push(&mut self.links, key);
    }

    /// Moves the later part of a long bottom up.
    #[cold]
    #[inline(never)]
    fn lift(&mut self, now: Time) {
        if self.depth == 0 {
            let later = self.bottom.len() - SHORT;
            self.horizon = self.bottom[later - 1];
            self.near = self.horizon;
            self.top.extend(self.bottom.drain(..later));
        } else {
            let mut keys = std::mem::take(&mut self.bottom);
            self.spawn(&mut keys, Key::from(now.as_nanos()).0, self.near.0 - 1);
            self.near = Key(self.rungs[self.depth - 1].from);
            self.bottom = keys;
        }
    }

    /// Fills an empty bottom with the next few keys, if any of them may be at or before `limit`.
    #[inline(never)]
    fn refill(&mut self, limit: Key) -> Key {
        let mut keys = std::mem::take(&mut self.bottom);
        let first = loop {
            while self.depth > 0 && self.rungs[self.depth - 1].len == 0 {
                self.depth -= 1;
            }
            if self.depth == 0 {
                // Until there is a new top, all that comes belongs to the bottom.
                self.horizon = Key::NONE;
                if self.top.len() <= SHORT {
                    keys.append(&mut self.top);
                    break sort(&mut keys);
                }
                let mut top = std::mem::take(&mut self.top);
                let (from, to) = extremes(&top);
                self.horizon = Key(to + 1);
                self.spawn(&mut top, from, to);
                self.top = top;
            } else {
                let rung = &mut self.rungs[self.depth - 1];
                rung.skip_empty();
                let from = rung.from;
                if from > limit.0 {
                    break Key(from);
                }
                rung.take_bucket(&self.links, &mut keys);
                if keys.len() <= SHORT {
                    break sort(&mut keys);
                }
                let to = rung.from - 1;
                self.spawn(&mut keys, from, to);
            }
        };
        self.bottom = keys;
        self.near = self.rungs[..self.depth].last().map_or(self.horizon, |rung| Key(rung.from));
        first
    }

    /// Makes a rung over `from..=to` and distributes `keys` to it.
    fn spawn(&mut self, keys: &mut Vec<Key>, from: u128, to: u128) {
        if self.depth == self.rungs.len() {
            self.rungs.push(Rung::default());
        }
        let rung = &mut self.rungs[self.depth];
        self.depth += 1;
        // At most as many buckets as keys, and at least a quarter of that.
        let bits = 128 - (to - from).leading_zeros();
        rung.shift = bits.saturating_sub(keys.len().ilog2());
        (rung.start, rung.end) = (from, to + 1);
        rung.from = from;
        rung.current = 0;
        let buckets = ((to - from) >> rung.shift) as usize + 1;
        // Buckets of an emptied rung are empty.
        rung.heads.resize(buckets.max(rung.heads.len()), NIL);
        for key in keys.drain(..) {
            rung.push(&mut self.links, key);
        }
    }
}

impl Rung {
    #[inline]
    fn push(&mut self, links: &mut Vec<Key>, key: Key) {
        let bucket = ((key.0 - self.start) >> self.shift) as usize;
        let slot = key.slot();
        if slot as usize >= links.len() {
            links.resize((slot as usize + 1).next_power_of_two(), Key(0));
        }
        links[slot as usize] = key.with_slot(self.heads[bucket]);
        self.heads[bucket] = slot;
        self.len += 1;
    }

    /// Goes on to the first bucket that is not empty; there must be one.
    #[inline]
    fn skip_empty(&mut self) {
        while self.heads[self.current] == NIL {
            self.advance();
        }
    }

    /// Moves the first bucket that is not empty to `keys`.
    fn take_bucket(&mut self, links: &[Key], keys: &mut Vec<Key>) {
        self.skip_empty();
        let mut slot = std::mem::replace(&mut self.heads[self.current], NIL);
        let before = keys.len();
        while slot != NIL {
            let link = links[slot as usize];
            keys.push(link.with_slot(slot));
            slot = link.slot();
        }
        self.len -= keys.len() - before;
        self.advance();
    }

    #[inline]
    fn advance(&mut self) {
        self.current += 1;
        self.from = self.from.saturating_add(1 << self.shift).min(self.end);
    }
}

/// Inserts `key` into the descending `keys`, looking from the end: what is scheduled is often next.
#[inline]
fn insert(keys: &mut Vec<Key>, key: Key) {
    keys.push(key);
    let keys = keys.as_mut_slice();
    let mut at = keys.len() - 1;
    while at > 0 && keys[at - 1] < key {
        keys[at] = keys[at - 1];
        at -= 1;
    }
    keys[at] = key;
}

/// Sorts descending and returns the first in order.
fn sort(keys: &mut [Key]) -> Key {
    keys.sort_unstable_by(|a, b| b.cmp(a));
    keys.last().copied().unwrap_or(Key::NONE)
}

/// Smallest and largest.
fn extremes(keys: &[Key]) -> (u128, u128) {
    keys.iter().fold((u128::MAX, 0), |(least, most), key| (least.min(key.0), most.max(key.0)))
}
