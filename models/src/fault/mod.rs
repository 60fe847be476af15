//! What fails, and how: each failure mode is one file that turns its parameters into levers.
//!
//! A lever is all the physics there is: it changes what a process and its host do. Everything after that (silence,
//! resets, retransmissions, crashes) follows from the models. A mode is one file and one line in [`MODES`].

mod section;

use halfopen_sim::{Span, Time};

use crate::scenario::Names;
use crate::scenario::reader::Cursor;

pub(crate) use section::read;

/// Declares each mode's file and lists it.
macro_rules! modes {
    ($($mode:ident),* $(,)?) => {
        $(pub mod $mode;)*
        /// Every failure mode.
        pub const MODES: &[Mode] = &[$(Mode {
            name: stringify!($mode),
            summary: $mode::SUMMARY,
            example: $mode::EXAMPLE,
            source: include_str!(concat!(stringify!($mode), ".rs")),
            read: $mode::read,
        }),*];
    };
}

modes![
    host_dies,
    link_down,
    drops,
    rejects,
    loses,
    process_killed,
    process_stopped,
    pauses,
    connections_closed,
    planned_failover,
    stalls
];

/// A failure mode.
#[derive(Debug)]
pub struct Mode {
    /// Its name in a scenario: `host_dies`.
    pub name: &'static str,
    /// One line for people.
    pub summary: &'static str,
    /// How a scenario gives it: `{ host_dies = { node = "main.a" } }`.
    pub example: &'static str,
    /// Its file, which opens with what the peer sees and what becomes of connections.
    pub source: &'static str,
    read: fn(&Cursor<'_>, &Names<'_>) -> Option<Hit>,
}

/// What a mode makes of its parameters.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    target: String,
    what: &'static str,
    begin: Lever,
    /// How long it lasts and what ends it; absent: nothing does.
    end: Option<(Span, Lever)>,
}

/// A fault of a scenario, ready to be pulled.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Name of its mode in the scenario: `host_dies`.
    pub mode: &'static str,
    /// Who is hit, for the story: `main.a`.
    pub target: String,
    /// What happens, as a short sentence without the name: `dies with its host`.
    pub what: String,
    /// When it begins.
    pub at: Time,
    /// The lever pulled at its beginning.
    pub begin: Lever,
    /// When it ends; absent: not within the run.
    pub until: Option<Time>,
    /// The lever pulled at its end.
    pub end: Option<Lever>,
}

/// The levers that failure modes pull.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lever {
    /// What a node's process and host do from now on.
    Process {
        /// Index of the cache in the scenario.
        cache: usize,
        /// Position of the node in its cache.
        node: usize,
        /// What it does.
        process: Process,
    },
    /// What the way to a node's host does to packets from now on.
    Path {
        /// Index of the cache in the scenario.
        cache: usize,
        /// Position of the node in its cache.
        node: usize,
        /// What it does.
        path: Path,
    },
    /// A node closes every connection it has, and lives.
    CloseConnections {
        /// Index of the cache in the scenario.
        cache: usize,
        /// Position of the node in its cache.
        node: usize,
    },
    /// An operator asks a cache's failover for a planned handover.
    Handover {
        /// Index of the cache in the scenario.
        cache: usize,
    },
    /// A service's instances get no CPU.
    Stalled {
        /// Index of the service in the scenario.
        service: usize,
        /// For so long from now on.
        lasts: Span,
    },
}

/// What the way between the instances and a node's host does to packets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Path {
    /// Carries them.
    Open,
    /// Drops those towards the node, those from it, or both; who sends them learns nothing.
    Drops {
        /// Towards the node.
        inward: bool,
        /// From the node.
        outward: bool,
    },
    /// The node's interface is down on the instances' own segment: silence, and nobody resolves its address.
    LinkDown,
    /// The host answers everything with RST.
    Rejects,
    /// Loses each packet with this probability, each way.
    Loses(f64),
}

impl Path {
    /// The share of packets that do not come through, each way.
    pub fn share_lost(self) -> f64 {
        match self {
            Path::Open => 0.0,
            Path::Loses(share) => share,
            Path::Drops { .. } | Path::LinkDown | Path::Rejects => 1.0,
        }
    }
}

/// What a node's process and its host do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Process {
    /// Serves.
    Running,
    /// Stopped or paused: its kernel acknowledges and accepts, nothing is answered.
    Stopped,
    /// Gone, its host lives: FIN to every connection, resets and refusals after.
    Killed,
    /// Gone with its host: silence.
    HostGone,
    /// Killed and not yet gone: its memory is taken apart first, then its sockets are closed.
    Dying,
}
