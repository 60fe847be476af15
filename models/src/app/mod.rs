//! An application instance: runs requests, makes cache calls, holds memory, and dies of it.
//!
//! Concurrency is an event loop (one thread, work in turn; a collection stops it) or a worker pool (a request holds a
//! worker from start to end, the rest wait in front; workers have a core each). A request's CPU time is spread evenly
//! before, between and after its calls. A call that fails costs as much as one that is answered: measured on Node 20.20,
//! ioredis 5.11 at 4,000 calls a second, 11 us to make a call and 5 us for its answer, or 11 to 15 us for its timeout
//! (timer, error with its stack, rejection). What protects it stands in `protect`; how a call finds its value is in
//! `calls.rs`; how it starts and dies is in `life.rs`. Left out: memory of the code itself growing over time, file descriptors, other dependencies than caches and
//! the databases behind them.

mod calls;
mod cpu;
mod hedges;
mod ledger;
mod life;
mod messages;
pub mod restart;
#[cfg(test)]
mod tests;
mod turn;
pub mod v8;

use halfopen_sim::chance::{Stream, Streams};
use halfopen_sim::{Span, Time};
use slotmap::{SlotMap, new_key_type};

use crate::client::{self, Client, ClientId, Desk};
use crate::component::{self, Component};
use crate::event::{self, CacheId, InstanceId, LoadId};
use crate::load::{Reply, RequestKey};
use crate::protect::Protections;
use crate::protect::breaker::Breaker;
use crate::scenario::{Bytes, Calls, Concurrency, Database, Memory, OnError, Runtime, Service};

pub use calls::QueryKey;
use calls::{Call, Query};
use cpu::{Cpu, Steps};
use hedges::Hedges;
pub use hedges::RaceKey;
pub use ledger::Ledger;
pub use messages::{Cause, Death, Effect, Event};
use restart::Supervisor;
use turn::Turn;
use v8::V8;

/// An instance's output.
pub type Out<'a> = component::Out<'a, Instance>;

new_key_type! {
    /// A request inside an instance.
    pub struct TaskKey;
}

/// `sys.getswitchinterval()` of Python: 5 ms.
const SWITCH_INTERVAL: Span = Span::from_millis(5);

/// An application instance.
#[derive(Debug)]
pub struct Instance {
    /// CPU time before, between and after calls.
    slice: Span,
    /// What each of these slices allocates and leaves.
    garbage: Bytes,
    memory: Memory,
    /// The calls of one request, in order.
    calls: Vec<Call>,
    caches: Vec<CacheId>,
    /// The process lives.
    up: bool,
    /// It takes requests.
    ready: bool,
    cpu: Cpu,
    turn: Turn,
    /// It gets no CPU until then.
    stalled_until: Time,
    /// Of the collector's marking.
    steps: Steps,
    tasks: SlotMap<TaskKey, Task>,
    clients: Vec<Client>,
    ledger: Ledger,
    heap: Option<V8>,
    supervisor: Supervisor,
    next_socket: u32,
    protections: Protections,
    /// Nothing stands before its calls or behind its caches: the case that costs nothing more.
    plain: bool,
    /// One for each client, where the service has them.
    breakers: Vec<Breaker>,
    hedges: Option<Hedges>,
    queries: SlotMap<QueryKey, Query>,
    /// Per database.
    query_timeouts: Vec<Option<Span>>,
    /// Draws which calls find their value.
    chance: Stream,
    /// Calls that ended while a client handled something; empty between events.
    settled: Vec<(TaskKey, bool)>,
}

#[derive(Debug)]
struct Task {
    load: LoadId,
    request: RequestKey,
    again: bool,
    arrived: Time,
    /// Bytes of the connection to its caller.
    socket: Bytes,
    calls_made: usize,
    /// Its last call failed: what is left is to answer with an error.
    failed: bool,
}

