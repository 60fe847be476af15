//! When a claim holds, and what its sentence says: held and broken, censored, one replication, the system.

mod fixtures;

use fixtures::{at, claim, recording, recordings, scenario, well};
use halfopen_models::recording::{Recording, Recovery, Sample, ServiceRecord};
use halfopen_models::scenario::ClaimFigure::{
    self, Availability, Crashes, ErrorsFor, FirstCrash, FirstError, Recovery as RecoveryTime,
};
use halfopen_models::scenario::{Claim, ClaimMust, Scenario};
use halfopen_models::summary::claims::{Runs, hold, judge};
use halfopen_models::summary::{ClaimResult, Decision, Replication};

type Bounds = (Option<f64>, Option<f64>);

fn held(
    figure: ClaimFigure,
    service: Option<usize>,
    bounds: Bounds,
    recordings: &[Recording],
) -> (bool, String) {
    let mut scenario = scenario(&["api", "web"]);
    scenario.claims = vec![claim(figure, service, bounds)];
    let results = hold_of(&scenario, recordings);
    let [result] = &results[..] else { panic!("one claim, one result") };
    assert_eq!((result.claim.as_str(), result.line, &result.variant), ("it is so", 7, &None));
    (result.holds, result.measured.clone())
}

fn hold_of(scenario: &Scenario, recordings: &[Recording]) -> Vec<ClaimResult> {
    let replications: Vec<Replication> = recordings.iter().map(Replication::of).collect();
    let runs = Runs { variant: scenario.variant.as_deref(), replications: &replications };
    hold(&scenario.claims, &[runs])
}

fn after(secs: f64) -> Bounds {
    (Some(secs), None)
}

fn before(secs: f64) -> Bounds {
    (None, Some(secs))
}

fn between(low: f64, high: f64) -> Bounds {
    (Some(low), Some(high))
}

/// One run for each: the first error then, or never.
fn errors_at(times: impl IntoIterator<Item = Option<f64>>) -> Vec<Recording> {
    recordings(times.into_iter().map(|time| ServiceRecord { first_error: time.map(at), ..well() }))
}

#[test]
fn times_are_judged_by_their_median_and_its_whole_interval() {
    // 1 s to 20 s: median 10 s, its interval 5 s to 15 s.
    let twenty = errors_at((1..=20).map(|s| Some(f64::from(s))));
    // The last eight never: the curve reaches one half, the upper end of its band does not.
    let twelve = errors_at((1..=20).map(|s| (s <= 12).then(|| f64::from(s))));
    let five = errors_at((1..=20).map(|s| (s <= 5).then(|| f64::from(s))));
    let none = errors_at([None; 20]);
    let three = errors_at([Some(150.0), Some(130.0), Some(140.0)]);
    let two_of_three = errors_at([Some(150.0), None, Some(140.0)]);
    let one = errors_at([Some(61.5)]);
    let never = errors_at([None]);
    let words = "median 10.0 s (5.00 s–15.0 s) in 20 replications, 0 censored";
    let twelve_words = "median 10.0 s (5.00 s–never) in 20 replications, 8 censored";
    let none_words = "median never (never–never) in 20 replications, 20 censored";
    let three_words = "median 2m 20s (2m 10s–2m 30s) in 3 replications, 0 censored";
    let rows: [(&[Recording], Bounds, bool, &str); 19] = [
        (&twenty, between(5.0, 15.0), true, words),
        (&twenty, between(5.1, 15.0), false, words),
        (&twenty, between(5.0, 14.9), false, words),
        (&twenty, after(16.0), false, words),
        (&twelve, before(1_000.0), false, twelve_words),
        (&twelve, after(5.0), true, twelve_words),
        (&five, before(1_000.0), false, "median never (5.00 s–never) in 20 replications, 15 censored"),
        (&none, before(1_900.0), false, none_words),
        (&none, after(120.0), true, none_words),
        (&none, after(2_500.0), true, none_words),
        (&none, between(1.0, 2_500.0), false, none_words),
        (&three, between(130.0, 150.0), true, three_words),
        (&three, before(149.0), false, three_words),
        (&three, after(131.0), false, three_words),
        (&two_of_three, before(160.0), false, "median 2m 30s (2m 20s–never) in 3 replications, 1 censored"),
        (&one, between(61.5, 61.5), true, "61.5 s in 1 replication"),
        (&one, before(61.0), false, "61.5 s in 1 replication"),
        (&never, before(61.0), false, "never in 1 replication"),
        (&never, after(61.0), true, "never in 1 replication"),
    ];
    for (runs, bounds, holds, words) in rows {
        assert_eq!(held(FirstError, Some(0), bounds, runs), (holds, words.into()), "{bounds:?}");
    }
}

