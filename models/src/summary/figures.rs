//! Recordings → figures: first per replication, then over replications.

use halfopen_sim::Time;
use halfopen_sim::digest::Digest;

use crate::recording::{CacheRecord, Recording, Verdict};
use crate::scenario::Scenario;
use crate::statistics::{LEVEL, Lifetime, Survival, mean_interval, median_interval, quantile};
use crate::summary::outcome::Outcome;
use crate::summary::{CacheSummary, Figure, Latency, ServiceSummary, Summary, VerdictCount};

impl Summary {
    /// The figures of `recordings`, which are runs of `scenario` in the order of their seeds. `expect` is left empty.
    ///
    /// # Panics
    /// When there are no recordings.
    pub fn of(scenario: &Scenario, recordings: &[Recording]) -> Summary {
        let first = recordings.first().expect("a summary needs a recording");
        let mut digest = Digest::new();
        for recording in recordings {
            digest.mix(recording.digest);
        }
        let services = scenario.services.iter().enumerate().map(|(index, service)| {
            let mut summary = ServiceSummary::of(recordings, Some(index));
            summary.verdicts = verdicts(recordings, index);
            (service.name.clone(), summary)
        });
        let caches = scenario.caches.iter().enumerate();
        Summary {
            format: 1,
            scenario: scenario.name.clone(),
            variant: scenario.variant.clone(),
            seed: first.seed,
            replications: recordings.len() as u32,
            horizon_s: scenario.horizon.as_secs_f64(),
            fault_at_s: first.fault_at.map(Time::as_secs_f64),
            digest: format!("{:016x}", digest.value()),
            services: services.collect(),
            system: ServiceSummary::of(recordings, None),
            caches: caches.map(|(i, cache)| (cache.name.clone(), CacheSummary::of(recordings, i))).collect(),
            expect: Vec::new(),
            uncertainty: None,
        }
    }
}

impl Figure {
    /// Of values that every replication shows, in any order.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Figure {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let mean = mean_interval(&sorted, LEVEL);
        Figure {
            mean: mean.map(|(mean, _)| mean),
            ci95: mean.and_then(|(_, interval)| interval),
            median: quantile(&sorted, 0.5),
            median_ci95: median_interval(&sorted),
            p5: quantile(&sorted, 0.05),
            p95: quantile(&sorted, 0.95),
            n: sorted.len() as u32,
            censored: 0,
        }
    }

    /// Of times that a run's end may have cut off, in any order.
    pub fn of_times(times: &[Lifetime]) -> Figure {
        let ended = |time: &Lifetime| match *time {
            Lifetime::Ended(at) => Some(at),
            Lifetime::Censored(_) => None,
        };
        let values = Figure::of(times.iter().filter_map(ended));
        let n = times.len() as u32;
        let censored = n - values.n;
        let curve = Survival::of(times);
        Figure {
            mean: values.mean.filter(|_| censored == 0),
            ci95: values.ci95.filter(|_| censored == 0),
            median: curve.quantile(0.5),
            median_ci95: curve.median_interval(),
            p5: curve.quantile(0.05),
            p95: curve.quantile(0.95),
            n,
            censored,
        }
    }
}

impl ServiceSummary {
    /// Of the service with this index, or of the system; without verdicts.
    fn of(recordings: &[Recording], service: Option<usize>) -> ServiceSummary {
        let outcomes: Vec<Outcome> = recordings.iter().map(|r| Outcome::of(r, service)).collect();
        let count = |of: fn(&Outcome) -> u64| Figure::of(outcomes.iter().map(|o| of(o) as f64));
        let shown = |of: fn(&Outcome) -> Option<f64>| Figure::of(outcomes.iter().filter_map(of));
        let time =
            |of: fn(&Outcome) -> Lifetime| Figure::of_times(&outcomes.iter().map(of).collect::<Vec<_>>());
        ServiceSummary {
            requests: count(|o| o.requests),
            errors: count(|o| o.errors),
            availability: shown(|o| o.availability),
            time_to_first_error_s: time(|o| o.first_error),
            time_to_crash_s: time(|o| o.first_crash),
            time_to_recovery_s: time(|o| o.recovery),
            errors_for_s: shown(|o| Some(o.errors_for)),
            crashes: count(|o| o.crashes),
            peak_pending_calls: count(|o| o.peak_pending_calls),
            peak_memory_bytes: count(|o| o.peak_memory_bytes),
            latency_ms: Latency::of(&outcomes),
            retry_amplification: shown(|o| o.retry_amplification),
            verdicts: Vec::new(),
        }
    }
}

impl Latency {
    /// Quantiles of each replication's histogram, then figures over those replications that answered anything.
    fn of(outcomes: &[Outcome]) -> Latency {
        let figure = |q| {
            let quantiles = outcomes.iter().filter_map(|outcome| outcome.latency.quantile(q));
            Figure::of(quantiles.map(|span| span.as_nanos() as f64 / 1e6))
        };
        Latency {
            p50: figure(0.5),
            p90: figure(0.9),
            p99: figure(0.99),
            p999: figure(0.999),
            max: figure(1.0),
        }
    }
}

impl CacheSummary {
    fn of(recordings: &[Recording], index: usize) -> CacheSummary {
        let figure =
            |of: fn(&CacheRecord) -> f64| Figure::of(recordings.iter().map(|r| of(&r.caches[index])));
        CacheSummary {
            utilization: figure(|cache| cache.utilization),
            throughput_per_s: figure(|cache| cache.throughput_per_s),
            peak_queue: figure(|cache| cache.peak_queue as f64),
            peak_connections: figure(|cache| cache.peak_connections as f64),
        }
    }
}

fn verdicts(recordings: &[Recording], service: usize) -> Vec<VerdictCount> {
    let mut counts: Vec<(Verdict, VerdictCount)> = Vec::new();
    for service in recordings.iter().map(|recording| &recording.services[service]) {
        match counts.iter_mut().find(|(verdict, _)| *verdict == service.verdict) {
            Some((_, count)) => count.replications += 1,
            None => counts.push((
                service.verdict,
                VerdictCount {
                    verdict: service.verdict.to_string(),
                    replications: 1,
                    rule: service.verdict_rule.clone(),
                },
            )),
        }
    }
    counts.sort_by_key(|(verdict, count)| (std::cmp::Reverse(count.replications), *verdict));
    counts.into_iter().map(|(_, count)| count).collect()
}
