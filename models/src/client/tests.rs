//! Clients state by state: an event goes in, and the effects, the settled calls and the ledger are compared.

use halfopen_sim::chance::Streams;
use halfopen_sim::{Calendar, Span, Time};
use proptest::prelude::*;

use super::*;
use crate::app::{Effect, Instance};
use crate::component::Out;
use crate::event;
use crate::scenario::{AfterSocketTimeout, Backoff, Bytes, Covers, InFlight, PoolOrder, Watches, WhenFull};

const CALL_BYTES: Bytes = 1_000;
const TIMED_OUT_BYTES: Bytes = 600;
const PAYLOAD: Bytes = 24;

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

fn options() -> scenario::Client {
    scenario::Client {
        preset: "test".into(),
        connections: Connections::Pipelined,
        connect_timeout: Some(Span::from_secs(10)),
        command_timeout: None,
        command_timeout_covers: Covers::EveryCall,
        socket_timeout: None,
        socket_timeout_watches: Watches::Replies,
        after_socket_timeout: AfterSocketTimeout::Reconnect,
        ping_interval: None,
        max_pending: None,
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
        keepalive: None,
        tcp_user_timeout: None,
        bytes_per_call: CALL_BYTES,
        bytes_per_timed_out_call: TIMED_OUT_BYTES,
    }
}

