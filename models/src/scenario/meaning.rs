//! The scenario as meant: every reference resolved, every unit converted, every option decided.
//!
//! `check` makes these values from the file; nothing after it can fail for the user. Fields are public because they
//! are plain data; each says its unit where the type does not.

use halfopen_sim::chance::Distribution;
use halfopen_sim::{Span, Time};

use super::claim::Claim;
use super::options::Client;
use super::payload::Payload;
use super::range::Range;
use crate::failover::sentinel;
use crate::fault::Fault;
use crate::protect::Protections;
use crate::protect::backoff::Delay;
use crate::protect::budget::Rule;

/// Bytes of memory or of a message.
pub type Bytes = u64;

/// A whole scenario, ready to be simulated.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// File stem or shipped name: `kustomer-2019`.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// Which variant was applied, if any.
    pub variant: Option<String>,
    /// Wall clock at the start of the run; absent: the story shows simulated time only.
    pub clock: Option<WallClock>,
    /// When the run ends.
    pub horizon: Span,
    /// Caches with their nodes, in the order of the file.
    pub caches: Vec<Cache>,
    /// Databases behind caches, in the order of the file.
    pub databases: Vec<Database>,
    /// Services, in the order of the file.
    pub services: Vec<Service>,
    /// Callers, in the order of the file.
    pub loads: Vec<Load>,
    /// Faults, in the order of the file.
    pub faults: Vec<Fault>,
    /// What is not published: path, range, reason.
    pub assumptions: Vec<Assumption>,
    /// What the scenario claims about its result.
    pub claims: Vec<Claim>,
    /// Names of all variants in the file, in its order.
    pub variants: Vec<String>,
    /// The document after all edits, as TOML: what was really run.
    pub document: String,
}

/// A civil date and time with its offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallClock {
    /// Year, month (1–12), day (1–31).
    pub date: (u16, u8, u8),
    /// Seconds since local midnight at the start of the run.
    pub seconds_of_day: u32,
    /// Minutes east of UTC.
    pub offset_minutes: i16,
}

/// A cache: nodes behind one name.
#[derive(Clone, Debug)]
pub struct Cache {
    /// Name in the file: `main`.
    pub name: String,
    /// Node names; the first serves at the start, the others follow it.
    pub nodes: Vec<String>,
    /// Service time of one command on the node's single thread.
    pub service: Distribution,
    /// How long a command blocks after its service without occupying the thread (BLPOP on an empty list); absent:
    /// none does.
    pub blocks: Option<Distribution>,
    /// Ticks of the node's own timer in a second, at which commands that blocked are looked at.
    pub hz: u32,
    /// Round-trip time between an instance and a node.
    pub rtt: Span,
    /// Who notices a dead node and what is done about it.
    pub failover: Failover,
    /// What is stored in it; absent: what a call finds there is said by the call.
    pub contents: Option<Contents>,
}

/// What a cache stores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contents {
    /// Keys that are asked for.
    pub keys: u32,
    /// How unequal they are: key number k is asked for in proportion to k^-zipf.
    pub zipf: f64,
    /// Keys that a node has room for; beyond, the one read longest ago goes.
    pub room: u32,
    /// Whether followers store what the serving node does.
    pub replicated: bool,
    /// How long a value may be read; absent: for ever.
    pub ttl: Option<Span>,
}

/// A database behind caches.
#[derive(Clone, Debug)]
pub struct Database {
    /// Name in the file: `db`.
    pub name: String,
    /// Queries at once; the others wait in order.
    pub connections: u32,
    /// How long a query holds a connection.
    pub query: Distribution,
    /// Queries that may wait; more are refused. Absent: all wait.
    pub queue: Option<u32>,
    /// Round-trip time between an instance and the database.
    pub rtt: Span,
    /// How long an instance waits for an answer; the query goes on. Absent: for ever.
    pub timeout: Option<Span>,
}

/// How a cache fails over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Failover {
    /// Nobody does anything.
    None,
    /// A managed service behind a name.
    Managed {
        /// From the node's silence to the decision.
        detect: Span,
        /// From the decision until the follower serves and the name points to it.
        promote: Span,
        /// How long a resolver may go on using an answer.
        ttl: Span,
        /// Whether the service ends the connections to the old node when it promotes.
        closes_connections: bool,
    },
    /// The follower takes over at once and the name follows.
    NameMoves {
        /// From the loss, or the handover, until the name points to the follower.
        after: Span,
    },
    /// Redis Sentinel; clients of the cache ask the sentinels at each dial.
    Sentinel(sentinel::Plan),
}

/// A service: equal instances behind a balancer.
#[derive(Clone, Debug)]
pub struct Service {
    /// Name in the file: `api`.
    pub name: String,
    /// Number of instances.
    pub instances: u32,
    /// How an instance runs requests.
    pub concurrency: Concurrency,
    /// What it has and what it needs.
    pub memory: Memory,
    /// What happens after a crash.
    pub restart: Restart,
    /// The cache calls of one request, made one after the other.
    pub calls: Vec<Calls>,
    /// The cache client inside every instance.
    pub client: Client,
    /// The kernel under every instance.
    pub kernel: Kernel,
    /// When the service counts as well.
    pub objective: Objective,
    /// How its instances, and the balancer before them, are protected.
    pub protections: Protections,
}

/// How an instance runs requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Concurrency {
    /// One thread runs everything in turn and waits for nothing.
    EventLoop {
        /// CPU time of one whole request.
        cpu: Span,
    },
    /// Each request holds a worker from start to end; the rest wait in front.
    Workers {
        /// Number of workers.
        threads: u32,
        /// CPU time of one whole request.
        cpu: Span,
    },
}

