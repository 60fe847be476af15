//! Events that may be taken back: a hierarchical timing wheel, and a heap for those about to fire.
//!
//! Nearly all timers of a model are cancelled long before they fire, so arming and cancelling have to be cheap and to
//! leave nothing behind, and the order among timers is not worth anything until they are near. The wheel (Varghese
//! and Lauck 1987, "Hashed and hierarchical timing wheels") cuts time into ticks and keeps, on eight levels of 64
//! places each, lists of timers whose tick first differs from the current one in that level's six bits. A timer is
//! linked into its list and unlinked from it in a few steps, whatever its delay and however many there are. When the
//! clock comes to a place, its timers move to a lower level, at most eight times, or, when their tick has come, to the
//! heap, which orders them by key and can remove any of them too.

use super::due::Due;
use super::key::{Key, SLOTS};
use crate::time::Time;

/// A tick is 2^16 ns, 66 µs: about the least delay that is likely to be cancelled.
const TICK_BITS: u32 = 16;
/// A level's share of the bits of a tick.
const LEVEL_BITS: u32 = 6;
const PLACES: usize = 1 << LEVEL_BITS;
/// Enough for every time.
const LEVELS: usize = ((u64::BITS - TICK_BITS) / LEVEL_BITS) as usize;

/// No slot.
const NIL: u32 = SLOTS;
/// The place of timers in the heap.
const DUE: u32 = (LEVELS * PLACES) as u32;

/// Armed timers, each in a slot.
#[derive(Clone, Debug)]
pub(super) struct Timers<E> {
    nodes: Vec<Node<E>>,
    free: Vec<u32>,
    len: usize,
    due: Due,
    /// No timer of the wheel has this tick or an earlier one.
    tick: u64,
    /// First slot of each list.
    heads: [u32; LEVELS * PLACES],
    /// Which lists of a level are not empty, a bit each.
    used: [u64; LEVELS],
    /// No timer of the wheel is before this.
    wheel_from: Key,
    /// No timer is before this.
    from: Key,
}

#[derive(Clone, Copy, Debug)]
struct Node<E> {
    key: Key,
    event: E,
    next: u32,
    previous: u32,
    place: u32,
    /// Changes when the slot is freed, so that an old handle does not fit any more.
    generation: u32,
}

