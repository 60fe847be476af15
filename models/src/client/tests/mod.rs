//! Clients state by state: an event goes in, and the effects, the settled calls and the ledger are compared.

mod pipeline;
mod pool;

use halfopen_sim::chance::Streams;
use halfopen_sim::{Calendar, Span, Time};

use super::*;
use crate::app::{Effect, Instance};
use crate::component::Out;
use crate::event;
use crate::scenario::{
    AfterSocketTimeout, Backoff, Bytes, ConnectTimeout, Counts, Covers, InFlight, PoolOrder, Watches,
    WhenFull,
};

const CALL_BYTES: Bytes = 1_000;
const TIMED_OUT_BYTES: Bytes = 600;
const PAYLOAD: Bytes = 24;
/// A GET on the wire.
const GET: Bytes = 24;

/// A client on a bench: its instance's desk, and a clock that stands still between the events that a test gives.
struct Bench {
    client: Client,
    calendar: Calendar<event::Event>,
    ledger: Ledger,
    next_socket: u32,
    tasks: SlotMap<TaskKey, ()>,
}

/// What came out: effects, and whether each settled call ended well, in order.
type Came = (Vec<Effect>, Vec<bool>);

/// A pipelined client with a dial's clock and no other.
pub(crate) fn options() -> scenario::Client {
    scenario::Client {
        preset: "test".into(),
        connections: Connections::Pipelined,
        connect_timeout: ConnectTimeout::After(Span::from_secs(10)),
        ready_check: false,
        command_timeout: None,
        command_timeout_covers: Covers::EveryCall,
        socket_timeout: None,
        socket_timeout_watches: Watches::Replies,
        after_socket_timeout: AfterSocketTimeout::Reconnect,
        ping_interval: None,
        max_pending: None,
        max_pending_counts: Counts::Held,
        in_flight_on_close: InFlight::Resend,
        offline_queue: true,
        when_full: WhenFull::Buffers,
        dials_at_once: 0,
        reconnect: Backoff::Linear { step: Span::from_millis(50), cap: Span::from_secs(2) },
        reconnect_for: None,
        flush_after: None,
        retries: 0,
        retry_backoff: Backoff::None,
        failover_detector: false,
        auto_pipelining: false,
        keepalive: None,
        tcp_user_timeout: None,
        bytes_per_call: CALL_BYTES,
        bytes_per_buffered_call: 0,
        bytes_per_set: 0,
        bytes_per_timed_out_call: TIMED_OUT_BYTES,
    }
}

fn pooled(size: u32) -> scenario::Client {
    let acquire_timeout = Some(Span::from_secs(20));
    let connections = Connections::Pool { size, acquire_timeout, order: PoolOrder::Lifo };
    scenario::Client { connections, ..options() }
}

fn socket(number: u32) -> Socket {
    Socket { client: 0, number }
}

fn dials(number: u32) -> Effect {
    let options = SocketOptions { keepalive: None, user_timeout: None };
    Effect::Dial { cache: 0, socket: socket(number), options }
}

impl Bench {
    fn new(options: scenario::Client) -> Bench {
        Bench {
            client: Client::new(options, Congestion::Cubic, Streams::new(1).stream("backoff", "test")),
            calendar: Calendar::new(),
            ledger: Ledger::new(0),
            next_socket: 0,
            tasks: SlotMap::with_key(),
        }
    }

    fn at_desk(&mut self, work: impl FnOnce(&mut Client, &mut Desk<'_, '_>)) -> Came {
        let (mut effects, mut settled) = (Vec::new(), Vec::new());
        let mut out: Out<'_, Instance> = Out::new(self.calendar.now(), 0, &mut self.calendar, &mut effects);
        let mut desk = Desk {
            out: &mut out,
            ledger: &mut self.ledger,
            client: 0,
            cache: 0,
            next_socket: &mut self.next_socket,
            settled: &mut settled,
            goes_on: Span::ZERO,
        };
        work(&mut self.client, &mut desk);
        (effects, settled.into_iter().map(|(_, good)| good).collect())
    }

    fn start(&mut self) -> Came {
        self.at_desk(Client::start)
    }

    fn call(&mut self) -> Came {
        let task = self.tasks.insert(());
        self.at_desk(|client, desk| {
            client.call(desk, task, Payload { heap: PAYLOAD, object: 0, buffers: 0, carried: 0 });
        })
    }

    fn on(&mut self, event: Event) -> Came {
        self.at_desk(|client, desk| client.on(event, desk))
    }

    /// Lets the next timer fire.
    fn fire(&mut self) -> (Time, Event, Came) {
        let (at, event) = self.calendar.pop().expect("a timer is armed");
        let event::Event::App(0, app::Event::Client(0, event)) = event else { panic!("{event:?}") };
        (at, event, self.on(event))
    }

    /// Calls in the order in which they were made.
    fn calls(&self) -> Vec<CallKey> {
        self.client.calls.keys().collect()
    }

    /// A started, connected client with `n` calls written.
    fn busy(options: scenario::Client, n: usize) -> (Bench, Vec<CallKey>) {
        let mut bench = Bench::new(options);
        bench.start();
        bench.on(Event::Connected(socket(0)));
        (0..n).for_each(|_| drop(bench.call()));
        let calls = bench.calls();
        (bench, calls)
    }
}

#[test]
fn a_dead_process_leaves_no_timer() {
    for options in [options(), pooled(2)] {
        let options = scenario::Client {
            command_timeout: Some(Span::from_secs(1)),
            socket_timeout: Some(Span::from_secs(1)),
            ..options
        };
        let mut bench = Bench::new(options);
        bench.start();
        (0..5).for_each(|_| drop(bench.call()));
        bench.on(Event::Connected(socket(0)));
        bench.at_desk(Client::forget);
        assert_eq!((bench.calendar.len(), bench.client.calls.len()), (0, 0));
    }
}
