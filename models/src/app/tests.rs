//! An instance's life: requests go in, answers and a death come out.

use halfopen_sim::Calendar;

use super::*;
use crate::protect::Protections;
use crate::scenario::{Calls, Kernel, Objective, OnError, Payload, Restart};

const MS: fn(u64) -> Span = Span::from_millis;

fn service(concurrency: Concurrency, calls: u32) -> Service {
    Service {
        name: "test".into(),
        instances: 1,
        concurrency,
        memory: Memory {
            limit: 1_000,
            baseline: 100,
            per_request: 200,
            per_socket: 0,
            garbage_per_request: 0,
            loading_garbage: 0,
            runtime: Runtime::Native,
            container: None,
            outside: 0,
        },
        restart: Restart::Fixed { delay: MS(500), boot: MS(1_500), warm_up: MS(1_000) },
        calls: vec![Calls {
            cache: 0,
            times: calls,
            payload: Payload { heap: 10, object: 0, buffers: 0, carried: 0 },
            misses: None,
            on_error: OnError::Fail,
        }],
        client: crate::scenario::Client {
            bytes_per_call: 40,
            bytes_per_timed_out_call: 30,
            ..client::tests::options()
        },
        kernel: Kernel::LINUX,
        objective: Objective { errors: 0.01, p99: MS(2_000) },
        protections: Protections::default(),
    }
}

/// An instance that is ready at time zero, given requests at these milliseconds; effects with their milliseconds.
fn life(service: &Service, requests: &[u64], until_ms: u64) -> (Instance, Vec<(u64, Effect)>) {
    let mut instance = Instance::new(service, &[], "test-0", &Streams::new(1));
    let mut calendar: Calendar<event::Event> = Calendar::new();
    calendar.schedule(Time::ZERO, Instance::address(0, Event::Ready));
    for &at in requests {
        let request = Event::Request(0, RequestKey::default(), false);
        calendar.schedule(Time::ZERO + MS(at), Instance::address(0, request));
    }
    let (mut effects, mut came) = (Vec::new(), Vec::new());
    while let Some((now, event)) = calendar.pop_before(Time::ZERO + MS(until_ms)) {
        let event::Event::App(0, event) = event else { panic!("{event:?}") };
        instance.on(now, event, &mut Out::new(now, 0, &mut calendar, &mut effects));
        came.extend(effects.drain(..).map(|effect| (now.as_nanos() / 1_000_000, effect)));
    }
    (instance, came)
}

fn answers(came: &[(u64, Effect)]) -> Vec<(u64, bool)> {
    let answer = |&(at, effect): &(u64, Effect)| match effect {
        Effect::Answer(_, _, reply) => Some((at, reply == Reply::Good)),
        _ => None,
    };
    came.iter().filter_map(answer).collect()
}

#[test]
fn an_event_loop_takes_one_request_at_a_time_and_workers_take_as_many_as_they_are() {
    let (_, came) = life(&service(Concurrency::EventLoop { cpu: MS(2) }, 0), &[0, 0, 10], 100);
    assert_eq!(answers(&came), [(2, true), (4, true), (12, true)]);
    let workers = Concurrency::Workers { threads: 2, cpu: MS(2) };
    let (_, came) = life(&service(workers, 0), &[0, 0, 0], 100);
    assert_eq!(answers(&came), [(2, true), (2, true), (4, true)]);
}

#[test]
fn a_request_that_waits_for_its_call_holds_memory_and_leaves_the_loop_to_others() {
    let (instance, came) = life(&service(Concurrency::EventLoop { cpu: MS(2) }, 1), &[0, 0], 100);
    assert_eq!(answers(&came), [], "nobody answers the dial");
    let made: Vec<u64> = came.iter().filter(|(_, e)| *e == Effect::CallMade).map(|&(at, _)| at).collect();
    assert_eq!(made, [1, 2], "half of the CPU time comes before the only call");
    assert_eq!((instance.pending_calls(), instance.memory_bytes()), (2, 100 + 2 * (200 + 50)));
}

/// As [`life`], with a stall of 300 ms at 100 ms.
fn stalled(service: &Service, requests: &[u64]) -> Vec<(u64, Effect)> {
    let mut instance = Instance::new(service, &[], "test-0", &Streams::new(1));
    let mut calendar: Calendar<event::Event> = Calendar::new();
    calendar.schedule(Time::ZERO, Instance::address(0, Event::Ready));
    calendar.schedule(Time::ZERO + MS(100), Instance::address(0, Event::Stalled(MS(300))));
    for &at in requests {
        let request = Event::Request(0, RequestKey::default(), false);
        calendar.schedule(Time::ZERO + MS(at), Instance::address(0, request));
    }
    let (mut effects, mut came) = (Vec::new(), Vec::new());
    while let Some((now, event)) = calendar.pop_before(Time::ZERO + MS(500)) {
        let event::Event::App(0, event) = event else { panic!("{event:?}") };
        instance.on(now, event, &mut Out::new(now, 0, &mut calendar, &mut effects));
        came.extend(effects.drain(..).map(|effect| (now.as_nanos() / 1_000_000, effect)));
    }
    came
}

fn calls_made(came: &[(u64, Effect)]) -> Vec<u64> {
    came.iter().filter(|(_, e)| *e == Effect::CallMade).map(|&(at, _)| at).collect()
}

#[test]
fn after_a_stall_clocks_go_first_and_then_what_arrived() {
    let mut service = service(Concurrency::EventLoop { cpu: MS(2) }, 1);
    service.client.command_timeout = Some(MS(250));
    let came = stalled(&service, &[0, 300]);
    // The timeout of 1 + 250 ms waits until 400, and an error costs its half of the CPU time; so does the second call.
    assert_eq!((answers(&came), calls_made(&came)), (vec![(401, false)], vec![1, 402]));
}