impl Instance {
    /// An instance that has not booted; `name` names its random streams.
    pub fn new(service: &Service, databases: &[Database], name: &str, streams: &Streams) -> Instance {
        let mut caches: Vec<CacheId> = Vec::new();
        let mut calls = Vec::new();
        for call in &service.calls {
            let cache = call.cache as CacheId;
            let client = caches.iter().position(|&c| c == cache).unwrap_or_else(|| {
                caches.push(cache);
                caches.len() - 1
            });
            let &Calls { payload, misses, on_error, .. } = call;
            let call_of = Call { client: client as ClientId, payload, misses, on_error };
            calls.extend((0..call.times).map(|_| call_of));
        }
        let (Concurrency::EventLoop { cpu } | Concurrency::Workers { cpu, .. }) = service.concurrency;
        let clients = (0..caches.len())
            .map(|i| {
                Client::new(
                    service.client.clone(),
                    service.kernel.congestion,
                    streams.stream("backoff", &format!("{name}.{i}")),
                )
            })
            .collect();
        Instance {
            slice: Span::from_nanos(cpu.as_nanos() / (calls.len() as u64 + 1)),
            garbage: service.memory.garbage_per_request / (calls.len() as u64 + 1),
            memory: service.memory,
            calls,
            up: false,
            ready: false,
            cpu: Cpu::new(service.concurrency),
            turn: Turn::default(),
            stalled_until: Time::ZERO,
            steps: Steps::default(),
            tasks: SlotMap::with_key(),
            clients,
            ledger: Ledger::new(service.memory.baseline),
            heap: (service.memory.runtime == Runtime::V8).then(|| {
                let Memory { baseline, loading_garbage, limit, .. } = service.memory;
                V8::new(baseline, loading_garbage, limit, streams.stream("heap", name))
            }),
            supervisor: Supervisor::new(service.restart),
            next_socket: 0,
            breakers: service
                .protections
                .breaker
                .map_or_else(Vec::new, |plan| vec![Breaker::new(plan); caches.len()]),
            hedges: service.protections.hedge.map(Hedges::new),
            plain: service.protections.breaker.is_none()
                && service.protections.hedge.is_none()
                && service.calls.iter().all(|call| call.misses.is_none() && call.on_error == OnError::Fail),
            protections: service.protections.clone(),
            queries: SlotMap::with_key(),
            query_timeouts: databases.iter().map(|database| database.timeout).collect(),
            chance: streams.stream("hits", name),
            caches,
            settled: Vec::new(),
        }
    }

    /// Requests that it holds.
    pub fn requests(&self) -> usize {
        self.tasks.len()
    }

    /// Whether it takes requests.
    pub fn is_up(&self) -> bool {
        self.ready
    }

    /// Bytes in its ledger; none while it is down.
    pub fn memory_bytes(&self) -> Bytes {
        if self.up { self.ledger.total() } else { 0 }
    }

    /// What the runtime calls its used heap: what is alive there and the garbage beside it; none while it is down.
    pub fn heap_used_bytes(&self) -> Bytes {
        match &self.heap {
            _ if !self.up => 0,
            Some(heap) => heap.used(&self.ledger),
            None => self.ledger.heap(),
        }
    }

    /// Calls made and not yet answered or failed.
    pub fn pending_calls(&self) -> u64 {
        self.ledger.pending_calls()
    }

    /// The caches that its requests call.
    pub(crate) fn caches(&self) -> &[CacheId] {
        &self.caches
    }

    /// How long work that comes now waits for the event loop, or for the end of a stall.
    pub fn loop_lag(&self, now: Time) -> Span {
        match self.cpu {
            Cpu::EventLoop { busy_until } => busy_until.saturating_since(now),
            Cpu::Workers { .. } => self.stalled_until.saturating_since(now),
        }
    }

    /// How long a worker goes on after an answer before it waits again: to the next call, its own or that of the next
    /// request. Python's lock leaves it the interpreter until then, or until others have asked for it this long.
    fn goes_on(&self) -> Span {
        match self.cpu {
            Cpu::EventLoop { .. } => Span::ZERO,
            Cpu::Workers { .. } => (self.slice * 2).min(SWITCH_INTERVAL),
        }
    }

    /// What comes while the event loop is busy waits for its next turn.
    fn comes(&mut self, out: &mut Out<'_>, event: Event) {
        let lag = self.loop_lag(out.now());
        if !self.turn.is_late(lag) {
            self.take(out, event);
        } else if self.turn.keep(event) {
            out.at(out.now() + lag, Event::Turn);
        }
    }

    fn take(&mut self, out: &mut Out<'_>, event: Event) {
        match event {
            Event::Request(load, request, again) => self.on_request(out, load, request, again),
            Event::Client(client, event) => self.with_client(out, client, |c, d| c.on(event, d)),
            other => unreachable!("{other:?} waits for no turn"),
        }
    }

    fn on_request(&mut self, out: &mut Out<'_>, load: LoadId, request: RequestKey, again: bool) {
        if !self.protections.admit(self.tasks.len()) {
            out.emit(Effect::Answer(load, request, Reply::Unserved));
            return;
        }
        let socket = self.memory.per_socket;
        self.ledger.begin_request(self.memory.per_request + socket);
        let arrived = out.now();
        let task =
            self.tasks.insert(Task { load, request, again, arrived, socket, calls_made: 0, failed: false });
        if socket > 0 {
            out.emit(Effect::Holds(load, request, task));
        }
        if self.cpu.admit(task) {
            self.begin(out, task);
        }
    }

