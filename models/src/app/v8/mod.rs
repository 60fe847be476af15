//! V8's heap near its limit: when it collects, what that costs, and its two ways of dying.
//!
//! Rules from V8's `src/heap`, read at version 11.6; node 20's 11.3 prints courses that follow them (`--trace-gc`):
//! - heap-controller.cc: after a full collection the limit of the old generation is its size times a factor plus the
//!   young generation's capacity, but never further than halfway from the size to the maximum.
//! - heap.cc `IncrementalMarkingLimitReached`, asked after each scavenge and each full collection: marking begins when
//!   the room left below that limit is no more than the young generation's capacity. Where half the room to the maximum
//!   is less than that, it begins again as soon as it has ended: *collections back to back*, in a 64 MiB heap from
//!   32 MiB on, if the young generation has grown.
//! - heap.cc `ShouldOptimizeForMemoryUsage`: a marking that begins above seven eighths of the maximum shrinks the young
//!   generation to its least, and the collections come apart again.
//! - heap.cc `SelectGarbageCollector`: where the old generation cannot take the young one, a full young generation
//!   means a collection that does all remaining marking in its pause.
//! - heap.cc `CheckIneffectiveMarkCompact`: the fourth collection in a row with at least 80 % of the maximum in use
//!   and an average mutator utilization under 40 % ends the process. gc-tracer.cc averages time collecting and time
//!   running with halved weight at each step back, counts the main thread's marking and the pause as collecting, and
//!   records a collection only after it was judged: what counts is the average up to the one before.
//! - heap.cc `CollectGarbage`: it also ends when the old generation's pages exceed the maximum after a collection.
//!
//! So the first way needs four collections between 80 % and 87.5 % of the maximum while they are back to back, which
//! they are there only below 256 MiB, or in the last two MiB of any heap; there the second way is as near. Within that
//! window chance decides, as in node itself: who marks, the main thread or its helper, is up to the kernel's scheduler,
//! and the average lies near 40 %.
//!
//! What is alive is the instance's ledger; the young generation (`young.rs`) and the old one hold garbage beside it. Left
//! out: what dies while it is marked, and how many objects make up the bytes: strings mark several times faster than
//! small objects. What the helper marks costs the program nothing; how the main thread's part is spread in steps is the
//! instance's matter.

mod reducer;
#[cfg(test)]
mod tests;
mod young;

use halfopen_sim::chance::Stream;
use halfopen_sim::{Span, Time};

use super::ledger::Ledger;
use crate::scenario::Bytes;
use reducer::Reducer;
use young::Young;