#[test]
fn workers_stand_still_in_a_stall_too() {
    let workers = Concurrency::Workers { threads: 3, cpu: MS(2) };
    assert_eq!(calls_made(&stalled(&service(workers, 1), &[0, 99, 300])), [1, 400, 401]);
}

#[test]
fn a_caller_whose_request_waits_for_its_turn_is_cut_off_by_a_crash() {
    // Held requests are lost with the process: two more than its memory takes come in the stall.
    let came = stalled(&service(Concurrency::EventLoop { cpu: MS(2) }, 1), &[0, 150, 151, 152, 153]);
    let cut = came.iter().filter(|(_, e)| matches!(e, Effect::Answer(_, _, Reply::Disconnected))).count();
    assert_eq!(cut, 5);
}

#[test]
fn its_clients_dial_while_it_warms_up_and_no_request_comes_before_it_is_ready() {
    let (_, came) = life(&service(Concurrency::EventLoop { cpu: MS(2) }, 1), &[0, 4, 8, 12], 2_100);
    let dials = came.iter().filter(|(_, e)| matches!(e, Effect::Dial { .. }));
    // It dies at 12 ms, starts 500 ms later and boots for 1,500 ms, the last second of it with its clients.
    assert_eq!(dials.map(|&(at, _)| at).collect::<Vec<_>>(), [0, 12 + 500 + 500]);
}

#[test]
fn over_its_limit_it_dies_and_all_it_held_is_lost_and_counted() {
    // Three requests with their calls hold 100 + 3 × 250; the fourth request's 200 are too many.
    let (instance, came) = life(&service(Concurrency::EventLoop { cpu: MS(2) }, 1), &[0, 4, 8, 12], 1_000);
    let died = came.iter().find_map(|&(at, effect)| match effect {
        Effect::Died(death) => Some((at, death)),
        _ => None,
    });
    let death = Death { cause: Cause::ContainerLimit, bytes: 1_050, requests: 4, calls: 3 };
    assert_eq!(died, Some((12, death)));
    assert_eq!(answers(&came), [(12, false); 4], "their callers' connections end with it");
    assert!(!instance.is_up());
    assert_eq!((instance.pending_calls(), instance.memory_bytes()), (0, 0));
}

#[test]
fn a_crash_frees_every_worker() {
    let workers = Concurrency::Workers { threads: 3, cpu: MS(2) };
    // Three workers wait for their calls and a fourth request waits in front: too much. Then three come at once.
    let (instance, came) = life(&service(workers, 1), &[0, 4, 8, 12, 3_000, 3_000, 3_000], 3_500);
    assert!(came.iter().any(|(at, effect)| *at == 12 && matches!(effect, Effect::Died(_))));
    assert_eq!(instance.pending_calls(), 3, "all three run at once");
}

#[test]
fn a_supervisor_starts_it_again_empty_and_meanwhile_requests_fail_at_once() {
    let (instance, came) =
        life(&service(Concurrency::EventLoop { cpu: MS(2) }, 1), &[0, 4, 8, 12, 1_000, 3_000], 3_500);
    let ready: Vec<u64> = came.iter().filter(|(_, e)| *e == Effect::Ready).map(|&(at, _)| at).collect();
    assert_eq!(ready, [0, 12 + 500 + 1_500]);
    assert!(answers(&came).contains(&(1_000, false)), "refused while it is down");
    assert_eq!((instance.pending_calls(), instance.memory_bytes()), (1, 350), "the last request waits in it");
}

#[test]
fn a_caller_that_leaves_frees_its_connection_and_not_its_request() {
    let mut service = service(Concurrency::EventLoop { cpu: MS(2) }, 1);
    service.memory.per_socket = 7;
    let (mut instance, came) = life(&service, &[0, 0], 100);
    let tasks: Vec<TaskKey> = came
        .iter()
        .filter_map(|&(_, effect)| match effect {
            Effect::Holds(0, _, task) => Some(task),
            _ => None,
        })
        .collect();
    assert_eq!(instance.memory_bytes(), 100 + 2 * (200 + 7 + 50));
    let (mut calendar, mut effects) = (Calendar::new(), Vec::new());
    for _ in 0..2 {
        let mut out = Out::new(Time::ZERO, 0, &mut calendar, &mut effects);
        instance.on(Time::ZERO, Event::CallerLeft(tasks[0]), &mut out);
        assert_eq!(instance.memory_bytes(), 100 + 2 * (200 + 50) + 7, "once, and the other's stays");
    }
}

#[test]
fn a_later_try_of_a_request_makes_calls_that_nobody_needs() {
    let service = service(Concurrency::EventLoop { cpu: MS(2) }, 1);
    let mut instance = Instance::new(&service, &[], "test-0", &Streams::new(1));
    let (mut calendar, mut effects) = (Calendar::new(), Vec::new());
    calendar.schedule(Time::ZERO, Instance::address(0, Event::Ready));
    for again in [false, true] {
        calendar.schedule(Time::ZERO, Instance::address(0, Event::Request(0, RequestKey::default(), again)));
    }
    while let Some((now, event::Event::App(0, event))) = calendar.pop_before(Time::ZERO + MS(100)) {
        instance.on(now, event, &mut Out::new(now, 0, &mut calendar, &mut effects));
    }
    assert_eq!(instance.pending_calls(), 2);
    assert_eq!(effects.iter().filter(|&&effect| effect == Effect::CallMade).count(), 1);
}
