//! How much of what an application writes the kernel takes while nothing is acknowledged: a socket's send buffer.
//!
//! A write that may leave at once is a segment of its own, whose bookkeeping (a `sk_buff` and its head) counts like
//! its bytes. What may not leave any more (the congestion window is full, or a retransmission timed out) is appended
//! to the last segment, up to a size that suits the network card, and a new one is begun only while the buffer is not
//! full. So a client that makes small calls fills its buffer with some eighty of them when it is busy, and with
//! thousands when it is quiet. A buffer that was ever full grows with the next acknowledgement, to two or three times
//! the congestion window.
//!
//! Source: Linux 6.18, `tcp_sendmsg_locked` and `tcp_stream_alloc_skb` (`net/ipv4/tcp.c`), `tcp_sndbuf_expand` and
//! `tcp_new_space` (`tcp_input.c`), `tcp_retrans_try_collapse` and `tcp_bound_to_half_wnd` (`tcp_output.c`),
//! `bbr_sndbuf_expand` and `bbr_quantization_budget` (`tcp_bbr.c`). Measured on 6.18.44 with BBR: a buffer of 69,120 B
//! took 81 calls of 24 B at 500 to 1,000 a second and 14 of 4 KiB; at 20 a second node-redis 4 wrote 4,691 calls before
//! it waited (4,691 here, with its calls of 23.9 B). Assumptions: a path whose window the peer does not limit; CUBIC in
//! slow start. Left out: a limit that the application sets (`SO_SNDBUF`), which none of the clients does.

use halfopen_sim::{Span, Time};

use crate::scenario::{Bytes, Congestion};

/// `SKB_TRUESIZE` of a segment without data: `sk_buff` (256), its head (256) and the shared info behind it (320).
const HEAD: Bytes = 832;
/// One full segment as `tcp_sndbuf_expand` reckons it: 1,460 of data with all headers and the shared info, rounded up
/// to a power of two, and a `sk_buff`.
const PER_SEGMENT: Bytes = 2_304;
/// `TCP_INIT_CWND`.
const FIRST_WINDOW: u64 = 10;
/// 3 × `bbr_tso_segs_goal` (45 segments of 1,448 B in 64 KiB) and what a short path adds; measured 138 to 145.
const BBR_WINDOW: u64 = 138;
/// Data in a segment: 1,500 less headers and a time stamp.
const SEGMENT: Bytes = 1_448;
/// Whole segments in half of the peer's first window (65,160 B): as much is put together for the network card.
const GOAL: Bytes = 22 * SEGMENT;
/// `tcp_wmem[2]`.
const LARGEST: Bytes = 4 << 20;
/// How long new writes leave as segments before the first timeout.
const UNTIL_TIMEOUT: Span = Span::from_millis(204);

/// A socket's send buffer, as its owner meets it.
#[derive(Debug)]
pub struct SendBuffer {
    congestion: Congestion,
    /// Congestion window in segments.
    window: u64,
    /// `sk_sndbuf`.
    limit: Bytes,
    /// When it was empty last.
    since: Time,
    /// `sk_wmem_queued`: data and bookkeeping.
    queued: Bytes,
    /// Segments that have left, and the data in them.
    out: (u64, Bytes),
    /// Data in the last segment that has not left; none: there is no such segment.
    tail: Option<Bytes>,
    has_collapsed: bool,
    was_full: bool,
}

impl SendBuffer {
    /// Of a connection that was just made.
    pub fn new(congestion: Congestion) -> SendBuffer {
        let window = match congestion {
            Congestion::Cubic => FIRST_WINDOW,
            Congestion::Bbr => BBR_WINDOW,
        };
        SendBuffer {
            congestion,
            window,
            limit: expanded(congestion, FIRST_WINDOW),
            since: Time::ZERO,
            queued: 0,
            out: (0, 0),
            tail: None,
            has_collapsed: false,
            was_full: false,
        }
    }

