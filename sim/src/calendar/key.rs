//! A key: when an event happens and where it is kept, in one 128-bit integer.
//!
//! From the top: 64 bits of time, 2 of lane, [`SEQUENCE_BITS`] of sequence, [`SLOT_BITS`] of slot. Comparing two keys
//! is comparing two integers and gives the total order; no two pending keys share a sequence, so the slot never
//! decides. The sequence has to tell pending events apart, not all events of a run: when its bits are used up, the
//! calendar numbers what is pending anew, in the same order.

use super::Lane;
use crate::time::Time;

/// 2.7 × 10^8 events and as many timers may be pending at once, which is tens of gigabytes.
pub(super) const SLOT_BITS: u32 = 28;
/// 1.7 × 10^10 events are scheduled between two renumberings.
const SEQUENCE_BITS: u32 = 64 - 2 - SLOT_BITS;

/// Every slot is below this; the value itself stands for none.
pub(super) const SLOTS: u32 = (1 << SLOT_BITS) - 1;
/// Every sequence is below this.
pub(super) const SEQUENCES: u64 = 1 << SEQUENCE_BITS;

/// When, in which lane, in which turn; and the slot that holds what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(pub(super) u128);

impl Key {
    /// After everything.
    pub(super) const NONE: Key = Key(u128::MAX);

    #[inline]
    pub(super) fn new(at: Time, lane: Lane, sequence: u64, slot: u32) -> Self {
        debug_assert!(sequence < SEQUENCES && slot < SLOTS);
        let low = (lane as u64) << (64 - 2) | sequence << SLOT_BITS | u64::from(slot);
        Key(u128::from(at.as_nanos()) << 64 | u128::from(low))
    }

    /// Not after anything that happens at or after `nanos`.
    #[inline]
    pub(super) fn from(nanos: u64) -> Self {
        Key(u128::from(nanos) << 64)
    }

    /// After everything that happens at or before `end`, before everything that happens later: 3 is no lane.
    #[inline]
    pub(super) fn past(end: Time) -> Self {
        Key(u128::from(end.as_nanos()) << 64 | 3 << (64 - 2))
    }

    #[inline]
    pub(super) fn at(self) -> Time {
        Time::from_nanos((self.0 >> 64) as u64)
    }

    #[inline]
    pub(super) fn slot(self) -> u32 {
        self.0 as u32 & SLOTS
    }

    /// The same place in the order, with something else in the bits of the slot.
    #[inline]
    pub(super) fn with_slot(self, slot: u32) -> Self {
        Key(self.0 & !u128::from(SLOTS) | u128::from(slot))
    }

    /// The same time and lane, in another turn.
    pub(super) fn with_sequence(self, sequence: u64) -> Self {
        let bits = u128::from(SEQUENCES - 1) << SLOT_BITS;
        Key(self.0 & !bits | u128::from(sequence) << SLOT_BITS)
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, SEQUENCES, SLOTS};
    use crate::calendar::Lane;
    use crate::time::Time;

    #[test]
    fn keys_order_by_time_then_lane_then_sequence() {
        let at = Time::from_nanos;
        let ordered = [
            Key::from(7),
            Key::new(at(7), Lane::Fault, 0, SLOTS - 1),
            Key::new(at(7), Lane::Fault, SEQUENCES - 1, 0),
            Key::new(at(7), Lane::Work, 0, SLOTS - 1),
            Key::new(at(7), Lane::Work, 1, 0),
            Key::new(at(7), Lane::Sample, SEQUENCES - 1, SLOTS - 1),
            Key::past(at(7)),
            Key::new(at(8), Lane::Fault, 0, 0),
            Key::new(Time::MAX, Lane::Sample, SEQUENCES - 1, SLOTS - 1),
            Key::past(Time::MAX),
            Key::NONE,
        ];
        assert!(ordered.is_sorted_by(|a, b| a < b), "{ordered:x?}");
    }

    #[test]
    fn parts_come_back_and_change_alone() {
        let key = Key::new(Time::from_nanos(u64::MAX - 1), Lane::Sample, 12345, 678);
        assert_eq!((key.at().as_nanos(), key.slot()), (u64::MAX - 1, 678));
        assert_eq!(key.with_slot(9), Key::new(key.at(), Lane::Sample, 12345, 9));
        assert_eq!(key.with_sequence(9), Key::new(key.at(), Lane::Sample, 9, 678));
    }
}
