//! V8's old generation near its limit: when it collects, what that costs, and its two ways of dying.
//!
//! Rules from V8's source. heap-controller.cc: after a collection the next one comes when the old generation has grown
//! by a factor, but never further than halfway from its size to the maximum. heap.cc: a collection is *ineffective*
//! when at least 80 % of the maximum is still in use after it and the program got less than 40 % of the time
//! (smoothed, gc-tracer.cc); the fourth in a row ends the process. Otherwise it ends when the maximum is exceeded.
//! What is alive is the instance's ledger; garbage, the young generation, fragmentation and the incremental part of
//! marking are left out.

use halfopen_sim::{Span, Time};

use crate::scenario::Bytes;

const MIB: f64 = 1024.0 * 1024.0;
/// heap-controller.h: the limit grows by at least this much after a collection.
const MINIMUM_STEP: Bytes = 8 * 1024 * 1024;
/// heap.cc `kMaxHeapSize` − `kMinHeapSize` in the formula of the largest growing factor, 256 MiB to 2 GiB.
const SMALL_HEAP_MIB: f64 = 256.0;
const LARGE_HEAP_MIB: f64 = 2048.0;
/// heap-controller.h `kTargetMutatorUtilization`.
const TARGET_UTILIZATION: f64 = 0.97;
/// heap.cc `kMaxConsecutiveIneffectiveMarkCompacts`.
const INEFFECTIVE_LIMIT: u32 = 4;
/// heap.cc: an ineffective collection leaves at least this share of the maximum in use …
const INEFFECTIVE_FILL: f64 = 0.8;
/// … and less than this share of the time to the program.
const INEFFECTIVE_UTILIZATION: f64 = 0.4;
/// Assumption: a full collection marks and moves 2 MiB a millisecond. Node 20 on one core paused for 17–32 ms at
/// 33–51 MB of small objects, and for a fraction of that when marking had run ahead on another core.
const COLLECTED_PER_SECOND: f64 = 2.0 * 1000.0 * MIB;

/// The old generation of one process.
#[derive(Clone, Debug)]
pub struct V8 {
    max: Bytes,
    collect_at: Bytes,
    ended: Time,
    after_last: Bytes,
    mean_collecting: f64,
    mean_running: f64,
    ineffective: u32,
}

/// What a collection does to the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collection {
    /// It stops for this long and goes on.
    Pause(Span),
    /// "Ineffective mark-compacts near heap limit".
    Ineffective,
    /// "Reached heap limit".
    LimitReached,
}

impl V8 {
    /// A process that starts at `now` with `live` bytes and a maximum of `max` (`--max-old-space-size`).
    pub fn new(now: Time, live: Bytes, max: Bytes) -> V8 {
        let mut heap = V8 {
            max,
            collect_at: 0,
            ended: now,
            after_last: live,
            mean_collecting: 0.0,
            mean_running: 0.0,
            ineffective: 0,
        };
        heap.collect_at = heap.next_limit(live, None);
        heap
    }

    /// Whether `live` bytes make it collect.
    pub fn wants_to_collect(&self, live: Bytes) -> bool {
        live >= self.collect_at
    }

    /// Collects at `now` with `live` bytes in use.
    pub fn collect(&mut self, now: Time, live: Bytes) -> Collection {
        if live > self.max {
            return Collection::LimitReached;
        }
        let cost = live as f64 / COLLECTED_PER_SECOND;
        let running = now.saturating_since(self.ended).as_secs_f64();
        self.mean_collecting = f64::midpoint(self.mean_collecting, cost);
        self.mean_running = f64::midpoint(self.mean_running, running);
        let utilization = self.mean_running / (self.mean_running + self.mean_collecting);
        if live as f64 >= INEFFECTIVE_FILL * self.max as f64 && utilization < INEFFECTIVE_UTILIZATION {
            self.ineffective += 1;
            if self.ineffective >= INEFFECTIVE_LIMIT {
                return Collection::Ineffective;
            }
        } else {
            self.ineffective = 0;
        }
        let grown = live.saturating_sub(self.after_last) as f64;
        let allocated_per_second = if running > 0.0 { Some(grown / running) } else { None };
        self.collect_at = self.next_limit(live, allocated_per_second);
        self.after_last = live;
        let pause = Span::from_secs_f64(cost);
        self.ended = now + pause;
        Collection::Pause(pause)
    }

