//! The kernel under one instance: its TCP connections and their timers. It survives the process.
//!
//! Sources: `retransmission.rs` for giving up (`counted.rs` for other systems than Linux), `wheel.rs` for when timers fire; `tcp_schedule_loss_probe` (in
//! `tcp_output.c`) for the probe, `tcp_keepalive_timer` (`tcp_timer.c`) for keepalive, `tcp_rtt_estimator`
//! (`tcp_input.c`) for the retransmission timeout (round trip + 200 ms on a quiet path, in whole ticks: 204 ms measured
//! at 0.1 ms). What becomes of a connection that misses an acknowledgement is in `stalled.rs`, of
//! one whose peer does not read in `window.rs`.

mod stalled;
mod window;

use halfopen_sim::{Span, Time, Timer};

use super::counted::Counted;
use super::neighbour::Neighbours;
use super::retransmission::{Firing, Handshake};
use super::round_trip::{Probe, RoundTrip};
use super::wheel::HostClock;
use super::{Event, PacketKind, Socket, SocketError};
use crate::client::CallKey;
use crate::component::{self, Component};
use crate::event::{self, InstanceId, NodeId};
use crate::scenario::{self, Bytes, Keepalive, System};

use stalled::Stall;

type Out<'a> = component::Out<'a, Kernel>;

/// What the kernel asks of the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Carry a packet to a node.
    Send(NodeId, Socket, PacketKind),
    /// The application's dial succeeded.
    Connected(Socket, NodeId),
    /// The application's dial failed.
    DialFailed(Socket, SocketError),
    /// An established connection ended.
    Closed(Socket, NodeId, SocketError),
}

/// Options of one socket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SocketOptions {
    /// `SO_KEEPALIVE` with its settings.
    pub keepalive: Option<Keepalive>,
    /// `TCP_USER_TIMEOUT`.
    pub user_timeout: Option<Span>,
}

/// An instance's kernel.
#[derive(Debug)]
pub struct Kernel {
    clock: HostClock,
    settings: scenario::Kernel,
    neighbours: Neighbours,
    connections: Vec<Connection>,
    /// Nodes whose processes do not read.
    stopped: Vec<NodeId>,
}

#[derive(Debug)]
struct Connection {
    socket: Socket,
    node: NodeId,
    incarnation: u32,
    rtt: Span,
    round_trip: RoundTrip,
    options: SocketOptions,
    state: State,
    timer: Option<Timer>,
    keepalive_timer: Option<Timer>,
    unanswered_probes: u32,
    last_received: Time,
    /// Sent to a process that does not read.
    unread: Bytes,
    window_timer: Option<Timer>,
}

#[derive(Debug)]
enum State {
    Dialing(Handshake),
    Established,
    Stalled(Stall),
}

impl Kernel {
    /// A kernel without connections; `reachable_time` is what its host uses for neighbours.
    pub fn new(clock: HostClock, settings: scenario::Kernel, reachable_time: Span) -> Kernel {
        Kernel {
            clock,
            settings,
            neighbours: Neighbours::new(reachable_time),
            connections: Vec::new(),
            stopped: Vec::new(),
        }
    }

    /// A node on the host's segment falls silent there at `now`.
    pub fn neighbour_falls_silent(&mut self, now: Time, node: NodeId) {
        if self.established().any(|(_, of, _)| of == node) {
            self.neighbours.falls_silent(now, node);
        }
    }

    /// It is back.
    pub fn neighbour_answers(&mut self, node: NodeId) {
        self.neighbours.answers(node);
    }

    /// Whether a segment of this connection is missing and what was written after it waits.
    pub fn is_stalled(&self, socket: Socket) -> bool {
        self.find(socket).is_some_and(|at| matches!(self.connections[at].state, State::Stalled(_)))
    }

    /// The application dials.
    pub fn dial(
        &mut self,
        out: &mut Out<'_>,
        socket: Socket,
        node: NodeId,
        rtt: Span,
        options: SocketOptions,
    ) {
        let handshake = Handshake::new(out.now());
        let counted = Counted::of(self.settings.os);
        let wait = counted.map_or_else(|| handshake.first_wait(options.user_timeout), |rules| rules.dial[0]);
        let timer = self.arm(out, out.now(), wait, Event::HandshakeTimer(socket));
        out.emit(Effect::Send(node, socket, PacketKind::Syn));
        self.connections.push(Connection {
            socket,
            node,
            incarnation: 0,
            rtt,
            round_trip: RoundTrip::new(rtt),
            options,
            state: State::Dialing(handshake),
            timer: Some(timer),
            keepalive_timer: None,
            unanswered_probes: 0,
            last_received: out.now(),
            unread: 0,
            window_timer: None,
        });
    }

    /// The application writes a call of this size. While the connection stalls, it waits in the send queue.
    pub fn send(&mut self, out: &mut Out<'_>, socket: Socket, call: CallKey, bytes: Bytes) {
        let Some(at) = self.find(socket) else { return };
        let connection = &mut self.connections[at];
        match &mut connection.state {
            State::Established => {
                out.emit(connection.packet(call));
                if !self.stopped.is_empty() {
                    self.fill_window(out, at, bytes);
                }
            }
            State::Dialing(_) => {}
            State::Stalled(_) => self.send_behind(out, at, call),
        }
    }

