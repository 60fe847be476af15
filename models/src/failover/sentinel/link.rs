//! A sentinel's connection to the node that serves: when it dials, when it pings, and for how long it got no answer.

use halfopen_sim::{Span, Time};

use super::PERIOD;
use crate::failover::Reach;

/// The connection to the serving node. `unanswered`: the oldest ping without an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    connected: bool,
    dialled: Option<Time>,
    answered: Time,
    pinged: Time,
    unanswered: Option<Time>,
}

impl Link {
    pub(super) fn new(now: Time) -> Link {
        Link { connected: false, dialled: None, answered: now, pinged: now, unanswered: None }
    }

    /// `sentinelReconnectInstance` and the ping of `sentinelSendPeriodicCommands`.
    pub(super) fn dial_and_ping(&mut self, now: Time, period: Span, node: Reach) {
        if node == Reach::Refuses {
            self.connected = false;
        }
        if !self.connected {
            if self.dialled.is_some_and(|dialled| now - dialled < PERIOD) {
                return;
            }
            self.dialled = Some(now);
            self.connected = node != Reach::Refuses;
            self.ping(now, node);
        } else if now - self.answered > period && (now - self.pinged).as_nanos() > period.as_nanos() / 2 {
            self.ping(now, node);
        }
    }

    fn ping(&mut self, now: Time, node: Reach) {
        self.pinged = now;
        if node == Reach::Answers {
            (self.answered, self.unanswered) = (now, None);
        } else {
            self.unanswered.get_or_insert(now);
        }
    }

    /// `sentinelCheckSubjectivelyDown`.
    pub(super) fn silent_for(&self, now: Time) -> Span {
        match self.unanswered {
            Some(since) => now - since,
            None if !self.connected => now - self.answered,
            None => Span::ZERO,
        }
    }
}
