//! Who notices a silent death, and when, with each client's defaults: what its source says, not a measurement. Retries and
//! timeouts add up to these times; a kernel that gives up by itself does so after 928 to 1,045 s (see
//! `kernel_against_linux`).

use super::lab::{BLACKHOLE, CASE, Case, run};

/// Rate, preset, threads, seconds until the name moves, when the first call fails, when answers flow again; in seconds.
type Row = (u32, &'static str, u32, Option<f64>, [f64; 2], Option<[f64; 2]>);

const KERNEL: [f64; 2] = [924.6, 1_045.0];
const MARGIN: f64 = 60.0;

#[test]
fn who_notices_and_when() {
    let rows: &[Row] = &[
        // A timeout on calls that closes nothing: errors from then on, until the kernel gives up.
        (20, "lettuce-6", 0, Some(5.0), [60.0, 60.3], Some(KERNEL)),
        (20, "lettuce-7", 0, Some(5.0), [60.0, 60.3], Some(KERNEL)),
        (20, "redis-rs-1", 0, Some(5.0), [0.5, 0.8], Some(KERNEL)),
        // The same, with a rule of its own: nothing read for four timeouts.
        (50, "stackexchange-redis-2", 0, Some(5.0), [5.0, 5.3], Some([20.0, 21.0])),
        // The same, with TCP_USER_TIMEOUT: 5 s and one or two RTOs of 0.2 s.
        (50, "valkey-glide-2", 0, Some(3.0), [0.25, 0.4], Some([5.2, 5.8])),
        // A timeout that closes: a reply's, then dials to the dead address until the name has moved, then one more.
        (100, "jedis-5", 64, Some(5.0), [2.0, 2.2], Some([5.0, 7.2])),
        // Few calls: all have a connection, and four tries of 3 s and 5 s each; many: the wait for one ends first.
        (2, "go-redis-9", 64, None, [18.0, 20.2], None),
        (200, "go-redis-9", 2_000, Some(30.0), [4.0, 4.6], Some([30.0, 36.0])),
        // No bound, no timeout: new threads reach the new address, those before hang until the kernel has no more SYN.
        (100, "pymemcache-4", 2_000, Some(5.0), [127.0, 150.0], Some([5.0, 5.5])),
    ];
    for &(rate, preset, threads, switch, error, recovery) in rows {
        let watched = recovery.map_or(0.0, |it| it[1]).max(error[1]) + MARGIN;
        let case = Case { rate, preset, threads, switch, fault: BLACKHOLE, watched, ..CASE };
        let outcome = run(&case, 1);
        let is_in = |at: f64, [low, high]: [f64; 2]| low <= at && at <= high;
        assert!(outcome.first_error.is_some_and(|at| is_in(at, error)), "{preset}: {outcome:?}");
        match (outcome.recovered, recovery) {
            (Some(at), Some(range)) => assert!(is_in(at, range), "{preset}: {outcome:?}"),
            (at, range) => assert_eq!(at.is_some(), range.is_some(), "{preset}: {outcome:?}"),
        }
    }
}

/// glide's slots are those of calls that somebody waits for: at 400 a second a quarter of a second of them, not the
/// thousands that the pipeline still holds.
#[test]
fn a_bound_on_awaited_calls_is_not_met_by_those_that_have_timed_out() {
    let case = Case { rate: 400, preset: "valkey-glide-2", fault: BLACKHOLE, watched: 30.0, ..CASE };
    assert!((80..=150).contains(&run(&case, 1).peak_pending), "{:?}", run(&case, 1));
}
