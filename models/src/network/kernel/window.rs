//! A peer whose process does not read: its kernel acknowledges until its receive buffer is full, then its window is
//! closed. Probes of a closed window are acknowledged too, so nobody gives up, for ever; unless the socket has a user
//! timeout, which counts from the first probe and is looked at when one is due.
//!
//! Source: Linux `tcp_probe_timer`, `tcp_clamp_probe0_to_user_timeout` (`net/ipv4/tcp_timer.c`), `tcp_ack_probe`
//! (`tcp_input.c`), `tcp_send_probe0` (`tcp_output.c`). Measured on 6.18.44: with a user timeout of 10 s a flooded
//! connection ended 10.8 s after its peer's process was stopped (looked at every half second). Assumption: the peer's
//! buffer has not grown, since it kept up with what came. Left out: a host that dies while its window is closed (it is
//! noticed here at the next call).

use halfopen_sim::{Span, Time};

use super::{Connection, Kernel, Out, State};
use crate::event::NodeId;
use crate::network::retransmission::RTO_MAX;
use crate::network::wheel::HostClock;
use crate::network::{Event, SocketError};
use crate::scenario::Bytes;

/// `tcp_rmem[1]` is 131,072 B, half of it for data: the window that a peer offers at first (45 segments of 1,448 B).
const WINDOW: Bytes = 65_160;

impl Kernel {
    /// A node's process reads no more.
    pub fn peer_stops(&mut self, node: NodeId) {
        if !self.stopped.contains(&node) {
            self.stopped.push(node);
        }
    }

    /// It reads again, or is gone.
    pub fn peer_reads(&mut self, out: &mut Out<'_>, node: NodeId) {
        self.stopped.retain(|&stopped| stopped != node);
        for connection in self.connections.iter_mut().filter(|connection| connection.node == node) {
            connection.unread = 0;
            out.cancel(connection.window_timer.take());
        }
    }

    /// So much more was sent to a peer that may not read.
    pub(super) fn fill_window(&mut self, out: &mut Out<'_>, at: usize, bytes: Bytes) {
        let clock = self.clock;
        let connection = &mut self.connections[at];
        if !self.stopped.contains(&connection.node) {
            return;
        }
        connection.unread += bytes;
        let (Some(limit), None) = (connection.options.user_timeout, connection.window_timer) else { return };
        if connection.unread > WINDOW {
            let ends = connection.closed_window_ends(out.now(), limit, clock);
            let timer = out.arm(ends - out.now(), Event::WindowTimer(connection.socket));
            self.connections[at].window_timer = Some(timer);
        }
    }

    pub(super) fn on_window_timer(&mut self, out: &mut Out<'_>, at: usize) {
        self.connections[at].window_timer = None;
        if matches!(self.connections[at].state, State::Established) {
            self.fail(out, at, SocketError::TimedOut);
        }
    }
}

impl Connection {
    /// When the user timeout ends a connection whose window closes now. Each acknowledged probe arms the next, with
    /// twice the wait, the last one so that it is due at the limit.
    fn closed_window_ends(&self, now: Time, limit: Span, clock: HostClock) -> Time {
        let mut wait = self.rto(clock);
        let first = clock.fires(now, wait);
        let mut due = first;
        while due - first < limit {
            wait = (wait * 2).min(RTO_MAX);
            due = clock.fires(due, wait.min(limit - (due - first)));
        }
        due
    }
}
