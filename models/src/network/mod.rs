//! The network between instances and nodes, and TCP as the kernel times it.
//!
//! A healthy segment costs one event: its arrival. Acknowledgements of segments that arrive are not simulated, since
//! nothing in the model can see them. A segment that vanishes is reported to its sender's kernel as
//! [`Event::Unacknowledged`] when it would have arrived; the kernel acts on it only through timers that run from the
//! moment it was sent, and none of them can fire earlier than that report (the shortest probe waits two round trips).
//!
//! On a path that loses packets by chance the same report starts the same timers; what is written meanwhile goes out
//! too, and its acknowledgement repairs the loss sooner (`Behind`). Lost replies are the node's kernel's to repair
//! (`replies.rs`).
//!
//! How much of what is written a socket takes is in `send_buffer.rs`. Left out: congestion beyond the initial window.

pub mod counted;
pub mod kernel;
pub mod names;
pub mod neighbour;
pub mod replies;
pub mod retransmission;
pub mod round_trip;
pub mod send_buffer;
pub mod wheel;

use halfopen_sim::{Span, Time};

use crate::client::{CallKey, ClientId};
use crate::event::InstanceId;
use crate::fault::{Path, Process};

pub use kernel::Kernel;

/// A socket of one instance's host; its number is never used twice in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Socket {
    /// The client in the instance that opened it.
    pub client: ClientId,
    /// Counted up at each dial.
    pub number: u32,
}

/// A packet on its way to a node's host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Packet {
    /// Who sent it.
    pub from: InstanceId,
    /// On which socket.
    pub socket: Socket,
    /// What it is.
    pub kind: PacketKind,
}

/// What a packet carries. Numbers are the node's process that the connection was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PacketKind {
    /// Asks for a connection.
    Syn,
    /// A call.
    Call(CallKey, u32),
    /// A call sent again: its acknowledgement is awaited.
    Again(CallKey, u32),
    /// A keepalive probe.
    Probe(u32),
    /// A segment behind one that was lost by chance: its acknowledgement shows the gap.
    Behind(u32),
}

/// What can happen to the kernel under an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The node's kernel accepted the connection.
    SynAnswered(Socket, u32),
    /// The node's host refused it.
    SynRefused(Socket),
    /// The peer closed the connection.
    Fin(Socket),
    /// The peer knows no such connection.
    Reset(Socket),
    /// This call's segment vanished.
    Unacknowledged(Socket, CallKey),
    /// A segment sent again was acknowledged.
    Acknowledged(Socket),
    /// A keepalive probe was answered.
    KeepaliveAnswered(Socket),
    /// The handshake's timer.
    HandshakeTimer(Socket),
    /// The probe's or the retransmission timer.
    RetransmissionTimer(Socket),
    /// The keepalive timer.
    KeepaliveTimer(Socket),
    /// The user timeout of a connection whose window is closed.
    WindowTimer(Socket),
    /// A SYN left for a neighbour that is silent on the segment.
    Unresolved(Socket),
    /// Nobody answered the resolution of its address.
    Unreachable(Socket),
    /// This call's segment was lost by chance.
    Lost(Socket, CallKey),
    /// A segment behind a lost one was acknowledged.
    AcknowledgedBehind(Socket),
}

/// Why a connection ended or did not come about, as the application sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SocketError {
    /// The peer closed it.
    Eof,
    /// ECONNRESET.
    Reset,
    /// ECONNREFUSED.
    Refused,
    /// ETIMEDOUT: the kernel gave up.
    TimedOut,
    /// EHOSTUNREACH: nobody on the segment has this address.
    Unreachable,
}

/// A node as seen from the network.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// What its process and host do.
    pub process: Process,
    /// Counts its process's starts; a connection belongs to one of them.
    pub incarnation: u32,
    /// Round trip from any instance.
    pub rtt: Span,
    /// What the way there does to packets.
    pub path: Path,
}

/// What comes back from a node's host when a packet arrives there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The connection lives: data is acknowledged and handed to the process.
    Lives,
    /// No such connection: a reset comes back.
    Resets,
    /// Nothing comes back.
    Silence,
}

impl Peer {
    /// A running node.
    pub fn new(rtt: Span) -> Peer {
        Peer { process: Process::Running, incarnation: 0, rtt, path: Path::Open }
    }

    /// One way between an instance and the node.
    pub fn one_way(&self) -> Span {
        Span::from_nanos(self.rtt.as_nanos() / 2)
    }

    /// When something sent now arrives.
    pub fn arrival(&self, now: Time) -> Time {
        now + self.one_way()
    }

    /// What a packet of a connection made with `incarnation` meets.
    ///
    /// A stopped process changes nothing here: its kernel goes on acknowledging.
    pub fn answer(&self, incarnation: u32) -> Answer {
        match (self.path, self.process) {
            (Path::Drops { .. } | Path::LinkDown, _) | (_, Process::HostGone) => Answer::Silence,
            (Path::Rejects, _) | (_, Process::Killed) => Answer::Resets,
            (_, Process::Running | Process::Stopped | Process::Dying) if incarnation == self.incarnation => {
                Answer::Lives
            }
            (_, Process::Running | Process::Stopped | Process::Dying) => Answer::Resets,
        }
    }

    /// What a SYN meets: a stopped process's kernel still accepts.
    pub fn answer_to_syn(&self) -> Answer {
        self.answer(self.incarnation)
    }

    /// Whether a call on a new connection is answered as things stand.
    pub fn serves(&self) -> bool {
        !self.leaves_half_open(self.incarnation)
    }

    /// Whether a connection made with `incarnation` is half-open: it looks established and will never answer again
    /// as things stand.
    pub fn leaves_half_open(&self, incarnation: u32) -> bool {
        let carries = matches!(self.path, Path::Open | Path::Loses(_));
        !(carries && self.process == Process::Running && self.incarnation == incarnation)
    }

    /// Whether commands arrive and their answers, acknowledgements among them, do not leave.
    pub fn hears_only(&self) -> bool {
        self.process == Process::Running && self.path == Path::Drops { inward: false, outward: true }
    }

    /// Whether what the node sends now leaves its host.
    pub fn can_answer(&self) -> bool {
        !matches!(self.path, Path::Drops { outward: true, .. } | Path::LinkDown)
    }
}
