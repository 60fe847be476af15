//! What an instance hears and what it asks for.

use halfopen_sim::Span;

use super::{QueryKey, RaceKey, TaskKey};
use crate::client::{self, CallKey, ClientId};
use crate::event::{CacheId, DatabaseId, LoadId};
use crate::load::{Reply, RequestKey};
use crate::network::Socket;
use crate::network::kernel::SocketOptions;
use crate::scenario::Bytes;

/// What can happen to an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The process has come so far that its clients dial.
    Started,
    /// The process has booted and takes requests.
    Ready,
    /// A request arrives. The flag: an earlier try of its caller came this far.
    Request(LoadId, RequestKey, bool),
    /// The caller of a request has given up and closed its connection; the request goes on.
    CallerLeft(TaskKey),
    /// A piece of a request's CPU work is done.
    Worked(TaskKey),
    /// The event loop is free for what waited.
    Turn,
    /// The process gets no CPU for so long.
    Stalled(Span),
    /// For one of its clients.
    Client(ClientId, client::Event),
    /// The sentinels of this cache announce that another node serves.
    Switched(CacheId),
    /// A request that was shed comes to its turn.
    Shed(TaskKey),
    /// Time for another copy of a call.
    Hedge(RaceKey),
    /// A database has answered a query, or refused it.
    Queried(QueryKey, bool),
    /// A query has taken as long as the instance waits.
    QueryTimeout(QueryKey),
}

/// What an instance asks of the rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// It takes requests from now on.
    Ready,
    /// It is dead, and so is all it held.
    Died(Death),
    /// This request is held as this task, in case its caller gives up.
    Holds(LoadId, RequestKey, TaskKey),
    /// What the caller of a request gets.
    Answer(LoadId, RequestKey, Reply),
    /// Dial the node that a cache's name points to.
    Dial {
        /// Which cache.
        cache: CacheId,
        /// The new socket.
        socket: Socket,
        /// Its options.
        options: SocketOptions,
    },
    /// Write a call of this size to a connection.
    Send(Socket, CallKey, Bytes),
    /// Close a socket.
    Close(Socket),
    /// Say on a socket that nothing more is written, and wait for the peer to close it.
    End(Socket),
    /// A call that its user needed was made; retries and resends, by whomever, are not counted again.
    CallMade,
    /// Look whether a cache has what this task reads.
    Read(CacheId, TaskKey),
    /// Store a key in a cache.
    Store(CacheId, u32),
    /// Ask a database.
    Query(DatabaseId, QueryKey),
}

/// How an instance died and what went with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Death {
    /// What ended it.
    pub cause: Cause,
    /// Bytes in its ledger.
    pub bytes: Bytes,
    /// Requests it held.
    pub requests: u64,
    /// Calls pending.
    pub calls: u64,
}

/// What ends a process for want of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// V8: "Ineffective mark-compacts near heap limit".
    IneffectiveCollections,
    /// V8: "Reached heap limit".
    HeapLimit,
    /// The container's limit.
    ContainerLimit,
}
