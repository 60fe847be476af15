//! One connection for all calls.

use super::*;

#[test]
fn a_pipeline_dials_at_start_and_writes_what_waited_in_order() {
    let mut bench = Bench::new(options());
    assert_eq!(bench.start(), (vec![dials(0)], vec![]));
    assert_eq!(bench.call(), (vec![], vec![]));
    assert_eq!(bench.call(), (vec![], vec![]));
    assert_eq!((bench.ledger.total(), bench.ledger.pending_calls()), (2 * (CALL_BYTES + PAYLOAD), 2));
    let calls = bench.calls();
    let written = calls.iter().map(|&call| Effect::Send(socket(0), call, GET)).collect();
    assert_eq!(bench.on(Event::Connected(socket(0))), (written, vec![]));
    assert_eq!(bench.calendar.len(), 0, "the dial's clock is stopped");
    assert_eq!(bench.on(Event::Reply(socket(0), calls[0])), (vec![], vec![true]));
    assert_eq!(bench.on(Event::Reply(socket(0), calls[1])), (vec![], vec![true]));
    assert_eq!((bench.ledger.total(), bench.ledger.pending_calls()), (0, 0));
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
    let resent = [calls[0], calls[1], later].map(|call| Effect::Send(socket(2), call, GET)).to_vec();
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
    assert_eq!((bench.ledger.total(), bench.ledger.pending_calls()), (0, 0));
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
    assert_eq!(bench.ledger.total(), TIMED_OUT_BYTES, "a client that resends keeps it past the close");
    bench.fire();
    assert_eq!(bench.on(Event::Connected(socket(1))).0, [Effect::Send(socket(1), calls[1], GET)]);
    let options = scenario::Client {
        command_timeout: Some(Span::from_millis(500)),
        in_flight_on_close: InFlight::Fail,
        ..options()
    };
    let (mut bench, calls) = Bench::busy(options, 1);
    bench.on(Event::CommandTimeout(calls[0]));
    bench.on(Event::Closed(socket(0), SocketError::TimedOut));
    assert_eq!((bench.ledger.total(), bench.client.calls.len()), (0, 0), "the close frees it elsewhere");
}

#[test]
fn a_new_connection_is_checked_before_it_counts() {
    let mut bench = Bench::new(scenario::Client { ready_check: true, ..options() });
    bench.start();
    bench.call();
    let call = bench.calls()[0];
    let (sent, _) = bench.on(Event::Connected(socket(0)));
    let [Effect::Send(_, check, _)] = sent[..] else { panic!("{sent:?}") };
    assert_ne!(check, call, "its own command goes alone");
    bench.on(Event::Closed(socket(0), SocketError::Reset));
    bench.fire();
    bench.on(Event::Connected(socket(1)));
    bench.on(Event::Closed(socket(1), SocketError::Reset));
    let now = bench.calendar.now();
    assert_eq!(
        bench.fire().0,
        now + Span::from_millis(100),
        "connections that were never ready are counted on"
    );
    let (sent, _) = bench.on(Event::Connected(socket(2)));
    let [Effect::Send(_, check, _)] = sent[..] else { panic!("{sent:?}") };
    assert_eq!(bench.on(Event::Reply(socket(2), check)).0, [Effect::Send(socket(2), call, GET)]);
    assert_eq!(bench.ledger.total(), CALL_BYTES + PAYLOAD, "the check is gone");
}

