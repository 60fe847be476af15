//! A connection whose oldest segment is not acknowledged: probes, backing off, and how it resumes or dies.
//!
//! Sources: `tcp_schedule_loss_probe` and `tcp_send_loss_probe` in `net/ipv4/tcp_output.c`, `tcp_retransmit_timer` in
//! `tcp_timer.c`; for losses by chance `tcp_rack_detect_loss` in `tcp_recovery.c`: a segment is sent again as soon as one
//! that was sent later is acknowledged. After the first retransmission timeout the window is one segment
//! (`tcp_enter_loss`), so nothing goes out behind it.

use std::collections::VecDeque;

use halfopen_sim::Time;

use super::{Effect, Kernel, Out, State};
use crate::client::CallKey;
use crate::network::counted::Counted;
use crate::network::retransmission::{Firing, Patience, RTO_MIN, Retransmission, WINDOW};
use crate::network::{Event, PacketKind, Socket, SocketError};

/// A connection whose oldest segment was not acknowledged; what is written meanwhile waits behind it.
#[derive(Debug)]
pub(super) struct Stall {
    waiting: VecDeque<CallKey>,
    /// How many of these left before the first was known to be missing: they come before what never left.
    left: usize,
    head_sent: Time,
    /// Whether a repetition of the first has arrived already and its acknowledgement is on its way.
    arrived: bool,
    phase: Phase,
    /// Lost by chance: what is written meanwhile may arrive.
    by_chance: bool,
    /// Whether a segment behind the first is out and not acknowledged.
    behind: bool,
}

#[derive(Debug)]
enum Phase {
    /// Waiting for the tail-loss probe.
    Probe,
    /// Backing off.
    Backoff(Retransmission),
    /// On a system that counts its retransmissions: so many have left.
    Counting(u32),
}

impl Stall {
    /// Whether a segment goes out behind the first: before the first retransmission timeout, and while the window has
    /// room. On a path that loses packets it is never more than two segments: each loss shrinks it, down to that
    /// (`tcp_cwnd_reduction`), and calls one at a time do not make it grow (`tcp_is_cwnd_limited`).
    fn is_open(&self) -> bool {
        !self.has_timed_out() && !self.behind
    }

    fn has_timed_out(&self) -> bool {
        match self.phase {
            Phase::Probe => false,
            Phase::Backoff(backoff) => backoff.has_fired(),
            Phase::Counting(sent) => sent > 0,
        }
    }
}

impl Kernel {
    /// A repetition of this call's segment arrives at the peer: whether it is the first to.
    pub fn arrives(&mut self, socket: Socket, call: CallKey) -> bool {
        let Some(at) = self.find(socket) else { return false };
        match &mut self.connections[at].state {
            State::Stalled(stall) if stall.waiting[0] == call => !std::mem::replace(&mut stall.arrived, true),
            _ => false,
        }
    }

    /// Arms the tail-loss probe, never later than the oldest segment's retransmission would come.
    fn arm_probe(&mut self, out: &mut Out<'_>, at: usize) {
        let clock = self.clock;
        let connection = &self.connections[at];
        let State::Stalled(stall) = &connection.state else { return };
        if let Some(rules) = Counted::of(self.settings.os) {
            self.arm_first(out, at, rules);
            return;
        }
        let from = if stall.waiting.len() == 1 { stall.head_sent } else { out.now() };
        let margin = if stall.waiting.len() == 1 { RTO_MIN } else { clock.tick() * 2 };
        let until_rto = (stall.head_sent + connection.rto(clock)).saturating_since(from);
        let wait = (connection.round_trip.twice() + margin).min(until_rto);
        let event = Event::RetransmissionTimer(connection.socket);
        out.cancel(connection.timer);
        self.connections[at].timer = Some(self.arm(out, from, wait, event));
    }

    /// Arms the first retransmission where there is no probe.
    fn arm_first(&mut self, out: &mut Out<'_>, at: usize, rules: &Counted) {
        let connection = &mut self.connections[at];
        let State::Stalled(stall) = &mut connection.state else { return };
        stall.phase = Phase::Counting(0);
        let (head_sent, wait) = (stall.head_sent, rules.wait(0, connection.rtt));
        let event = Event::RetransmissionTimer(connection.socket);
        out.cancel(connection.timer);
        self.connections[at].timer = Some(self.arm(out, head_sent, wait, event));
    }

