//! Windows and macOS while nothing is acknowledged: they count retransmissions where Linux measures time.
//!
//! Sources. macOS: XNU `bsd/netinet/tcp_timer.h` (`TCP_MAXRXTSHIFT` 12, `TCPTV_REXMTMIN` 30 ms, `TCPTV_REXMTSLOP` 200 ms,
//! `TCPTV_REXMTMAX` 64 s, `TCPTV_KEEP_INIT` 75 s) and `tcp_timer.c` (`tcp_backoff`, `tcp_syn_backoff`, `tcp_timers`).
//! Windows: Microsoft's knowledge base 170359 (`TcpMaxDataRetransmissions` 5, doubled each time), its registry reference
//! (`TcpInitialRTT` 3 s, `TcpMaxConnectRetransmissions` 2, then twice the last wait). Assumption: Windows waits 300 ms at
//! least, the least that its registry takes for a first round trip; newer versions may send a SYN more often. Left out:
//! macOS's probe timeout and its 100 ms on a local link, and that its timers are put together by 100 ms.

use halfopen_sim::Span;

use super::retransmission::Firing;
use crate::scenario::System;

/// The rules of one system.
#[derive(Debug)]
pub struct Counted {
    /// The least retransmission timeout, doubled so often.
    least: Span,
    doublings: u32,
    /// Added to each.
    slop: Span,
    most: Span,
    retransmissions: u32,
    /// Between SYNs; after the last the dial has failed.
    pub dial: &'static [Span],
}

const WINDOWS: Counted = Counted {
    least: Span::from_millis(300),
    doublings: 5,
    slop: Span::ZERO,
    most: Span::MAX,
    retransmissions: 5,
    dial: &[Span::from_secs(3), Span::from_secs(6), Span::from_secs(12)],
};

const SECOND: Span = Span::from_secs(1);

const MACOS: Counted = Counted {
    least: Span::from_millis(30),
    doublings: 6,
    slop: Span::from_millis(200),
    most: Span::from_secs(64),
    retransmissions: 12,
    dial: &[
        SECOND,
        SECOND,
        SECOND,
        SECOND,
        SECOND,
        Span::from_secs(2),
        Span::from_secs(4),
        Span::from_secs(8),
        Span::from_secs(16),
        Span::from_secs(32),
        // The next would come after 64 s, but 75 s are over.
        Span::from_secs(8),
    ],
};

impl Counted {
    /// The rules of a system that counts.
    pub fn of(system: System) -> Option<&'static Counted> {
        match system {
            System::Linux => None,
            System::Windows => Some(&WINDOWS),
            System::MacOs => Some(&MACOS),
        }
    }

    /// After so many retransmissions, on a path with this round trip.
    pub fn wait(&self, sent: u32, rtt: Span) -> Span {
        (self.least.max(rtt) * (1 << sent.min(self.doublings)) + self.slop).min(self.most)
    }

    /// A timer fires after so many retransmissions.
    pub fn fire(&self, sent: u32, rtt: Span) -> Firing {
        if sent < self.retransmissions { Firing::Resend(self.wait(sent + 1, rtt)) } else { Firing::GiveUp }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the first transmission to the end, seconds.
    fn life(rules: &Counted, rtt: Span) -> f64 {
        let (mut sent, mut at) = (0, rules.wait(0, rtt));
        while let Firing::Resend(after) = rules.fire(sent, rtt) {
            sent += 1;
            at += after;
        }
        at.as_secs_f64()
    }

    #[test]
    fn a_connection_lives_for_so_many_waits() {
        let close = |a: f64, b: f64| (a - b).abs() < 1e-6;
        assert!(close(life(&WINDOWS, Span::from_millis(1)), 0.3 * 63.0));
        // `tcp_totbackoff`: the sum of the factors is 511.
        assert!(close(life(&MACOS, Span::from_millis(1)), 0.03 * 511.0 + 13.0 * 0.2));
        // 1 to 32 s with the slop, then 64 s seven times.
        assert!(close(life(&MACOS, SECOND), 63.0 + 6.0 * 0.2 + 7.0 * 64.0));
        let dial = |rules: &Counted| rules.dial.iter().map(|wait| wait.as_secs_f64()).sum::<f64>();
        assert!(close(dial(&WINDOWS), 21.0) && close(dial(&MACOS), 75.0));
    }
}
