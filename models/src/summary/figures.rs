//! Recordings → figures: first per replication, then over replications.

use halfopen_sim::digest::Digest;

use crate::recording::{CacheRecord, DatabaseRecord, Recording, Verdict};
use crate::scenario::Scenario;
use crate::statistics::{LEVEL, Lifetime, Survival, mean_interval, median_interval, quantile};
use crate::summary::outcome::{Observed, Outcome, Replication};
use crate::summary::{CacheSummary, DatabaseSummary, Figure, Latency, ServiceSummary, Summary, VerdictCount};

impl Summary {
    /// The figures of `recordings`, which are runs of `scenario` in the order of their seeds. `expect` is left empty.
    ///
    /// # Panics
    /// When there are no recordings.
    pub fn of(scenario: &Scenario, recordings: &[Recording]) -> Summary {
        let replications: Vec<Replication> = recordings.iter().map(Replication::of).collect();
        Summary::over(scenario, &replications)
    }

    /// As [`of`](Self::of), where the recordings themselves were not kept.
    ///
    /// # Panics
    /// When there are no replications.
    pub fn over(scenario: &Scenario, replications: &[Replication]) -> Summary {
        let first = replications.first().expect("a summary needs a replication");
        let mut digest = Digest::new();
        for replication in replications {
            digest.mix(replication.digest);
        }
        let services =
            scenario.services.iter().enumerate().map(|(index, service)| {
                (service.name.clone(), ServiceSummary::of(replications, Some(index)))
            });
        let caches = scenario.caches.iter().enumerate();
        let databases = scenario.databases.iter().enumerate();
        Summary {
            format: 1,
            scenario: scenario.name.clone(),
            variant: scenario.variant.clone(),
            seed: first.seed,
            replications: replications.len() as u32,
            horizon_s: scenario.horizon.as_secs_f64(),
            fault_at_s: first.fault_at_s,
            digest: format!("{:016x}", digest.value()),
            services: services.collect(),
            system: ServiceSummary::of(replications, None),
            caches: caches
                .map(|(i, cache)| (cache.name.clone(), CacheSummary::of(replications, i)))
                .collect(),
            databases: databases
                .map(|(i, database)| (database.name.clone(), DatabaseSummary::of(replications, i)))
                .collect(),
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

    /// Of what each replication shows of one figure, in any order.
    pub fn over(observed: &[Observed]) -> Figure {
        let times: Vec<Lifetime> = observed.iter().filter_map(|it| it.time()).collect();
        if times.is_empty() {
            Figure::of(observed.iter().filter_map(|it| it.value()))
        } else {
            Figure::of_times(&times)
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
    /// Of the service with this index, or of the system.
    fn of(replications: &[Replication], service: Option<usize>) -> ServiceSummary {
        let outcomes: Vec<&Outcome> = replications.iter().map(|it| it.outcome(service)).collect();
        let count = |of: fn(&Outcome) -> u64| Figure::of(outcomes.iter().map(|o| of(o) as f64));
        let shown = |of: fn(&Outcome) -> Option<f64>| Figure::of(outcomes.iter().filter_map(|o| of(o)));
        let time = |of: fn(&Outcome) -> Lifetime| {
            Figure::of_times(&outcomes.iter().map(|o| of(o)).collect::<Vec<_>>())
        };
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
            latency_ms: Latency {
                p50: shown(|o| o.latency_ms.p50),
                p90: shown(|o| o.latency_ms.p90),
                p99: shown(|o| o.latency_ms.p99),
                p999: shown(|o| o.latency_ms.p999),
                max: shown(|o| o.latency_ms.max),
            },
            retry_amplification: shown(|o| o.retry_amplification),
            verdicts: verdicts(&outcomes),
        }
    }
}

impl CacheSummary {
    fn of(replications: &[Replication], index: usize) -> CacheSummary {
        let figure =
            |of: fn(&CacheRecord) -> f64| Figure::of(replications.iter().map(|it| of(&it.caches[index])));
        CacheSummary {
            utilization: figure(|cache| cache.utilization),
            throughput_per_s: figure(|cache| cache.throughput_per_s),
            peak_queue: figure(|cache| cache.peak_queue as f64),
            peak_connections: figure(|cache| cache.peak_connections as f64),
        }
    }
}

impl DatabaseSummary {
    fn of(replications: &[Replication], index: usize) -> DatabaseSummary {
        let figure =
            |of: fn(&DatabaseRecord) -> f64| Figure::of(replications.iter().map(|r| of(&r.databases[index])));
        DatabaseSummary {
            utilization: figure(|database| database.utilization),
            throughput_per_s: figure(|database| database.throughput_per_s),
            peak_queue: figure(|database| database.peak_queue as f64),
            refused: figure(|database| database.refused as f64),
        }
    }
}

fn verdicts(outcomes: &[&Outcome]) -> Vec<VerdictCount> {
    let mut counts: Vec<(Verdict, VerdictCount)> = Vec::new();
    for (decided, rule) in outcomes.iter().filter_map(|outcome| outcome.verdict.as_ref()) {
        match counts.iter_mut().find(|(verdict, _)| verdict == decided) {
            Some((_, count)) => count.replications += 1,
            None => counts.push((
                *decided,
                VerdictCount { verdict: decided.to_string(), replications: 1, rule: rule.clone() },
            )),
        }
    }
    counts.sort_by_key(|(verdict, count)| (std::cmp::Reverse(count.replications), *verdict));
    counts.into_iter().map(|(_, count)| count).collect()
}
