//! redis-py's BlockingConnectionPool as a queue. Service is a command that blocks for a drawn time (a delay line), with
//! the mean and the variation that were measured of it alone.

use super::lab::{BLACKHOLE, CASE, Case, run};

const POOL: Case = Case { preset: "redis-py-5", fault: "", threads: 300, ..CASE };

/// Rate, pool and its options, service (mean in ms, coefficient of variation), length in seconds, measured mean from
/// arrival to answer in ms.
type Row = (u32, &'static str, (f64, f64), f64, f64);

/// Inside the measurement's own spread: within what forty runs of the same length show.
#[test]
fn waits_in_the_pool() {
    let rows: &[Row] = &[
        (60, r#"{ size = 4, acquire_timeout = "60s" }"#, (22.14, 0.876), 60.0, 22.883),
        (108, r#"{ size = 4, acquire_timeout = "60s" }"#, (22.23, 0.883), 100.0, 26.185),
        (140, r#"{ size = 4, acquire_timeout = "60s" }"#, (22.24, 0.881), 60.0, 34.536),
        (153, r#"{ size = 4, acquire_timeout = "60s" }"#, (22.33, 0.892), 120.0, 46.007),
        (35, r#"{ size = 1, acquire_timeout = "60s" }"#, (22.14, 0.874), 100.0, 78.126),
        (68, r#"{ size = 2, acquire_timeout = "60s" }"#, (22.18, 0.876), 110.0, 47.158),
        (166, r#"{ size = 16, acquire_timeout = "60s" }"#, (82.03, 0.967), 100.0, 96.305),
        (100, r#"{ size = 4, acquire_timeout = "60s" }"#, (21.99, 0.032), 70.0, 24.018),
        (300, r#"{ size = 4, acquire_timeout = "1s" }"#, (22.41, 0.877), 40.0, 888.297),
        (300, r#"{ size = 4, acquire_timeout = "100ms" }"#, (22.72, 0.887), 40.0, 110.975),
    ];
    for &(rate, pool, (mean, cv), secs, measured) in rows {
        // The round trip and the thread's own time are part of what was measured as service.
        let blocks =
            format!("blocks = {{ gamma = {{ mean = \"{:.2}ms\", cv = {cv} }} }}", mean - 0.27).leak();
        let client = format!(", connections = {{ pool = {pool} }}").leak();
        let case = Case { rate, client, cache: blocks, watched: secs - 5.0, ..POOL };
        let mut means: Vec<f64> = (1..=40).map(|seed| run(&case, seed).mean_sojourn * 1e3).collect();
        means.sort_by(f64::total_cmp);
        let (low, high) = (means[0] * 0.98, means[39] * 1.02);
        assert!(
            (low..=high).contains(&measured),
            "{rate}/s, {pool}: {measured} ms measured, {low:.2}..{high:.2}"
        );
    }
}

/// Sixteen threads for four connections: the queue grows in front of the threads. Measured: 4,545 open at the end.
#[test]
fn few_threads_keep_the_pool_short_and_the_queue_in_front_long() {
    let case = Case {
        rate: 300,
        threads: 16,
        client: r#", connections = { pool = { size = 4, acquire_timeout = "60s" } }"#,
        cache: r#"blocks = { gamma = { mean = "21.9ms", cv = 0.873 } }"#,
        watched: 35.0,
        ..POOL
    };
    let open: Vec<i64> = (1..=10).map(|seed| run(&case, seed).peak_open).collect();
    assert!(open.iter().any(|open| *open <= 4_800) && open.iter().any(|open| *open >= 4_300), "{open:?}");
    assert!(open.iter().all(|open| (3_900..5_200).contains(open)), "{open:?}");
}

/// Without a timeout the eight connections hang, and the other 56 threads fail every 5 s: measured 560 in 52 s.
/// With one of 1 s (357 failed, recovered at 20 s) waiting threads starve, since those that fail dial again first.
#[test]
fn a_pool_behind_a_dead_host() {
    for (client, recovers, failed) in [
        (r#", connections = { pool = { size = 8, acquire_timeout = "5s" } }"#, false, 560.0),
        (
            r#", socket_timeout = "1s", connect_timeout = "1s", connections = { pool = { size = 8, acquire_timeout = "5s" } }"#,
            true,
            357.0,
        ),
    ] {
        let case = Case { rate: 100, threads: 64, client, fault: BLACKHOLE, ..POOL };
        let case = Case { switch: Some(20.0), watched: 52.0, ..case };
        for seed in 1..=5 {
            let outcome = run(&case, seed);
            assert_eq!(outcome.recovered.is_some(), recovers, "{outcome:?}");
            assert!((outcome.errors as f64 / failed - 1.0).abs() < 0.1, "{client}: {outcome:?}");
            assert!(outcome.recovered.is_none_or(|at| (at - 20.0).abs() < 0.8), "{outcome:?}");
        }
    }
}
