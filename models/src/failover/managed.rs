//! A managed service behind a name: notices silence, promotes the follower, moves the name.
//!
//! Documented in tens of seconds up to a few minutes for a dead host, and in seconds when planned; no vendor publishes
//! its detection time, so a scenario states it as an assumption. Two things tell a planned failover from a dead host:
//! nothing has to be detected, and the old node lives to close its connections. Left out: a promotion that fails.

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
    Promoting { planned: bool },
}

impl Managed {
    /// A failover that waits for nothing yet.
    pub fn new(detect: Span, promote: Span, closes_connections: bool) -> Managed {
        Managed { detect, promote, closes_connections, phase: Phase::Watching }
    }

    /// Takes one event; `Some(closes)` when the follower takes over now.
    pub(super) fn on(&mut self, event: Event, serving: u32, out: &mut Out<'_>) -> Option<bool> {
        match (event, &mut self.phase) {
            (Event::Silent(node) | Event::Closed(node), Phase::Watching) if node == serving => {
                let timer = out.arm(self.detect, Event::Detected);
                self.phase = Phase::Suspecting(Some(timer));
            }
            (Event::Answers(node), Phase::Suspecting(timer)) if node == serving => {
                out.cancel(timer.take());
                self.phase = Phase::Watching;
            }
            (Event::Detected, Phase::Suspecting(_)) => {
                out.emit(Effect::Noticed(serving));
                self.begin(out, false);
            }
            (Event::Handover, Phase::Watching) => self.begin(out, true),
            (Event::Promoted, Phase::Promoting { planned }) => {
                let closes = *planned || self.closes_connections;
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
