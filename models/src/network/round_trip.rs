//! The round trip as a connection's end measures it, and the timeouts that follow from it.
//!
//! Source: `tcp_rtt_estimator` in `net/ipv4/tcp_input.c` of Linux 6, `__tcp_set_rto` in include/net/tcp.h, and
//! `tcp_schedule_loss_probe` in `tcp_output.c`. A segment whose acknowledgement is lost is measured until the other end
//! repairs that, so on a path with losses the estimate grows far beyond the path's own time and each repair waits
//! longer. Measured with a fifth of all packets lost: timeouts of 204 to 900 ms, half of them over 350, where the path takes
//! 0.1 ms.

use halfopen_sim::Span;

use super::retransmission::RTO_MIN;

/// A tick of the kernel's timers at `HZ` 250.
const TICK: Span = Span::from_millis(4);

/// What becomes of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// It does not arrive.
    Lost,
    /// It does, and its acknowledgement does not.
    AnswerLost,
    /// It is acknowledged.
    Answered,
}

/// What one end of a connection knows of the round trip.
#[derive(Clone, Copy, Debug)]
pub struct RoundTrip {
    smoothed: Span,
    /// Four times the mean deviation, its largest since the window before, and what the timeout uses.
    deviation: Span,
    largest: Span,
    variation: Span,
}

impl RoundTrip {
    /// After a first measurement.
    pub fn new(first: Span) -> RoundTrip {
        let variation = (first * 2).max(RTO_MIN);
        RoundTrip { smoothed: first, deviation: first * 2, largest: variation, variation }
    }

    /// The retransmission timeout.
    pub fn timeout(&self) -> Span {
        self.smoothed + self.variation
    }

    /// When a lone segment is sent again as a probe.
    pub fn probe(&self) -> Span {
        (self.smoothed * 2 + RTO_MIN).min(self.timeout())
    }

    /// A wait as the timers count it.
    pub fn in_ticks(wait: Span) -> Span {
        TICK * wait.as_nanos().div_ceil(TICK.as_nanos())
    }

    /// Twice the smoothed round trip: what a probe waits in any case.
    pub fn twice(&self) -> Span {
        self.smoothed * 2
    }

    /// An acknowledgement that came so long after it could have, `path` after the segment left: the other end had to
    /// repair what carried it. What is measured is the time since the last sending that arrived
    /// (`tcp_ack_update_rtt`: its echoed timestamp). In the tick of this end's own probe both cross, and that is the first;
    /// later, what became of the probe decides.
    pub fn measure_late(&mut self, path: Span, late: Span, probe: Probe) {
        let since = match probe {
            _ if late < self.probe() + TICK => late,
            Probe::Lost => late,
            Probe::AnswerLost => late - self.probe(),
            Probe::Answered => Span::ZERO,
        };
        self.measure(path + since);
    }

    /// One more measurement; each is taken for a window of its own, as calls one at a time make it.
    pub fn measure(&mut self, measured: Span) {
        let of = |span: Span, parts: u64| Span::from_nanos(span.as_nanos() / parts);
        let mean = of(self.deviation, 4);
        if measured >= self.smoothed {
            let error = measured - self.smoothed;
            self.smoothed += of(error, 8);
            self.deviation = self.deviation + error - mean;
        } else {
            let error = self.smoothed - measured;
            self.smoothed = self.smoothed - of(error, 8);
            // What came sooner than expected widens it by an eighth only.
            let wider = if error > mean { of(error - mean, 8) } else { Span::ZERO };
            let narrower = if error > mean { Span::ZERO } else { mean - error };
            self.deviation = self.deviation + wider - narrower;
        }
        self.largest = self.largest.max(self.deviation);
        self.variation = self.variation.max(self.largest);
        self.variation = self.variation - of(self.variation - self.largest, 4);
        self.largest = RTO_MIN;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: Span = Span::from_micros(150);

    #[test]
    fn a_quiet_path_has_the_least_timeout() {
        let mut round_trip = RoundTrip::new(PATH);
        for _ in 0..100 {
            round_trip.measure(PATH);
        }
        assert_eq!(round_trip.timeout(), PATH + RTO_MIN);
        assert_eq!(round_trip.probe(), PATH + RTO_MIN, "never later than the timeout");
    }

    #[test]
    fn repairs_by_the_other_end_stretch_it_and_good_calls_bring_it_back() {
        let mut round_trip = RoundTrip::new(PATH);
        for _ in 0..5 {
            round_trip.measure(Span::from_millis(200));
        }
        let stretched = round_trip.timeout().as_secs_f64();
        assert!((0.4..0.7).contains(&stretched), "{stretched}");
        for _ in 0..100 {
            round_trip.measure(PATH);
        }
        assert!(round_trip.timeout() < PATH + RTO_MIN + Span::from_millis(1));
    }
}
