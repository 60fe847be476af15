//! The recorder told by hand what happens; a fault at 20 s, a horizon at 90 s, two instances of `api`.

use super::*;
use crate::recording::{Recovery, StoryKind, Verdict};
use crate::scenario::{self, Edits};

const TEXT: &str = r#"
format = 1
title = "a recorder's day"
horizon = "90s"
[cache.main]
nodes = ["a", "b"]
service = { exponential = { mean = "200us" } }
path = { rtt = "300us" }
failover = { managed = { detect = "3s", promote = "2s", ttl = "1s", closes_connections = false } }
[service.api]
instances = 2
concurrency = { event_loop = { cpu = "1ms" } }
memory = { limit = "96MiB", baseline = "40MiB", per_request = "24KiB", runtime = "v8" }
restart = RESTART
calls = [{ cache = "main", times = 2, payload = "1KiB" }]
client = { preset = "ioredis-5" }
objective = { errors = "1%", p99 = "500ms" }
[load.users]
to = "api"
arrivals = { poisson = "100/s" }
deadline = "10s"
"#;
const FAULT: &str = "[[fault]]\nat = \"20s\"\nhost_dies = { node = \"main.a\" }\n";
const RESTARTS: &str = r#"{ fixed = { delay = "1s", boot = "2s" } }"#;
const WHOLE: AtHorizon = AtHorizon { half_open: 0, dialing: 0, names_serve: true };
const DEATH: Death = Death { cause: Cause::HeapLimit, bytes: 100 << 20, requests: 7, calls: 9 };

