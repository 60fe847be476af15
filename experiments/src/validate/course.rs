//! Calls pending and memory over the time of a run.

use halfopen_models::recording::Recording;
use halfopen_sim::Time;

use super::watch::Seen;

/// Time between two looks, in seconds.
const STEP: f64 = 0.1;

/// Calls pending and bytes of used heap, ten times a second.
#[derive(Clone, Debug)]
pub struct Course {
    /// The first look, since the fault.
    from: f64,
    pending: Vec<u32>,
    heap_used: Vec<(f64, u64)>,
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
        Course { from, pending: (0..=looks).map(pending).collect(), heap_used: seen.heap_used.clone() }
    }

    /// Calls pending at a time since the fault.
    pub fn pending(&self, at: f64) -> Option<f64> {
        let look = ((at - self.from) / STEP).round();
        (look >= 0.0).then(|| self.pending.get(look as usize).copied().map(f64::from)).flatten()
    }

    /// Bytes of used heap at a time since the fault: the last look at them.
    pub fn memory(&self, at: f64) -> Option<f64> {
        let looks = self.heap_used.partition_point(|&(look, _)| look <= at);
        self.heap_used.get(looks.checked_sub(1)?).map(|&(_, bytes)| bytes as f64)
    }
}
