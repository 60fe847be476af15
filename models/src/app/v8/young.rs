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

use halfopen_sim::{Span, Time};

use super::super::ledger::Ledger;
use super::MIB;
use crate::scenario::Bytes;

/// heap.h: bounds of a half of the young generation.
const LEAST: Bytes = MIB;
const MOST: Bytes = 16 * MIB;
const PAGE: Bytes = MIB / 4;
/// flag `minor_gc_task_trigger`.
const FULL_PERCENT: Bytes = 80;
/// heap.cc `kLowAllocationThroughput`, in bytes a second.
const LOW_THROUGHPUT: f64 = 1e6;
/// Assumption: while a program loads, this many tenths of what it holds afterwards survive collections. Node 20.20 has
/// a capacity of 8 MiB after loading ioredis or node-redis 3 (4.5–5.6 MiB alive), and of 16 MiB with node-redis 4 and
/// 5 (6.8 and 7.6 MiB).
const SURVIVED_LOADING: Bytes = 25;
/// What has survived since the last doubling, when loading ends: 2.6 and 3.1 MiB of 8 with ioredis and node-redis 3
/// (`--trace-gc-nvp`).
const SURVIVED_SINCE_GROWTH: Bytes = 3;
/// Scavenges of node 20.20: 0.4 ms with nothing alive, 11 ms with 5 MiB.
const SCAVENGE: Span = Span::from_micros(400);
const SCAVENGED_PER_SECOND: f64 = 450e6;

/// Garbage that survivors keep: what dead objects in the old generation point to survives a scavenge. Node 20.20
/// (`--trace-gc-verbose`): full collections freed 0.4–0.6 MiB of the 20 MiB that scavenges had moved over since the last.
const GARBAGE_WITH_SURVIVORS: f64 = 0.03;
/// What has just died and something dead still points to, of all that died since the last scavenge: copied, and moved
/// over by the next. Node 20.20 (`--trace-gc-nvp`), answered calls at 1,000 a second: 0.2 to 1.1 MiB of 6.4 with ioredis,
/// 0.8 and 1.2 of 12.8 with node-redis 4 and 5, next to nothing with node-redis 3.
const STILL_HELD: f64 = 0.08;
/// What is copied within fills buffers of 32 KiB (local-allocator.h `kLabSize`) and pages, whose ends stay empty. Node
/// 20.20: 12.0 MB taken by 10.7 MB of calls with strings of 4 KiB, 9 to 13 % more than was copied with other clients.
const EMPTY_ENDS: f64 = 0.11;
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
    /// Of that, garbage.
    kept_garbage: Bytes,
    collected: Time,
    /// Bytes a second that were allocated before the last collection.
    throughput: f64,
    /// Bytes that scavenges have copied and seconds that they took, older ones with less weight.
    copied: f64,
    scavenging: f64,
}

impl Young {
    /// After a program of `baseline` bytes has loaded. Its loading ends with a full collection, which leaves nothing
    /// here; what it leaves afterwards is `garbage`. Node 20.20, when the first call is made: nothing with ioredis (that
    /// collection comes within the first 0.5 MB of calls), 0.4 MB with node-redis 3, 8.1 and 4.2 MB with 4 and 5.
    pub(super) fn new(baseline: Bytes, garbage: Bytes) -> Young {
        let mut young = Young {
            capacity: LEAST,
            survived_since_growth: 0,
            last: [0; 3],
            before: [0; 3],
            allocated: 0,
            kept: garbage,
            kept_garbage: 0,
            collected: Time::ZERO,
            throughput: 0.0,
            copied: 0.0,
            scavenging: 0.0,
        };
        let mut survived = baseline * SURVIVED_LOADING / 10;
        while young.capacity < MOST && survived > young.capacity {
            survived -= young.capacity;
            young.capacity *= 2;
        }
        young.survived_since_growth = young.capacity / SURVIVED_SINCE_GROWTH;
        young
    }

    pub(super) fn capacity(&self) -> Bytes {
        self.capacity
    }

    /// Bytes in it, dead ones too.
    pub(super) fn used(&self, ledger: &Ledger) -> Bytes {
        self.kept + (ledger.allocated() - self.allocated)
    }

    /// [`Ledger::allocated`] when it is full; nobody asks before a page is.
    pub(super) fn full_at(&self) -> Bytes {
        let room = (self.capacity * FULL_PERCENT / 100).saturating_sub(self.kept);
        self.allocated + room.max(PAGE)
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
        let dead = (ledger.allocated() - self.allocated).saturating_sub(born);
        let late = (dead as f64 * STILL_HELD) as Bytes;
        let promoted = survivors + std::mem::replace(&mut self.kept_garbage, late);
        let copied = (born + late + promoted) as f64;
        let took = SCAVENGE.as_secs_f64() + copied / SCAVENGED_PER_SECOND;
        self.copied = self.copied * OLDER + copied;
        self.scavenging = self.scavenging * OLDER + took;
        let took = Span::from_secs_f64(took);
        self.before = self.last;
        self.last = ledger.parts().map(|part| part.came);
        let kept = ((born + late) as f64 * (1.0 + EMPTY_ENDS)) as Bytes;
        self.after_collection(now + took, ledger, kept, born + late + promoted, false);
        (promoted, took)
    }

    /// A full collection has moved all that is alive of it: so much.
    pub(super) fn moved_over(&mut self, now: Time, ledger: &Ledger, reduces: bool) -> Bytes {
        let (born, survivors) = self.alive(ledger);
        self.last = ledger.parts().map(|part| part.came);
        self.before = self.last;
        self.kept_garbage = 0;
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
