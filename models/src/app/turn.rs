//! What comes while an event loop is busy: it waits for the next turn, in which clocks go first.
//!
//! A loop that computes or is stopped by its collector looks at nothing. Its next turn first runs every clock that ran
//! out meanwhile, then hands over what came in over sockets, in order (libuv `uv_run`, src/unix/core.c: `uv__run_timers`
//! before `uv__io_poll`; Node `processTimers`, lib/internal/timers.js: each list of one duration to its end). So a stop
//! longer than a command timeout fails calls whose answers lie in the socket, and what is pending grows by rate × stop.
//!
//! libuv counts whole milliseconds, and shorter waits only change the order within a turn: they are left out.
//! Measured (Node 20.20, ioredis 5.11, `commandTimeout` of 100 and 500 ms at 1,000 and 4,000 a second): rejected 0.8 ms
//! early to 2 ms late, median 0.2 ms late.

use halfopen_sim::Span;

use super::Event;
use crate::client;

/// libuv's clock has this grain.
const GRAIN: Span = Span::from_millis(1);

/// What waits for the loop's next turn.
#[derive(Debug, Default)]
pub(super) struct Turn {
    clocks: Vec<Event>,
    arrived: Vec<Event>,
}

impl Turn {
    /// Whether something that comes now must wait, with the loop busy for `lag`.
    pub(super) fn is_late(&self, lag: Span) -> bool {
        lag >= GRAIN || !self.clocks.is_empty() || !self.arrived.is_empty()
    }

    /// Keeps an event for the next turn; whether it is the first.
    pub(super) fn keep(&mut self, event: Event) -> bool {
        let first = self.clocks.is_empty() && self.arrived.is_empty();
        if is_clock(event) { &mut self.clocks } else { &mut self.arrived }.push(event);
        first
    }

    /// What waited, in the order of the turn; empty from then on.
    pub(super) fn begin(&mut self) -> Vec<Event> {
        let mut events = std::mem::take(&mut self.clocks);
        events.append(&mut self.arrived);
        events
    }
}

fn is_clock(event: Event) -> bool {
    use client::Event::{
        AcquireTimeout, Closed, CommandTimeout, ConnectTimeout, Connected, DialFailed, Ping, Reconnect,
        Reply, Retry, SocketTimeout, StillOpen, Switched, Woken,
    };
    match event {
        Event::Client(_, event) => match event {
            CommandTimeout(_) | SocketTimeout(_) | ConnectTimeout(_) | AcquireTimeout(_) | StillOpen(_)
            | Reconnect | Retry(_) | Ping | Woken => true,
            Reply(..) | Connected(_) | DialFailed(..) | Closed(..) | Switched => false,
        },
        _ => false,
    }
}
