//! Laws of the summary, on recordings made by chance: no simulation is needed to break them.

mod fixtures;

use fixtures::{UNTIL, at, recording, recordings, scenario, well};
use halfopen_models::recording::{Recording, Recovery, ServiceRecord, Verdict};
use halfopen_models::statistics::Lifetime::{self, Censored, Ended};
use halfopen_models::summary::{Figure, ServiceSummary, Summary};
use halfopen_sim::Span;
use halfopen_sim::chance::{Stream, Streams};
use halfopen_sim::histogram::Histogram;

fn chance(name: &str) -> Stream {
    Streams::new(20_191_125).stream("summary", name)
}

fn whole(chance: &mut Stream, below: f64) -> u64 {
    (chance.uniform() * below) as u64
}

/// A service to which anything may have happened; about one in ten had no request at all.
fn any_service(chance: &mut Stream) -> ServiceRecord {
    let sent = whole(chance, 1_000.0) * u64::from(chance.uniform() > 0.1);
    let good = whole(chance, sent as f64 + 1.0);
    let mut latency = Histogram::new();
    (0..good.min(50)).for_each(|_| latency.record(Span::from_millis(whole(chance, 5_000.0))));
    let mut maybe = |share: f64| (chance.uniform() < share).then(|| at((chance.uniform() * UNTIL).floor()));
    let (first_error, first_crash, recovered) = (maybe(0.8), maybe(0.5), maybe(0.6));
    let harmed = first_error.is_some();
    ServiceRecord {
        requests: sent + whole(chance, 100.0),
        errors: sent - good,
        sent_after_fault: sent,
        good_after_fault: good,
        first_error,
        last_error: first_error,
        first_crash,
        crashes: u32::from(first_crash.is_some()),
        recovery: match recovered {
            _ if !harmed => Recovery::Unharmed,
            Some(at) => Recovery::At(at),
            None => Recovery::Never,
        },
        peak_pending_calls: whole(chance, 1e6),
        peak_memory_bytes: whole(chance, 1e9),
        latency,
        calls_reached: whole(chance, 1e4),
        calls_needed: sent * 3,
        verdict: [Verdict::Unharmed, Verdict::ByCrash, Verdict::Metastable][whole(chance, 3.0) as usize],
        ..well()
    }
}

fn any_recordings(chance: &mut Stream) -> Vec<Recording> {
    let n = 1 + whole(chance, 30.0);
    (0..n).map(|seed| recording(seed, vec![any_service(chance), any_service(chance)])).collect()
}

fn figures(summary: &ServiceSummary) -> Vec<&Figure> {
    let latency = &summary.latency_ms;
    vec![
        &summary.requests,
        &summary.errors,
        &summary.availability,
        &summary.time_to_first_error_s,
        &summary.time_to_crash_s,
        &summary.time_to_recovery_s,
        &summary.errors_for_s,
        &summary.crashes,
        &summary.peak_pending_calls,
        &summary.peak_memory_bytes,
        &summary.retry_amplification,
        &latency.p50,
        &latency.p90,
        &latency.p99,
        &latency.p999,
        &latency.max,
    ]
}

#[test]
fn another_order_of_replications_changes_the_digest_and_nothing_else() {
    let mut chance = chance("order");
    for _ in 0..50 {
        let mut runs = any_recordings(&mut chance);
        let before = Summary::of(&scenario(&["api", "web"]), &runs);
        // The seed is the first recording's; the rule of a verdict is that of the first with it, the same for all here.
        runs[1..].reverse();
        let after = Summary::of(&scenario(&["api", "web"]), &runs);
        assert_eq!(before.digest == after.digest, runs.len() < 3);
        assert_eq!(before, Summary { digest: before.digest.clone(), ..after });
    }
}

