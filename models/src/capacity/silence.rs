//! After a cache's serving node has fallen silent: how pending calls and memory grow, who notices first, and what it costs.
//!
//! A request stops at its first call to the dead node and holds its memory, and the call's, until something frees it: a
//! timeout, the end of the connection once the cache has failed over, or the death of its process. Times count from the
//! silence. Sources of the kernel's and the clients' rules are with the models that these formulas stand beside.

use halfopen_sim::{Span, Time};

use super::{Line, Measure, Part, Topic, Traffic};
use crate::fault::{Lever, Path, Process};
use crate::network::retransmission::{Firing, Handshake, Patience, RTO_MIN, Retransmission};
use crate::scenario::{
    Concurrency, ConnectTimeout, Connections, Covers, Failover, InFlight, Runtime, Scenario, Service,
};

/// Share of the limit at which V8 may die of ineffective collections, at the earliest: heap.cc `kHighHeapPercentage`.
const EARLIEST_DEATH: f64 = 0.8;
/// kernel/time/timer.c: a timer is late by up to an eighth.
const LATE: f64 = 1.125;
/// sentinel.c: after `down-after` at most one period each for the ping that was answered last, the question to the
/// others, the random start and the follower's INFO.
const SENTINEL_PERIODS: f64 = 4.0;

type Range = [f64; 2];

const NEVER: Range = [f64::INFINITY, f64::INFINITY];

/// One service when one cache's serving node falls silent.
pub(super) fn part(traffic: &Traffic<'_>, service: usize, cache: usize) -> Part {
    let silence = Silence::new(traffic, service, cache);
    let mut lines = silence.growth();
    lines.extend(silence.ends());
    lines.extend(silence.results());
    let cache = traffic.scenario.caches[cache].name.clone();
    Part { topic: Topic::Silent(cache), of: traffic.service(service).name.clone(), lines }
}

struct Silence<'a> {
    service: &'a Service,
    /// Whether the scenario's own fault is this silence, so that its figures are about the same.
    simulated: bool,
    /// Requests a second, of one instance.
    rate: f64,
    /// Bytes of a request that waits for a call, with the call.
    bytes: f64,
    /// How long a call is pending before its own timeout ends it.
    held: f64,
    kernel: Range,
    closes: Range,
    failover: Range,
    freed: Range,
    deadline: f64,
}