    /// The application writes while a segment is missing.
    pub(super) fn send_behind(&mut self, out: &mut Out<'_>, at: usize, call: CallKey) {
        let connection = &mut self.connections[at];
        let State::Stalled(stall) = &mut connection.state else { return };
        stall.waiting.push_back(call);
        let goes_out = if stall.by_chance { stall.is_open() } else { stall.waiting.len() <= WINDOW };
        if !goes_out {
            return;
        }
        let (by_chance, probing) = (stall.by_chance, matches!(stall.phase, Phase::Probe));
        stall.behind = true;
        // Each new transmission pushes the probe back, until the window is full.
        if probing {
            self.arm_probe(out, at);
        }
        if by_chance {
            let connection = &self.connections[at];
            let behind = PacketKind::Behind(connection.incarnation);
            out.emit(Effect::Send(connection.node, connection.socket, behind));
        }
    }

    /// A segment did not arrive.
    pub(super) fn on_missing(&mut self, out: &mut Out<'_>, at: usize, call: CallKey, by_chance: bool) {
        let connection = &mut self.connections[at];
        if let State::Stalled(stall) = &mut connection.state {
            stall.waiting.insert(stall.left, call);
            stall.left += 1;
            if matches!(stall.phase, Phase::Probe) && stall.waiting.len() <= WINDOW {
                self.arm_probe(out, at);
            }
            return;
        }
        let head_sent = out.now() - connection.one_way();
        let waiting = VecDeque::from([call]);
        let stall = Stall {
            waiting,
            left: 1,
            head_sent,
            arrived: false,
            phase: Phase::Probe,
            by_chance,
            behind: false,
        };
        connection.state = State::Stalled(stall);
        self.arm_probe(out, at);
    }

    /// What was sent after the missing segment is acknowledged: that one is lost, so it is sent again at once.
    pub(super) fn on_acknowledged_behind(&mut self, out: &mut Out<'_>, at: usize) {
        let connection = &mut self.connections[at];
        let State::Stalled(stall) = &mut connection.state else { return };
        if stall.has_timed_out() {
            return;
        }
        let head = stall.waiting[0];
        stall.behind = false;
        stall.head_sent = out.now();
        stall.phase = Phase::Probe;
        let again = PacketKind::Again(head, connection.incarnation);
        out.emit(Effect::Send(connection.node, connection.socket, again));
        self.arm_probe(out, at);
    }

    /// The path works again: everything that waited is sent.
    pub(super) fn on_acknowledged(&mut self, out: &mut Out<'_>, at: usize) {
        let connection = &mut self.connections[at];
        connection.last_received = out.now();
        let State::Stalled(stall) = &mut connection.state else { return };
        let waiting = std::mem::take(&mut stall.waiting);
        out.cancel(connection.timer.take());
        connection.state = State::Established;
        // The head is what was acknowledged.
        for &call in waiting.iter().skip(1) {
            out.emit(connection.packet(call));
        }
    }

    pub(super) fn on_retransmission_timer(&mut self, out: &mut Out<'_>, at: usize) {
        let clock = self.clock;
        let connection = &mut self.connections[at];
        let rto = connection.rto(clock);
        let patience =
            Patience { retries: self.settings.tcp_retries2, user_timeout: connection.options.user_timeout };
        let State::Stalled(stall) = &mut connection.state else { return };
        let firing = match &mut stall.phase {
            Phase::Probe => {
                stall.phase = Phase::Backoff(Retransmission::new(rto));
                Firing::Resend(rto)
            }
            Phase::Backoff(retransmission) => retransmission.fire(out.now(), patience),
            Phase::Counting(sent) => {
                let counted = Counted::of(self.settings.os);
                let firing = counted.map_or(Firing::GiveUp, |rules| rules.fire(*sent, connection.rtt));
                *sent += 1;
                firing
            }
        };
        let head = stall.waiting[0];
        match firing {
            Firing::GiveUp => self.fail(out, at, SocketError::TimedOut),
            Firing::Resend(after) => {
                out.emit(Effect::Send(
                    connection.node,
                    connection.socket,
                    PacketKind::Again(head, connection.incarnation),
                ));
                let event = Event::RetransmissionTimer(connection.socket);
                let timer = self.arm(out, out.now(), after, event);
                self.connections[at].timer = Some(timer);
            }
        }
    }
}