#[test]
fn figures_are_in_order_and_counted() {
    let mut chance = chance("order of quantiles");
    for _ in 0..200 {
        let runs = any_recordings(&mut chance);
        let summary = Summary::of(&scenario(&["api", "web"]), &runs);
        let services = summary.services.iter().map(|(_, service)| service).chain([&summary.system]);
        for figure in services.flat_map(figures) {
            assert!(figure.n <= summary.replications && figure.censored <= figure.n, "{figure:?}");
            let quantiles =
                [figure.p5, figure.median_ci95[0], figure.median, figure.median_ci95[1], figure.p95];
            // With few values the interval of the median is wider than from 5 % to 95 %.
            let [p5, low, median, high, p95] = quantiles;
            for ordered in [[p5, median, p95], [low, median, high]] {
                let known: Vec<f64> = ordered.into_iter().flatten().collect();
                assert!(known.is_sorted(), "{figure:?}");
            }
            assert_eq!(figure.mean.is_some(), figure.n > 0 && figure.censored == 0, "{figure:?}");
            assert_eq!(figure.ci95.is_some(), figure.n > 1 && figure.censored == 0, "{figure:?}");
            if let (Some(mean), Some([low, high])) = (figure.mean, figure.ci95) {
                assert!(low <= mean && mean <= high, "{figure:?}");
            }
        }
    }
}

#[test]
fn availability_is_a_share_and_the_system_lies_between_its_services() {
    let mut chance = chance("availability");
    for _ in 0..200 {
        let services = vec![any_service(&mut chance), any_service(&mut chance)];
        let summary = Summary::of(&scenario(&["api", "web"]), &[recording(1, services)]);
        let parts: Vec<f64> = summary.services.iter().filter_map(|(_, s)| s.availability.mean).collect();
        assert!(parts.iter().all(|share| (0.0..=1.0).contains(share)), "{parts:?}");
        let Some(all) = summary.system.availability.mean else {
            assert!(parts.is_empty(), "the system was sent what its services were sent");
            continue;
        };
        assert!(parts.iter().any(|&share| share <= all) && parts.iter().any(|&share| share >= all));
    }
}

#[test]
fn a_system_of_one_service_is_that_service() {
    let mut chance = chance("alone");
    for _ in 0..50 {
        let runs = recordings((0..10).map(|_| any_service(&mut chance)));
        let summary = Summary::of(&scenario(&["api"]), &runs);
        let service = ServiceSummary { verdicts: Vec::new(), ..summary.services[0].1.clone() };
        assert_eq!(summary.system, service);
    }
}

#[test]
fn censoring_one_more_time_never_brings_a_quantile_forward() {
    let mut chance = chance("censoring");
    let later = |before: Option<f64>, after: Option<f64>| {
        before.is_none_or(|b| after.is_none_or(|a| a >= b)) && (before.is_some() || after.is_none())
    };
    for _ in 0..300 {
        let n = 1 + whole(&mut chance, 30.0) as usize;
        let mut times: Vec<Lifetime> = (0..n)
            .map(|_| (chance.uniform() * 30.0).floor())
            .map(|t| if t < 25.0 { Ended(t) } else { Censored(25.0) })
            .collect();
        let before = Figure::of_times(&times);
        times[whole(&mut chance, n as f64) as usize] = Censored(25.0);
        let after = Figure::of_times(&times);
        assert!(after.censored >= before.censored);
        assert!(later(before.p5, after.p5), "{before:?} {after:?}");
        assert!(later(before.median, after.median), "{before:?} {after:?}");
        assert!(later(before.p95, after.p95), "{before:?} {after:?}");
    }
}

#[test]
fn the_horizon_of_what_never_happened_moves_no_quantile() {
    let at = |horizon| (1..=20).map(move |t| if t <= 12 { Ended(f64::from(t)) } else { Censored(horizon) });
    let of = |horizon| Figure::of_times(&at(horizon).collect::<Vec<_>>());
    assert_eq!(of(12.0), of(5_000.0));
}