#[test]
fn crash_and_recovery_are_times_too() {
    let crashed = recordings([ServiceRecord { first_crash: Some(at(256.6)), crashes: 2, ..well() }]);
    assert_eq!(
        held(FirstCrash, Some(0), between(120.0, 600.0), &crashed),
        (true, "4m 17s in 1 replication".into())
    );
    assert!(!held(FirstCrash, Some(0), before(120.0), &crashed).0);
    let recovered = |recovery| recordings([ServiceRecord { recovery, ..well() }]);
    let rows = [
        (Recovery::At(at(1_092.0)), between(1_020.0, 1_260.0), true, "18m 12s in 1 replication"),
        (Recovery::At(at(1_092.0)), before(1_020.0), false, "18m 12s in 1 replication"),
        (Recovery::Unharmed, before(10.0), true, "0 s in 1 replication"),
        (Recovery::Unharmed, after(10.0), false, "0 s in 1 replication"),
        (Recovery::Never, before(1_900.0), false, "never in 1 replication"),
        (Recovery::Never, after(10.0), true, "never in 1 replication"),
    ];
    for (recovery, bounds, holds, words) in rows {
        assert_eq!(held(RecoveryTime, Some(0), bounds, &recovered(recovery)), (holds, words.into()));
    }
}

#[test]
fn what_every_replication_shows_must_lie_within_the_bounds_in_each() {
    let runs = |n: u32| {
        let crashes = move |i: u32| ServiceRecord {
            crashes: i / n,
            last_error: (i > 1).then(|| at(1.0 + f64::from(i) / 10.0)),
            good_after_fault: 900 - u64::from(i),
            ..well()
        };
        recordings((1..=n).map(crashes))
    };
    let twenty = runs(20);
    let calm = recordings(vec![well(); 20]);
    let silent = recordings([ServiceRecord { sent_after_fault: 0, good_after_fault: 0, ..well() }, well()]);
    let rows: [(&[Recording], ClaimFigure, Bounds, bool, &str); 14] = [
        (&calm, Crashes, before(0.0), true, "0 in each of 20 replications"),
        (&calm, Crashes, after(1.0), false, "0 in each of 20 replications"),
        (&twenty, Crashes, before(0.0), false, "0 to 1 in 20 replications"),
        (&twenty, Crashes, between(0.0, 1.0), true, "0 to 1 in 20 replications"),
        (&calm, ErrorsFor, before(10.0), true, "0 s in each of 20 replications"),
        (&twenty, ErrorsFor, before(3.0), true, "0 s to 3.00 s in 20 replications"),
        (&twenty, ErrorsFor, before(2.9), false, "0 s to 3.00 s in 20 replications"),
        (&twenty, ErrorsFor, after(0.1), false, "0 s to 3.00 s in 20 replications"),
        (&calm, Availability, after(1.0), true, "100.000 % in each of 20 replications"),
        (&twenty, Availability, after(0.977), true, "97.778 % to 99.889 % in 20 replications"),
        (&twenty, Availability, after(0.98), false, "97.778 % to 99.889 % in 20 replications"),
        (&silent, Availability, after(0.0), false, "nothing to measure in 1 of 2 replications"),
        (&twenty[..1], Availability, before(0.999), true, "99.889 % in 1 replication"),
        (&twenty[19..], Crashes, before(0.0), false, "1 in 1 replication"),
    ];
    for (runs, figure, bounds, holds, words) in rows {
        assert_eq!(held(figure, Some(0), bounds, runs), (holds, words.into()), "{figure:?} {bounds:?}");
    }
}

#[test]
fn the_system_is_as_early_as_its_first_and_as_late_as_its_last() {
    let api = ServiceRecord {
        first_error: Some(at(61.0)),
        last_error: Some(at(300.0)),
        first_crash: Some(at(250.0)),
        crashes: 3,
        recovery: Recovery::At(at(310.0)),
        good_after_fault: 450,
        ..well()
    };
    let web = ServiceRecord {
        first_error: Some(at(60.0)),
        last_error: Some(at(950.0)),
        crashes: 1,
        recovery: Recovery::At(at(960.0)),
        ..well()
    };
    let both = [recording(1, vec![api.clone(), web.clone()])];
    let rows = [
        (FirstError, "60.0 s in 1 replication"),
        (FirstCrash, "4m 10s in 1 replication"),
        (RecoveryTime, "16m 00s in 1 replication"),
        (ErrorsFor, "15m 50s in 1 replication"),
        (Crashes, "4 in 1 replication"),
        (Availability, "75.000 % in 1 replication"),
    ];
    for (figure, words) in rows {
        assert_eq!(held(figure, None, after(0.0), &both).1, words);
    }
    let stuck = [recording(1, vec![api, ServiceRecord { recovery: Recovery::Never, ..web }])];
    assert_eq!(held(RecoveryTime, None, before(1_900.0), &stuck), (false, "never in 1 replication".into()));
    assert!(held(RecoveryTime, Some(0), before(310.0), &stuck).0, "the claim is about the other service");
}

