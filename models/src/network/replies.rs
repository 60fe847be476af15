//! Replies on a way that loses packets by chance: the node's kernel repairs what is lost, and what comes after it waits.
//!
//! The same rules as for requests (`kernel/stalled.rs`): a reply that was lost is sent again as soon as a later one is
//! acknowledged past it, else after the probe's and then the doubling retransmission timers. The window is two segments;
//! after the first timeout it is one, and nothing goes out behind what is lost.

use halfopen_sim::chance::Stream;
use std::collections::BTreeMap;

use halfopen_sim::{Span, Time};

use super::Socket;
use super::retransmission::{RTO_MAX, RTO_MIN};
use crate::event::InstanceId;
use crate::node::Command;

/// `TCP_TIMEOUT_MIN`, 2 ticks of 4 ms, and the one under way: the probe's wait when two segments are out.
const PROBE_SOON: Span = Span::from_millis(12);

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
}

/// A connection whose oldest reply was lost, with all that wait behind it.
#[derive(Debug)]
struct Gap {
    held: Vec<Command>,
    sent_again: u32,
    /// Whether a reply behind the first is lost too, so the window is full.
    is_full: bool,
    /// When it is sent again next; an earlier wait is void.
    due: Time,
}

/// What becomes of replies.
#[derive(Debug, PartialEq, Eq)]
pub enum Leaves {
    /// These arrive, in order.
    Arrive(Vec<Command>),
    /// The oldest is lost; its next repetition leaves after this wait.
    Lost(Span),
    /// It waits behind one that is lost.
    Waits,
}

impl Gap {
    fn is_of(&self, instance: InstanceId, socket: Socket) -> bool {
        self.held.first().is_some_and(|head| head.instance == instance && head.socket == socket)
    }

    /// Probe and first timeout after one timeout each, then doubling.
    fn wait(&self) -> Span {
        (RTO_MIN * (1 << self.sent_again.saturating_sub(1).min(16))).min(RTO_MAX)
    }
}

impl Replies {
    /// Nothing is missing.
    pub fn new(stream: Stream) -> Replies {
        Replies { stream, gaps: Vec::new(), left: BTreeMap::new() }
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

    fn position(&self, instance: InstanceId, socket: Socket) -> Option<usize> {
        self.gaps.iter().position(|gap| gap.is_of(instance, socket))
    }

    /// A reply leaves for the first time.
    pub fn leave(&mut self, now: Time, command: Command, share: f64) -> Leaves {
        let joins = self.joins(now, Way::Out, command.instance, command.socket);
        let Some(at) = self.position(command.instance, command.socket) else {
            if joins || self.carries(share) {
                return Leaves::Arrive(vec![command]);
            }
            self.gaps.push(Gap { held: vec![command], sent_again: 0, is_full: false, due: now + RTO_MIN });
            return Leaves::Lost(RTO_MIN);
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
        if self.carries(share) { Leaves::Arrive(self.gaps.swap_remove(at).held) } else { Leaves::Waits }
    }

    /// The node's timer for a lost reply fires.
    pub fn repeat(&mut self, now: Time, instance: InstanceId, socket: Socket, share: f64) -> Leaves {
        let Some(at) = self.position(instance, socket).filter(|&at| self.gaps[at].due == now) else {
            return Leaves::Waits;
        };
        if self.carries(share) {
            return Leaves::Arrive(self.gaps.swap_remove(at).held);
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
        assert_eq!(replies.leave(now, reply(), 0.0), Leaves::Arrive(vec![reply()]));
        assert_eq!(replies.leave(now, reply(), 1.0), Leaves::Arrive(vec![reply()]), "in the same segment");
        now = now + TOGETHER;
        assert_eq!(replies.leave(now, reply(), 1.0), Leaves::Lost(RTO_MIN));
        now = now + TOGETHER;
        assert_eq!(replies.leave(now, reply(), 1.0), Leaves::Lost(PROBE_SOON), "two are out");
        let other = Command { instance: 1, ..reply() };
        assert_eq!(
            replies.leave(now, other, 0.0),
            Leaves::Arrive(vec![other]),
            "another connection does not"
        );
        now = now + PROBE_SOON;
        for wait in [RTO_MIN, RTO_MIN * 2, RTO_MIN * 4] {
            assert_eq!(replies.repeat(now, 0, SOCKET, 1.0), Leaves::Lost(wait));
            assert_eq!(
                replies.repeat(now + Span::from_millis(1), 0, SOCKET, 0.0),
                Leaves::Waits,
                "an earlier wait is void"
            );
            now = now + wait;
        }
        assert_eq!(replies.leave(now, reply(), 0.0), Leaves::Waits, "after a timeout nothing shows the gap");
        assert_eq!(replies.repeat(now, 0, SOCKET, 0.0), Leaves::Arrive(vec![reply(); 3]));
        assert_eq!(replies.repeat(now, 0, SOCKET, 0.0), Leaves::Waits, "nothing is missing");
    }

    #[test]
    fn a_later_reply_shows_the_gap() {
        let mut replies = replies();
        replies.leave(Time::ZERO, reply(), 1.0);
        let later = Time::ZERO + TOGETHER;
        assert_eq!(replies.leave(later, reply(), 0.0), Leaves::Arrive(vec![reply(); 2]));
    }
}
