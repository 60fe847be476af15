//! V8's memory reducer: a collection that nobody needs, when the program has been quiet for a while.
//!
//! memory-reducer.cc: [`LONG`] after the last collection, if the program allocates little, a marking begins that also
//! shrinks the young generation, and a second one [`SHORT`] after its end. Then it waits until a collection leaves a
//! tenth and 10 MiB more than there was. Node 20.20 (`--trace-gc-verbose`) does so to the tenth of a second; the third
//! collection that V8 allows itself where much was freed is left out.

use halfopen_sim::{Span, Time};

use super::MIB;
use crate::scenario::Bytes;

/// `kLongDelayMs` and `kShortDelayMs`, with the slack of `ScheduleTimer`.
const LONG: Span = Span::from_millis(8_100);
const SHORT: Span = Span::from_millis(600);
/// `kCommittedMemoryFactor` in tenths, and `kCommittedMemoryDelta`.
const MORE_TENTHS: Bytes = 11;
const MORE: Bytes = 10 * MIB;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reducer {
    /// Until a collection leaves more than there was at its last one.
    Done { bytes: Bytes },
    /// For its time; it has begun so many collections.
    Waits { until: Time, begun: u32 },
    /// For the end of the collection that it began.
    Runs { begun: u32 },
}

impl Reducer {
    /// Of a program that has just loaded.
    pub(super) const NEW: Reducer = Reducer::Done { bytes: 0 };

    /// When it wants to be asked.
    pub(super) fn due_at(self) -> Time {
        match self {
            Reducer::Waits { until, .. } => until,
            Reducer::Done { .. } | Reducer::Runs { .. } => Time::MAX,
        }
    }

    /// Its time has come: whether a collection begins.
    pub(super) fn begins(&mut self, now: Time, program_is_quiet: bool) -> bool {
        let Reducer::Waits { until, begun } = *self else { return false };
        if now < until {
            return false;
        }
        *self = if program_is_quiet {
            Reducer::Runs { begun: begun + 1 }
        } else {
            Reducer::Waits { until: now + LONG, begun }
        };
        program_is_quiet
    }

    /// A full collection has ended and left these bytes.
    pub(super) fn collected(&mut self, now: Time, left: Bytes) {
        *self = match *self {
            Reducer::Done { bytes } if left < (bytes * MORE_TENTHS / 10).max(bytes + MORE) && bytes > 0 => {
                return;
            }
            Reducer::Done { .. } => Reducer::Waits { until: now + LONG, begun: 0 },
            Reducer::Waits { begun, .. } => Reducer::Waits { until: now + LONG, begun },
            Reducer::Runs { begun: 1 } => Reducer::Waits { until: now + SHORT, begun: 1 },
            Reducer::Runs { .. } => Reducer::Done { bytes: left },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Time = |seconds| Time::ZERO + Span::from_secs(seconds);

    #[test]
    fn a_quiet_program_is_collected_twice_and_then_left_alone_until_it_has_grown() {
        let mut reducer = Reducer::NEW;
        reducer.collected(S(1), 20 * MIB);
        assert_eq!(reducer.due_at(), S(1) + LONG);
        assert!(!reducer.begins(S(5), true) && reducer.begins(S(10), true));
        reducer.collected(S(11), 15 * MIB);
        assert!(reducer.begins(S(12), true));
        reducer.collected(S(13), 14 * MIB);
        assert_eq!(reducer, Reducer::Done { bytes: 14 * MIB });
        reducer.collected(S(20), 23 * MIB);
        assert_eq!(reducer.due_at(), Time::MAX, "neither a tenth nor 10 MiB");
        reducer.collected(S(30), 24 * MIB);
        assert_eq!(reducer.due_at(), S(30) + LONG);
    }

    #[test]
    fn a_busy_program_is_asked_again_and_any_collection_puts_it_off() {
        let mut reducer = Reducer::NEW;
        reducer.collected(S(1), MIB);
        assert!(!reducer.begins(S(10), false));
        assert_eq!(reducer.due_at(), S(10) + LONG);
        reducer.collected(S(15), MIB);
        assert_eq!(reducer.due_at(), S(15) + LONG);
    }
}