/// Memory of an instance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Memory {
    /// Death above this.
    pub limit: Bytes,
    /// Held by an instance that does nothing.
    pub baseline: Bytes,
    /// Held by one request from arrival to end.
    pub per_request: Bytes,
    /// Held by the connection of a request's caller until it is answered or the caller gives up.
    pub per_socket: Bytes,
    /// Allocated on the heap by one request and dropped at once, evenly over its CPU time. Decides how often a collector
    /// comes, and nothing else.
    pub garbage_per_request: Bytes,
    /// Left on the heap by loading the program, until its first full collection.
    pub loading_garbage: Bytes,
    /// What runs there.
    pub runtime: Runtime,
    /// The kernel kills above this: what lies on the heap, in buffers and outside together.
    pub container: Option<Bytes>,
    /// Anonymous memory of the process beside what is alive on the heap and in buffers: garbage, spare pages, the
    /// runtime's own. Pages of files do not count: the kernel drops them before it kills.
    pub outside: Bytes,
}

/// The runtime decides how an instance behaves near its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// V8 with its collections and its two ways of dying.
    V8,
    /// No collector and no limit of its own: the container kills at the limit.
    Native,
}

/// What a supervisor does after a crash.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Restart {
    /// The instance stays down.
    Never,
    /// Started again after a fixed delay.
    Fixed {
        /// From death to start.
        delay: Span,
        /// From start to readiness.
        boot: Span,
        /// The last part of the boot, in which the clients dial already.
        warm_up: Span,
    },
    /// The kubelet's crash-loop back-off.
    Kubernetes {
        /// From start to readiness.
        boot: Span,
        /// The last part of the boot, in which the clients dial already.
        warm_up: Span,
    },
}

/// Cache calls of one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calls {
    /// Index into [`Scenario::caches`].
    pub cache: usize,
    /// How many, one after the other.
    pub times: u32,
    /// What the application keeps for one call while it is pending.
    pub payload: Payload,
    /// What its answer lacks at times; absent: nothing.
    pub misses: Option<Misses>,
    /// What a call that failed means for its request.
    pub on_error: OnError,
}

/// Where a value is looked for that the cache does not have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Misses {
    /// Index into [`Scenario::databases`].
    pub database: usize,
    /// Share of calls that find their value; absent: the cache's contents decide.
    pub hits: Option<f64>,
}

/// What a call that failed means for its request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnError {
    /// It fails too.
    #[default]
    Fail,
    /// The value is looked for in the database.
    Miss,
    /// It goes on without the value.
    GoOn,
}

/// Kernel settings of an instance's host. Defaults are Linux's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel {
    /// Whose rules hold; the settings below are Linux's.
    pub os: System,
    /// `net.ipv4.tcp_retries2`.
    pub tcp_retries2: u32,
    /// `net.ipv4.tcp_syn_retries`.
    pub tcp_syn_retries: u32,
    /// `net.ipv4.tcp_syn_linear_timeouts` (0 before Linux 6.5).
    pub tcp_syn_linear_timeouts: u32,
    /// Timer interrupts a second (`CONFIG_HZ`).
    pub hz: u32,
    /// `net.ipv4.tcp_congestion_control`: how much a socket takes before it pushes back depends on it.
    pub congestion: Congestion,
}

/// An operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// With the settings of its kernel.
    Linux,
    /// With its defaults.
    Windows,
    /// With its defaults.
    MacOs,
}

/// What decides how much may be in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Congestion {
    /// Linux's default.
    Cubic,
    /// What some distributions and clouds set.
    Bbr,
}

impl Kernel {
    /// Linux's own values: `TCP_RETR2` 15, `TCP_SYN_RETRIES` 6 (include/net/tcp.h), `sysctl_tcp_syn_linear_timeouts` 4
    /// (since 6.5, `net/ipv4/tcp_ipv4.c`), `CONFIG_HZ` 250 (`kernel/Kconfig.hz`), `DEFAULT_CUBIC` (`net/ipv4/Kconfig`).
    pub const LINUX: Kernel = Kernel {
        os: System::Linux,
        tcp_retries2: 15,
        tcp_syn_retries: 6,
        tcp_syn_linear_timeouts: 4,
        hz: 250,
        congestion: Congestion::Cubic,
    };
}

/// When a service counts as well.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    /// Share of requests that may fail in a 10 s window.
    pub errors: f64,
    /// 99 % of a window's requests are answered within this.
    pub p99: Span,
}

/// Callers of a service.
#[derive(Clone, Debug)]
pub struct Load {
    /// Name in the file: `agents`.
    pub name: String,
    /// Index into [`Scenario::services`].
    pub service: usize,
    /// Requests per second over time: straight lines between these points, constant after the last.
    /// The first point is at zero; two points at one time are a step.
    pub rate: Vec<(Time, f64)>,
    /// A caller that waited this long for an answer gives up, and tries again or returns an error.
    pub deadline: Option<Span>,
    /// What its callers do when a request failed or was given up.
    pub retries: Retries,
}

/// How callers try again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retries {
    /// Further tries of a request; each is one more request.
    pub most: u32,
    /// From a failure to the next try.
    pub delay: Delay,
    /// What a caller's retries are taken from; absent: they are not bounded.
    pub budget: Option<Rule>,
    /// Processes that make the requests, each with a budget of its own.
    pub callers: u32,
}

/// Something that is not published, with a plausible range and a reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Assumption {
    /// Path of the value: `service.api.memory.per_request`.
    pub path: String,
    /// The value as written in the file.
    pub value: String,
    /// What it may be.
    pub range: Range,
    /// Why this range.
    pub why: String,
}
