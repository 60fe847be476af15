//! How long TCP keeps sending what nobody acknowledges: the rules of Linux, as pure functions and a small state.
//!
//! Source: `net/ipv4/tcp_timer.c` (`tcp_write_timeout`, `retransmits_timed_out`, `tcp_model_timeout`,
//! `tcp_clamp_rto_to_user_timeout`), `net/ipv4/tcp_output.c` (`tcp_schedule_loss_probe`), include/net/tcp.h. Measured on
//! Linux 6.18: 15 retries end after 938 s, 10 after 334 s, 5 after 13.3 s. Left out: thin-stream linear timeouts (off
//! by default) and selective acknowledgements.

use halfopen_sim::{Span, Time};

/// `TCP_RTO_MIN`.
pub const RTO_MIN: Span = Span::from_millis(200);
/// `TCP_RTO_MAX`.
pub const RTO_MAX: Span = Span::from_secs(120);
/// `TCP_TIMEOUT_INIT`: first timeout of a SYN.
pub const SYN_RTO: Span = Span::from_secs(1);
/// `TCP_INIT_CWND`: segments in flight before an acknowledgement, on a connection that never needed more.
pub const WINDOW: usize = 10;
/// ilog2(`RTO_MAX` / `RTO_MIN`): so many doublings before the modelled timeout grows linearly.
const LINEAR_FROM: u32 = 9;

/// What a socket and its host say about giving up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// `net.ipv4.tcp_retries2`.
    pub retries: u32,
    /// `TCP_USER_TIMEOUT`, which replaces the former.
    pub user_timeout: Option<Span>,
}

impl Patience {
    /// From the first retransmission until the connection may be given up.
    pub fn limit(&self) -> Span {
        self.user_timeout.unwrap_or_else(|| modelled_timeout(self.retries))
    }
}

/// `tcp_model_timeout`: the time that `retries` doublings from 200 ms would take; the path's own timeout is not in it.
pub fn modelled_timeout(retries: u32) -> Span {
    if retries <= LINEAR_FROM {
        RTO_MIN * ((2 << retries) - 1)
    } else {
        RTO_MIN * ((2 << LINEAR_FROM) - 1) + RTO_MAX * u64::from(retries - LINEAR_FROM)
    }
}

/// What happens when a retransmission timer fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Firing {
    /// The oldest segment is sent again and the timer armed for this long.
    Resend(Span),
    /// The connection is dead.
    GiveUp,
}

/// Retransmissions of one unacknowledged segment.
#[derive(Clone, Copy, Debug)]
pub struct Retransmission {
    rto: Span,
    /// `retrans_stamp`: when the first retransmission left. A tail-loss probe does not count.
    first: Option<Time>,
}

impl Retransmission {
    /// Begins with the path's own retransmission timeout.
    pub fn new(rto: Span) -> Retransmission {
        Retransmission { rto, first: None }
    }

    /// Whether a retransmission has left.
    pub fn has_fired(&self) -> bool {
        self.first.is_some()
    }

    /// The timer fired at `now`.
    pub fn fire(&mut self, now: Time, patience: Patience) -> Firing {
        match self.first {
            Some(first) if now - first >= patience.limit() => return Firing::GiveUp,
            Some(_) => {}
            None => self.first = Some(now),
        }
        self.rto = (self.rto * 2).min(RTO_MAX);
        Firing::Resend(clamp(self.rto, self.first.unwrap_or(now), now, patience.user_timeout))
    }
}

/// `tcp_clamp_rto_to_user_timeout`: the last interval is shortened to land on the user timeout.
fn clamp(rto: Span, first: Time, now: Time, user_timeout: Option<Span>) -> Span {
    match user_timeout {
        None => rto,
        Some(limit) => {
            let left = (first + limit).saturating_since(now);
            // One tick at least: the kernel never arms a timer for now.
            rto.min(left.max(Span::from_nanos(1)))
        }
    }
}

/// Attempts to connect to an address that does not answer.
#[derive(Clone, Copy, Debug)]
pub struct Handshake {
    began: Time,
    sent_again: u32,
    rto: Span,
}

impl Handshake {
    /// The first SYN leaves at `now`.
    pub fn new(now: Time) -> Handshake {
        Handshake { began: now, sent_again: 0, rto: SYN_RTO }
    }

    /// How long until the first timer fires.
    pub fn first_wait(&self, user_timeout: Option<Span>) -> Span {
        clamp(self.rto, self.began, self.began, user_timeout)
    }

    /// The timer fired on a system that waits these times and then has failed.
    pub fn fire_after(&mut self, waits: &[Span]) -> Firing {
        self.sent_again += 1;
        waits.get(self.sent_again as usize).map_or(Firing::GiveUp, |&wait| Firing::Resend(wait))
    }

    /// The timer fired at `now`: `retries` is `tcp_syn_retries`, `linear` is `tcp_syn_linear_timeouts`.
    pub fn fire(&mut self, now: Time, retries: u32, linear: u32, user_timeout: Option<Span>) -> Firing {
        let limit = user_timeout.unwrap_or(SYN_RTO * ((2 << retries.min(32)) - 1));
        if self.sent_again >= retries + linear || now - self.began >= limit {
            return Firing::GiveUp;
        }
        self.sent_again += 1;
        if self.sent_again > linear {
            self.rto = (self.rto * 2).min(RTO_MAX);
        }
        Firing::Resend(clamp(self.rto, self.began, now, user_timeout))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modelled_timeouts_of_the_kernel() {
        for (retries, secs) in [(3, 3.0), (5, 12.6), (8, 102.2), (9, 204.6), (10, 324.6), (15, 924.6)] {
            assert!((modelled_timeout(retries).as_secs_f64() - secs).abs() < 1e-9, "n = {retries}");
        }
    }

    #[test]
    fn the_limit_is_checked_on_a_timer_and_before_the_send() {
        // Five retries: 12.6 s; with exact timers from 200 ms the firing at 12.6 s after the first ends it.
        let patience = Patience { retries: 5, user_timeout: None };
        let mut state = Retransmission::new(RTO_MIN);
        let mut now = Time::ZERO;
        let mut sent = 0;
        while let Firing::Resend(after) = state.fire(now, patience) {
            sent += 1;
            now += after;
        }
        assert_eq!((sent, now.as_secs_f64()), (6, 25.2));
    }
}