#[test]
fn only_claims_about_this_run_are_held_and_in_their_order() {
    let mut scenario = scenario(&["api"]);
    let mut claims = [Crashes, Availability, ErrorsFor].map(|figure| claim(figure, None, (None, None)));
    claims[1].variant = Some("manual-failover".into());
    claims[2].line = 9;
    scenario.claims = claims.to_vec();
    let lines = |scenario: &Scenario| {
        hold_of(scenario, &recordings([well()])).iter().map(|r| r.line).collect::<Vec<_>>()
    };
    assert_eq!(lines(&scenario), [7, 9]);
    scenario.variant = Some("manual-failover".into());
    assert_eq!(lines(&scenario), [7]);
    assert_eq!(
        hold_of(&scenario, &recordings([well()]))[0].variant.as_deref(),
        Some("manual-failover"),
        "a result names its variant"
    );
}

fn decided(
    must: ClaimMust,
    figure: ClaimFigure,
    bounds: Bounds,
    runs: &[(Option<&str>, Vec<Recording>)],
) -> (Decision, String) {
    let replications: Vec<Vec<Replication>> =
        runs.iter().map(|(_, of)| of.iter().map(Replication::of).collect()).collect();
    let runs = runs.iter().zip(&replications);
    let runs: Vec<Runs<'_>> =
        runs.map(|((variant, _), replications)| Runs { variant: *variant, replications }).collect();
    let claim = Claim { must, ..claim(figure, Some(0), bounds) };
    let result = judge(&claim, &runs, 0.95).unwrap();
    assert_eq!(result.holds, result.decision == Decision::Held);
    (result.decision, result.measured)
}

#[test]
fn an_interval_across_a_bound_decides_nothing() {
    // Median 10 s, its interval 5 s to 15 s.
    let twenty = [(None, errors_at((1..=20).map(|s| Some(f64::from(s)))))];
    let rows = [
        (between(5.0, 15.0), Decision::Held),
        (before(4.9), Decision::Broken),
        (after(15.1), Decision::Broken),
        (before(14.9), Decision::Undecided),
        (after(5.1), Decision::Undecided),
    ];
    for (bounds, expected) in rows {
        assert_eq!(decided(ClaimMust::Usual, FirstError, bounds, &twenty).0, expected, "{bounds:?}");
    }
}

#[test]
fn a_share_of_runs_is_held_against_clopper_and_pearson() {
    // 18 of 20 within 18 s: 68.3 % to 98.8 % of all runs.
    let twenty = [(None, errors_at((1..=20).map(|s| Some(f64::from(s)))))];
    let rows = [(0.68, Decision::Held), (0.9, Decision::Undecided), (0.99, Decision::Broken)];
    for (share, expected) in rows {
        let (decision, words) = decided(ClaimMust::Share(share), FirstError, before(18.0), &twenty);
        assert_eq!(decision, expected, "{share}");
        assert!(
            words.starts_with("18 of 20 replications within the bounds: 68.3 % to 98.8 % of all runs"),
            "{words}"
        );
    }
}

#[test]
fn a_ratio_is_one_of_means_of_the_same_seeds() {
    let crashes = |counts: [u32; 6]| recordings(counts.map(|crashes| ServiceRecord { crashes, ..well() }));
    let runs = [(None, crashes([1, 2, 1, 2, 1, 2])), (Some("worse"), crashes([4, 5, 4, 5, 4, 5]))];
    let against = || ClaimMust::Against(Some("worse".into()));
    let rows = [
        (before(0.5), Decision::Held),
        (before(0.34), Decision::Undecided),
        (before(0.2), Decision::Broken),
        (between(0.2, 0.5), Decision::Held),
        (after(0.5), Decision::Broken),
    ];
    for (bounds, expected) in rows {
        let (decision, words) = decided(against(), Crashes, bounds, &runs);
        assert_eq!(decision, expected, "{bounds:?}");
        assert!(
            words.starts_with("0.333 times (") && words.ends_with("1.50 against 4.50 in 6 replications"),
            "{words}"
        );
    }
    let none = [(None, crashes([0; 6])), (Some("worse"), crashes([0; 6]))];
    let (decision, words) = decided(against(), Crashes, before(0.5), &none);
    assert_eq!(
        (decision, words.as_str()),
        (Decision::Held, "0 against 0 in 6 replications"),
        "half of none is none"
    );
    let claim = Claim { must: against(), ..claim(Crashes, None, before(0.5)) };
    assert_eq!(judge(&claim, &[], 0.95), None, "nothing was run");
}

#[test]
fn a_trend_is_the_slope_of_the_second_half() {
    let sample = |pending_calls| Sample { pending_calls, ..Sample::default() };
    // The fault is at 100 s, the horizon at 2000 s: the second half begins at 1050 s.
    let growing =
        |by: u64| (0..=2_000_u64).map(|s| sample(if s < 1_050 { 7 * s } else { 500 + by * s })).collect();
    let runs = [(None, recordings([2, 3, 2, 3].map(|by| ServiceRecord { series: growing(by), ..well() })))];
    let growth = |bounds| decided(ClaimMust::Usual, ClaimFigure::PendingGrowth, bounds, &runs);
    assert_eq!(growth(before(4.0)), (Decision::Held, "2.50/s (1.58/s to 3.42/s) in 4 replications".into()));
    assert_eq!((growth(before(3.0)).0, growth(before(1.0)).0), (Decision::Undecided, Decision::Broken));
}