const MIB: Bytes = 1024 * 1024;
/// Pages hold more than what is alive in them, which only counts near the maximum. Measured on node 20.20
/// (`--trace-gc`), in MiB, after the last collection before 11 deaths in heaps of up to 256 MiB: 0.4–1.6; each process
/// draws its own. With 1400 MiB at most 1.8 and 3.9, so a part goes with the maximum.
const UNFILLED: (f64, f64) = (0.4, 1.6);
const UNFILLED_OF: Bytes = 1400;
/// What a page of 256 KiB holds beside its header and marking bits (node 20.20: 251.6 KiB of a semi-space's page).
const PAGE_AREA: f64 = 251.6 * 1024.0;
/// Objects over this size are moved alone (local-allocator.h `kMaxLabObjectSize`): at the end of each page a part of one
/// stays empty, half of it on average if nothing smaller comes to fill it. With strings of 16 KiB node 20.20 left 0.63,
/// 0.31 and 0.26 of one a page at death (heaps of 64, 128 and 256 MiB, less the middle of [`UNFILLED`]).
const MOVED_ALONE: Bytes = 8 * 1024;
const EMPTY_PART: (f64, f64) = (0.25, 0.65);
/// heap-controller.cc: the limit grows by at least this much after a collection.
const MINIMUM_STEP: Bytes = 8 * MIB;
/// heap-controller.h: bounds of the growing factor, the one for small heaps, and the program's share it aims at.
const LEAST_FACTOR: f64 = 1.1;
const SMALL_HEAP_FACTOR: f64 = 1.3;
const MEDIUM_HEAP_FACTOR: f64 = 2.0;
const LARGE_HEAP_FACTOR: f64 = 4.0;
const TARGET_UTILIZATION: f64 = 0.97;
/// heap-controller.h `kMinSize` and `kMaxSize`: heaps whose factor lies between those of small and medium ones.
const SMALL_HEAP: Bytes = 256 * MIB;
const LARGE_HEAP: Bytes = 2048 * MIB;
/// heap.cc `kMaxConsecutiveIneffectiveMarkCompacts`.
const INEFFECTIVE_LIMIT: u32 = 4;
/// heap.cc `kHighHeapPercentage` and `kLowMutatorUtilization`.
const INEFFECTIVE_FILL: f64 = 0.8;
const INEFFECTIVE_UTILIZATION: f64 = 0.4;
/// heap.cc `kHighMutatorUtilization` of `HasLowAllocationRate`.
const QUIET_UTILIZATION: f64 = 0.993;
/// Assumption: marking takes so many ms a MiB alive, main thread and helper together on one core; each process draws its
/// own speed. Collections back to back took 0.65–0.95 in the lab (5.4 KB and 2.4 KB calls, 36–52 MiB, a core shared with
/// other work); node 20.20 on a quiet core 0.2 with 4 KiB strings, 0.4–0.6 with small objects, about 1 at 1 GiB of
/// parsed JSON.
const MARKING_MS_A_MIB: (f64, f64) = (0.65, 0.95);
/// Assumption: what V8 itself notes as the speed of full collections, in bytes a second: the main thread's small steps of
/// marking, in the time that they take while the helper has the core. Node 20.20 (`--trace-incremental-marking`) noted 66 to
/// 650 million while up to 80 MiB were alive, one process unlike the other, and up to 4e9 with collections back to back.
/// Where it decides in the lab's courses: a program whose old generation grows by 1.2 MB/s is quiet (over 169e6), one by
/// 2.3 MB/s gets the largest growing factor (under 325e6).
const NOTED_SPEED: f64 = 250e6;
/// The pause that ends a collection: node 20.20 took 4–7 ms at 35–53 MiB, 8 ms at 106 MiB, 43 ms at 1209 MiB.
const PAUSE: Span = Span::from_millis(5);
const PAUSED_PER_SECOND: f64 = MIB as f64 / 0.03e-3;
/// heap.cc `StartIncrementalMarking`: a marking first completes the last collection's sweeping, which gc-tracer.cc does
/// not count as collecting. Node 20.20, between the end of a collection and the next marking, less the program's own
/// work: 1–2 ms at 52 MiB, 4–6 ms at 108 MiB.
const SWEPT_PER_SECOND: f64 = MIB as f64 / 0.04e-3;
/// The main thread's part of the marking on one core is uniform between these. On node 20.20, markings that took
/// 20–40 ms (longer than the kernel's time slices): mean 0.60, standard deviation 0.21 over 800 collections.
const MAIN_THREAD: (f64, f64) = (0.25, 0.95);

/// The heap of one process.
#[derive(Clone, Debug)]
pub struct V8 {
    max: Bytes,
    /// Who does the marking, the kernel's scheduling of the main thread and its helper; and what differs from process to
    /// process.
    chance: Stream,
    marked_per_second: f64,
    unfilled: Bytes,
    /// Of one large object, at the end of each page.
    empty_part: f64,
    young: Young,
    /// Bytes in the old generation, dead ones too.
    old: Bytes,
    /// Of the old generation.
    limit: Bytes,
    reducer: Reducer,
    marking: Option<Marking>,
    due_bytes: Bytes,
    due_at: Time,
    ended: Option<Time>,
    after_last: Bytes,
    /// What was moved to the old generation since the last full collection.
    promoted: Bytes,
    /// The old generation's growth between the last two, bytes a second.
    growth: Option<f64>,
    collecting: f64,
    running: f64,
    ineffective: u32,
}

#[derive(Clone, Copy, Debug)]
struct Marking {
    ends: Time,
    seconds: f64,
    main_thread: f64,
    reduces: bool,
}

/// What the heap does to the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// It stops and goes on.
    Stop {
        /// At once, for this long.
        pause: Span,
        /// The main thread's part of the marking that has begun, which comes in steps; zero: it has ended; absent: it is
        /// as it was.
        marking: Option<Span>,
    },
    /// "Ineffective mark-compacts near heap limit".
    Ineffective,
    /// "Reached heap limit".
    LimitReached,
}