#[test]
fn figures_of_one_run_by_hand() {
    let mut api_latency = Histogram::new();
    api_latency.record(Span::from_millis(2));
    let api = ServiceRecord {
        errors: 450,
        good_after_fault: 450,
        first_error: Some(at(61.0)),
        last_error: Some(at(300.5)),
        first_crash: Some(at(250.0)),
        crashes: 3,
        recovery: Recovery::At(at(310.0)),
        peak_memory_bytes: 9_000,
        latency: api_latency,
        calls_reached: 6_000,
        ..well()
    };
    let summary = Summary::of(&scenario(&["api", "web"]), &[recording(0x2a, vec![api, well()])]);
    let (name, api) = &summary.services[0];
    let alone = |figure: &Figure| (figure.mean, figure.ci95, figure.median, figure.n, figure.censored);
    let one = |value: f64| (Some(value), None, Some(value), 1, 0);
    let censored = (None, None, None, 1, 1);
    let web = &summary.services[1].1;
    let system = &summary.system;
    let rows = [
        ("requests", &api.requests, one(1_000.0)),
        ("availability", &api.availability, one(0.5)),
        ("first error", &api.time_to_first_error_s, one(61.0)),
        ("crash", &api.time_to_crash_s, one(250.0)),
        ("recovery", &api.time_to_recovery_s, one(310.0)),
        ("errors for", &api.errors_for_s, one(300.5)),
        ("p50", &api.latency_ms.p50, one(2.0)),
        ("amplification", &api.retry_amplification, one(2.0)),
        ("web: first error", &web.time_to_first_error_s, censored),
        ("web: crash", &web.time_to_crash_s, censored),
        ("web: recovery", &web.time_to_recovery_s, one(0.0)),
        ("web: errors for", &web.errors_for_s, one(0.0)),
        ("system: requests", &system.requests, one(2_000.0)),
        ("system: errors", &system.errors, one(450.0)),
        ("system: availability", &system.availability, one(0.75)),
        ("system: first error", &system.time_to_first_error_s, one(61.0)),
        ("system: recovery", &system.time_to_recovery_s, one(310.0)),
        ("system: pending", &system.peak_pending_calls, one(10.0)),
        ("system: memory", &system.peak_memory_bytes, one(9_000.0)),
        ("system: slowest", &system.latency_ms.max, one(3.0)),
        ("system: fastest", &system.latency_ms.p50, one(3.0)),
        ("system: amplification", &system.retry_amplification, one(1.5)),
    ];
    for (what, figure, expected) in rows {
        assert_eq!(alone(figure), expected, "{what}");
    }
    assert_eq!((name.as_str(), summary.seed, summary.replications, summary.format), ("api", 0x2a, 1, 1));
    assert_eq!((summary.horizon_s, summary.fault_at_s, summary.digest.len()), (2_000.0, Some(100.0), 16));
    assert_eq!(summary.caches[0].1.utilization.mean, Some(0.25));
}

#[test]
fn what_no_replication_shows_is_absent_and_says_so_by_its_count() {
    let silent = ServiceRecord {
        requests: 0,
        sent_after_fault: 0,
        good_after_fault: 0,
        calls_needed: 0,
        latency: Histogram::new(),
        ..well()
    };
    let summary = Summary::of(&scenario(&["api"]), &recordings([silent.clone(), well(), silent]));
    let api = &summary.services[0].1;
    for figure in [&api.availability, &api.retry_amplification, &api.latency_ms.p99, &api.latency_ms.max] {
        assert_eq!((figure.n, figure.mean.is_some(), figure.ci95), (1, true, None));
    }
    assert_eq!(
        Figure::of([]),
        Figure {
            mean: None,
            ci95: None,
            median: None,
            median_ci95: [None, None],
            p5: None,
            p95: None,
            n: 0,
            censored: 0,
        }
    );
}

#[test]
fn verdicts_are_counted_the_most_frequent_first() {
    let out = |verdict, rule: &str| ServiceRecord { verdict, verdict_rule: rule.into(), ..well() };
    let runs = recordings([
        out(Verdict::Metastable, "a"),
        out(Verdict::ByKernel, "b"),
        out(Verdict::ByCrash, "c"),
        out(Verdict::ByKernel, "d"),
    ]);
    let summary = Summary::of(&scenario(&["api"]), &runs);
    let api = &summary.services[0].1;
    let rows: Vec<_> =
        api.verdicts.iter().map(|v| (v.verdict.as_str(), v.replications, v.rule.as_str())).collect();
    assert_eq!(
        rows,
        [
            ("recovered by the kernel", 2, "b"),
            ("recovered by crash and restart", 1, "c"),
            ("metastable", 1, "a"),
        ]
    );
    assert!(summary.system.verdicts.is_empty());
}
