//! Replies on a way that loses packets by chance: the node's kernel repairs what is lost, and what comes after it waits.
//!
//! The same rules as for requests (`kernel/stalled.rs`): a reply that was lost is sent again as soon as a later one is
//! acknowledged past it, else after the probe's and then the doubling retransmission timers. The window is two segments;
//! after the first timeout it is one, and nothing goes out behind what is lost.

use halfopen_sim::chance::Stream;
use std::collections::BTreeMap;

use halfopen_sim::{Span, Time};

use super::Socket;
use super::retransmission::RTO_MAX;
use super::round_trip::{Probe, RoundTrip};
use crate::event::InstanceId;
use crate::node::Command;

/// `TCP_TIMEOUT_MIN`, 2 ticks of 4 ms, and the one under way: the probe's wait when two segments are out.
const PROBE_SOON: Span = Span::from_millis(12);

/// `TCP_DELACK_MIN`: an answer is acknowledged with the next request, or alone after this.
const DELAYED_ACK: Span = Span::from_millis(40);

/// What is written within this goes in one segment: what waited for a loss, what one turn of Redis' loop answers.
const TOGETHER: Span = Span::from_micros(100);

/// Which way a segment goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// To the node.
    In,
    /// From it.
    Out,
}

/// One node's replies that are missing somewhere, and the chance by which packets are lost.
#[derive(Debug)]
pub struct Replies {
    stream: Stream,
    gaps: Vec<Gap>,
    /// When the last segment of a connection left, each way.
    left: BTreeMap<(Way, InstanceId, u8, u32), Time>,
    /// What the node's kernel knows of each connection's round trip.
    round_trips: BTreeMap<(InstanceId, u8, u32), RoundTrip>,
}

/// A connection whose oldest reply was lost, with all that wait behind it.
#[derive(Debug)]
struct Gap {
    held: Vec<Command>,
    began: Time,
    sent_again: u32,
    timeout: Span,
    /// Whether a reply behind the first is lost too, so the window is full.
    is_full: bool,
    /// When it is sent again next; an earlier wait is void.
    due: Time,
}

/// What becomes of replies.
#[derive(Debug, PartialEq, Eq)]
pub enum Leaves {
    /// These arrive, in order; the first so long after it could have.
    Arrive(Vec<Command>, Span),
    /// The oldest is lost; its next repetition leaves after this wait.
    Lost(Span),
    /// It waits behind one that is lost.
    Waits,
}

impl Gap {
    fn is_of(&self, instance: InstanceId, socket: Socket) -> bool {
        self.held.first().is_some_and(|head| head.instance == instance && head.socket == socket)
    }

    /// After the probe one timeout, then doubling.
    fn wait(&self) -> Span {
        (self.timeout * (1 << self.sent_again.saturating_sub(1).min(16))).min(RTO_MAX)
    }
}

impl Replies {
    /// Nothing is missing.
    pub fn new(stream: Stream) -> Replies {
        Replies { stream, gaps: Vec::new(), left: BTreeMap::new(), round_trips: BTreeMap::new() }
    }

    /// Whether a packet arrives on a way that loses this share.
    pub fn carries(&mut self, share: f64) -> bool {
        share == 0.0 || self.stream.uniform() >= share
    }

    /// Whether what is written now goes in the same segment as what was written before: then it shares its fate.
    pub fn joins(&mut self, now: Time, way: Way, instance: InstanceId, socket: Socket) -> bool {
        let before = self.left.insert((way, instance, socket.client, socket.number), now);
        before.is_some_and(|before| now - before < TOGETHER)
    }

    /// What becomes of a probe on a way that loses this share.
    pub fn probe(&mut self, share: f64) -> Probe {
        if !self.carries(share) {
            return Probe::Lost;
        }
        if self.carries(share) { Probe::Answered } else { Probe::AnswerLost }
    }

    fn round_trip(&mut self, rtt: Span, instance: InstanceId, socket: Socket) -> &mut RoundTrip {
        let key = (instance, socket.client, socket.number);
        self.round_trips.entry(key).or_insert_with(|| RoundTrip::new(rtt))
    }

    /// When the last answer on a connection left.
    fn answered(&self, instance: InstanceId, socket: Socket) -> Option<Time> {
        self.left.get(&(Way::Out, instance, socket.client, socket.number)).copied()
    }

    /// A request arrives and acknowledges the answer before it.
    pub fn acknowledged(&mut self, now: Time, rtt: Span, instance: InstanceId, socket: Socket) {
        if let Some(left) = self.answered(instance, socket) {
            self.round_trip(rtt, instance, socket).measure((now - left).min(rtt + DELAYED_ACK));
        }
    }

    /// The same after the request was lost and sent again, on a way that loses this share.
    pub fn acknowledged_late(
        &mut self,
        now: Time,
        rtt: Span,
        instance: InstanceId,
        socket: Socket,
        share: f64,
    ) {
        if let Some(left) = self.answered(instance, socket) {
            let probe = self.probe(share);
            self.round_trip(rtt, instance, socket).measure_late(rtt, now - left, probe);
        }
    }

    fn position(&self, instance: InstanceId, socket: Socket) -> Option<usize> {
        self.gaps.iter().position(|gap| gap.is_of(instance, socket))
    }

