//! Replies on a way that loses packets by chance: the node's kernel repairs what is lost, and what comes after it waits.
//!
//! The same rules as for requests (`kernel/stalled.rs`): a reply that was lost is sent again as soon as a later one is
//! acknowledged past it, else after the probe's and then the doubling retransmission timers. After the first timeout
//! nothing goes out behind it.

use halfopen_sim::Span;
use halfopen_sim::chance::Stream;

use super::Socket;
use super::retransmission::{RTO_MAX, RTO_MIN};
use crate::event::InstanceId;
use crate::node::Command;

/// One node's replies that are missing somewhere, and the chance by which packets are lost.
#[derive(Debug)]
pub struct Replies {
    stream: Stream,
    gaps: Vec<Gap>,
}

/// A connection whose oldest reply was lost, with all that wait behind it.
#[derive(Debug)]
struct Gap {
    held: Vec<Command>,
    sent_again: u32,
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
        Replies { stream, gaps: Vec::new() }
    }

    /// Whether a packet arrives on a way that loses this share.
    pub fn carries(&mut self, share: f64) -> bool {
        share == 0.0 || self.stream.uniform() >= share
    }

    fn position(&self, instance: InstanceId, socket: Socket) -> Option<usize> {
        self.gaps.iter().position(|gap| gap.is_of(instance, socket))
    }

    /// A reply leaves for the first time.
    pub fn leave(&mut self, command: Command, share: f64) -> Leaves {
        let Some(at) = self.position(command.instance, command.socket) else {
            if self.carries(share) {
                return Leaves::Arrive(vec![command]);
            }
            let gap = Gap { held: vec![command], sent_again: 0 };
            let wait = gap.wait();
            self.gaps.push(gap);
            return Leaves::Lost(wait);
        };
        self.gaps[at].held.push(command);
        // It arrives, its acknowledgement comes back and shows the gap, and the repetition arrives.
        let open = self.gaps[at].sent_again < 2;
        if open && self.carries(share) && self.carries(share) && self.carries(share) {
            return Leaves::Arrive(self.gaps.swap_remove(at).held);
        }
        Leaves::Waits
    }

    /// The node's timer for a lost reply fires.
    pub fn repeat(&mut self, instance: InstanceId, socket: Socket, share: f64) -> Leaves {
        let Some(at) = self.position(instance, socket) else { return Leaves::Waits };
        if self.carries(share) {
            return Leaves::Arrive(self.gaps.swap_remove(at).held);
        }
        self.gaps[at].sent_again += 1;
        Leaves::Lost(self.gaps[at].wait())
    }
}

#[cfg(test)]
mod tests {
    use halfopen_sim::chance::Streams;

    use super::*;
    use crate::client::CallKey;

    #[test]
    fn what_comes_after_a_lost_reply_waits_for_it() {
        let mut replies = Replies::new(Streams::new(1).stream("loss", "test"));
        let socket = Socket { client: 0, number: 1 };
        let command = Command { instance: 0, socket, call: CallKey::default() };
        let other = Command { instance: 1, ..command };
        assert_eq!(replies.leave(command, 0.0), Leaves::Arrive(vec![command]));
        assert_eq!(replies.leave(command, 1.0), Leaves::Lost(RTO_MIN));
        assert_eq!(replies.leave(command, 1.0), Leaves::Waits);
        assert_eq!(replies.leave(other, 0.0), Leaves::Arrive(vec![other]), "another connection does not");
        let waits: Vec<Leaves> = (0..3).map(|_| replies.repeat(0, socket, 1.0)).collect();
        assert_eq!(waits, [RTO_MIN, RTO_MIN * 2, RTO_MIN * 4].map(Leaves::Lost));
        assert_eq!(replies.leave(command, 0.0), Leaves::Waits, "after a timeout nothing shows the gap");
        assert_eq!(replies.repeat(0, socket, 0.0), Leaves::Arrive(vec![command; 3]));
        assert_eq!(replies.repeat(0, socket, 0.0), Leaves::Waits, "nothing is missing");
    }

    #[test]
    fn a_later_reply_shows_the_gap() {
        let mut replies = Replies::new(Streams::new(1).stream("loss", "test"));
        let command =
            Command { instance: 0, socket: Socket { client: 0, number: 1 }, call: CallKey::default() };
        replies.leave(command, 1.0);
        assert_eq!(replies.leave(command, 0.0), Leaves::Arrive(vec![command; 2]));
    }
}