impl<E: Copy> Timers<E> {
    pub(super) fn new() -> Self {
        Timers {
            nodes: Vec::new(),
            free: Vec::new(),
            len: 0,
            due: Due::new(),
            tick: 0,
            heads: [NIL; LEVELS * PLACES],
            used: [0; LEVELS],
            wheel_from: Key::NONE,
            from: Key::NONE,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// No timer is before this.
    #[inline]
    pub(super) fn from(&self) -> Key {
        self.from
    }

    /// Adds a timer; `key` lacks only the slot. Returns slot and generation.
    #[inline]
    pub(super) fn arm(&mut self, key: Key, event: E, now: Time) -> (u32, u32) {
        // No timer of the wheel is at or before now: it would have fired.
        self.tick = self.tick.max(now.as_nanos() >> TICK_BITS);
        let slot = self.free.pop().unwrap_or_else(|| self.grow(event));
        let node = &mut self.nodes[slot as usize];
        node.event = event;
        node.key = key.with_slot(slot);
        let generation = node.generation;
        self.len += 1;
        self.link(slot);
        self.from = self.from.min(self.wheel_from).min(key);
        (slot, generation)
    }

    /// Removes the timer in `slot` if it is still the one of this `generation`.
    #[inline]
    pub(super) fn cancel(&mut self, slot: u32, generation: u32) -> bool {
        match self.nodes.get(slot as usize) {
            Some(node) if node.generation == generation => {
                if node.place == DUE {
                    self.due.remove(slot);
                } else {
                    self.unlink(slot);
                }
                self.release(slot);
                true
            }
            _ => false,
        }
    }

    /// Takes the first timer if it is before `limit`.
    #[inline(never)]
    pub(super) fn pop(&mut self, limit: Key) -> Option<(Key, E)> {
        loop {
            let first = self.due.first();
            if first < self.wheel_from {
                self.from = first;
                if first >= limit {
                    return None;
                }
                let slot = first.slot();
                let event = self.nodes[slot as usize].event;
                self.due.remove(slot);
                self.release(slot);
                self.from = self.due.first().min(self.wheel_from);
                return Some((first, event));
            }
            self.from = self.wheel_from;
            if self.wheel_from >= limit {
                return None;
            }
            self.turn(limit);
        }
    }

    /// Every key, in no order.
    pub(super) fn keys(&self) -> impl Iterator<Item = Key> {
        // A free slot's key is none.
        self.nodes.iter().map(|node| node.key).filter(|&key| key != Key::NONE)
    }

    /// Changes a key without changing its place in the order.
    pub(super) fn renumber(&mut self, key: Key) {
        let node = &mut self.nodes[key.slot() as usize];
        node.key = key;
        if node.place == DUE {
            self.due.renumber(key);
        }
        self.from = Key::from(0);
    }

    /// How many slots there are, used or free.
    #[cfg(test)]
    pub(super) fn slots(&self) -> usize {
        self.nodes.len()
    }

    /// Lets a free slot look as if it had been used often.
    #[cfg(test)]
    pub(super) fn age(&mut self, slot: u32, generation: u32) {
        self.nodes[slot as usize].generation = generation;
    }

    #[cold]
    fn grow(&mut self, event: E) -> u32 {
        let slot = self.nodes.len() as u32;
        assert!(slot < SLOTS, "more than {SLOTS} timers armed at once");
        self.nodes.push(Node { key: Key::NONE, event, next: NIL, previous: NIL, place: DUE, generation: 1 });
        slot
    }

    #[inline]
    fn release(&mut self, slot: u32) {
        self.len -= 1;
        let node = &mut self.nodes[slot as usize];
        node.key = Key::NONE;
        node.generation = node.generation.wrapping_add(1);
        // A slot that has been through all generations is left alone for good.
        if node.generation != 0 {
            self.free.push(slot);
        }
    }

    /// Puts the timer in `slot` where its tick belongs.
    #[inline]
    fn link(&mut self, slot: u32) {
        let key = self.nodes[slot as usize].key;
        let tick = key.at().as_nanos() >> TICK_BITS;
        if tick <= self.tick {
            self.nodes[slot as usize].place = DUE;
            self.due.push(key);
            return;
        }
        let level = (tick ^ self.tick).ilog2() / LEVEL_BITS;
        let start = tick >> (level * LEVEL_BITS);
        let within = start as usize % PLACES;
        let place = level as usize * PLACES + within;
        let next = std::mem::replace(&mut self.heads[place], slot);
        if next != NIL {
            self.nodes[next as usize].previous = slot;
        }
        let node = &mut self.nodes[slot as usize];
        (node.next, node.previous, node.place) = (next, NIL, place as u32);
        self.used[level as usize] |= 1 << within;
        self.wheel_from = self.wheel_from.min(Key::from(start << (level * LEVEL_BITS + TICK_BITS)));
    }

    #[inline]
    fn unlink(&mut self, slot: u32) {
        let Node { next, previous, place, .. } = self.nodes[slot as usize];
        if next != NIL {
            self.nodes[next as usize].previous = previous;
        }
        if previous == NIL {
            self.heads[place as usize] = next;
            if next == NIL {
                self.used[place as usize / PLACES] &= !(1 << (place as usize % PLACES));
            }
        } else {
            self.nodes[previous as usize].next = next;
        }
    }

    /// Turns the wheel to its first list that is not empty, if that begins before `limit`, and distributes it.
    fn turn(&mut self, limit: Key) {
        self.wheel_from = self.first_list();
        if self.wheel_from >= limit {
            return;
        }
        let Some(level) = self.used.iter().position(|&used| used != 0) else { return };
        let within = self.used[level].trailing_zeros() as usize;
        self.used[level] &= !(1 << within);
        let mut slot = std::mem::replace(&mut self.heads[level * PLACES + within], NIL);
        self.tick = self.wheel_from.at().as_nanos() >> TICK_BITS;
        while slot != NIL {
            let next = self.nodes[slot as usize].next;
            self.link(slot);
            slot = next;
        }
        self.wheel_from = self.first_list();
    }

    /// Where the first list that is not empty begins. The lowest level is the nearest, and within a level the current
    /// place is before all that are used.
    fn first_list(&self) -> Key {
        let Some(level) = self.used.iter().position(|&used| used != 0) else { return Key::NONE };
        let shift = level as u32 * LEVEL_BITS;
        let within = u64::from(self.used[level].trailing_zeros());
        // The bits above the level are those of the current tick.
        let tick = (self.tick >> shift & !(PLACES as u64 - 1) | within) << shift;
        Key::from(tick << TICK_BITS)
    }
}
