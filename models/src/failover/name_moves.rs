//! The follower takes over at once; only the name comes late: a record that somebody or something must change.
//!
//! What a planned failover and a crash then have in common is the time in which the name still points to the old node.
//! In a planned one the old node closes its connections as soon as the follower has taken over, so its clients dial
//! it again and again until the name moves.

use halfopen_sim::Span;

use super::{Event, Out};

/// A name on its way.
#[derive(Debug)]
pub struct NameMoves {
    after: Span,
    moving: bool,
}

/// What happens now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The old node closes its connections; the name follows.
    Close,
    /// The name moves.
    Move,
    /// Both, the name first.
    MoveAndClose,
}

impl NameMoves {
    /// A name that points to the serving node, and moves `after` its loss.
    pub fn new(after: Span) -> NameMoves {
        NameMoves { after, moving: false }
    }

    /// Takes one event.
    pub(super) fn on(&mut self, event: Event, serving: u32, out: &mut Out<'_>) -> Option<Step> {
        match event {
            Event::Handover if !self.moving && self.after.is_zero() => Some(Step::MoveAndClose),
            Event::Handover if !self.moving => {
                self.begin(out);
                Some(Step::Close)
            }
            Event::Silent(node) | Event::Closed(node) if node == serving && !self.moving => {
                self.begin(out);
                None
            }
            Event::Promoted => {
                self.moving = false;
                Some(Step::Move)
            }
            _ => None,
        }
    }

    fn begin(&mut self, out: &mut Out<'_>) {
        self.moving = true;
        out.at(out.now() + self.after, Event::Promoted);
    }
}