    /// A request's turn has come, or will at a known time: it is worked on, or shed.
    #[inline]
    fn begin(&mut self, out: &mut Out<'_>, task: TaskKey) {
        if let Some(shedding) = &mut self.protections.shedding {
            let turn = self.cpu.free_at(out.now());
            let arrived = self.tasks.get(task).map_or(turn, |task| task.arrived);
            if shedding.drops(turn, turn.saturating_since(arrived)) {
                out.at(turn, Event::Shed(task));
                return;
            }
        }
        self.work(out, task);
    }

    /// Gives a task its next slice of CPU.
    fn work(&mut self, out: &mut Out<'_>, task: TaskKey) {
        let done = match &mut self.cpu {
            Cpu::EventLoop { busy_until } => {
                *busy_until = out.now().max(*busy_until) + self.slice;
                *busy_until
            }
            Cpu::Workers { .. } => out.now() + self.slice,
        };
        out.at(done, Event::Worked(task));
    }

    fn on_worked(&mut self, out: &mut Out<'_>, key: TaskKey) {
        // Unknown: the process died with this work queued.
        let Some(task) = self.tasks.get_mut(key) else { return };
        self.ledger.litter(self.garbage);
        if task.failed {
            self.finish(out, key, Reply::Error);
            return;
        }
        let Some(&Call { client, payload, .. }) = self.calls.get(task.calls_made) else {
            self.finish(out, key, Reply::Good);
            return;
        };
        task.calls_made += 1;
        if !task.again {
            out.emit(Effect::CallMade);
        }
        self.call(out, key, client, payload);
    }

    /// Lets a client work and goes on with the tasks whose calls have ended.
    fn with_client(
        &mut self,
        out: &mut Out<'_>,
        client: ClientId,
        work: impl FnOnce(&mut Client, &mut Desk<'_, '_>),
    ) {
        let mut settled = std::mem::take(&mut self.settled);
        let goes_on = self.goes_on();
        let mut desk = Desk {
            out,
            ledger: &mut self.ledger,
            client,
            cache: self.caches[usize::from(client)],
            next_socket: &mut self.next_socket,
            settled: &mut settled,
            goes_on,
        };
        work(&mut self.clients[usize::from(client)], &mut desk);
        for (task, good) in settled.drain(..) {
            self.settled(out, client, task, good);
        }
        self.settled = settled;
    }

    fn on_caller_left(&mut self, key: TaskKey) {
        // Unknown: answered at the same moment, or dead with its process.
        if let Some(task) = self.tasks.get_mut(key) {
            self.ledger.end_request(std::mem::take(&mut task.socket));
        }
    }

    fn finish(&mut self, out: &mut Out<'_>, key: TaskKey, reply: Reply) {
        let Some(task) = self.tasks.remove(key) else { return };
        if let Some(limit) = &mut self.protections.adaptive_limit {
            let took = out.now() - task.arrived;
            limit.ended(out.now(), took, self.tasks.len() + 1, reply == Reply::Good);
        }
        self.ledger.end_request(self.memory.per_request + task.socket);
        out.emit(Effect::Answer(task.load, task.request, reply));
        if let Some(next) = self.cpu.release() {
            self.begin(out, next);
        }
    }
}

impl Component for Instance {
    type Id = InstanceId;
    type Event = Event;
    type Effect = Effect;

    fn address(id: InstanceId, event: Event) -> event::Event {
        event::Event::App(id, event)
    }

    fn on(&mut self, now: Time, event: Event, out: &mut Out<'_>) {
        match event {
            Event::Started => self.on_started(out),
            Event::Ready => self.on_ready(out),
            Event::Request(load, request, _) if !self.ready => {
                out.emit(Effect::Answer(load, request, Reply::Refused));
            }
            Event::Request(..) => self.comes(out, event),
            Event::CallerLeft(task) => self.on_caller_left(task),
            Event::Worked(_) | Event::Turn if now < self.stalled_until => out.at(self.stalled_until, event),
            Event::Worked(task) => self.on_worked(out, task),
            Event::Stalled(lasts) => {
                self.cpu.stop(now, lasts);
                self.stalled_until = self.stalled_until.max(now + lasts);
            }
            Event::Turn => {
                for late in self.turn.begin() {
                    self.take(out, late);
                }
            }
            Event::Shed(task) => self.finish(out, task, Reply::Unserved),
            Event::Hedge(race) => self.send_copy(out, race),
            Event::Queried(query, good) => self.on_queried(out, query, good),
            Event::QueryTimeout(query) => self.on_query_timeout(out, query),
            Event::Client(..) if self.up => self.comes(out, event),
            Event::Switched(cache) if self.up => {
                if let Some(client) = self.caches.iter().position(|&of| of == cache) {
                    self.comes(out, Event::Client(client as ClientId, client::Event::Switched));
                }
            }
            Event::Client(..) | Event::Switched(_) => {}
        }
        if self.up {
            self.steps.take(now, &mut self.cpu);
            self.watch_memory(out);
        }
    }
}
