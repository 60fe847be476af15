//! The cache client inside an instance: where a call waits, what frees it, and what it still holds afterwards.
//!
//! Four clocks, each of which may be absent: the call's (`command_timeout`), the connection's (`socket_timeout` and
//! the kernel's own), the dial's (`connect_timeout`) and the pool's (`acquire_timeout`). How calls share connections
//! is in `pipeline.rs` and `pool.rs`; which client has which clock is data, in `presets/`.
//!
//! Left out: cluster awareness, transactions, the time it takes to ask a sentinel before a dial, and the handshake that some clients make on a new connection
//! before they call it ready (one more round trip; on a stopped process no dial would end in it).

pub mod backoff;
mod batch;
mod outbox;
mod pipeline;
mod pool;
pub mod presets;
#[cfg(test)]
pub(crate) mod tests;

use halfopen_sim::chance::Stream;
use halfopen_sim::{Span, Timer};
use slotmap::{SlotMap, new_key_type};

use crate::app::{self, Ledger, TaskKey};
use crate::event::CacheId;
use crate::network::kernel::SocketOptions;
use crate::network::{Socket, SocketError};
use crate::scenario::{self, Bytes, Congestion, Connections, Counts, Covers, Payload};

use batch::Batch;
use pipeline::Pipeline;
use pool::Pool;

new_key_type! {
    /// A call of one client.
    pub struct CallKey;
}

/// Position of a client in its instance: one per cache that its service calls.
pub type ClientId = u8;

/// What can happen to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A reply arrived.
    Reply(Socket, CallKey),
    /// A dial succeeded.
    Connected(Socket),
    /// A dial failed.
    DialFailed(Socket, SocketError),
    /// A connection ended.
    Closed(Socket, SocketError),
    /// A call has waited as long as its command timeout.
    CommandTimeout(CallKey),
    /// Nothing was received on a connection for its socket timeout.
    SocketTimeout(Socket),
    /// A dial has taken as long as the connect timeout.
    ConnectTimeout(Socket),
    /// A call has waited for a connection as long as the acquire timeout.
    AcquireTimeout(CallKey),
    /// Another node serves, the sentinels say.
    Switched,
    /// A connection that the client wants to end is still open.
    StillOpen(Socket),
    /// Time to dial again.
    Reconnect,
    /// Time to try a call again.
    Retry(CallKey),
    /// Time to ping.
    Ping,
    /// Who waits for a connection has woken up.
    Woken,
}

/// A client.
#[derive(Debug)]
pub struct Client {
    options: scenario::Client,
    calls: SlotMap<CallKey, Call>,
    /// Calls that nobody waits for: given up by their callers, or the client's own.
    unawaited: u64,
    connections: Sharing,
    batch: Batch,
    stream: Stream,
}

#[derive(Debug)]
enum Sharing {
    Pipeline(Pipeline),
    Pool(Pool),
}

/// A call; without a task it was given up by its caller and only its command object is left, or it is a ping.
#[derive(Debug)]
struct Call {
    is_own: bool,
    is_ping: bool,
    /// Whether its batch is under way.
    in_batch: bool,
    task: Option<TaskKey>,
    payload: Payload,
    tries: u32,
    timer: Option<Timer>,
    /// Until its next try.
    retry: Option<Timer>,
}

/// What a client may use of its instance while it handles something.
pub struct Desk<'a, 'b> {
    /// The instance's output.
    pub out: &'a mut app::Out<'b>,
    /// The instance's memory.
    pub ledger: &'a mut Ledger,
    /// Which client this is.
    pub client: ClientId,
    /// The cache it talks to.
    pub cache: CacheId,
    /// The next unused socket number.
    pub next_socket: &'a mut u32,
    /// Tasks whose call has ended, well or not.
    pub settled: &'a mut Vec<(TaskKey, bool)>,
    /// How long a thread that has got its answer goes on before it waits for something again.
    pub goes_on: Span,
}

impl Desk<'_, '_> {
    fn arm(&mut self, after: Span, event: Event) -> Timer {
        self.out.arm(after, app::Event::Client(self.client, event))
    }

    fn arm_if(&mut self, after: Option<Span>, event: Event) -> Option<Timer> {
        after.map(|after| self.arm(after, event))
    }

    fn dial(&mut self, options: &scenario::Client) -> Socket {
        let socket = Socket { client: self.client, number: *self.next_socket };
        *self.next_socket += 1;
        let options = SocketOptions { keepalive: options.keepalive, user_timeout: options.tcp_user_timeout };
        self.out.emit(app::Effect::Dial { cache: self.cache, socket, options });
        socket
    }

    fn send(&mut self, socket: Socket, call: CallKey, bytes: Bytes) {
        self.out.emit(app::Effect::Send(socket, call, bytes));
    }

    fn end(&mut self, socket: Socket) {
        self.out.emit(app::Effect::End(socket));
    }