    /// heap-controller.cc `CalculateAllocationLimit`.
    fn next_limit(&self, live: Bytes, allocated_per_second: Option<f64>) -> Bytes {
        let grown = (live as f64 * self.growing_factor(allocated_per_second)) as Bytes;
        grown.max(live + MINIMUM_STEP).min(u64::midpoint(live, self.max)).max(live + 1)
    }

    /// heap-controller.cc `DynamicGrowingFactor`.
    fn growing_factor(&self, allocated_per_second: Option<f64>) -> f64 {
        let max_mib = self.max as f64 / MIB;
        let most = if max_mib >= LARGE_HEAP_MIB {
            4.0
        } else {
            let share = (max_mib.max(SMALL_HEAP_MIB) - SMALL_HEAP_MIB) / (LARGE_HEAP_MIB - SMALL_HEAP_MIB);
            1.3 + 0.7 * share
        };
        match allocated_per_second {
            Some(speed) if speed > 0.0 => {
                let ratio = COLLECTED_PER_SECOND / speed * (1.0 - TARGET_UTILIZATION);
                // At low speeds the formula has no finite answer: the program could never allocate too fast.
                if ratio <= TARGET_UTILIZATION {
                    return most;
                }
                (ratio / (ratio - TARGET_UTILIZATION)).clamp(1.1, most)
            }
            _ => most,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: Bytes = 1024 * 1024;

    /// Fills a heap at a constant speed until it dies: seconds, share of the maximum in use, how.
    fn fill(max: Bytes, base: Bytes, per_second: f64) -> (f64, f64, Collection) {
        let mut heap = V8::new(Time::ZERO, base, max);
        let mut now = Time::ZERO;
        let mut live = base;
        loop {
            // The program allocates until the next collection is due.
            let growth = heap.collect_at.saturating_sub(live);
            live += growth;
            now = now.max(heap.ended) + Span::from_secs_f64(growth as f64 / per_second);
            match heap.collect(now, live) {
                Collection::Pause(_) => {}
                end => return (now.as_secs_f64(), live as f64 / max as f64, end),
            }
        }
    }

    #[test]
    fn always_ends_near_the_limit_and_never_above_it() {
        for (max, per_second) in [(64, 0.5), (64, 20.0), (1400, 0.3), (1400, 4.0), (4096, 100.0)] {
            let (seconds, share, end) = fill(max * MB, max * MB / 8, per_second * 1e6);
            assert!((0.8..=1.0).contains(&share), "{max} MiB at {per_second} MB/s: {share}, {end:?}");
            let linear = (share - 0.125) * (max * MB) as f64 / (per_second * 1e6);
            assert!(seconds >= linear, "collections only delay: {seconds} against {linear}");
        }
    }

    #[test]
    fn near_the_maximum_each_collection_comes_after_half_the_room_that_was_left() {
        let max = 1400 * MB;
        let mut heap = V8::new(Time::ZERO, 1200 * MB, max);
        let mut now = Time::ZERO;
        for _ in 0..6 {
            let live = heap.collect_at;
            now += Span::from_secs(60);
            heap.collect(now, live);
            let room = max - live;
            assert!((heap.collect_at - live).abs_diff(room / 2) <= 1, "{live} of {max}");
        }
    }

    #[test]
    fn four_ineffective_collections_in_a_row_end_it() {
        let mut heap = V8::new(Time::ZERO, 10 * MB, 64 * MB);
        let mut now = Time::ZERO;
        let mut ends = Vec::new();
        for i in 0..8 {
            // A collection of 55 MiB takes 27.5 ms; the program gets 5 ms between two.
            now = heap.ended + Span::from_millis(5);
            ends.push(heap.collect(now, 55 * MB));
            if ends[i] == Collection::Ineffective {
                break;
            }
        }
        assert_eq!(ends.len(), 4, "{ends:?} at {now:?}");
    }
}
