//! A managed service behind a name: notices silence, promotes the follower, moves the name.
//!
//! Documented in tens of seconds up to a few minutes for a dead host, and in seconds when planned; no vendor publishes
//! its detection time, so a scenario states it as an assumption. Two things tell a planned failover from a dead host:
//! nothing has to be detected, and the old node lives to close its connections. While nobody is left to promote, it waits
//! for the first node that answers again.

use halfopen_sim::{Span, Timer};

use super::{Effect, Event, Out};

/// A managed failover in its course.
#[derive(Debug)]
pub struct Managed {
    detect: Span,
    promote: Span,
    closes_connections: bool,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    Watching,
    Suspecting(Option<Timer>),
    Promoting {
        planned: bool,
    },
    /// The serving node is lost and no other answers.
    Stranded,
}

/// How the cache stands when an event comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    /// The node that serves.
    pub(super) serving: u32,
    /// Whether the event is about it.
    pub(super) of_serving: bool,
    /// Whether it answers.
    pub(super) answers: bool,
    /// Whether another node could take over.
    pub(super) has_follower: bool,
}

impl Managed {
    /// A failover that waits for nothing yet.
    pub fn new(detect: Span, promote: Span, closes_connections: bool) -> Managed {
        Managed { detect, promote, closes_connections, phase: Phase::Watching }
    }

    /// Takes one event; `Some(closes)` when the follower takes over now.
    pub(super) fn on(&mut self, event: Event, view: View, out: &mut Out<'_>) -> Option<bool> {
        match (event, &mut self.phase) {
            (Event::Silent(_), Phase::Watching) if view.of_serving => {
                let timer = out.arm(self.detect, Event::Detected);
                self.phase = Phase::Suspecting(Some(timer));
            }
            (Event::Answers(_), Phase::Suspecting(timer)) if view.of_serving => {
                out.cancel(timer.take());
                self.phase = Phase::Watching;
            }
            (Event::Answers(_), Phase::Stranded) if view.of_serving => self.phase = Phase::Watching,
            (Event::Answers(_), Phase::Stranded) => self.begin(out, false),
            (Event::Detected, Phase::Suspecting(_)) => {
                out.emit(Effect::Noticed(view.serving));
                self.begin(out, false);
            }
            (Event::Handover, Phase::Watching) => self.begin(out, true),
            (Event::Handover, Phase::Suspecting(timer)) => {
                out.cancel(timer.take());
                self.begin(out, true);
            }
            (Event::Promoted, Phase::Promoting { .. }) if !view.has_follower => {
                self.phase = if view.answers { Phase::Watching } else { Phase::Stranded };
            }
            (Event::Promoted, Phase::Promoting { planned }) => {
                // Only a node that lives can close what it had.
                let closes = (*planned && view.answers) || self.closes_connections;
                self.phase = Phase::Watching;
                return Some(closes);
            }
            _ => {}
        }
        None
    }

    fn begin(&mut self, out: &mut Out<'_>, planned: bool) {
        self.phase = Phase::Promoting { planned };
        // In a planned failover the old node goes on serving while the follower gets ready.
        out.at(out.now() + self.promote, Event::Promoted);
    }
}