impl V8 {
    /// A process that has `baseline` bytes alive at its start, `garbage` beside them, and a maximum of `max`
    /// (`--max-old-space-size`).
    pub fn new(baseline: Bytes, garbage: Bytes, max: Bytes, mut chance: Stream) -> V8 {
        let mut drawn = |(least, most): (f64, f64)| least + (most - least) * chance.uniform();
        let marked_per_second = MIB as f64 / (drawn(MARKING_MS_A_MIB) * 1e-3);
        let unfilled = (drawn(UNFILLED) * MIB as f64) as Bytes + max / UNFILLED_OF;
        let empty_part = drawn(EMPTY_PART);
        let young = Young::new(baseline, garbage);
        let mut heap = V8 {
            max,
            chance,
            marked_per_second,
            unfilled,
            empty_part,
            young,
            old: baseline,
            limit: 0,
            reducer: Reducer::NEW,
            marking: None,
            due_bytes: 0,
            due_at: Time::MAX,
            ended: None,
            after_last: baseline,
            promoted: 0,
            growth: None,
            collecting: 0.0,
            running: 0.0,
            ineffective: 0,
        };
        heap.limit = heap.next_limit(false);
        heap.old += garbage;
        heap.due_bytes = heap.young.full_at();
        heap
    }

    /// A new process after this one's death; its chance goes on.
    pub fn restart(&mut self, baseline: Bytes, garbage: Bytes) {
        *self = V8::new(baseline, garbage, self.max, self.chance.clone());
    }

    /// Bytes in use, garbage included: what node calls `heapUsed`.
    pub fn used(&self, ledger: &Ledger) -> Bytes {
        self.old + self.young.used(ledger)
    }

    /// Whether [`V8::act`] has something to do, with the event loop free at `free_at`.
    #[inline]
    pub fn is_due(&self, free_at: Time, ledger: &Ledger) -> bool {
        ledger.allocated() >= self.due_bytes || free_at >= self.due_at
    }

    /// Collects, or begins to mark, when the event loop is free at `now`.
    pub fn act(&mut self, now: Time, ledger: &Ledger) -> Act {
        let act = match self.marking {
            Some(marking) if now >= marking.ends => self.end(marking, now, ledger),
            marking if ledger.allocated() >= self.young.full_at() => self.make_room(marking, now, ledger),
            Some(_) => Act::Stop { pause: Span::ZERO, marking: None },
            None => Act::Stop { pause: Span::ZERO, marking: self.begin_if_due(now, ledger) },
        };
        self.due_bytes = self.young.full_at();
        self.due_at = match self.marking {
            Some(marking) => marking.ends,
            None if self.has_reached_limit() => now,
            None => self.reducer.due_at(),
        };
        act
    }

    /// The young generation is full.
    fn make_room(&mut self, marking: Option<Marking>, now: Time, ledger: &Ledger) -> Act {
        self.young.before_collection(now, ledger);
        if self.old + self.unfilled(ledger) + self.young.capacity() > self.max {
            let marking = marking.unwrap_or_else(|| self.marking(now, ledger, false));
            return self.end(marking, now, ledger);
        }
        let (promoted, took) = self.young.scavenge(now, ledger);
        self.old += promoted;
        self.promoted += promoted;
        if self.reducer == Reducer::NEW {
            // Loading ends with a full collection, about when the first scavenge comes; its effect is in the baseline.
            self.reducer.collected(now, self.old);
        }
        if self.old + self.unfilled(ledger) > self.max {
            return Act::LimitReached;
        }
        let marking = if marking.is_none() { self.begin_if_due(now + took, ledger) } else { None };
        Act::Stop { pause: took, marking }
    }

    /// Bytes of its pages that nothing lies in.
    fn unfilled(&self, ledger: &Ledger) -> Bytes {
        let object = ledger.largest_object();
        if object <= MOVED_ALONE {
            return self.unfilled;
        }
        let pages = self.max as f64 / PAGE_AREA;
        self.unfilled + (pages * self.empty_part * object as f64) as Bytes
    }

    /// heap.cc `IncrementalMarkingLimitReached`.
    fn has_reached_limit(&self) -> bool {
        self.old + self.young.capacity() >= self.limit
    }

    /// Begins to mark, where the old generation or the reducer wants it: the main thread's part of it.
    fn begin_if_due(&mut self, now: Time, ledger: &Ledger) -> Option<Span> {
        let is_quiet = self.young.allocates_little() && self.grows_little();
        if !self.has_reached_limit() && !self.reducer.begins(now, is_quiet) {
            return None;
        }
        let reduces = matches!(self.reducer, Reducer::Runs { .. });
        let swept = Span::from_secs_f64(self.after_last as f64 / SWEPT_PER_SECOND);
        let unswept = self.ended.map_or(Span::ZERO, |ended| (ended + swept).saturating_since(now));
        let marking = self.marking(now + unswept, ledger, reduces);
        self.marking = Some(marking);
        Some(Span::from_secs_f64(unswept.as_secs_f64() + marking.seconds * marking.main_thread))
    }

