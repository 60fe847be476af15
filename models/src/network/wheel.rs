//! The Linux timer wheel: when a kernel timer really fires.
//!
//! A timer of the kernel sits in a bucket; the further away, the wider the bucket, and it fires at the bucket's end.
//! That is why long retransmission timers are late by up to an eighth of their length, always in the same places of
//! the host's own clock. Source: kernel/time/timer.c (`LVL_START`, `calc_index`; 64 buckets a level, each level eight
//! times as coarse). Checked against packet captures on Linux 6.18 with 250 Hz: a backed-off timer of 26.112 s fired
//! after 27.648 s, the one of 104.448 s after 106.496 s, to the millisecond.

use halfopen_sim::{Span, Time};

/// `LVL_CLK_SHIFT`: a level is 2³ times as coarse as the one before.
const LEVEL_SHIFT: u32 = 3;
/// `LVL_SIZE` − 1: a level takes timers of less than this many of its own steps.
const LEVEL_REACH: u64 = 63;
/// `LVL_DEPTH` at 250 Hz is 9; the coarsest step.
const LEVELS: u32 = 9;

/// A host's jiffies: its tick and how long it had been up when the run began.
#[derive(Clone, Copy, Debug)]
pub struct HostClock {
    tick: u64,
    uptime: u64,
}

impl HostClock {
    /// A host with `hz` ticks a second that booted `uptime` before the run began.
    pub fn new(hz: u32, uptime: Span) -> HostClock {
        HostClock { tick: 1_000_000_000 / u64::from(hz.max(1)), uptime: uptime.as_nanos() }
    }

    /// One timer interrupt.
    pub fn tick(&self) -> Span {
        Span::from_nanos(self.tick)
    }

    /// `span` in whole ticks, rounded up, as `usecs_to_jiffies` does.
    pub fn in_ticks(&self, span: Span) -> Span {
        Span::from_nanos(span.as_nanos().div_ceil(self.tick) * self.tick)
    }

    /// When a timer fires that was armed at `from` to expire `after` later.
    pub fn fires(&self, from: Time, after: Span) -> Time {
        let jiffies = (from.as_nanos() + self.uptime) / self.tick;
        let ticks = after.as_nanos().div_ceil(self.tick);
        let mut shift = 0;
        while ticks >= LEVEL_REACH << shift && shift < LEVEL_SHIFT * (LEVELS - 1) {
            shift += LEVEL_SHIFT;
        }
        let bucket = ((jiffies + ticks) >> shift) + 1;
        Time::from_nanos(((bucket << shift) * self.tick).saturating_sub(self.uptime))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The intervals between firings after the tail-loss probe, as captured on Linux 6.18 at 250 Hz (100 ms between
    /// calls): from the firing at 1.6731 s on, with the host's clock in the phase that the capture shows.
    #[test]
    fn captured_course_of_one_segment() {
        let captured = [1.6731, 3.3371, 6.8571, 13.5132, 26.8253, 54.4732, 107.7213, 214.2174];
        // 54.4732 s is a firing on the third level, so the host's clock is a multiple of 2.048 s there; a millisecond
        // more, since the capture's stamps are a little later than the tick.
        let uptime = Span::from_secs_f64(2.048 * 40.0 - 54.4732 + 0.001);
        let clock = HostClock::new(250, uptime);
        let mut rto = Span::from_millis(1632);
        for pair in captured.windows(2) {
            let from = Time::ZERO + Span::from_secs_f64(pair[0]);
            let fires = clock.fires(from, rto).as_secs_f64();
            assert!((fires - pair[1]).abs() < 0.005, "after {} expected {}, got {fires}", pair[0], pair[1]);
            rto = rto * 2;
        }
    }

    #[test]
    fn never_early_and_late_by_at_most_an_eighth_and_a_tick() {
        for uptime_ms in [0, 3, 517, 100_001] {
            let clock = HostClock::new(250, Span::from_millis(uptime_ms));
            for ms in [1, 4, 200, 204, 252, 300, 2_015, 2_017, 16_000, 120_000, 7_200_000] {
                let from = Time::ZERO + Span::from_millis(977);
                let late = clock.fires(from, Span::from_millis(ms)) - (from + Span::from_millis(ms));
                assert!(late.as_nanos() <= ms * 1_000_000 / 7 + 8_000_000, "{ms} ms: late by {late:?}");
            }
        }
    }
}