    fn close(&mut self, socket: Socket) {
        self.out.emit(app::Effect::Close(socket));
    }
}

/// The calls and options that both ways of sharing connections work on.
struct Book<'a> {
    options: &'a scenario::Client,
    calls: &'a mut SlotMap<CallKey, Call>,
    unawaited: &'a mut u64,
    batch: &'a mut Batch,
    stream: &'a mut Stream,
}

impl Book<'_> {
    /// Size of a call's command on the wire.
    fn command_bytes(&self, key: CallKey) -> Bytes {
        self.calls.get(key).map_or(0, |call| call.payload.command_bytes())
    }

    /// A call has ended: frees what it held and tells its task.
    fn settle(&mut self, desk: &mut Desk<'_, '_>, key: CallKey, good: bool) {
        let Some(call) = self.calls.remove(key) else { return };
        desk.out.cancel(call.timer);
        desk.out.cancel(call.retry);
        if call.in_batch {
            self.batch.one_ended();
        }
        if let Some(task) = call.task {
            desk.ledger.end_call(call_bytes(self.options, call.payload), call.payload);
            desk.settled.push((task, good));
        } else {
            end_timed_out(self.options, desk.ledger, call.payload);
            *self.unawaited -= 1;
        }
    }

    /// A try of a call has failed. True: the call lives on and will be placed again.
    fn fail(&mut self, desk: &mut Desk<'_, '_>, key: CallKey) {
        let Some(call) = self.calls.get_mut(key) else { return };
        if call.task.is_none() || call.tries >= self.options.retries {
            self.settle(desk, key, false);
            return;
        }
        call.tries += 1;
        let wait = backoff::wait(self.options.retry_backoff, call.tries, self.stream);
        call.retry = Some(desk.arm(wait, Event::Retry(key)));
    }

    /// The caller gives up; the command object stays with the client until its reply, or until its connection's
    /// end where calls in flight are not sent again.
    fn time_out(&mut self, desk: &mut Desk<'_, '_>, key: CallKey) {
        let Some(call) = self.calls.get_mut(key) else { return };
        call.timer = None;
        if let Some(task) = call.task.take() {
            desk.ledger.end_call(call_bytes(self.options, call.payload), call.payload);
            begin_timed_out(self.options, desk.ledger, call.payload);
            *self.unawaited += 1;
            desk.settled.push((task, false));
            if std::mem::take(&mut call.in_batch) {
                self.batch.one_ended();
            }
        }
    }

    /// A call that there is a connection for: now its time counts, if it did not already.
    fn start_clock(&mut self, desk: &mut Desk<'_, '_>, key: CallKey) {
        if self.options.command_timeout_covers == Covers::Connected
            && let Some(call) = self.calls.get_mut(key)
            && call.timer.is_none()
            && call.task.is_some()
        {
            call.timer = desk.arm_if(self.options.command_timeout, Event::CommandTimeout(key));
        }
    }

    /// A call that needs no clock any more.
    fn stop_clock(&mut self, desk: &mut Desk<'_, '_>, key: CallKey) {
        if let Some(call) = self.calls.get_mut(key) {
            desk.out.cancel(call.timer.take());
        }
    }

    /// Makes a call of the client's own: a check of a new connection, or a ping.
    fn own_call(&mut self, desk: &mut Desk<'_, '_>, is_ping: bool) -> CallKey {
        *self.unawaited += 1;
        let payload = Payload::default();
        begin_timed_out(self.options, desk.ledger, payload);
        self.calls.insert(Call { is_own: true, is_ping, ..Call::new(None, payload) })
    }

    fn is_own(&self, key: CallKey) -> bool {
        self.calls.get(key).is_some_and(|call| call.is_own)
    }

    fn is_awaited(&self, key: CallKey) -> bool {
        self.calls.get(key).is_some_and(|call| call.task.is_some())
    }

    fn is_ping(&self, key: CallKey) -> bool {
        self.calls.get(key).is_some_and(|call| call.is_ping)
    }
}

/// What a pending call costs beside its payload.
fn call_bytes(options: &scenario::Client, payload: Payload) -> Bytes {
    let value = if payload.carried > 0 { options.bytes_per_set } else { 0 };
    let batch = if options.auto_pipelining { batch::BYTES } else { 0 };
    options.bytes_per_call + value + batch
}

/// What a client still holds of a timed-out call: its command, and so the value that it carries.
fn timed_out_bytes(options: &scenario::Client, payload: Payload) -> (Bytes, Payload) {
    match payload.carried {
        0 => (options.bytes_per_timed_out_call, Payload::default()),
        _ => (options.bytes_per_timed_out_call + options.bytes_per_set, payload),
    }
}

fn begin_timed_out(options: &scenario::Client, ledger: &mut Ledger, payload: Payload) {
    let (bytes, value) = timed_out_bytes(options, payload);
    ledger.begin_timed_out(bytes, value);
}

