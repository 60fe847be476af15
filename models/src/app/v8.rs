//! V8's heap near its limit: when it collects, what that costs, and its two ways of dying.
//!
//! Rules from V8's `src/heap`, read at version 11.6; node 20's 11.3 prints courses that follow them (`--trace-gc`):
//! - heap-controller.cc: after a collection the limit is the size times a factor plus the young generation's capacity,
//!   but never further than halfway from the size to the maximum.
//! - heap.cc `IncrementalMarkingLimitReached`: marking begins when the room left below that limit is no more than the
//!   young generation's capacity. Where half the room to the maximum is less than that, it begins again as soon as it
//!   has ended: *collections back to back*, in a 64 MiB heap from 32 MiB on.
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
//! What is alive is the instance's ledger. Left out: garbage (the young generation fills with survivors alone), a young
//! generation that has not grown yet or has shrunk because the process allocates under 1 MB/s, and how many objects
//! make up the bytes: strings mark several times faster than small objects. What its helper marks costs the program
//! nothing; how the main thread's marking is spread in steps is the instance's matter.

use halfopen_sim::chance::Stream;
use halfopen_sim::{Span, Time};

use crate::scenario::Bytes;

const MIB: Bytes = 1024 * 1024;
/// heap.h: capacity of a young generation that has grown, and of one that was shrunk.
const YOUNG_GROWN: Bytes = 16 * MIB;
const YOUNG_SHRUNK: Bytes = MIB;
/// flag `minor_gc_task_trigger`: the young generation is collected when it is filled to this many percent.
const YOUNG_FULL_PERCENT: Bytes = 80;
/// Pages hold more than what is alive in them. Measured on node 20.20 (`--trace-gc-verbose`): 2.6 MiB at 53 MiB, 1.0 at
/// 111 and 224 MiB; at death 0.4–1.5 MiB with heaps of up to 256 MiB, 2–4 MiB with 1400.
const UNFILLED: Bytes = 3 * MIB / 2;
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
/// Assumption: marking takes 0.75 ms a MiB alive, main thread and helper together on one core. Collections back to
/// back took 0.65–0.95 ms a MiB in the lab (5.4 KB and 2.4 KB calls, 36–52 MiB, a core shared with other work); node
/// 20.20 on a quiet core 0.2 with 4 KiB strings, 0.4–0.6 with small objects, about 1 at 1 GiB of parsed JSON.
const MARKED_PER_SECOND: f64 = MIB as f64 / 0.75e-3;
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
    /// Who does the marking: the kernel's scheduling of the main thread and its helper.
    chance: Stream,
    due_bytes: Bytes,
    due_at: Time,
    marking: Option<Marking>,
    young: Bytes,
    ended: Option<Time>,
    after_last: Bytes,
    collecting: f64,
    running: f64,
    ineffective: u32,
}

#[derive(Clone, Copy, Debug)]
struct Marking {
    seconds: f64,
    main_thread: f64,
    shrinks_young: bool,
}

/// What the heap does to the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// It stops for this long and goes on.
    Stop(Span),
    /// "Ineffective mark-compacts near heap limit".
    Ineffective,
    /// "Reached heap limit".
    LimitReached,
}

impl V8 {
    /// A process that has `live` bytes at its start and a maximum of `max` (`--max-old-space-size`).
    pub fn new(live: Bytes, max: Bytes, chance: Stream) -> V8 {
        let mut heap = V8 {
            max,
            chance,
            due_bytes: 0,
            due_at: Time::MAX,
            marking: None,
            young: YOUNG_GROWN,
            ended: None,
            after_last: live,
            collecting: 0.0,
            running: 0.0,
            ineffective: 0,
        };
        heap.due_bytes = heap.next_marking(live, None);
        heap
    }

    /// A new process after this one's death; its chance goes on.
    pub fn restart(&mut self, live: Bytes) {
        *self = V8::new(live, self.max, self.chance.clone());
    }

    /// Whether [`V8::act`] has something to do for `live` bytes, with the event loop free at `free_at`.
    #[inline]
    pub fn is_due(&self, free_at: Time, live: Bytes) -> bool {
        live >= self.due_bytes || free_at >= self.due_at
    }

    /// Whether a collection has begun and not ended: what it takes of the main thread comes in steps.
    pub fn is_marking(&self) -> bool {
        self.marking.is_some()
    }

    /// Begins or ends a collection when the event loop is free at `free_at`, with `live` bytes in use.
    pub fn act(&mut self, free_at: Time, live: Bytes) -> Act {
        if live + UNFILLED > self.max {
            return Act::LimitReached;
        }
        match self.marking.take() {
            None => self.begin(free_at, live),
            Some(marking) => self.end(marking, free_at, live),
        }
    }

