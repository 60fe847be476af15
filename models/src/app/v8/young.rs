//! V8's young generation: where everything is born, how full it is, and who survives.
//!
//! Rules from V8's `src/heap`; node 20.20's `--trace-gc` prints courses that follow them:
//! - scavenge-job.cc: a scavenge comes when [`FULL_PERCENT`] of the capacity are taken ("task").
//! - scavenger-inl.h: what survives its first scavenge is copied within the young generation, what survives its second
//!   moves to the old one. A full collection moves all (flag `always_promote_young_mc`).
//! - heap.cc: *before* a collection the capacity doubles if more than it has survived since it last grew; it shrinks to
//!   twice what is left in it, but not under its least, while the program allocates less than 1,000 bytes a
//!   millisecond, or where a collection reduces memory.
//!
//! Left out: objects of more than 128 KiB, which have a space of their own.

use halfopen_sim::chance::Stream;
use halfopen_sim::{Span, Time};

use super::super::ledger::Ledger;
use super::MIB;
use crate::scenario::Bytes;

/// heap.h: bounds of a half of the young generation.
const LEAST: Bytes = MIB;
const MOST: Bytes = 16 * MIB;
/// flag `minor_gc_task_trigger`.
const FULL_PERCENT: Bytes = 80;
/// heap.cc `kLowAllocationThroughput`, in bytes a second.
const LOW_THROUGHPUT: f64 = 1e6;
/// Assumption: while a program loads, this many tenths of what it holds afterwards survive collections. Node 20.20 has
/// a capacity of 8 MiB after loading ioredis or node-redis 3 (4.5–5.6 MiB alive), and of 16 MiB with node-redis 4 and
/// 5 (6.8 and 7.6 MiB).
const SURVIVED_LOADING: Bytes = 25;
/// Assumption: loading leaves it full up to this share of what its next scavenge frees, each process as chance has it. In
/// the lab the first scavenge came 0.3 s after the load with ioredis (1,000 calls a second), 1.2 s with node-redis 4 (200
/// a second), that is at about 0.3. It decides where in the rhythm of scavenges the heap comes near its limit.
const FULL_AFTER_LOADING: f64 = 0.6;
/// Scavenges of node 20.20: 0.4 ms with nothing alive, 11 ms with 5 MiB.
const SCAVENGE: Span = Span::from_micros(400);
const SCAVENGED_PER_SECOND: f64 = 450e6;

/// Garbage that survivors keep: what dead objects in the old generation point to survives a scavenge. Node 20.20
/// (`--trace-gc`): full collections freed 0.5–0.6 MiB of the 9–12 MiB that scavenges had moved over since the last.
const GARBAGE_WITH_SURVIVORS: f64 = 0.05;
/// gc-tracer.cc averages over the last ten scavenges (`RingBuffer`); here each counts nine tenths of the next.
const OLDER: f64 = 0.9;

#[derive(Clone, Debug)]
pub(super) struct Young {
    capacity: Bytes,
    survived_since_growth: Bytes,
    /// Came to each part of the ledger by the last collection, and by the one before.
    last: [Bytes; 3],
    before: [Bytes; 3],
    /// Allocated by the last collection.
    allocated: Bytes,
    /// Copied within by the last collection; at first what loading the program left.
    kept: Bytes,
    collected: Time,
    /// Bytes a second that were allocated before the last collection.
    throughput: f64,
    /// Bytes that scavenges have copied and seconds that they took, older ones with less weight.
    copied: f64,
    scavenging: f64,
}

impl Young {
    /// After a program of `baseline` bytes has loaded.
    pub(super) fn new(baseline: Bytes, chance: &mut Stream) -> Young {
        let mut young = Young {
            capacity: LEAST,
            survived_since_growth: baseline * SURVIVED_LOADING / 10,
            last: [0; 3],
            before: [0; 3],
            allocated: 0,
            kept: 0,
            collected: Time::ZERO,
            throughput: 0.0,
            copied: 0.0,
            scavenging: 0.0,
        };
        while young.capacity < MOST && young.survived_since_growth > young.capacity {
            young.survived_since_growth -= young.capacity;
            young.capacity *= 2;
        }
        young.kept = (young.capacity as f64 * FULL_AFTER_LOADING * chance.uniform()) as Bytes;
        young
    }

