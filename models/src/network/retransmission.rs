//! How long TCP keeps sending what nobody acknowledges: the rules of Linux, as pure functions and a small state.
//!
//! Source: net/ipv4/tcp_timer.c (`tcp_write_timeout`, `retransmits_timed_out`, `tcp_model_timeout`,
//! `tcp_clamp_rto_to_user_timeout`), net/ipv4/tcp_output.c (`tcp_schedule_loss_probe`), include/net/tcp.h. Measured on
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
    use crate::network::wheel::HostClock;

    /// From the first unacknowledged byte to death, with a probe first, on a quiet path (RTO 204 ms).
    fn dies_after(patience: Patience, uptime_ms: u64) -> f64 {
        let clock = HostClock::new(250, Span::from_millis(uptime_ms));
        let rto = Span::from_millis(204);
        let mut now = clock.fires(Time::ZERO, rto); // the probe
        now = clock.fires(now, rto);
        let mut state = Retransmission::new(rto);
        loop {
            match state.fire(now, patience) {
                Firing::Resend(after) => now = clock.fires(now, after),
                Firing::GiveUp => return now.as_secs_f64(),
            }
        }
    }

    fn range(patience: Patience) -> (f64, f64) {
        let times: Vec<f64> = (0..400).map(|i| dies_after(patience, 1_000 + i * 397)).collect();
        (times.iter().copied().fold(f64::MAX, f64::min), times.iter().copied().fold(0.0, f64::max))
    }

    /// Measured on Linux 6.18 (250 Hz): seconds from the fault until the connection was declared dead, all
    /// repetitions; calls came ten or twenty a second, so up to 0.1 s of each is the wait for the first call.
    #[test]
    fn limits_as_measured() {
        let measured: [(u32, &[f64]); 5] = [
            (2, &[3.32]),
            (3, &[6.71, 6.56, 6.67, 6.45]),
            (5, &[13.23, 13.30, 13.39, 13.33]),
            (10, &[334.00]),
            (15, &[938.35, 937.73]),
        ];
        for (retries, seconds) in measured {
            let (low, high) = range(Patience { retries, user_timeout: None });
            for &s in seconds {
                assert!(s >= low - 0.01 && s <= high + 0.15, "retries2 {retries}: {s} not in {low}..{high}");
            }
            // The prediction must also be narrow: the wheel's coarsest step involved, not more.
            assert!(high - low < 0.025 * high + 0.35, "retries2 {retries}: {low}..{high} is too wide");
        }
    }

    #[test]
    fn user_timeout_replaces_the_limit() {
        // Measured: 1 s → 1.36, 2 → 2.33, 3 → 3.32, 5 → 5.32, 10 → 10.43, 20 → 20.37, 30 → 30.41.
        for (secs, measured) in
            [(1, 1.36), (2, 2.33), (3, 3.32), (5, 5.32), (10, 10.43), (20, 20.37), (30, 30.41)]
        {
            let (low, high) = range(Patience { retries: 3, user_timeout: Some(Span::from_secs(secs)) });
            assert!(
                measured >= low - 0.12 && measured <= high + 0.12,
                "user timeout {secs} s: {measured} not in {low}..{high}"
            );
        }
    }

    #[test]
    fn syn_timers_as_measured() {
        // (retries, linear, user timeout, measured seconds)
        let measured = [
            (1, 0, None, 3.03),
            (2, 4, None, 7.15),
            (2, 0, None, 7.30),
            (4, 4, None, 35.50),
            (4, 0, None, 31.38),
            (6, 4, None, 134.05),
            (6, 4, Some(5), 5.00),
            (6, 4, Some(20), 20.02),
        ];
        for (retries, linear, user, seconds) in measured {
            let user = user.map(Span::from_secs);
            let ends: Vec<f64> = (0..200)
                .map(|i| {
                    let clock = HostClock::new(250, Span::from_millis(1_000 + i * 397));
                    let mut state = Handshake::new(Time::ZERO);
                    let mut now = clock.fires(Time::ZERO, state.first_wait(user));
                    while let Firing::Resend(after) = state.fire(now, retries, linear, user) {
                        now = clock.fires(now, after);
                    }
                    now.as_secs_f64()
                })
                .collect();
            let low = ends.iter().copied().fold(f64::MAX, f64::min);
            let high = ends.iter().copied().fold(0.0, f64::max);
            assert!(
                seconds >= low - 0.02 && seconds <= high + 0.02,
                "syn {retries} linear {linear} user {user:?}: {seconds} not in {low}..{high}"
            );
        }
    }

    #[test]
    fn modelled_timeouts_of_the_kernel() {
        for (retries, secs) in [(3, 3.0), (5, 12.6), (8, 102.2), (9, 204.6), (10, 324.6), (15, 924.6)] {
            assert!((modelled_timeout(retries).as_secs_f64() - secs).abs() < 1e-9, "n = {retries}");
        }
    }
}