fn pool(size: u32) -> scenario::Client {
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
            client: Client::new(options, Streams::new(1).stream("backoff", "test")),
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
        };
        work(&mut self.client, &mut desk);
        (effects, settled.into_iter().map(|(_, good)| good).collect())
    }

    fn start(&mut self) -> Came {
        self.at_desk(Client::start)
    }

    fn call(&mut self) -> Came {
        let task = self.tasks.insert(());
        self.at_desk(|client, desk| client.call(desk, task, Payload { heap: PAYLOAD, buffers: 0 }))
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
fn a_pipeline_dials_at_start_and_writes_what_waited_in_order() {
    let mut bench = Bench::new(options());
    assert_eq!(bench.start(), (vec![dials(0)], vec![]));
    assert_eq!(bench.call(), (vec![], vec![]));
    assert_eq!(bench.call(), (vec![], vec![]));
    assert_eq!((bench.ledger.total(), bench.ledger.pending_calls()), (2 * (CALL_BYTES + PAYLOAD), 2));
    let calls = bench.calls();
    let written = calls.iter().map(|&call| Effect::Send(socket(0), call)).collect();
    assert_eq!(bench.on(Event::Connected(socket(0))), (written, vec![]));
    assert_eq!(bench.calendar.len(), 0, "the dial's clock is stopped");
    assert_eq!(bench.on(Event::Reply(socket(0), calls[0])), (vec![], vec![true]));
    assert_eq!(bench.on(Event::Reply(socket(0), calls[1])), (vec![], vec![true]));
    assert_eq!(bench.ledger, Ledger::new(0));
}

#[test]
fn after_a_close_calls_in_flight_go_first_and_the_waits_grow() {
    let (mut bench, calls) = Bench::busy(options(), 2);
    assert_eq!(bench.on(Event::Closed(socket(0), SocketError::Eof)), (vec![], vec![]));
    bench.call();
    let (at, event, came) = bench.fire();
    assert_eq!((at, event), (Time::ZERO + Span::from_millis(50), Event::Reconnect));
    assert_eq!(came, (vec![dials(1)], vec![]));
    bench.on(Event::DialFailed(socket(1), SocketError::Refused));
    assert_eq!(bench.fire().0, Time::ZERO + Span::from_millis(50 + 100));
    let later = bench.calls()[2];
    let resent = [calls[0], calls[1], later].map(|call| Effect::Send(socket(2), call)).to_vec();
    assert_eq!(bench.on(Event::Connected(socket(2))), (resent, vec![]));
    bench.on(Event::Closed(socket(2), SocketError::Reset));
    assert_eq!(bench.fire().0, Time::ZERO + Span::from_millis(150 + 50), "the count began anew");
}

#[test]
fn clients_that_do_not_resend_fail_what_was_written_and_keep_what_waited() {
    let (mut bench, _) = Bench::busy(scenario::Client { in_flight_on_close: InFlight::Fail, ..options() }, 2);
    assert_eq!(bench.on(Event::Closed(socket(0), SocketError::Reset)), (vec![], vec![false, false]));
    assert_eq!(bench.call(), (vec![], vec![]), "the offline queue takes it");
    let mut bench = Bench::new(scenario::Client { offline_queue: false, ..options() });
    bench.start();
    assert_eq!(bench.call(), (vec![], vec![false]), "without one it fails at once");
    assert_eq!(bench.ledger, Ledger::new(0));
}

#[test]
fn a_timed_out_call_is_not_a_freed_call() {
    let (mut bench, calls) =
        Bench::busy(scenario::Client { command_timeout: Some(Span::from_millis(500)), ..options() }, 2);
    assert_eq!(bench.on(Event::CommandTimeout(calls[0])), (vec![], vec![false]));
    assert_eq!(bench.ledger.pending_calls(), 1);
    assert_eq!(bench.ledger.total(), CALL_BYTES + PAYLOAD + TIMED_OUT_BYTES);
    assert_eq!(
        bench.on(Event::Reply(socket(0), calls[0])),
        (vec![], vec![]),
        "a late reply frees it, for nobody"
    );
    assert_eq!(bench.ledger.total(), CALL_BYTES + PAYLOAD);
    bench.on(Event::CommandTimeout(calls[1]));
    assert_eq!(bench.on(Event::Closed(socket(0), SocketError::TimedOut)), (vec![], vec![]));
    assert_eq!((bench.ledger, bench.client.calls.len()), (Ledger::new(0), 0), "the close frees the rest");
}

#[test]
fn everything_queued_fails_at_each_so_manieth_close() {
    let (mut bench, _) = Bench::busy(scenario::Client { flush_after: Some(2), ..options() }, 3);
    assert_eq!(bench.on(Event::Closed(socket(0), SocketError::Eof)), (vec![], vec![]));
    bench.fire();
    let came = bench.on(Event::DialFailed(socket(1), SocketError::Refused));
    assert_eq!(came, (vec![], vec![false, false, false]));
}

#[test]
fn a_socket_timeout_runs_while_replies_are_awaited_and_starts_anew_with_each() {
    let timeout = Span::from_secs(2);
    let (mut bench, calls) = Bench::busy(scenario::Client { socket_timeout: Some(timeout), ..options() }, 2);
    assert_eq!(bench.calendar.len(), 1);
    bench.on(Event::Reply(socket(0), calls[0]));
    assert_eq!(bench.calendar.len(), 1);
    let (at, event, came) = bench.fire();
    assert_eq!((at, event), (Time::ZERO + timeout, Event::SocketTimeout(socket(0))));
    assert_eq!(came, (vec![Effect::Close(socket(0))], vec![]));
    let (mut idle, calls) = Bench::busy(scenario::Client { socket_timeout: Some(timeout), ..options() }, 1);
    idle.on(Event::Reply(socket(0), calls[0]));
    assert_eq!(idle.calendar.len(), 0, "an idle connection has no clock");
}

#[test]
fn a_bounded_client_refuses_at_once_and_a_retrying_one_tries_again() {
    let (mut bench, _) = Bench::busy(scenario::Client { max_pending: Some(2), ..options() }, 2);
    assert_eq!(bench.call(), (vec![], vec![false]));
    assert_eq!(bench.ledger.pending_calls(), 2);
    let options = scenario::Client { retries: 1, in_flight_on_close: InFlight::Fail, ..options() };
    let (mut bench, calls) = Bench::busy(options, 1);
    assert_eq!(bench.on(Event::Closed(socket(0), SocketError::Eof)), (vec![], vec![]), "one try is left");
    let (_, event, came) = bench.fire();
    assert_eq!((event, came), (Event::Retry(calls[0]), (vec![], vec![])));
    bench.fire();
    assert_eq!(bench.on(Event::Connected(socket(1))).0, [Effect::Send(socket(1), calls[0])]);
    assert_eq!(bench.on(Event::Closed(socket(1), SocketError::Eof)), (vec![], vec![false]));
}

#[test]
fn a_pool_dials_for_each_call_up_to_its_size_and_lets_the_rest_wait() {
    let mut bench = Bench::new(pool(2));
    assert_eq!(bench.start(), (vec![], vec![]), "no call, no connection");
    assert_eq!(bench.call().0, [dials(0)]);
    assert_eq!(bench.call().0, [dials(1)]);
    assert_eq!(bench.call(), (vec![], vec![]));
    let calls = bench.calls();
    assert_eq!(bench.on(Event::Connected(socket(0))).0, [Effect::Send(socket(0), calls[0])]);
    let came = bench.on(Event::Reply(socket(0), calls[0]));
    assert_eq!(came, (vec![], vec![true]), "who waits longest must wake up first");
    let came = bench.fire().2;
    assert_eq!(came, (vec![Effect::Send(socket(0), calls[2])], vec![]));
    let came = bench.on(Event::DialFailed(socket(1), SocketError::TimedOut));
    assert_eq!(came, (vec![], vec![false]), "the call that dialled fails with its dial");
}

#[test]
fn who_releases_a_connection_and_comes_back_is_quicker_than_who_waits() {
    let mut bench = Bench::new(pool(1));
    (0..3).for_each(|_| drop(bench.call()));
    let calls = bench.calls();
    bench.on(Event::Connected(socket(0)));
    bench.on(Event::Reply(socket(0), calls[0]));
    let came = bench.call();
    let quick = *bench.calls().iter().find(|call| !calls.contains(call)).expect("a fourth call");
    assert_eq!(came, (vec![Effect::Send(socket(0), quick)], vec![]));
    assert_eq!(bench.fire().1, Event::Woken, "too late: it waits again, behind the other");
    bench.on(Event::Reply(socket(0), quick));
    assert_eq!(bench.fire().2, (vec![Effect::Send(socket(0), calls[2])], vec![]));
}

#[test]
fn a_pool_uses_the_connection_used_last_or_the_one_idle_longest() {
    for (order, next) in [(PoolOrder::Lifo, 1), (PoolOrder::Fifo, 0)] {
        let connections = Connections::Pool { size: 2, acquire_timeout: None, order };
        let mut bench = Bench::new(scenario::Client { connections, ..options() });
        bench.call();
        bench.call();
        let calls = bench.calls();
        for (number, &call) in calls.iter().enumerate() {
            bench.on(Event::Connected(socket(number as u32)));
            bench.on(Event::Reply(socket(number as u32), call));
        }
        let Effect::Send(used, _) = bench.call().0[0] else { panic!("it sends") };
        assert_eq!(used, socket(next), "{order:?}");
    }
}

#[test]
fn in_a_pool_a_timeout_takes_its_connection_along() {
    for timeout in [Event::SocketTimeout(socket(0)), Event::CommandTimeout(CallKey::default())] {
        let mut bench = Bench::new(pool(1));
        bench.call();
        bench.call();
        let calls = bench.calls();
        bench.on(Event::Connected(socket(0)));
        let event =
            if let Event::CommandTimeout(_) = timeout { Event::CommandTimeout(calls[0]) } else { timeout };
        let came = bench.on(event);
        assert_eq!(came, (vec![Effect::Close(socket(0))], vec![false]), "{timeout:?}");
        assert_eq!(bench.fire().2, (vec![dials(1)], vec![]), "{timeout:?}");
        assert_eq!(bench.ledger.total(), CALL_BYTES + PAYLOAD);
    }
    let mut bench = Bench::new(pool(1));
    bench.call();
    bench.call();
    let waiting = bench.calls()[1];
    assert_eq!(bench.on(Event::AcquireTimeout(waiting)), (vec![], vec![false]));
}

#[test]
fn a_dead_process_leaves_no_timer() {
    for options in [options(), pool(2)] {
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

proptest! {
    /// Whatever happens in whatever order: connections never exceed the size, nobody waits beside a free place, and
    /// each call is in exactly one place until it settles once.
    #[test]
    fn a_pool_keeps_its_books(size in 1_u32..5, steps in prop::collection::vec((0_u8..7, 0_usize..8), 1..200)) {
        let mut bench = Bench::new(scenario::Client { command_timeout: Some(Span::from_secs(3)), ..pool(size) });
        let (mut made, mut settled) = (0, 0);
        for (what, which) in steps {
            let Sharing::Pool(pool) = &bench.client.connections else { unreachable!("it is a pool") };
            let (sockets, calls) = (pool.open(), bench.calls());
            let socket = sockets.get(which % sockets.len().max(1)).copied();
            let call = calls.get(which % calls.len().max(1)).copied();
            let came = match (what, socket, call) {
                (0 | 1, _, _) => {
                    made += 1;
                    bench.call()
                }
                (2, Some((socket, Some(_))), _) => bench.on(Event::Connected(socket)),
                (3, Some((socket, Some(call))), _) => bench.on(Event::Reply(socket, call)),
                (4, Some((socket, _)), _) => bench.on(Event::Closed(socket, SocketError::Reset)),
                (5, _, Some(call)) => bench.on(Event::CommandTimeout(call)),
                (6, _, _) if !bench.calendar.is_empty() => bench.fire().2,
                _ => (vec![], vec![]),
            };
            settled += came.1.len();
            let Sharing::Pool(pool) = &bench.client.connections else { unreachable!("it is a pool") };
            let (busy, waiting) = (pool.busy_calls(), pool.waiting_calls());
            prop_assert!(pool.open().len() <= size as usize);
            prop_assert!(
                waiting.is_empty() || busy.len() == size as usize || pool.is_waking_somebody(),
                "somebody waits beside a free place"
            );
            let mut placed: Vec<CallKey> = busy.into_iter().chain(waiting).collect();
            placed.sort_unstable();
            let mut calls = bench.calls();
            calls.sort_unstable();
            prop_assert_eq!(placed, calls);
            prop_assert_eq!(made, settled + bench.client.calls.len());
            prop_assert_eq!(bench.ledger.total(), bench.client.calls.len() as Bytes * (CALL_BYTES + PAYLOAD));
        }
    }
}