    pub(super) fn capacity(&self) -> Bytes {
        self.capacity
    }

    /// Bytes in it, dead ones too.
    pub(super) fn used(&self, ledger: &Ledger) -> Bytes {
        self.kept + (ledger.allocated() - self.allocated)
    }

    /// [`Ledger::allocated`] when it is full; a collection always leaves some room.
    pub(super) fn full_at(&self) -> Bytes {
        let room = (self.capacity * FULL_PERCENT / 100).saturating_sub(self.kept);
        self.allocated + room.max(self.capacity / 10)
    }

    /// What is alive of it: born since the last collection, and survivors of the last one.
    fn alive(&self, ledger: &Ledger) -> (Bytes, Bytes) {
        let (mut born, mut survivors) = (0, 0);
        for (index, part) in ledger.parts().into_iter().enumerate() {
            let new = part.alive.min(part.came - self.last[index]);
            born += new;
            survivors += (part.alive - new).min(self.last[index] - self.before[index]);
        }
        (born, survivors)
    }

    /// Grows, if enough has survived, before any collection.
    pub(super) fn before_collection(&mut self, now: Time, ledger: &Ledger) {
        let seconds = now.saturating_since(self.collected).as_secs_f64();
        if seconds > 0.0 {
            self.throughput = (ledger.allocated() - self.allocated) as f64 / seconds;
        }
        if self.capacity < MOST && self.survived_since_growth > self.capacity {
            self.survived_since_growth = 0;
            if self.throughput >= LOW_THROUGHPUT {
                self.capacity *= 2;
            }
        }
    }

    /// Collects it alone: what moves to the old generation, and how long it takes.
    pub(super) fn scavenge(&mut self, now: Time, ledger: &Ledger) -> (Bytes, Span) {
        let (born, survivors) = self.alive(ledger);
        let and_garbage = |bytes: Bytes| (bytes as f64 * (1.0 + GARBAGE_WITH_SURVIVORS)) as Bytes;
        let (born, survivors) = (and_garbage(born), and_garbage(survivors));
        let copied = (born + survivors) as f64;
        let took = SCAVENGE.as_secs_f64() + copied / SCAVENGED_PER_SECOND;
        self.copied = self.copied * OLDER + copied;
        self.scavenging = self.scavenging * OLDER + took;
        let took = Span::from_secs_f64(took);
        self.before = self.last;
        self.last = ledger.parts().map(|part| part.came);
        self.after_collection(now + took, ledger, born, born + survivors, false);
        (survivors, took)
    }

    /// A full collection has moved all that is alive of it: so much.
    pub(super) fn moved_over(&mut self, now: Time, ledger: &Ledger, reduces: bool) -> Bytes {
        let (born, survivors) = self.alive(ledger);
        self.last = ledger.parts().map(|part| part.came);
        self.before = self.last;
        self.after_collection(now, ledger, 0, born + survivors, reduces);
        born + survivors
    }

    fn after_collection(&mut self, now: Time, ledger: &Ledger, kept: Bytes, survived: Bytes, reduces: bool) {
        self.survived_since_growth += survived;
        self.allocated = ledger.allocated();
        self.kept = kept;
        self.collected = now;
        if reduces || self.throughput < LOW_THROUGHPUT {
            self.capacity = self.capacity.min((2 * kept).next_multiple_of(LEAST).max(LEAST));
        }
    }

    /// heap.cc `HasLowYoungGenerationAllocationRate`.
    pub(super) fn allocates_little(&self) -> bool {
        self.scavenging == 0.0 || super::is_low(self.throughput, self.copied / self.scavenging)
    }
}
