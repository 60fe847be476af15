//! Timers that are about to fire: a heap that knows where each slot is, so that any can be removed.

use super::key::Key;

/// Keys by slot in their order; every operation but looking at the first costs the logarithm of their number.
#[derive(Clone, Debug)]
pub(super) struct Due {
    /// A heap with four children per parent: half as deep as one with two.
    heap: Vec<Key>,
    /// Index in the heap, by slot; of no meaning for slots that are not in it.
    index: Vec<u32>,
}

const CHILDREN: usize = 4;

impl Due {
    pub(super) fn new() -> Self {
        Due { heap: Vec::new(), index: Vec::new() }
    }

    /// The first key, [`Key::NONE`] when there is none.
    #[inline]
    pub(super) fn first(&self) -> Key {
        self.heap.first().copied().unwrap_or(Key::NONE)
    }

    #[inline]
    pub(super) fn push(&mut self, key: Key) {
        let slot = key.slot() as usize;
        if slot >= self.index.len() {
            self.index.resize((slot + 1).next_power_of_two(), 0);
        }
        self.heap.push(key);
        self.rise(self.heap.len() - 1, key);
    }

    /// Removes the key with this `slot`, which must be in the heap.
    #[inline]
    pub(super) fn remove(&mut self, slot: u32) {
        let at = self.index[slot as usize] as usize;
        debug_assert_eq!(self.heap[at].slot(), slot);
        let Some(last) = self.heap.pop() else { return };
        if at < self.heap.len() {
            if at > 0 && last < self.heap[(at - 1) / CHILDREN] {
                self.rise(at, last);
            } else {
                self.sink(at, last);
            }
        }
    }

    /// Changes a key without changing its place in the order.
    pub(super) fn renumber(&mut self, key: Key) {
        self.heap[self.index[key.slot() as usize] as usize] = key;
    }

    /// Puts `key` at `at` or where it belongs above.
    fn rise(&mut self, mut at: usize, key: Key) {
        while at > 0 {
            let parent = (at - 1) / CHILDREN;
            if self.heap[parent] <= key {
                break;
            }
            self.place(at, self.heap[parent]);
            at = parent;
        }
        self.place(at, key);
    }

    /// Puts `key` at `at` or where it belongs below.
    fn sink(&mut self, mut at: usize, key: Key) {
        loop {
            let first = at * CHILDREN + 1;
            let end = (first + CHILDREN).min(self.heap.len());
            let Some(child) = (first..end).min_by_key(|&child| self.heap[child]) else { break };
            if key <= self.heap[child] {
                break;
            }
            self.place(at, self.heap[child]);
            at = child;
        }
        self.place(at, key);
    }

    #[inline]
    fn place(&mut self, at: usize, key: Key) {
        self.heap[at] = key;
        self.index[key.slot() as usize] = at as u32;
    }
}