    /// A reply leaves for the first time.
    pub fn leave(&mut self, now: Time, rtt: Span, command: Command, share: f64) -> Leaves {
        let joins = self.joins(now, Way::Out, command.instance, command.socket);
        let Some(at) = self.position(command.instance, command.socket) else {
            if joins || self.carries(share) {
                return Leaves::Arrive(vec![command], Span::ZERO);
            }
            let round_trip = self.round_trip(rtt, command.instance, command.socket);
            let (timeout, probe) =
                (RoundTrip::in_ticks(round_trip.timeout()), RoundTrip::in_ticks(round_trip.probe()));
            let held = vec![command];
            self.gaps.push(Gap {
                held,
                began: now,
                sent_again: 0,
                timeout,
                is_full: false,
                due: now + probe,
            });
            return Leaves::Lost(probe);
        };
        self.gaps[at].held.push(command);
        if joins || self.gaps[at].is_full || self.gaps[at].sent_again > 0 {
            return Leaves::Waits;
        }
        // It must arrive, and the acknowledgement that shows the gap.
        if !(self.carries(share) && self.carries(share)) {
            let gap = &mut self.gaps[at];
            gap.is_full = true;
            gap.due = gap.due.min(now + PROBE_SOON);
            return Leaves::Lost(gap.due - now);
        }
        if self.carries(share) { self.close(now, at) } else { Leaves::Waits }
    }

    /// The oldest arrives, and all that wait for it.
    fn close(&mut self, now: Time, at: usize) -> Leaves {
        let Gap { held, began, .. } = self.gaps.swap_remove(at);
        let Command { instance, socket, .. } = held[0];
        self.left.insert((Way::Out, instance, socket.client, socket.number), now);
        // Where others were under way, what they carried was acknowledged sooner.
        let late = if held.len() == 1 { now - began } else { Span::ZERO };
        Leaves::Arrive(held, late)
    }

    /// The node's timer for a lost reply fires.
    pub fn repeat(&mut self, now: Time, instance: InstanceId, socket: Socket, share: f64) -> Leaves {
        let Some(at) = self.position(instance, socket).filter(|&at| self.gaps[at].due == now) else {
            return Leaves::Waits;
        };
        if self.carries(share) {
            return self.close(now, at);
        }
        let gap = &mut self.gaps[at];
        gap.sent_again += 1;
        gap.due = now + gap.wait();
        Leaves::Lost(gap.wait())
    }
}

#[cfg(test)]
mod tests {
    use halfopen_sim::chance::Streams;

    use super::*;
    use crate::client::CallKey;
    use crate::network::retransmission::RTO_MIN;

    const RTT: Span = Span::from_micros(150);
    const SOCKET: Socket = Socket { client: 0, number: 1 };

    fn replies() -> Replies {
        Replies::new(Streams::new(1).stream("loss", "test"))
    }

    fn reply() -> Command {
        Command { instance: 0, socket: SOCKET, call: CallKey::default() }
    }

    #[test]
    fn what_comes_after_a_lost_reply_waits_for_it() {
        let mut replies = replies();
        let mut now = Time::ZERO;
        let timeout = RTO_MIN + Span::from_millis(4);
        assert_eq!(replies.leave(now, RTT, reply(), 0.0), Leaves::Arrive(vec![reply()], Span::ZERO));
        assert_eq!(
            replies.leave(now, RTT, reply(), 1.0),
            Leaves::Arrive(vec![reply()], Span::ZERO),
            "in the same segment"
        );
        now += TOGETHER;
        assert_eq!(replies.leave(now, RTT, reply(), 1.0), Leaves::Lost(timeout));
        now += TOGETHER;
        assert_eq!(replies.leave(now, RTT, reply(), 1.0), Leaves::Lost(PROBE_SOON), "two are out");
        let other = Command { instance: 1, ..reply() };
        assert_eq!(
            replies.leave(now, RTT, other, 0.0),
            Leaves::Arrive(vec![other], Span::ZERO),
            "another connection does not"
        );
        now += PROBE_SOON;
        for wait in [timeout, timeout * 2, timeout * 4] {
            assert_eq!(replies.repeat(now, 0, SOCKET, 1.0), Leaves::Lost(wait));
            assert_eq!(
                replies.repeat(now + Span::from_millis(1), 0, SOCKET, 0.0),
                Leaves::Waits,
                "an earlier wait is void"
            );
            now += wait;
        }
        assert_eq!(
            replies.leave(now, RTT, reply(), 0.0),
            Leaves::Waits,
            "after a timeout nothing shows the gap"
        );
        assert_eq!(replies.repeat(now, 0, SOCKET, 0.0), Leaves::Arrive(vec![reply(); 3], Span::ZERO));
        assert_eq!(replies.repeat(now, 0, SOCKET, 0.0), Leaves::Waits, "nothing is missing");
    }

    #[test]
    fn a_later_reply_shows_the_gap() {
        let mut replies = replies();
        replies.leave(Time::ZERO, RTT, reply(), 1.0);
        let later = Time::ZERO + TOGETHER;
        assert_eq!(replies.leave(later, RTT, reply(), 0.0), Leaves::Arrive(vec![reply(); 2], Span::ZERO));
    }
}
