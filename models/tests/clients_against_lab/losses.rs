//! Ways to lose the primary × client, default options: the same kind in every cell, times within 5 % or 0.5 s, most
//! requests open within 8 % (or what two Poisson counts may differ by), for the range of ten seeds.
//!
//! Where a client draws its waits by chance (node-redis 5) the range is as wide as the draws, and where a name moves
//! while dials are under way as the arrivals make it.

use super::lab::{BLACKHOLE, CASE, Case, KILL9, PLANNED, as_many, near, run};

/// How many calls failed.
#[derive(Clone, Copy, Debug)]
enum Errors {
    None,
    /// What was in flight when it happened: none to 25, as it fell.
    InFlight,
    /// So many, the first after so many seconds.
    Some(u64, f64),
}
use Errors::{InFlight, None as NoErrors, Some as SomeErrors};

const DROPS_3S: &str = r#"drops = { node = "main.a", way = "both", for = "3s" }"#;
const LINK_DOWN: &str = r#"link_down = { node = "main.a" }"#;
const REJECTS: &str = r#"rejects = { node = "main.a" }"#;
const STOPPED: &str = r#"process_stopped = { node = "main.a" }"#;
const STOPPED_8S: &str = r#"process_stopped = { node = "main.a", for = "8s" }"#;
const PAUSE_3S: &str = r#"pauses = { node = "main.a", for = "3s" }"#;
const PAUSE_10S: &str = r#"pauses = { node = "main.a", for = "10s" }"#;
const CLOSED: &str = r#"connections_closed = { node = "main.a" }"#;