fn end_timed_out(options: &scenario::Client, ledger: &mut Ledger, payload: Payload) {
    let (bytes, value) = timed_out_bytes(options, payload);
    ledger.end_timed_out(bytes, value);
}

impl Call {
    fn new(task: Option<TaskKey>, payload: Payload) -> Call {
        let (timer, retry) = (None, None);
        Call { is_own: false, is_ping: false, in_batch: false, task, payload, tries: 0, timer, retry }
    }
}

impl Client {
    /// A client that has not dialled yet, on a host with this congestion control.
    pub fn new(options: scenario::Client, congestion: Congestion, stream: Stream) -> Client {
        let connections = match options.connections {
            Connections::Pipelined => Sharing::Pipeline(Pipeline::new(congestion)),
            Connections::Pool { size, acquire_timeout, order } => {
                Sharing::Pool(Pool::new(size, acquire_timeout, order))
            }
        };
        let batch = Batch::default();
        Client { options, calls: SlotMap::with_key(), unawaited: 0, connections, batch, stream }
    }

    /// The process has started. A pipelined client dials at once, a pool when it has a call.
    pub fn start(&mut self, desk: &mut Desk<'_, '_>) {
        if let Sharing::Pipeline(pipeline) = &mut self.connections {
            pipeline.start(&self.options, desk);
        }
    }

    /// The process is dead: nothing of it is left.
    pub fn forget(&mut self, desk: &mut Desk<'_, '_>) {
        for (_, call) in self.calls.drain() {
            desk.out.cancel(call.timer);
            desk.out.cancel(call.retry);
        }
        self.unawaited = 0;
        match &mut self.connections {
            Sharing::Pipeline(pipeline) => pipeline.forget(desk),
            Sharing::Pool(pool) => pool.forget(desk),
        }
        self.batch = Batch::default();
    }

    /// Makes a call for a task.
    pub fn call(&mut self, desk: &mut Desk<'_, '_>, task: TaskKey, payload: Payload) {
        let held = self.calls.len() as u64;
        let counted = match self.options.max_pending_counts {
            Counts::Held => held,
            Counts::Awaited => held - self.unawaited,
        };
        if self.options.max_pending.is_some_and(|most| counted >= most) {
            desk.settled.push((task, false));
            return;
        }
        desk.ledger.begin_call(call_bytes(&self.options, payload), payload);
        let key = self.calls.insert(Call::new(Some(task), payload));
        if self.options.auto_pipelining {
            self.batch.wait(key);
            self.batch_goes(desk);
        } else {
            self.begin(desk, key);
        }
    }

    /// The calls that waited for others, when these have ended. None of them may end at once and be waited for by none:
    /// so it is tried again until some are under way.
    fn batch_goes(&mut self, desk: &mut Desk<'_, '_>) {
        loop {
            let calls = self.batch.go();
            for &key in &calls {
                self.calls[key].in_batch = true;
            }
            for &key in &calls {
                self.begin(desk, key);
            }
            if calls.is_empty() {
                return;
            }
        }
    }

    /// A call's clock starts, and it looks for a connection. In a pool each call takes its place at once; in a pipeline the
    /// time may count from when there is a connection.
    fn begin(&mut self, desk: &mut Desk<'_, '_>, key: CallKey) {
        let counts_later = self.options.command_timeout_covers == Covers::Connected
            && matches!(self.connections, Sharing::Pipeline(_));
        let timeout = self.options.command_timeout.filter(|_| !counts_later);
        self.calls[key].timer = desk.arm_if(timeout, Event::CommandTimeout(key));
        self.place(desk, key);
    }

    fn book(&mut self) -> (Book<'_>, &mut Sharing) {
        let Client { options, calls, unawaited, connections, batch, stream } = self;
        (Book { options, calls, unawaited, batch, stream }, connections)
    }

    fn place(&mut self, desk: &mut Desk<'_, '_>, key: CallKey) {
        let (mut book, connections) = self.book();
        match connections {
            Sharing::Pipeline(pipeline) => pipeline.place(&mut book, desk, key),
            Sharing::Pool(pool) => pool.place(&mut book, desk, key),
        }
    }

    /// Takes one event.
    pub fn on(&mut self, event: Event, desk: &mut Desk<'_, '_>) {
        self.take(event, desk);
        if self.options.auto_pipelining {
            self.batch_goes(desk);
        }
    }

    fn take(&mut self, event: Event, desk: &mut Desk<'_, '_>) {
        if let Event::Retry(key) = event {
            match self.calls.get_mut(key) {
                Some(call) if call.task.is_some() => {
                    call.retry = None;
                    self.place(desk, key);
                }
                // Nobody waits for it any more.
                _ => self.book().0.settle(desk, key, false),
            }
            return;
        }
        let (mut book, connections) = self.book();
        match connections {
            Sharing::Pipeline(pipeline) => pipeline.on(event, &mut book, desk),
            Sharing::Pool(pool) => pool.on(event, &mut book, desk),
        }
    }
}
