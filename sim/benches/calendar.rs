//! What the engine costs, scenario by scenario, beside the same scenario written by hand.
//!
//! `cargo bench -p halfopen-sim`. Compare the two rows of one scenario in one run; nanoseconds of different days or
//! machines say nothing. The two must first give the same result.

#![allow(missing_docs)] // criterion's macros make an undocumented function

mod by_hand;
mod scenarios;

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use halfopen_sim::Span;

const OPERATIONS: u64 = 200_000;

fn mm1(criterion: &mut Criterion) {
    assert_eq!(scenarios::mm1(OPERATIONS), by_hand::mm1(OPERATIONS));
    let mut group = criterion.benchmark_group("mm1");
    group.throughput(Throughput::Elements(2 * OPERATIONS));
    group.bench_function("halfopen", |bench| bench.iter(|| scenarios::mm1(OPERATIONS)));
    group.bench_function("by hand", |bench| bench.iter(|| by_hand::mm1(OPERATIONS)));
}

fn timeouts(criterion: &mut Criterion) {
    let cases = [
        ("mm8, 10 ms timeouts", 8, Span::from_millis(10), 1),
        ("mm8, 10 s timeouts", 8, Span::from_secs(10), 1),
        ("mm8, timeouts of 16 durations from 10 s", 8, Span::from_secs(10), 16),
        ("mm1024, 10 s timeouts", 1024, Span::from_secs(10), 1),
    ];
    for (name, servers, timeout, durations) in cases {
        assert_eq!(
            scenarios::timeouts(OPERATIONS, servers, timeout, durations),
            by_hand::timeouts(OPERATIONS, servers, timeout, durations)
        );
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(OPERATIONS));
        group.bench_function("halfopen", |bench| {
            bench.iter(|| scenarios::timeouts(OPERATIONS, servers, timeout, durations));
        });
        group.bench_function("by hand", |bench| {
            bench.iter(|| by_hand::timeouts(OPERATIONS, servers, timeout, durations));
        });
    }
}

fn hold(criterion: &mut Criterion) {
    for pending in [1_000, 100_000, 1_000_000] {
        let (mut ours, mut hand) = (scenarios::Hold::new(pending), by_hand::Hold::new(pending));
        assert_eq!(ours.take(OPERATIONS), hand.take(OPERATIONS));
        let mut group = criterion.benchmark_group(format!("hold, {pending} pending"));
        group.throughput(Throughput::Elements(OPERATIONS));
        // One calendar that goes on: refilling it would cost more than what is measured.
        group.bench_function("halfopen", |bench| {
            bench.iter(|| ours.take(OPERATIONS));
        });
        group.bench_function("by hand", |bench| {
            bench.iter(|| hand.take(OPERATIONS));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(3)).without_plots();
    targets = mm1, timeouts, hold
}
criterion_main!(benches);
