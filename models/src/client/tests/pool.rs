//! A connection for each call.

use proptest::prelude::*;

use super::*;

#[test]
fn a_pool_dials_for_each_call_up_to_its_size_and_lets_the_rest_wait() {
    let mut bench = Bench::new(pooled(2));
    assert_eq!(bench.start(), (vec![], vec![]), "no call, no connection");
    assert_eq!(bench.call().0, [dials(0)]);
    assert_eq!(bench.call().0, [dials(1)]);
    assert_eq!(bench.call(), (vec![], vec![]));
    let calls = bench.calls();
    assert_eq!(bench.on(Event::Connected(socket(0))).0, [Effect::Send(socket(0), calls[0], GET)]);
    let came = bench.on(Event::Reply(socket(0), calls[0]));
    assert_eq!(came, (vec![], vec![true]), "who waits longest must wake up first");
    let came = bench.fire().2;
    assert_eq!(came, (vec![Effect::Send(socket(0), calls[2], GET)], vec![]));
    let came = bench.on(Event::DialFailed(socket(1), SocketError::TimedOut));
    assert_eq!(came, (vec![], vec![false]), "the call that dialled fails with its dial");
}

#[test]
fn who_releases_a_connection_and_comes_back_is_quicker_than_who_waits() {
    let mut bench = Bench::new(pooled(1));
    (0..3).for_each(|_| drop(bench.call()));
    let calls = bench.calls();
    bench.on(Event::Connected(socket(0)));
    bench.on(Event::Reply(socket(0), calls[0]));
    let came = bench.call();
    let quick = *bench.calls().iter().find(|call| !calls.contains(call)).expect("a fourth call");
    assert_eq!(came, (vec![Effect::Send(socket(0), quick, GET)], vec![]));
    assert_eq!(bench.fire().1, Event::Woken, "too late: it waits again, behind the other");
    bench.on(Event::Reply(socket(0), quick));
    assert_eq!(bench.fire().2, (vec![Effect::Send(socket(0), calls[2], GET)], vec![]));
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
        let Effect::Send(used, ..) = bench.call().0[0] else { panic!("it sends") };
        assert_eq!(used, socket(next), "{order:?}");
    }
}

#[test]
fn in_a_pool_a_timeout_takes_its_connection_along() {
    for timeout in [Event::SocketTimeout(socket(0)), Event::CommandTimeout(CallKey::default())] {
        let mut bench = Bench::new(pooled(1));
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
    let mut bench = Bench::new(pooled(1));
    bench.call();
    bench.call();
    let waiting = bench.calls()[1];
    assert_eq!(bench.on(Event::AcquireTimeout(waiting)), (vec![], vec![false]));
}

proptest! {
    /// Whatever happens in whatever order: connections never exceed the size, nobody waits beside a free place, and
    /// each call is in exactly one place until it settles once.
    #[test]
    fn a_pool_keeps_its_books(size in 1_u32..5, steps in prop::collection::vec((0_u8..7, 0_usize..8), 1..200)) {
        let mut bench = Bench::new(scenario::Client { command_timeout: Some(Span::from_secs(3)), ..pooled(size) });
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