impl<'a> Silence<'a> {
    fn new(traffic: &Traffic<'a>, service: usize, cache: usize) -> Silence<'a> {
        let of = &traffic.scenario.services[service];
        let client = &of.client;
        let loads = traffic.scenario.loads.iter().filter(|load| load.service == service);
        let deadline =
            loads.filter_map(|load| load.deadline).map(Span::as_secs_f64).fold(f64::INFINITY, f64::min);
        let payload = of
            .calls
            .iter()
            .find(|calls| calls.cache == cache)
            .map_or(0, |calls| calls.payload.heap + calls.payload.buffers);
        // A caller who leaves takes its socket with it.
        let socket = if deadline.is_finite() { 0 } else { of.memory.per_socket };
        let kernel = given_up(of, traffic.scenario.caches[cache].rtt);
        let socket_timeout = seconds(client.socket_timeout);
        let closes = kernel.map(|end| end.min(socket_timeout));
        let failover = failover(&traffic.scenario.caches[cache].failover);
        let mut freed = [closes[0].max(failover[0]), closes[1].max(failover[1])];
        if closes[0] < failover[1] {
            // A dial may be under way to the dead node when the name moves.
            freed[1] += dial(of)[1];
        }
        Silence {
            service: of,
            simulated: is_simulated(traffic.scenario, cache),
            rate: traffic.requests_per_instance(service),
            bytes: (of.memory.per_request
                + socket
                + client.bytes_per_call
                + client.bytes_buffered_in_silence()
                + payload) as f64,
            held: held(of),
            kernel,
            closes,
            failover,
            freed,
            deadline,
        }
    }

    fn growth(&self) -> Vec<Line> {
        vec![
            Line::new("requests stuck per instance", Measure::PerSecond, self.rate, "backlog grows by λ·t")
                .assuming("every request calls the cache; the rate stays"),
            Line::new("mean time to its first stuck call", Measure::Seconds, 1.0 / self.rate, "1/λ")
                .assuming("Poisson arrivals"),
            Line::new(
                "memory of a stuck request",
                Measure::Bytes,
                self.bytes,
                "per request + call + payload",
            )
            .assuming("its calls are made one after the other; a caller who left took its socket with it"),
            Line::new(
                "memory growth of an instance",
                Measure::BytesPerSecond,
                self.rate * self.bytes,
                "λ × bytes",
            )
            .assuming("nothing frees them yet"),
        ]
    }

    fn ends(&self) -> Vec<Line> {
        let client = &self.service.client;
        let idle = client
            .keepalive
            .map_or(f64::INFINITY, |k| (k.idle + k.interval * u64::from(k.probes)).as_secs_f64());
        vec![
            Line::between("the failover is done", Measure::Seconds, self.failover, "detection + promotion + time to live of the name").assuming("the follower is healthy"),
            Line::between("the kernel gives a busy connection up", Measure::Seconds, self.kernel, "tcp_retries2 or TCP_USER_TIMEOUT, checked when a retransmission is due; timers up to 1/8 late").assuming("counted from its first call after the silence"),
            Line::new("keepalive gives an idle connection up", Measure::Seconds, idle, "idle + probes × interval").assuming("nothing is in flight on it"),
            Line::new("the client closes the connection", Measure::Seconds, seconds(client.socket_timeout), "its socket timeout").assuming("counted from its first call after the silence"),
            Line::between("a dial to the dead node is given up", Measure::Seconds, dial(self.service), "connect timeout, or the kernel's last SYN").assuming("nothing answers there"),
            Line::between("stuck calls are freed by then", Measure::Seconds, self.freed, "end of the connection and failover, the later of the two, and the dial under way").assuming("the process lives"),
        ]
    }

    fn results(&self) -> Vec<Line> {
        let full = self.full();
        let crash = if full[0] < self.freed[1] { full } else { NEVER };
        let errors = self.first_error(crash);
        let name = &self.service.name;
        let figure = |figure: &str| format!("services.{name}.{figure}");
        let results = [
            (
                Line::between(
                    "first error",
                    Measure::Seconds,
                    errors,
                    "least of deadline, command timeout, end of the connection, crash",
                )
                .assuming("the first stuck request comes at once"),
                figure("time_to_first_error_s.median"),
            ),
            (
                Line::between(
                    "memory is gone, if nothing frees it",
                    Measure::Seconds,
                    full,
                    "(share of the limit − baseline)/(λ × bytes); V8 may die from 80 % on",
                )
                .assuming("no garbage beside what is alive"),
                String::new(),
            ),
            (
                Line::between(
                    "time to crash",
                    Measure::Seconds,
                    crash,
                    "memory is gone before stuck calls are freed",
                )
                .assuming("as above"),
                figure("time_to_crash_s.median"),
            ),
            (
                Line::between(
                    "most pending calls",
                    Measure::Count,
                    self.most_pending(crash),
                    "Little's law λ × time held, its queue's bound, or its workers",
                )
                .assuming("calls in calm do not count"),
                figure("peak_pending_calls.mean"),
            ),
        ];
        results
            .into_iter()
            .map(
                |(line, figure)| {
                    if self.simulated && !figure.is_empty() { line.measured_as(figure) } else { line }
                },
            )
            .collect()
    }

    /// Most calls that one instance can have pending at once.
    fn bound(&self) -> f64 {
        let queue = self.service.client.max_pending.map_or(f64::INFINITY, |most| most as f64);
        match self.service.concurrency {
            Concurrency::EventLoop { .. } => queue,
            Concurrency::Workers { threads, .. } => queue.min(f64::from(threads)),
        }
    }

    /// When memory reaches its limit, were nothing freed but what timeouts free.
    fn full(&self) -> Range {
        let memory = self.service.memory;
        let earliest = if memory.runtime == Runtime::V8 { EARLIEST_DEATH } else { 1.0 };
        let client = &self.service.client;
        let kept = match client.bytes_per_timed_out_call {
            0 => 0.0,
            bytes => (bytes + client.bytes_buffered_in_silence()) as f64,
        };
        // Requests wait in front of busy workers with their own memory; a bound on calls lets the others fail.
        let bound = match self.service.concurrency {
            Concurrency::EventLoop { .. } => self.bound(),
            Concurrency::Workers { .. } => f64::INFINITY,
        };
        [earliest, 1.0].map(|share| {
            let room = memory.limit as f64 * share - memory.baseline as f64;
            let most = (self.rate * self.held).min(bound);
            let stuck = room / self.bytes;
            if stuck <= most {
                (stuck / self.rate).max(0.0)
            } else if self.held.is_finite() && kept > 0.0 && self.rate > 0.0 {
                self.held + (room - most * self.bytes) / (self.rate * kept)
            } else {
                f64::INFINITY
            }
        })
    }

    fn first_error(&self, crash: Range) -> Range {
        let closing = match self.service.client.in_flight_on_close {
            InFlight::Fail => self.closes,
            InFlight::Resend | InFlight::ResendPending => NEVER,
        };
        let acquire = match self.service.client.connections {
            Connections::Pool { acquire_timeout, .. } => seconds(acquire_timeout),
            Connections::Pipelined => f64::INFINITY,
        };
        let bound = match self.service.concurrency {
            Concurrency::EventLoop { .. } => self.bound() / self.rate,
            Concurrency::Workers { .. } => f64::INFINITY,
        };
        [0, 1].map(|end| {
            [self.deadline, self.held, acquire, closing[end], crash[end], bound]
                .into_iter()
                .fold(f64::INFINITY, f64::min)
        })
    }

    /// Of the whole service.
    fn most_pending(&self, crash: Range) -> Range {
        let instances = f64::from(self.service.instances);
        [0, 1].map(|end| {
            let until = self.held.min(crash[end]).min(self.freed[end]);
            instances * (self.rate * until).min(self.bound())
        })
    }
}

fn seconds(span: Option<Span>) -> f64 {
    span.map_or(f64::INFINITY, Span::as_secs_f64)
}

/// How long a call is pending before its own timeouts have ended it and its retries.
fn held(service: &Service) -> f64 {
    let client = &service.client;
    let own = match client.command_timeout_covers {
        Covers::EveryCall | Covers::Connected => seconds(client.command_timeout),
        Covers::Unwritten => f64::INFINITY,
    };
    // Alone on its connection a call ends with it.
    let connection = match client.connections {
        Connections::Pool { .. } => seconds(client.socket_timeout),
        Connections::Pipelined => f64::INFINITY,
    };
    own.min(connection) * (1.0 + f64::from(client.retries))
}

/// When the kernel gives a connection with calls in flight up: from the limit itself to the last firing that can miss it.
fn given_up(service: &Service, rtt: Span) -> Range {
    let patience =
        Patience { retries: service.kernel.tcp_retries2, user_timeout: service.client.tcp_user_timeout };
    let rto = rtt + RTO_MIN;
    // The limit counts from the first retransmission. That follows the tail-loss probe, which waits two round trips with
    // several segments in flight and a whole timeout with one.
    let [earliest, latest] = [rto + rtt * 2, rto * 2];
    let (mut state, mut now) = (Retransmission::new(rto), Time::ZERO + latest);
    while let Firing::Resend(after) = state.fire(now, patience) {
        now += after;
    }
    [(earliest + patience.limit()).as_secs_f64(), now.as_secs_f64() * LATE]
}

/// When a dial to a node that does not answer is given up.
fn dial(service: &Service) -> Range {
    let timeout = match service.client.connect_timeout {
        ConnectTimeout::None => None,
        ConnectTimeout::After(_) | ConnectTimeout::SocketTimeout => service.client.dial_timeout(),
    };
    let kernel = service.kernel;
    let mut handshake = Handshake::new(Time::ZERO);
    let user = service.client.tcp_user_timeout;
    let mut now = Time::ZERO + handshake.first_wait(user);
    while let Firing::Resend(after) =
        handshake.fire(now, kernel.tcp_syn_retries, kernel.tcp_syn_linear_timeouts, user)
    {
        now += after;
    }
    [now.as_secs_f64(), now.as_secs_f64() * LATE].map(|end| end.min(seconds(timeout)))
}

/// From the silence until new connections reach a node that serves.
fn failover(failover: &Failover) -> Range {
    match *failover {
        Failover::None => NEVER,
        Failover::Managed { detect, promote, ttl, .. } => {
            [detect + promote, detect + promote + ttl].map(Span::as_secs_f64)
        }
        Failover::NameMoves { after } => [after.as_secs_f64(); 2],
        Failover::Sentinel(plan) => {
            let down = plan.down_after.as_secs_f64();
            [down, down + SENTINEL_PERIODS]
        }
    }
}

/// Whether the scenario's one fault is that this cache's serving node falls silent for good.
fn is_simulated(scenario: &Scenario, cache: usize) -> bool {
    let [fault] = scenario.faults.as_slice() else { return false };
    let silent = match fault.begin {
        Lever::Process { cache: of, node: 0, process: Process::HostGone } => of == cache,
        Lever::Path { cache: of, node: 0, path: Path::Drops { .. } | Path::LinkDown } => of == cache,
        _ => false,
    };
    silent && fault.until.is_none()
}