fn scenario(parts: [&str; 2], restart: &str) -> Scenario {
    let text = parts.concat().replace("RESTART", restart);
    scenario::read("day", &text, &Edits::default()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn recorder() -> Recorder {
    Recorder::new(&scenario([TEXT, FAULT], RESTARTS))
}

fn at(secs: f64) -> Time {
    Time::ZERO + Span::from_secs_f64(secs)
}

/// A request sent then and settled 10 ms later.
fn request(recorder: &mut Recorder, secs: f64, good: bool) {
    recorder.sent(0, at(secs));
    recorder.settled(0, at(secs), at(secs + 0.01), if good { Outcome::Answered } else { Outcome::Failed });
}

/// The only service's record, and the story as kind and name.
fn finish(recorder: Recorder, open: Vec<Time>, at_horizon: AtHorizon) -> (ServiceRecord, Vec<StoryKind>) {
    let (mut records, story) = recorder.finish(at(90.0), &[open], &[at_horizon]);
    (records.remove(0), story.iter().map(|event| event.kind).collect())
}

fn look(up: bool, half_open: bool, memory_bytes: Bytes) -> Look {
    Look { service: 0, up, memory_bytes, heap_used_bytes: memory_bytes + 1, half_open, loop_lag: Span::ZERO }
}

#[test]
fn what_was_before_the_fault_counts_for_the_whole_run_only() {
    let mut it = recorder();
    request(&mut it, 1.0, false);
    request(&mut it, 2.0, true);
    it.died(0, at(3.0), DEATH);
    request(&mut it, 21.0, true);
    let (record, story) = finish(it, Vec::new(), WHOLE);
    assert_eq!((record.requests, record.errors, record.crashes), (3, 1, 1));
    assert_eq!((record.sent_after_fault, record.good_after_fault), (1, 1));
    assert_eq!((record.first_error, record.last_error, record.first_crash), (None, None, None));
    assert_eq!((record.recovery, record.verdict), (Recovery::Unharmed, Verdict::Unharmed));
    assert_eq!(story, [StoryKind::Crash]);
    assert_eq!((record.instances[0].crashes, record.instances[0].first_crash), (1, None));
}

#[test]
fn without_a_fault_everything_counts_from_the_start() {
    let mut it = Recorder::new(&scenario([TEXT, ""], RESTARTS));
    request(&mut it, 1.0, false);
    it.died(0, at(3.0), DEATH);
    (10..90).for_each(|s| request(&mut it, f64::from(s), true));
    let (record, _) = finish(it, Vec::new(), WHOLE);
    assert_eq!((record.first_error, record.first_crash), (Some(at(1.01)), Some(at(3.0))));
    assert_eq!((record.sent_after_fault, record.recovery), (81, Recovery::At(at(10.0))));
}

#[test]
fn a_request_sent_before_the_fault_may_be_its_first_error() {
    let mut it = recorder();
    it.sent(0, at(19.0));
    it.settled(0, at(19.0), at(29.0), Outcome::Failed);
    request(&mut it, 40.0, false);
    let (record, story) = finish(it, Vec::new(), WHOLE);
    assert_eq!((record.first_error, record.last_error), (Some(at(29.0)), Some(at(40.01))));
    assert_eq!((record.sent_after_fault, record.good_after_fault), (1, 0));
    assert_eq!(story, [StoryKind::FirstError, StoryKind::Recovery], "the first failure is told once");
}

#[test]
fn errors_in_the_seconds_of_a_planned_failover_heal_by_themselves() {
    let mut it = recorder();
    for s in 20..90 {
        request(&mut it, f64::from(s), s != 21);
    }
    let (record, _) = finish(it, Vec::new(), WHOLE);
    assert_eq!((record.recovery, record.verdict), (Recovery::At(at(30.0)), Verdict::ByItself));
    assert_eq!(
        record.verdict_rule,
        "requests sent after 10 s meet the objective; no half-open connection had ended by then"
    );
}

#[test]
fn requests_open_at_the_horizon_break_the_objective_once_they_are_slow() {
    let rows = [(89.8, Recovery::Unharmed), (85.0, Recovery::Never), (50.0, Recovery::At(at(60.0)))];
    for (sent, recovery) in rows {
        let mut it = recorder();
        it.sent(0, at(sent));
        let (record, _) = finish(it, vec![at(sent)], WHOLE);
        assert_eq!(record.recovery, recovery, "sent at {sent} s");
        assert_eq!((record.open_at_horizon, record.errors, record.good_after_fault), (1, 0, 0));
    }
}

#[test]
fn peak_memory_is_the_fullest_instance_and_pending_calls_are_all() {
    let mut it = recorder();
    it.holds(0, 10, 500);
    it.holds(1, 20, 400);
    it.holds(0, 0, 100);
    it.holds(1, 25, 450);
    it.died(1, at(30.0), Death { bytes: 600, ..DEATH });
    it.holds(1, 0, 0);
    let (record, _) = finish(it, Vec::new(), WHOLE);
    assert_eq!((record.peak_pending_calls, record.peak_memory_bytes), (30, 600));
    assert_eq!(record.instances.iter().map(|i| i.peak_memory_bytes).collect::<Vec<_>>(), [500, 600]);
}

#[test]
fn samples_hold_what_happened_since_the_one_before_and_see_only_who_is_up() {
    let mut it = recorder();
    it.sample(&[look(true, false, 40), look(true, false, 60)]);
    request(&mut it, 0.5, true);
    request(&mut it, 0.6, false);
    it.holds(0, 3, 40);
    it.sample(&[look(true, true, 40), look(false, true, 0)]);
    let (record, _) = finish(it, Vec::new(), WHOLE);
    let [first, second] = record.series[..] else { panic!("two samples") };
    assert_eq!(
        (first.sent, first.instances_up, first.memory_max_bytes, first.memory_mean_bytes),
        (0, 2, 60, 50)
    );
    assert_eq!((second.sent, second.answered, second.errors, second.pending_calls), (2, 1, 1, 3));
    assert_eq!((second.instances_up, second.half_open, second.memory_mean_bytes), (1, 1, 40));
}

#[test]
fn a_node_that_answers_again_is_what_healed_the_connections_it_held() {
    let half_open = [look(true, true, 1), look(true, true, 1)];
    let whole = [look(true, false, 1), look(true, false, 1)];
    let fault = scenario([TEXT, FAULT], RESTARTS).faults.remove(0);
    let verdict = |heals: bool, ended: Option<End>| {
        let mut it = recorder();
        request(&mut it, 25.0, false);
        it.half_open_ended(0, at(26.0), End::Crash);
        it.sample(&half_open);
        if heals {
            it.fault_ends(at(27.5), &fault);
        }
        if let Some(end) = ended {
            it.half_open_ended(1, at(27.6), end);
        }
        it.sample(&whole);
        finish(it, Vec::new(), WHOLE).0.verdict
    };
    assert_eq!(verdict(true, None), Verdict::ByItself);
    assert_eq!(verdict(true, Some(End::Kernel)), Verdict::ByKernel, "it was ended, not healed");
    assert_eq!(verdict(false, None), Verdict::ByCrash, "nothing but the crash is known");
}

#[test]
fn dead_instances_that_nothing_restarts_are_not_metastable() {
    for (restart, verdict) in [(RESTARTS, Verdict::Metastable), ("\"never\"", Verdict::NeverWithinHorizon)] {
        let mut it = Recorder::new(&scenario([TEXT, FAULT], restart));
        it.died(0, at(30.0), DEATH);
        request(&mut it, 85.0, false);
        assert_eq!(finish(it, Vec::new(), WHOLE).0.verdict, verdict, "{restart}");
    }
}

#[test]
fn the_story_tells_each_instance_once_a_fault() {
    let fault = scenario([TEXT, FAULT], RESTARTS).faults.remove(0);
    let mut it = recorder();
    it.ready(0, Time::ZERO);
    it.ready(1, Time::ZERO);
    it.fault_begins(at(20.0), &fault);
    it.noticed_loss(at(23.0), 0);
    it.promoted(at(25.0), 1);
    it.half_open_ended(0, at(26.0), End::Client);
    it.half_open_ended(0, at(26.0), End::Client);
    it.died(1, at(30.0), DEATH);
    it.half_open_ended(1, at(30.0), End::Crash);
    it.ready(1, at(33.0));
    it.fault_begins(at(40.0), &fault);
    it.half_open_ended(0, at(46.0), End::Kernel);
    let story: Vec<String> = it.story.iter().map(|event| format!("{} {}", event.who, event.what)).collect();
    assert_eq!(
        story,
        [
            "main.a dies with its host",
            "main.a its loss is detected",
            "main.b is promoted, and the name points to it",
            "api-0 notices its dead connection: the client's own timeout closes it",
            "api-1 reaches its heap limit at 100 MiB of 96 MiB; 7 requests and 9 pending calls are lost",
            "api-1 is ready again",
            "main.a dies with its host",
            "api-0 notices its dead connection: the kernel gives up (ETIMEDOUT)",
        ]
    );
}