    fn begin(&mut self, now: Time, live: Bytes) -> Act {
        let (least, most) = MAIN_THREAD;
        let marking = Marking {
            seconds: live as f64 / MARKED_PER_SECOND,
            main_thread: least + (most - least) * self.chance.uniform(),
            shrinks_young: live + UNFILLED + self.max / 8 > self.max,
        };
        let swept = Span::from_secs_f64(self.after_last as f64 / SWEPT_PER_SECOND);
        let unswept = self.ended.map_or(Span::ZERO, |ended| (ended + swept).saturating_since(now));
        self.due_at = now + unswept + Span::from_secs_f64(marking.seconds);
        // A young generation that cannot move over cuts the marking short; pages that exceed the maximum end it all.
        let moves_over = live + UNFILLED + self.young <= self.max;
        let young_full = if moves_over { self.max } else { live + self.young * YOUNG_FULL_PERCENT / 100 };
        self.due_bytes = young_full.min((self.max + 1).saturating_sub(UNFILLED));
        self.marking = Some(marking);
        Act::Stop(Span::from_secs_f64(unswept.as_secs_f64() + marking.seconds * marking.main_thread))
    }

    fn end(&mut self, marking: Marking, now: Time, live: Bytes) -> Act {
        if self.is_ineffective(live) {
            self.ineffective += 1;
            if self.ineffective == INEFFECTIVE_LIMIT {
                return Act::Ineffective;
            }
        } else {
            self.ineffective = 0;
        }
        let unmarked = self.due_at.saturating_since(now).as_secs_f64().min(marking.seconds);
        let pause = PAUSE.as_secs_f64() + live as f64 / PAUSED_PER_SECOND + unmarked;
        let ended = now + Span::from_secs_f64(pause);
        let collecting = pause + (marking.seconds - unmarked) * marking.main_thread;
        let allocated_per_second = self.record(ended, live, collecting);
        self.young = if marking.shrinks_young { YOUNG_SHRUNK } else { YOUNG_GROWN };
        self.due_at = Time::MAX;
        self.due_bytes = self.next_marking(live, allocated_per_second);
        Act::Stop(Span::from_secs_f64(pause))
    }

    fn is_ineffective(&self, live: Bytes) -> bool {
        let total = self.running + self.collecting;
        live as f64 >= INEFFECTIVE_FILL * self.max as f64 && self.running < INEFFECTIVE_UTILIZATION * total
    }

    /// gc-tracer.cc `RecordMutatorUtilization`; returns the growth since the last collection in bytes a second.
    fn record(&mut self, ended: Time, live: Bytes, collecting: f64) -> Option<f64> {
        let grown = live.saturating_sub(self.after_last);
        self.after_last = live;
        // The first collection only sets the reference.
        let seconds = ended.saturating_since(self.ended.replace(ended)?).as_secs_f64();
        let running = (seconds - collecting).max(0.0);
        if self.collecting == 0.0 {
            (self.collecting, self.running) = (collecting, running);
        } else {
            self.collecting = f64::midpoint(self.collecting, collecting);
            self.running = f64::midpoint(self.running, running);
        }
        (running > 0.0).then(|| grown as f64 / running)
    }

    /// The size at which marking begins, once `live` bytes are left by a collection: heap-controller.cc
    /// `CalculateAllocationLimit`, less the young generation.
    fn next_marking(&self, live: Bytes, allocated_per_second: Option<f64>) -> Bytes {
        let grown = (live as f64 * self.growing_factor(allocated_per_second)) as Bytes;
        let limit = (grown.max(live + MINIMUM_STEP) + self.young).min(u64::midpoint(live, self.max));
        limit.saturating_sub(self.young).max(live)
    }