    fn marking(&mut self, now: Time, ledger: &Ledger, reduces: bool) -> Marking {
        let (least, most) = MAIN_THREAD;
        let seconds = ledger.heap() as f64 / self.marked_per_second;
        Marking {
            ends: now + Span::from_secs_f64(seconds),
            seconds,
            main_thread: least + (most - least) * self.chance.uniform(),
            reduces: reduces || self.old + self.unfilled(ledger) + self.max / 8 > self.max,
        }
    }

    fn end(&mut self, marking: Marking, now: Time, ledger: &Ledger) -> Act {
        self.marking = None;
        let live = ledger.heap();
        if live + self.unfilled(ledger) > self.max {
            return Act::LimitReached;
        }
        if self.is_ineffective(live) {
            self.ineffective += 1;
            if self.ineffective == INEFFECTIVE_LIMIT {
                return Act::Ineffective;
            }
        } else {
            self.ineffective = 0;
        }
        let unmarked = marking.ends.saturating_since(now).as_secs_f64().min(marking.seconds);
        let pause = PAUSE.as_secs_f64() + live as f64 / PAUSED_PER_SECOND + unmarked;
        let ended = now + Span::from_secs_f64(pause);
        let collecting = pause + (marking.seconds - unmarked) * marking.main_thread;
        self.young.before_collection(now, ledger);
        self.promoted += self.young.moved_over(ended, ledger, marking.reduces);
        self.record(ended, live, collecting);
        self.old = live;
        self.reducer.collected(ended, live);
        self.limit = self.next_limit(marking.reduces);
        Act::Stop { pause: Span::from_secs_f64(pause), marking: Some(Span::ZERO) }
    }

    fn is_ineffective(&self, live: Bytes) -> bool {
        let total = self.running + self.collecting;
        live as f64 >= INEFFECTIVE_FILL * self.max as f64 && self.running < INEFFECTIVE_UTILIZATION * total
    }

    /// gc-tracer.cc `RecordMutatorUtilization`.
    fn record(&mut self, ended: Time, live: Bytes, collecting: f64) {
        let grown = std::mem::take(&mut self.promoted);
        self.after_last = live;
        // The first collection only sets the reference.
        let Some(before) = self.ended.replace(ended) else { return };
        let running = (ended.saturating_since(before).as_secs_f64() - collecting).max(0.0);
        if self.collecting == 0.0 {
            (self.collecting, self.running) = (collecting, running);
        } else {
            self.collecting = f64::midpoint(self.collecting, collecting);
            self.running = f64::midpoint(self.running, running);
        }
        self.growth = (running > 0.0).then(|| grown as f64 / running);
    }

    /// heap.cc `HasLowOldGenerationAllocationRate`.
    fn grows_little(&self) -> bool {
        self.growth.is_none_or(|growth| is_low(growth, NOTED_SPEED))
    }

    /// heap-controller.cc `CalculateAllocationLimit`, after a full collection.
    fn next_limit(&self, reduces: bool) -> Bytes {
        let grown = (self.old as f64 * self.growing_factor(reduces)) as Bytes;
        (grown.max(self.old + MINIMUM_STEP) + self.young.capacity()).min(u64::midpoint(self.old, self.max))
    }

    /// heap-controller.cc `MaxGrowingFactor` and `DynamicGrowingFactor`.
    fn growing_factor(&self, reduces: bool) -> f64 {
        if reduces {
            return LEAST_FACTOR;
        }
        let most = if self.max >= LARGE_HEAP {
            LARGE_HEAP_FACTOR
        } else {
            let share = (self.max.max(SMALL_HEAP) - SMALL_HEAP) as f64 / (LARGE_HEAP - SMALL_HEAP) as f64;
            SMALL_HEAP_FACTOR + (MEDIUM_HEAP_FACTOR - SMALL_HEAP_FACTOR) * share
        };
        match self.growth {
            Some(growth) if growth > 0.0 => {
                let ratio = NOTED_SPEED / growth * (1.0 - TARGET_UTILIZATION);
                // Where the program allocates faster than collecting could ever keep up with, the formula has no answer.
                if ratio <= TARGET_UTILIZATION {
                    return most;
                }
                (ratio / (ratio - TARGET_UTILIZATION)).clamp(LEAST_FACTOR, most)
            }
            _ => most,
        }
    }
}

/// heap.cc `ComputeMutatorUtilization`: whether collecting at `speed` what comes at `rate` takes next to no time.
fn is_low(rate: f64, speed: f64) -> bool {
    speed > QUIET_UTILIZATION * (speed + rate)
}