    /// What was written is acknowledged.
    pub fn acknowledged(&mut self, now: Time) {
        // `tcp_is_cwnd_limited`: in slow start the window grows while more than half of it is used.
        if self.congestion == Congestion::Cubic && 2 * self.out.0 > self.window {
            self.window += self.out.0;
        }
        if std::mem::take(&mut self.was_full) {
            self.limit = self.limit.max(expanded(self.congestion, self.window));
        }
        (self.since, self.queued, self.out, self.tail) = (now, 0, (0, 0), None);
        self.has_collapsed = false;
    }

    /// Writes; returns how many bytes are taken.
    pub fn write(&mut self, now: Time, bytes: Bytes) -> Bytes {
        let timed_out = now.saturating_since(self.since) >= UNTIL_TIMEOUT;
        if timed_out {
            self.collapse();
        }
        let leaves = !timed_out && self.out.0 < self.window && self.tail.is_none();
        let taken = self.append(bytes);
        if leaves && taken > 0 {
            self.out = (self.out.0 + taken.div_ceil(SEGMENT), self.out.1 + taken);
            self.tail = None;
        }
        taken
    }

    fn append(&mut self, bytes: Bytes) -> Bytes {
        let mut left = bytes;
        while left > 0 {
            let tail = match self.tail {
                Some(tail) if tail < GOAL => tail,
                _ if self.queued >= self.limit => {
                    self.was_full = true;
                    break;
                }
                _ => {
                    self.queued += HEAD;
                    0
                }
            };
            let part = left.min(GOAL - tail);
            self.tail = Some(tail + part);
            self.queued += part;
            left -= part;
        }
        bytes - left
    }

    /// The first repetition: small segments behind the oldest are put into it.
    fn collapse(&mut self) {
        let (segments, data) = self.out;
        if segments > 1 && !std::mem::replace(&mut self.has_collapsed, true) {
            let fit = SEGMENT / (data / segments).max(1);
            self.queued -= HEAD * fit.min(segments).saturating_sub(1);
        }
    }
}

/// `tcp_sndbuf_expand`.
fn expanded(congestion: Congestion, window: u64) -> Bytes {
    let times = match congestion {
        Congestion::Cubic => 2,
        Congestion::Bbr => 3,
    };
    (times * window * PER_SEGMENT).min(LARGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls of this size that are taken whole, at this rate with regular gaps.
    fn taken(buffer: &mut SendBuffer, bytes: Bytes, per_second: u64) -> u64 {
        let since = buffer.since;
        let at = |n: u64| since + Span::from_nanos(n * 1_000_000_000 / per_second);
        (0..1_000_000).take_while(|&n| buffer.write(at(n), bytes) == bytes).count() as u64
    }

    #[test]
    fn a_busy_socket_is_filled_with_segments_a_quiet_one_with_bytes() {
        let new = || SendBuffer::new(Congestion::Bbr);
        assert_eq!(taken(&mut new(), 24, 1_000), 81, "measured");
        assert_eq!(taken(&mut new(), 4_129, 1_000), 14, "measured");
        // Five have left before the first timeout, and three segments of 22 times 1,448 B are begun behind them.
        assert_eq!(taken(&mut new(), 24, 20), 5 + 3 * GOAL / 24);
        // With CUBIC ten leave, and what comes behind is put together.
        assert_eq!(taken(&mut SendBuffer::new(Congestion::Cubic), 24, 1_000), 10 + 2 * GOAL / 24);
    }

    #[test]
    fn one_that_was_full_grows_with_the_next_acknowledgement() {
        let mut buffer = SendBuffer::new(Congestion::Bbr);
        taken(&mut buffer, 4_129, 1_000);
        buffer.acknowledged(Time::ZERO + Span::from_secs(1));
        assert_eq!(buffer.limit, 953_856, "measured: 3 × 138 × 2,304");
        assert_eq!(
            taken(&mut buffer, 4_129, 1_000),
            223,
            "measured 238, in a window of 145 segments or more"
        );
        let mut buffer = SendBuffer::new(Congestion::Bbr);
        buffer.acknowledged(Time::ZERO + Span::from_secs(1));
        assert_eq!(buffer.limit, 69_120, "it was never full");
    }
}