    /// heap-controller.cc `MaxGrowingFactor` and `DynamicGrowingFactor`.
    fn growing_factor(&self, allocated_per_second: Option<f64>) -> f64 {
        if self.young == YOUNG_SHRUNK {
            return LEAST_FACTOR;
        }
        let most = if self.max >= LARGE_HEAP {
            LARGE_HEAP_FACTOR
        } else {
            let share = (self.max.max(SMALL_HEAP) - SMALL_HEAP) as f64 / (LARGE_HEAP - SMALL_HEAP) as f64;
            SMALL_HEAP_FACTOR + (MEDIUM_HEAP_FACTOR - SMALL_HEAP_FACTOR) * share
        };
        match allocated_per_second {
            Some(speed) if speed > 0.0 => {
                let ratio = MARKED_PER_SECOND / speed * (1.0 - TARGET_UTILIZATION);
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

#[cfg(test)]
mod tests {
    use halfopen_sim::chance::Streams;

    use super::*;

    fn heap(live: Bytes, max: Bytes) -> V8 {
        V8::new(live * MIB, max * MIB, Streams::new(7).stream("heap", "test"))
    }

    /// Begins and ends one collection of `live` bytes, with `running` before it: when it ended.
    fn collect(heap: &mut V8, at: Time, running: Span, live: Bytes) -> Result<Time, Act> {
        let begins = at + running;
        let Act::Stop(_) = heap.act(begins, live) else { panic!("dies where it should begin to mark") };
        let marked = heap.due_at;
        match heap.act(marked, live) {
            Act::Stop(pause) => Ok(marked + pause),
            end => Err(end),
        }
    }

    #[test]
    fn collections_come_back_to_back_once_half_the_room_is_less_than_the_young_generation() {
        for (max, back_to_back) in [(64, 32), (128, 96), (256, 224), (1400, 1368)] {
            let mut heap = heap(5, max);
            let apart = (back_to_back - 2) * MIB;
            collect(&mut heap, Time::ZERO, Span::ZERO, apart).unwrap();
            // Above seven eighths the young generation is small, and so is the room that starts the next marking.
            assert!(heap.due_bytes > apart, "{max} MiB: {}", heap.due_bytes);
            if back_to_back < max * 7 / 8 {
                let close = back_to_back * MIB;
                let mut heap = V8::new(close, max * MIB, heap.chance.clone());
                collect(&mut heap, Time::ZERO, Span::ZERO, close).unwrap();
                assert_eq!(heap.due_bytes, close, "{max} MiB");
            }
        }
    }

    #[test]
    fn above_seven_eighths_a_collection_comes_halfway_to_the_maximum_less_one_mib() {
        let mut heap = heap(5, 1400);
        for live in [1250 * MIB, 1300 * MIB, 1390 * MIB] {
            collect(&mut heap, Time::ZERO, Span::from_secs(60), live).unwrap();
            assert_eq!(heap.due_bytes, u64::midpoint(live, 1400 * MIB) - MIB);
        }
    }

    #[test]
    fn the_fifth_collection_ends_it_as_the_average_before_is_what_counts() {
        let mut heap = heap(5, 64);
        let mut at = collect(&mut heap, Time::ZERO, Span::from_secs(1), 52 * MIB).unwrap();
        // The main thread does all the marking.
        let mut ends = 0;
        loop {
            let begins = at;
            heap.act(begins, 52 * MIB);
            heap.marking.as_mut().unwrap().main_thread = 1.0;
            let marked = heap.due_at;
            match heap.act(marked, 52 * MIB) {
                Act::Stop(pause) => {
                    at = marked + pause;
                    ends += 1;
                }
                end => break assert_eq!((end, ends), (Act::Ineffective, 4)),
            }
        }
    }

    #[test]
    fn a_program_that_runs_most_of_the_time_never_dies_of_ineffective_collections() {
        let mut heap = heap(5, 64);
        let mut at = Time::ZERO;
        for _ in 0..50 {
            at = collect(&mut heap, at, Span::from_millis(200), 54 * MIB).unwrap();
        }
        assert_eq!(heap.act(at, 63 * MIB), Act::LimitReached);
    }

    #[test]
    fn a_marking_first_sweeps_what_the_last_collection_left() {
        let mut heap = heap(5, 64);
        let ended = collect(&mut heap, Time::ZERO, Span::ZERO, 50 * MIB).unwrap();
        // 2 ms of sweeping and 37.5 ms of marking, of which 1.5 ms have passed.
        heap.act(ended + Span::from_micros(1_500), 50 * MIB);
        assert_eq!(heap.due_at, ended + Span::from_micros(39_500));
        // Long after, only the marking is left.
        let mut heap = V8::new(5 * MIB, 64 * MIB, heap.chance.clone());
        let ended = collect(&mut heap, Time::ZERO, Span::ZERO, 50 * MIB).unwrap();
        heap.act(ended + Span::from_secs(1), 50 * MIB);
        assert_eq!(heap.due_at, ended + Span::from_secs(1) + Span::from_micros(37_500));
    }

    #[test]
    fn a_full_young_generation_that_cannot_move_over_cuts_the_marking_short() {
        let mut heap = heap(5, 1400);
        let live = 1398 * MIB;
        collect(&mut heap, Time::ZERO, Span::from_secs(60), live).unwrap();
        let begins = Time::ZERO + Span::from_secs(200);
        heap.act(begins, live);
        let full = live + MIB * 8 / 10;
        assert!(!heap.is_due(begins, full - MIB / 2) && heap.is_due(begins, full.min(heap.due_bytes)));
        let Act::Stop(pause) = heap.act(begins + Span::from_millis(100), live + MIB / 2 - 1) else {
            panic!("there is still room")
        };
        // All but a tenth of a second of the second that marking takes.
        assert!((0.9..=1.1).contains(&pause.as_secs_f64()), "{pause:?}");
    }

    #[test]
    fn a_new_process_starts_afresh_but_for_its_chance() {
        let mut heap = heap(5, 64);
        let fresh = heap.clone();
        collect(&mut heap, Time::ZERO, Span::ZERO, 40 * MIB).unwrap();
        heap.restart(5 * MIB);
        assert_eq!((heap.due_bytes, heap.ended, heap.young), (fresh.due_bytes, None, YOUNG_GROWN));
        assert_ne!(heap.chance, fresh.chance);
    }
}
