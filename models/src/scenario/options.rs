//! A cache client's options as meant; a preset fills them, the file may override each.

use halfopen_sim::Span;

use super::Bytes;

/// A cache client's options; a preset fills them, the file may override each.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, as the libraries have it")]
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// Name of the preset: `ioredis-5`.
    pub preset: String,
    /// One pipelined connection or an exclusive pool.
    pub connections: Connections,
    /// A dial is given up after this.
    pub connect_timeout: ConnectTimeout,
    /// Whether a new connection serves only after the server has answered the client's own first command.
    pub ready_check: bool,
    /// A call fails after this; the connection stays.
    pub command_timeout: Option<Span>,
    /// Which calls it ends.
    pub command_timeout_covers: Covers,
    /// The connection is closed after this long without what it watches.
    pub socket_timeout: Option<Span>,
    /// What the socket timeout waits for.
    pub socket_timeout_watches: Watches,
    /// What the client does after a socket timeout.
    pub after_socket_timeout: AfterSocketTimeout,
    /// A connection without a ping under way gets one after this long.
    pub ping_interval: Option<Span>,
    /// Calls pending at once before the next fails at once.
    pub max_pending: Option<u64>,
    /// Which calls that bound counts.
    pub max_pending_counts: Counts,
    /// What happens to calls in flight when their connection closes.
    pub in_flight_on_close: InFlight,
    /// Whether calls wait while there is no connection (offline queue), or fail at once.
    pub offline_queue: bool,
    /// What it does with calls while the socket takes no more.
    pub when_full: WhenFull,
    /// So many dials after a loss wait for nothing.
    pub dials_at_once: u32,
    /// Wait before dial attempt i after those.
    pub reconnect: Backoff,
    /// When so much of waiting has not led to a connection, the client gives up for good.
    pub reconnect_for: Option<Span>,
    /// All queued calls fail at every close whose count is a multiple of this.
    pub flush_after: Option<u32>,
    /// Further tries of a failed call.
    pub retries: u32,
    /// Wait before retry i.
    pub retry_backoff: Backoff,
    /// Whether it hears when its cache's sentinels announce a switch, and then closes its connection.
    pub failover_detector: bool,
    /// Whether calls made while others are under way wait for these and then go together.
    pub auto_pipelining: bool,
    /// TCP keepalive on its sockets.
    pub keepalive: Option<Keepalive>,
    /// `TCP_USER_TIMEOUT` on its sockets.
    pub tcp_user_timeout: Option<Span>,
    /// Bytes the client and its promise chain hold for one pending call, without payload.
    pub bytes_per_call: Bytes,
    /// Bytes more for one whose command lies in the process's own buffer of its socket, as the kernel took no more.
    pub bytes_per_buffered_call: Bytes,
    /// Bytes more for one whose command carries a value, beside the value.
    pub bytes_per_set: Bytes,
    /// Bytes the client still holds for a call after its command timeout, until the connection closes.
    pub bytes_per_timed_out_call: Bytes,
}

/// When a dial is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectTimeout {
    /// Only when the kernel gives up.
    None,
    /// After this.
    After(Span),
    /// After the socket timeout, if there is one.
    SocketTimeout,
}

impl Client {
    /// How long the client waits for a dial.
    pub fn dial_timeout(&self) -> Option<Span> {
        match self.connect_timeout {
            ConnectTimeout::None => None,
            ConnectTimeout::After(span) => Some(span),
            ConnectTimeout::SocketTimeout => self.socket_timeout,
        }
    }

    /// Bytes more that a call holds in front of a silent peer, once the kernel is full: only a client that writes on.
    pub fn bytes_buffered_in_silence(&self) -> Bytes {
        if self.when_full == WhenFull::Buffers { self.bytes_per_buffered_call } else { 0 }
    }
}

/// How calls share connections.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Connections {
    /// All calls share one connection and are answered in order.
    Pipelined,
    /// Each call has a connection to itself.
    Pool {
        /// Most connections.
        size: u32,
        /// A call that waits longer for a connection fails.
        acquire_timeout: Option<Span>,
        /// Which idle connection is used next.
        order: PoolOrder,
    },
}

/// Which idle connection of a pool is used next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolOrder {
    /// The one used last.
    Lifo,
    /// The one idle longest.
    Fifo,
}

/// What happens to calls in flight when their connection closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InFlight {
    /// Sent again on the next connection, those too that their callers have given up.
    Resend,
    /// Those that somebody waits for are sent again, the others dropped.
    ResendPending,
    /// Failed.
    Fail,
}

/// Which calls a bound on pending ones counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// All that the client holds, timed-out ones too.
    Held,
    /// Those that somebody waits for.
    Awaited,
}

/// Which calls a command timeout ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covers {
    /// Each.
    EveryCall,
    /// Those that are not written to the socket yet; a written one waits for its reply without end.
    Unwritten,
    /// Each, but its time counts only from when there is a connection; one that is not written then is dropped.
    Connected,
}

/// What a socket timeout waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watches {
    /// Anything received while a reply is awaited.
    Replies,
    /// Anything received, or taken by the kernel, also when nothing is awaited: Node's own idle timer.
    Traffic,
}

/// What a client does after a socket timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterSocketTimeout {
    /// Dials again, as after any loss.
    Reconnect,
    /// Gives up for good: every call fails until the process is started anew.
    Closed,
}

/// What a client does with calls while the socket takes no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// Writes on, into a buffer of its own.
    Buffers,
    /// Keeps them until the socket has drained.
    Waits,
    /// Writes one in each turn of the event loop and keeps the others.
    OneATurn,
}

/// Waiting times between attempts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Backoff {
    /// No wait.
    None,
    /// min(step × i, cap) before attempt i = 1, 2, …
    Linear {
        /// Growth per attempt.
        step: Span,
        /// Longest wait.
        cap: Span,
    },
    /// min(base × factor^(i − 1), cap), plus uniform jitter up to `jitter`.
    Exponential {
        /// First wait.
        base: Span,
        /// Growth per attempt.
        factor: f64,
        /// Longest wait.
        cap: Span,
        /// Longest addition by chance.
        jitter: Addition,
    },
}

/// What chance adds to a wait at most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Addition {
    /// So much.
    Fixed(Span),
    /// So large a share of the wait.
    Share(f64),
}

/// TCP keepalive settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keepalive {
    /// Silence before the first probe.
    pub idle: Span,
    /// Between probes.
    pub interval: Span,
    /// Unanswered probes before the connection is dead.
    pub probes: u32,
}