#[test]
fn a_call_that_times_out_between_two_tries_is_not_tried_again() {
    let options = scenario::Client {
        retries: 1,
        retry_backoff: Backoff::Linear { step: Span::from_secs(1), cap: Span::from_secs(1) },
        in_flight_on_close: InFlight::Fail,
        ..options()
    };
    let (mut bench, calls) = Bench::busy(options, 1);
    bench.on(Event::Closed(socket(0), SocketError::Eof));
    assert_eq!(bench.on(Event::CommandTimeout(calls[0])), (vec![], vec![false]));
    bench.on(Event::Retry(calls[0]));
    assert_eq!((bench.ledger.total(), bench.client.calls.len()), (0, 0));
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
fn dials_at_once_then_with_growing_waits_until_the_budget_is_spent() {
    let options =
        scenario::Client { dials_at_once: 1, reconnect_for: Some(Span::from_millis(120)), ..options() };
    let (mut bench, _) = Bench::busy(options, 1);
    bench.on(Event::Closed(socket(0), SocketError::Eof));
    let mut waits = Vec::new();
    for number in 1..=3 {
        let before = bench.calendar.now();
        waits.push((bench.fire().0 - before).as_nanos() / 1_000_000);
        let came = bench.on(Event::DialFailed(socket(number), SocketError::Refused));
        assert_eq!(came.1, if number < 3 { vec![] } else { vec![false] }, "dial {number}");
    }
    assert_eq!(waits, [0, 50, 70], "0, 50, then what is left of 120 ms instead of 100");
    assert_eq!((bench.calendar.len(), bench.call()), (0, (vec![], vec![false])), "it has given up for good");
}

#[test]
fn a_timeout_that_covers_what_is_unwritten_stops_with_the_write() {
    let options = scenario::Client {
        command_timeout: Some(Span::from_secs(1)),
        command_timeout_covers: Covers::Unwritten,
        connect_timeout: ConnectTimeout::None,
        ..options()
    };
    let mut bench = Bench::new(options);
    bench.start();
    bench.call();
    assert_eq!(bench.fire().2, (vec![], vec![false]), "it waits in the offline queue");
    bench.call();
    bench.on(Event::Connected(socket(0)));
    assert_eq!(bench.calendar.len(), 0, "written: it waits for its reply without end");
    assert_eq!(bench.ledger.pending_calls(), 1);
}

#[test]
fn an_idle_timer_watches_both_directions_and_may_close_for_good() {
    let options = scenario::Client {
        socket_timeout: Some(Span::from_secs(5)),
        socket_timeout_watches: Watches::Traffic,
        after_socket_timeout: AfterSocketTimeout::Closed,
        ..options()
    };
    let (mut bench, _) = Bench::busy(options, 0);
    assert_eq!(bench.calendar.len(), 1, "also when nothing is awaited");
    bench.call();
    let (at, event, came) = bench.fire();
    assert_eq!((at, event), (Time::ZERO + Span::from_secs(5), Event::SocketTimeout(socket(0))));
    assert_eq!(came, (vec![Effect::Close(socket(0))], vec![false]));
    assert_eq!(bench.call(), (vec![], vec![false]));
}

#[test]
fn a_ping_is_answered_by_nobodys_call_and_comes_again() {
    let options = scenario::Client { ping_interval: Some(Span::from_secs(1)), ..options() };
    let (mut bench, _) = Bench::busy(options, 0);
    let (at, event, came) = bench.fire();
    let ping = bench.calls()[0];
    assert_eq!((at, event), (Time::ZERO + Span::from_secs(1), Event::Ping));
    assert_eq!(came, (vec![Effect::Send(socket(0), ping, GET)], vec![]));
    assert_eq!(bench.on(Event::Reply(socket(0), ping)), (vec![], vec![]));
    assert_eq!((bench.ledger.total(), bench.fire().1), (0, Event::Ping));
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
    assert_eq!(bench.on(Event::Connected(socket(1))).0, [Effect::Send(socket(1), calls[0], GET)]);
    assert_eq!(bench.on(Event::Closed(socket(1), SocketError::Eof)), (vec![], vec![false]));
}

/// A client that holds 50 B more for a value, with calls that carry one.
fn carrying(command_timeout: Option<Span>) -> Bench {
    let mut bench = Bench::new(scenario::Client { bytes_per_set: 50, command_timeout, ..options() });
    bench.start();
    bench.on(Event::Connected(socket(0)));
    bench
}

#[test]
fn a_value_is_written_and_stays_with_a_timed_out_call() {
    let mut bench = carrying(Some(Span::from_secs(1)));
    let payload = Payload { heap: 4_096, object: 0, buffers: 7, carried: 4_096 };
    let task = bench.tasks.insert(());
    let (effects, _) = bench.at_desk(|client, desk| client.call(desk, task, payload));
    let call = bench.calls()[0];
    assert_eq!(effects, [Effect::Send(socket(0), call, GET + 9 + 4_096)]);
    assert_eq!(
        (bench.ledger.heap(), bench.ledger.total()),
        (CALL_BYTES + 50 + 4_096, CALL_BYTES + 50 + 4_103)
    );
    assert_eq!(bench.fire().2.1, [false]);
    assert_eq!(bench.ledger.heap(), TIMED_OUT_BYTES + 50 + 4_096, "the command keeps its arguments");
    bench.on(Event::Reply(socket(0), call));
    assert_eq!(bench.ledger.total(), 0);
}

#[test]
fn what_the_kernel_does_not_take_costs_more_until_it_does_or_the_connection_ends() {
    let mut bench = Bench::new(scenario::Client { bytes_per_buffered_call: 7, ..options() });
    bench.start();
    for _ in 0..10_000 {
        bench.call();
    }
    let without = 10_000 * (CALL_BYTES + PAYLOAD);
    assert_eq!(bench.ledger.total(), without, "no connection, no buffer");
    bench.on(Event::Connected(socket(0)));
    let buffered = (bench.ledger.total() - without) / 7;
    assert!((1..10_000).contains(&buffered), "{buffered} of 10,000");
    let first = bench.calls()[0];
    bench.on(Event::Reply(socket(0), first));
    assert_eq!(bench.ledger.total(), without - CALL_BYTES - PAYLOAD, "an answer: the kernel has taken all");
    for _ in 0..10_000 {
        bench.call();
    }
    let without = 19_999 * (CALL_BYTES + PAYLOAD);
    assert!(bench.ledger.total() > without);
    bench.on(Event::Closed(socket(0), SocketError::Reset));
    assert_eq!(bench.ledger.total(), without, "they wait for the next connection");
}

#[test]
fn a_batch_waits_for_the_one_before_it_and_its_clock_with_it() {
    let second = Some(Span::from_secs(1));
    let options = scenario::Client { auto_pipelining: true, command_timeout: second, ..options() };
    let (mut bench, calls) = Bench::busy(options, 3);
    assert_eq!((bench.calendar.len(), bench.ledger.pending_calls()), (1, 3), "the first is under way alone");
    let (at, _, (sent, settled)) = bench.fire();
    let written = |from: usize| calls[from..].iter().map(|&call| Effect::Send(socket(0), call, GET));
    assert_eq!((sent, settled), (written(1).collect(), vec![false]));
    let (later, _, came) = bench.fire();
    assert_eq!((later, came), (at + Span::from_secs(1), (vec![], vec![false])), "as long again");
    let (_, _, (_, settled)) = bench.fire();
    assert_eq!((settled, bench.ledger.pending_calls()), (vec![false], 0));
    assert_eq!(bench.call().0.len(), 1, "nobody is under way");
}

#[test]
fn a_timeout_may_count_from_the_connection_and_drop_what_is_not_written() {
    let second = Some(Span::from_secs(1));
    let options = scenario::Client {
        command_timeout: second,
        command_timeout_covers: Covers::Connected,
        connect_timeout: ConnectTimeout::None,
        ..options()
    };
    let mut bench = Bench::new(options);
    bench.start();
    bench.call();
    assert_eq!(bench.calendar.len(), 0, "no clock without a connection");
    bench.on(Event::Connected(socket(0)));
    let (at, _, came) = bench.fire();
    assert_eq!((at, came), (Time::ZERO + Span::from_secs(1), (vec![], vec![false])));
    assert_eq!(bench.ledger.total(), TIMED_OUT_BYTES, "a written one waits for its reply");
}

#[test]
fn only_what_is_awaited_may_be_sent_again_and_counted() {
    let options = scenario::Client {
        command_timeout: Some(Span::from_secs(1)),
        in_flight_on_close: InFlight::ResendPending,
        max_pending: Some(1),
        ..options()
    };
    let awaited = scenario::Client { max_pending_counts: Counts::Awaited, ..options.clone() };
    let (mut bench, calls) = Bench::busy(options, 1);
    bench.on(Event::CommandTimeout(calls[0]));
    assert_eq!(bench.call().1, [false], "the client holds one still");
    let (mut bench, calls) = Bench::busy(awaited, 1);
    bench.on(Event::CommandTimeout(calls[0]));
    assert_eq!(bench.call().1, [], "nobody waits for the other");
    assert_eq!(bench.call().1, [false]);
    let second = bench.calls()[1];
    assert_eq!(bench.on(Event::Closed(socket(0), SocketError::TimedOut)), (vec![], vec![]));
    assert_eq!(bench.ledger.total(), CALL_BYTES + PAYLOAD, "the one given up is dropped");
    bench.fire();
    assert_eq!(bench.on(Event::Connected(socket(1))).0, [Effect::Send(socket(1), second, GET)]);
}