/// Fault, seconds until the name moves, watched, and measured: recovered after, errors, most open.
type Row = (&'static str, Option<f64>, f64, Option<f64>, Errors, i64);

#[track_caller]
fn holds(preset: &'static str, rows: &[Row]) {
    let python = preset.starts_with("redis-py");
    let client =
        if python { r#", connections = { pool = { size = 8, acquire_timeout = "20s" } }"# } else { "" };
    let (rate, threads) = if python { (100, 32) } else { (200, 0) };
    for &(fault, switch, watched, recovered, errors, open) in rows {
        let case = Case { preset, rate, threads, client, fault, switch, watched, ..CASE };
        let outcomes: Vec<_> = (1..=10).map(|seed| run(&case, seed)).collect();
        let what = format!("{preset}, {fault}, name after {switch:?}");
        let seen = |what: String| panic!("{what}: {outcomes:#?}");
        let within = |value: f64, all: &dyn Fn(usize) -> f64, near: &dyn Fn(f64) -> bool| {
            let values: Vec<f64> = (0..outcomes.len()).map(all).collect();
            let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
            (low..=high).contains(&value) || near(low) || near(high)
        };
        match recovered {
            None if outcomes.iter().any(|o| o.recovered.is_some()) => {
                seen(format!("{what}: it never recovered"))
            }
            Some(measured)
                if outcomes.iter().any(|o| o.recovered.is_none())
                    || !within(measured, &|i| outcomes[i].recovered.unwrap_or(0.0), &|p| {
                        near(Some(p), Some(measured))
                    }) =>
            {
                seen(format!("{what}: recovered after {measured} s"));
            }
            _ => {}
        }
        match errors {
            Errors::None if outcomes.iter().any(|o| o.errors > 0) => seen(format!("{what}: nothing failed")),
            Errors::InFlight if outcomes.iter().any(|o| o.errors > 25) => seen(format!("{what}: few failed")),
            Errors::Some(count, first) => {
                let count = count as f64;
                let wide = (0.1 * count).max(3.0 * (2.0 * count).sqrt());
                if !within(count, &|i| outcomes[i].errors as f64, &|p| (p - count).abs() <= wide) {
                    seen(format!("{what}: {count} calls failed"));
                }
                let firsts = |i: usize| outcomes[i].first_error.unwrap_or(f64::MAX);
                if !within(first, &firsts, &|p| near(Some(p), Some(first))) {
                    seen(format!("{what}: the first failed after {first} s"));
                }
            }
            _ => {}
        }
        // Looked at every second here: up to a second of arrivals is missed.
        let missed = if recovered.is_some() { i64::from(rate) } else { 0 };
        let holds = |i: usize| {
            let most = outcomes[i].peak_open;
            most <= open && open <= most + missed || as_many(most as f64, open as f64)
        };
        let between = within(open as f64, &|i| outcomes[i].peak_open as f64, &|_| false);
        if open > 0 && !between && !(0..outcomes.len()).any(holds) {
            seen(format!("{what}: {open} open at most"));
        }
    }
}

#[test]
fn node_redis_3() {
    holds(
        "node-redis-3.1",
        &[
            (BLACKHOLE, Some(5.025), 55.043, None, NoErrors, 11_155),
            (LINK_DOWN, Some(5.023), 40.021, None, NoErrors, 8_100),
            (STOPPED_8S, None, 23.012, Some(7.9), NoErrors, 1_618),
            (PAUSE_10S, None, 17.07, Some(9.96), NoErrors, 2_024),
            (PAUSE_3S, None, 11.026, Some(3.08), NoErrors, 642),
            // 200 ms × 1.7 each time: 0.2, 0.54, 1.12, 2.1, 3.77, 6.61, 11.44, 19.65, 33.6 s.
            (KILL9, Some(1.034), 14.015, Some(1.08), InFlight, 257),
            (KILL9, Some(2.01), 15.006, Some(2.09), InFlight, 473),
            (KILL9, Some(8.019), 21.023, Some(11.51), InFlight, 2_315),
            (KILL9, Some(19.973), 32.96, None, InFlight, 6_677),
            (PLANNED, Some(0.0), 17.004, Some(0.0), InFlight, 0),
            (PLANNED, Some(5.01), 27.017, Some(6.54), InFlight, 1_355),
            (PLANNED, Some(10.023), 25.026, Some(11.41), InFlight, 2_317),
        ],
    );
}

#[test]
fn node_redis_4() {
    holds(
        "node-redis-4.7",
        &[
            (BLACKHOLE, Some(5.028), 55.074, None, NoErrors, 11_150),
            (LINK_DOWN, Some(5.041), 40.109, None, NoErrors, 8_114),
            (STOPPED, Some(5.037), 55.026, None, NoErrors, 11_149),
            (STOPPED_8S, None, 23.032, Some(8.11), NoErrors, 1_661),
            (PAUSE_10S, None, 17.017, Some(10.02), NoErrors, 2_032),
            (KILL9, Some(1.017), 13.994, Some(0.93), InFlight, 239),
            (KILL9, Some(20.007), 33.011, Some(20.36), InFlight, 4_119),
            (PLANNED, Some(2.012), 12.007, Some(2.22), InFlight, 496),
            (PLANNED, Some(10.014), 25.029, Some(10.04), InFlight, 1_987),
            (REJECTS, Some(5.02), 23.023, Some(5.12), SomeErrors(1, 0.02), 1_083),
        ],
    );
}

#[test]
fn node_redis_5() {
    holds(
        "node-redis-5",
        &[
            (BLACKHOLE, Some(5.032), 55.034, None, NoErrors, 11_169),
            (DROPS_3S, None, 17.023, Some(3.3), NoErrors, 701),
            (LINK_DOWN, Some(5.021), 41.095, None, NoErrors, 8_179),
            (STOPPED, Some(5.017), 54.996, None, NoErrors, 11_140),
            (CLOSED, None, 17.044, Some(0.0), InFlight, 0),
            (KILL9, Some(2.01), 15.006, Some(3.51), InFlight, 772),
            (KILL9, Some(8.011), 21.026, Some(8.01), InFlight, 1_667),
            (KILL9, Some(20.107), 33.012, Some(20.47), InFlight, 4_158),
            (PLANNED, Some(5.022), 27.044, Some(5.57), InFlight, 1_176),
            (PLANNED, Some(10.034), 25.013, Some(12.02), InFlight, 2_432),
            (REJECTS, Some(5.02), 23.027, Some(5.86), SomeErrors(1, 0.045), 1_210),
        ],
    );
}

#[test]
fn redis_py_without_timeouts() {
    holds(
        "redis-py-3.5",
        &[
            (BLACKHOLE, Some(5.035), 55.033, None, SomeErrors(48, 20.09), 5_380),
            (DROPS_3S, None, 16.979, Some(3.24), NoErrors, 297),
            (STOPPED_8S, None, 23.013, Some(8.03), NoErrors, 812),
            (PAUSE_3S, None, 11.009, Some(2.96), NoErrors, 279),
            (KILL9, Some(8.326), 21.051, Some(8.32), SomeErrors(830, 0.0), 0),
            (PLANNED, Some(5.014), 27.018, Some(5.03), SomeErrors(487, 0.03), 0),
        ],
    );
    holds(
        "redis-py-5",
        &[
            (BLACKHOLE, Some(5.012), 55.014, None, SomeErrors(48, 20.09), 5_365),
            (STOPPED, Some(5.005), 55.01, None, SomeErrors(48, 20.1), 5_367),
            (KILL9, Some(2.04), 15.027, Some(2.03), SomeErrors(177, 0.02), 0),
            (PLANNED, Some(10.017), 25.025, Some(10.09), SomeErrors(960, 0.08), 0),
            (REJECTS, Some(4.974), 22.977, Some(4.94), SomeErrors(484, 0.03), 0),
        ],
    );
}

#[test]
fn redis_py_8_times_out_after_five_seconds() {
    holds(
        "redis-py-8",
        &[
            (STOPPED, Some(5.018), 54.996, Some(4.97), SomeErrors(9, 5.01), 482),
            (STOPPED_8S, None, 23.034, Some(7.97), SomeErrors(8, 5.03), 796),
            (PAUSE_10S, None, 17.019, Some(9.86), SomeErrors(8, 5.04), 944),
            (PAUSE_3S, None, 11.022, Some(2.97), NoErrors, 265),
            (KILL9, Some(20.027), 33.064, Some(20.07), SomeErrors(1_925, 0.01), 0),
            (PLANNED, Some(0.0), 16.994, Some(0.0), InFlight, 0),
            (REJECTS, Some(5.01), 23.002, Some(5.0), SomeErrors(487, 0.01), 0),
        ],
    );
}

/// Half a dozen of its eight places are dialled again before the name moves, 5.1 s after the fault: whether any is
/// left decides between 5 and 10 s. Measured: one or two were, and 14 calls failed.
#[test]
fn redis_py_8_behind_a_dead_link_is_a_matter_of_milliseconds() {
    let client = r#", connections = { pool = { size = 8, acquire_timeout = "20s" } }"#;
    let case = Case { preset: "redis-py-8", rate: 100, threads: 32, client, fault: LINK_DOWN, ..CASE };
    let case = Case { switch: Some(5.106), watched: 40.019, ..case };
    let recovered: Vec<f64> = (1..=40).map(|seed| run(&case, seed).recovered.expect("it does")).collect();
    let early = recovered.iter().filter(|at| **at < 6.0).count();
    assert!(recovered.iter().all(|at| (*at - 5.1).abs() < 0.6 || (*at - 10.1).abs() < 0.6), "{recovered:?}");
    assert!((1..=20).contains(&early), "{early} of 40 at 5 s");
}

/// Calls of 200 a second over one connection that loses packets: most that waited at once within 12 s, measured once
/// or twice a share.
#[test]
fn losses_make_calls_wait_and_break_nothing() {
    for (share, measured) in [("5%", &[54, 139][..]), ("10%", &[303, 130]), ("20%", &[354, 291, 166, 672])] {
        let fault = format!(r#"loses = {{ node = "main.a", share = "{share}" }}"#).leak();
        let case = Case { preset: "node-redis-3.1", fault, watched: 17.0, ..CASE };
        let mut most: Vec<u64> = (1..=100)
            .map(|seed| {
                let outcome = run(&case, seed);
                assert_eq!(outcome.errors, 0, "{share}: {outcome:?}");
                outcome.peak_pending
            })
            .collect();
        most.sort_unstable();
        for &measured in measured {
            assert!((most[0]..=most[99]).contains(&measured), "{share}: {measured} measured, {most:?}");
        }
    }
}
