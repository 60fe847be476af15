//! How much a socket takes before it pushes back, and what Node keeps beyond it.
//!
//! What the kernel takes is in `network/send_buffer.rs`; beyond it Node buffers, and says so at its high-water mark.
//! Source: Node's `lib/internal/streams/state.js`. A call is taken when the kernel took all of it.

use halfopen_sim::Time;

use crate::network::send_buffer::SendBuffer;
use crate::scenario::{Bytes, Congestion};

/// Node's high-water mark of a writable stream.
const HIGH_WATER: Bytes = 16 * 1024;

/// What was written since the last answer.
#[derive(Debug)]
pub(super) struct Outbox {
    kernel: SendBuffer,
    in_node: Bytes,
}

impl Outbox {
    /// Of a connection that was just made.
    pub(super) fn new(congestion: Congestion) -> Outbox {
        Outbox { kernel: SendBuffer::new(congestion), in_node: 0 }
    }

    /// Something was received: the buffers are empty.
    pub(super) fn drained(&mut self, now: Time) {
        self.kernel.acknowledged(now);
        self.in_node = 0;
    }

    /// A call of this size is written; whether the kernel took it. `first`: no answer was awaited.
    pub(super) fn write(&mut self, now: Time, bytes: Bytes, first: bool) -> bool {
        if first {
            self.drained(now);
        }
        let taken = if self.in_node == 0 { self.kernel.write(now, bytes) } else { 0 };
        self.in_node += bytes - taken;
        taken == bytes
    }

    /// Whether Node asks to wait for the drain.
    pub(super) fn is_full(&self) -> bool {
        self.in_node >= HIGH_WATER
    }
}

#[cfg(test)]
mod tests {
    use halfopen_sim::Span;

    use super::*;

    /// Calls of 24 B that the kernel takes, and calls until Node asks to wait, at this rate with regular gaps.
    fn taken(per_second: u64) -> (usize, usize) {
        let mut outbox = Outbox::new(Congestion::Bbr);
        let (mut taken, mut written) = (0, 0);
        while !outbox.is_full() {
            let now = Time::ZERO + Span::from_nanos(written as u64 * 1_000_000_000 / per_second);
            taken += usize::from(outbox.write(now, 24, written == 0));
            written += 1;
        }
        (taken, written)
    }

    #[test]
    fn node_asks_to_wait_at_its_high_water_mark() {
        assert_eq!(taken(1_000), (81, 81 + 683));
        // Measured: 4,691 with calls of 23.9 B on average.
        assert_eq!(taken(20), (3_987, 3_987 + 683));
    }
}
