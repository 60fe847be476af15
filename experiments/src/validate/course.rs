//! Calls pending and memory over the time of a run.

use halfopen_models::recording::Recording;
use halfopen_sim::Time;

use super::watch::Seen;

/// Time between two looks, in seconds.
const STEP: f64 = 0.1;

/// Calls pending ten times a second, bytes of used heap once a second (as the recorder samples them).
#[derive(Clone, Debug)]
pub struct Course {
    /// The first look, since the fault.
    from: f64,
    pending: Vec<u32>,
    bytes: Vec<u64>,
}

impl Course {
    pub(super) fn new(seen: &Seen, recording: &Recording, since: impl Fn(Time) -> f64) -> Course {
        let from = since(Time::ZERO);
        let looks = ((since(recording.horizon) - from) / STEP) as usize;
        let until = |times: &[f64], at: f64| times.partition_point(|&time| time <= at) as u32;
        let pending = |look: usize| {
            let at = from + look as f64 * STEP;
            until(&seen.arrivals, at) - until(&seen.settled, at)
        };
        let series = &recording.services[0].series;
        Course {
            from,
            pending: (0..=looks).map(pending).collect(),
            bytes: series.iter().map(|sample| sample.heap_used_max_bytes).collect(),
        }
    }

    /// Calls pending at a time since the fault.
    pub fn pending(&self, at: f64) -> Option<f64> {
        let look = ((at - self.from) / STEP).round();
        (look >= 0.0).then(|| self.pending.get(look as usize).copied().map(f64::from)).flatten()
    }

    /// Bytes at a time since the fault, on a straight line between samples.
    pub fn memory(&self, at: f64) -> Option<f64> {
        let place = at - self.from;
        if place < 0.0 {
            return None;
        }
        let (before, after) = (*self.bytes.get(place as usize)?, *self.bytes.get(place as usize + 1)?);
        Some(before as f64 + (after as f64 - before as f64) * place.fract())
    }
}