    /// The application closes a socket; returns the node it was connected to, if it was.
    pub fn close(&mut self, out: &mut Out<'_>, socket: Socket) -> Option<NodeId> {
        let at = self.find(socket)?;
        let connection = self.remove(out, at);
        (!matches!(connection.state, State::Dialing(_))).then_some(connection.node)
    }

    /// Something arrived on a socket.
    pub fn received(&mut self, now: Time, socket: Socket) {
        if let Some(at) = self.find(socket) {
            self.connections[at].last_received = now;
        }
    }

    /// What was sent last on a socket is acknowledged so long after it could have been: the answer that carried the
    /// acknowledgement had to be repaired.
    pub fn acknowledged_late(&mut self, socket: Socket, late: Span, probe: Probe) {
        if let Some(at) = self.find(socket) {
            let Connection { rtt, round_trip, .. } = &mut self.connections[at];
            round_trip.measure_late(*rtt, late, probe);
        }
    }

    /// Sockets of this host: number, node, the node's process it was connected to; established ones only.
    pub fn established(&self) -> impl Iterator<Item = (Socket, NodeId, u32)> + '_ {
        self.connections
            .iter()
            .filter(|c| !matches!(c.state, State::Dialing(_)))
            .map(|c| (c.socket, c.node, c.incarnation))
    }

    /// The node that a socket is connected to, and the node's process it was connected with.
    pub fn peer_of(&self, socket: Socket) -> Option<(NodeId, u32)> {
        let connection = &self.connections[self.find(socket)?];
        (!matches!(connection.state, State::Dialing(_))).then_some((connection.node, connection.incarnation))
    }

    /// Dials in course: socket and node.
    pub fn dialing(&self) -> impl Iterator<Item = (Socket, NodeId)> + '_ {
        self.connections.iter().filter(|c| matches!(c.state, State::Dialing(_))).map(|c| (c.socket, c.node))
    }

    /// Sockets that are open or dialling.
    pub fn sockets(&self) -> Vec<Socket> {
        self.connections.iter().map(|c| c.socket).collect()
    }

    fn find(&self, socket: Socket) -> Option<usize> {
        // Numbers only grow and closing keeps the order.
        self.connections.binary_search_by_key(&socket.number, |c| c.socket.number).ok()
    }

    fn remove(&mut self, out: &mut Out<'_>, at: usize) -> Connection {
        let connection = self.connections.remove(at);
        out.cancel(connection.timer);
        out.cancel(connection.keepalive_timer);
        out.cancel(connection.window_timer);
        connection
    }

    /// Ends a connection and tells the application.
    fn fail(&mut self, out: &mut Out<'_>, at: usize, error: SocketError) {
        let connection = self.remove(out, at);
        out.emit(match connection.state {
            State::Dialing(_) => Effect::DialFailed(connection.socket, error),
            _ => Effect::Closed(connection.socket, connection.node, error),
        });
    }

    fn arm(&self, out: &mut Out<'_>, from: Time, after: Span, event: Event) -> Timer {
        // The wheel is Linux's.
        let fires = match self.settings.os {
            System::Linux => self.clock.fires(from, after),
            System::Windows | System::MacOs => from + after,
        };
        out.arm(fires.saturating_since(out.now()), event)
    }

    fn on_syn_answered(&mut self, out: &mut Out<'_>, at: usize, incarnation: u32) {
        let connection = &mut self.connections[at];
        if !matches!(connection.state, State::Dialing(_)) {
            return; // the answer to a SYN sent again
        }
        out.cancel(connection.timer.take());
        connection.incarnation = incarnation;
        connection.state = State::Established;
        connection.last_received = out.now();
        let (socket, node) = (connection.socket, connection.node);
        if let Some(keepalive) = connection.options.keepalive {
            let timer = self.arm(out, out.now(), keepalive.idle, Event::KeepaliveTimer(socket));
            self.connections[at].keepalive_timer = Some(timer);
        }
        out.emit(Effect::Connected(socket, node));
    }

    fn on_handshake_timer(&mut self, out: &mut Out<'_>, at: usize) {
        let (retries, linear) = (self.settings.tcp_syn_retries, self.settings.tcp_syn_linear_timeouts);
        let connection = &mut self.connections[at];
        let State::Dialing(handshake) = &mut connection.state else { return };
        let firing = match Counted::of(self.settings.os) {
            Some(rules) => handshake.fire_after(rules.dial),
            None => handshake.fire(out.now(), retries, linear, connection.options.user_timeout),
        };
        match firing {
            Firing::GiveUp => self.fail(out, at, SocketError::TimedOut),
            Firing::Resend(after) => {
                let (socket, node) = (connection.socket, connection.node);
                out.emit(Effect::Send(node, socket, PacketKind::Syn));
                let timer = self.arm(out, out.now(), after, Event::HandshakeTimer(socket));
                self.connections[at].timer = Some(timer);
            }
        }
    }

    /// A SYN goes to a neighbour that is silent: it vanishes, or its sender hears that there is no way.
    fn on_unresolved(&mut self, out: &mut Out<'_>, at: usize) {
        let Connection { socket, node, .. } = self.connections[at];
        if let Some(fails) = self.neighbours.send(out.now(), node, self.clock) {
            out.at(fails, Event::Unreachable(socket));
        }
    }

    /// `tcp_v4_err`: fatal for a dial, a soft error for what is established.
    fn on_unreachable(&mut self, out: &mut Out<'_>, at: usize) {
        let connection = &self.connections[at];
        if matches!(connection.state, State::Dialing(_)) && self.neighbours.is_silent(connection.node) {
            self.fail(out, at, SocketError::Unreachable);
        }
    }

    /// `tcp_keepalive_timer`: speaks only when nothing is in flight.
    fn on_keepalive_timer(&mut self, out: &mut Out<'_>, at: usize) {
        let connection = &mut self.connections[at];
        let Some(keepalive) = connection.options.keepalive else { return };
        let quiet = out.now() - connection.last_received;
        let next = if !matches!(connection.state, State::Established) {
            keepalive.idle
        } else if quiet < keepalive.idle {
            connection.unanswered_probes = 0;
            keepalive.idle - quiet
        } else {
            let dead = match connection.options.user_timeout {
                Some(limit) => quiet >= limit && connection.unanswered_probes > 0,
                None => connection.unanswered_probes >= keepalive.probes,
            };
            if dead {
                self.fail(out, at, SocketError::TimedOut);
                return;
            }
            connection.unanswered_probes += 1;
            let probe = PacketKind::Probe(connection.incarnation);
            out.emit(Effect::Send(connection.node, connection.socket, probe));
            keepalive.interval
        };
        let event = Event::KeepaliveTimer(connection.socket);
        let timer = self.arm(out, out.now(), next, event);
        self.connections[at].keepalive_timer = Some(timer);
    }
}

