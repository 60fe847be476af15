//! `timeseries.csv`: a row for each second and service, means over replications; of pending calls and of the fullest
//! instance's memory also the 5 % and 95 % quantiles.

use halfopen_models::recording::Sample;
use halfopen_sim::{Span, Time};

use super::{Result, Row, optional};
use crate::clock::Clock;
use crate::over::{mean, samples, spread};

pub(super) const HEADER: &[&str] = &[
    "time_s",
    "since_fault_s",
    "wall_clock",
    "service",
    "sent",
    "answered",
    "errors",
    "pending_calls",
    "pending_calls_p5",
    "pending_calls_p95",
    "memory_max_bytes",
    "memory_max_bytes_p5",
    "memory_max_bytes_p95",
    "memory_mean_bytes",
    "heap_used_max_bytes",
    "instances_up",
    "half_open",
    "loop_lag_ms",
];

pub(super) fn rows(result: &Result<'_>, to: &mut dyn FnMut(Row)) {
    let clock = Clock::new(result.scenario.clock);
    let fault = result.recordings[0].fault_at;
    let seconds = result.recordings[0].services.first().map_or(0, |service| service.series.len());
    for second in 0..seconds {
        let at = Time::ZERO + Span::from_secs(second as u64);
        for (index, service) in result.scenario.services.iter().enumerate() {
            let samples = samples(result.recordings, index, second);
            let mut row = vec![
                second.to_string(),
                optional(fault.map(|fault| super::since(at, fault))),
                clock.iso(at),
                service.name.clone(),
            ];
            row.extend(figures(&samples));
            to(row);
        }
    }
}

fn figures(samples: &[&Sample]) -> Row {
    let each = |figure: fn(&Sample) -> f64| -> Vec<f64> { samples.iter().map(|s| figure(s)).collect() };
    let pending = each(|s| s.pending_calls as f64);
    let memory = each(|s| s.memory_max_bytes as f64);
    let pending_ends = spread(&pending);
    let memory_ends = spread(&memory);
    let figures = [
        mean(&each(|s| f64::from(s.sent))),
        mean(&each(|s| f64::from(s.answered))),
        mean(&each(|s| f64::from(s.errors))),
        mean(&pending),
        pending_ends[0],
        pending_ends[1],
        mean(&memory),
        memory_ends[0],
        memory_ends[1],
        mean(&each(|s| s.memory_mean_bytes as f64)),
        mean(&each(|s| s.heap_used_max_bytes as f64)),
        mean(&each(|s| f64::from(s.instances_up))),
        mean(&each(|s| f64::from(s.half_open))),
        mean(&each(|s| s.loop_lag.as_secs_f64() * 1e3)),
    ];
    figures.iter().map(f64::to_string).collect()
}
