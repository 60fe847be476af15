//! How much a socket takes before it pushes back, and what Node keeps beyond it.
//!
//! While nothing is acknowledged, each write leaves as a segment of its own and holds a whole socket buffer structure;
//! after the first retransmission timeout the window is one segment, and writes are appended to the last one that has
//! not left, at the price of their bytes alone. So a busy client fills its send buffer with some hundred calls in the
//! first fifth of a second, and a quiet one with thousands. Beyond it Node buffers, and says so at its high-water mark.
//!
//! Source: Linux `tcp_sendmsg_locked` (net/ipv4/tcp.c), `tcp_sndbuf_expand` (`tcp_input.c`); Node's
//! `lib/internal/streams/state.js`. Measured: at 500 to 1,000 calls a second the kernel took 112 to 117 calls, ioredis'
//! buffer the rest; at 20 a second node-redis 4 wrote 4,691 before it waited (4,149 here: the last segment may grow past
//! the limit). Assumptions: a window that lets them all leave, and calls of [`CALL`] bytes. Left out: a peer that
//! acknowledges and does not read (its receive buffer comes first).

use halfopen_sim::{Span, Time};

/// A GET of a key of five bytes, as RESP has it.
const CALL: u64 = 24;
/// 2 × 10 segments of 4,352 bytes each (1,460 of data and all headers, rounded up to 4,096, and a `sk_buff`).
const SEND_BUFFER: u64 = 87_040;
/// A segment of its own for a small write: `sk_buff` (256) and its head (512).
const SEGMENT: u64 = 768;
/// How long new writes leave as segments before the first timeout.
const UNTIL_TIMEOUT: Span = Span::from_millis(204);
/// Node's high-water mark of a writable stream.
const HIGH_WATER: u64 = 16 * 1024;

/// What was written since the last answer.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    since: Time,
    in_kernel: u64,
    in_node: u64,
}

impl Outbox {
    /// Something was received, or everything begins anew: the buffers are empty.
    pub(super) fn drained(&mut self, now: Time) {
        *self = Outbox { since: now, ..Outbox::default() };
    }

    /// A call is written; whether the kernel took it. `first`: no answer was awaited.
    pub(super) fn write(&mut self, now: Time, first: bool) -> bool {
        if first {
            self.drained(now);
        }
        let leaves = now.saturating_since(self.since) < UNTIL_TIMEOUT;
        let bytes = CALL + if leaves { SEGMENT } else { 0 };
        let takes = self.in_node == 0 && self.in_kernel + bytes <= SEND_BUFFER;
        if takes {
            self.in_kernel += bytes;
        } else {
            self.in_node += CALL;
        }
        takes
    }

    /// Whether Node asks to wait for the drain.
    pub(super) fn is_full(&self) -> bool {
        self.in_node >= HIGH_WATER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls that the kernel takes, and calls until Node asks to wait, at this rate with regular gaps.
    fn taken(per_second: u64) -> (usize, usize) {
        let mut outbox = Outbox::default();
        let (mut taken, mut written) = (0, 0);
        while !outbox.is_full() {
            let now = Time::ZERO + Span::from_nanos(written as u64 * 1_000_000_000 / per_second);
            taken += usize::from(outbox.write(now, written == 0));
            written += 1;
        }
        (taken, written)
    }

    #[test]
    fn a_busy_client_fills_its_buffer_with_segments_a_quiet_one_with_bytes() {
        // Measured at 1,000 a second: 117 (ioredis) and 2.8 KB (node-redis 3); at 20: 4,691 until the drain.
        assert_eq!(taken(1_000), (109, 792));
        assert_eq!(taken(20), (3_466, 4_149));
    }
}