impl Connection {
    fn one_way(&self) -> Span {
        Span::from_nanos(self.rtt.as_nanos() / 2)
    }

    /// The retransmission timeout, in whole ticks.
    fn rto(&self, clock: HostClock) -> Span {
        clock.in_ticks(self.round_trip.timeout())
    }

    fn packet(&self, call: CallKey) -> Effect {
        Effect::Send(self.node, self.socket, PacketKind::Call(call, self.incarnation))
    }
}

impl Component for Kernel {
    type Id = InstanceId;
    type Event = Event;
    type Effect = Effect;

    fn address(id: InstanceId, event: Event) -> event::Event {
        event::Event::Kernel(id, event)
    }

    fn on(&mut self, now: Time, event: Event, out: &mut Out<'_>) {
        let socket = match event {
            Event::SynAnswered(s, _) | Event::SynRefused(s) | Event::Fin(s) | Event::Reset(s) => s,
            Event::Unacknowledged(s, _) | Event::Acknowledged(s) | Event::KeepaliveAnswered(s) => s,
            Event::HandshakeTimer(s) | Event::RetransmissionTimer(s) | Event::KeepaliveTimer(s) => s,
            Event::WindowTimer(s) => s,
            Event::Unresolved(s) | Event::Unreachable(s) => s,
            Event::Lost(s, _) | Event::AcknowledgedBehind(s) => s,
        };
        // A packet for a socket that is closed meanwhile; the kernel would answer it with a reset.
        let Some(at) = self.find(socket) else { return };
        // The end of a connection that never began: its SYN is refused.
        if matches!(event, Event::Fin(_) | Event::Reset(_)) && self.peer_of(socket).is_none() {
            return;
        }
        match event {
            Event::SynAnswered(_, incarnation) => self.on_syn_answered(out, at, incarnation),
            Event::SynRefused(_) => self.fail(out, at, SocketError::Refused),
            Event::Fin(_) => self.fail(out, at, SocketError::Eof),
            Event::Reset(_) => self.fail(out, at, SocketError::Reset),
            Event::Unacknowledged(_, call) => self.on_missing(out, at, call, false),
            Event::Lost(_, call) => self.on_missing(out, at, call, true),
            Event::AcknowledgedBehind(_) => self.on_acknowledged_behind(out, at),
            Event::Unresolved(_) => self.on_unresolved(out, at),
            Event::Unreachable(_) => self.on_unreachable(out, at),
            Event::Acknowledged(_) => self.on_acknowledged(out, at),
            Event::KeepaliveAnswered(_) => {
                self.connections[at].last_received = now;
                self.connections[at].unanswered_probes = 0;
            }
            Event::HandshakeTimer(_) => self.on_handshake_timer(out, at),
            Event::RetransmissionTimer(_) => self.on_retransmission_timer(out, at),
            Event::KeepaliveTimer(_) => self.on_keepalive_timer(out, at),
            Event::WindowTimer(_) => self.on_window_timer(out, at),
        }
    }
}
