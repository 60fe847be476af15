//! The heap by itself: when it collects, and how it dies.

use halfopen_sim::chance::Streams;

use super::*;
use crate::scenario::Payload;

const S: fn(u64) -> Time = |seconds| Time::ZERO + Span::from_secs(seconds);
const BASELINE: Bytes = 5 * MIB;

fn heap(max: Bytes) -> V8 {
    V8::new(BASELINE, 0, max * MIB, Streams::new(7).stream("heap", "test"))
}

/// A ledger in which calls hold all of `alive` beyond the baseline.
fn ledger(alive: Bytes) -> Ledger {
    let mut ledger = Ledger::new(BASELINE);
    hold(&mut ledger, alive - BASELINE);
    ledger
}

fn hold(ledger: &mut Ledger, bytes: Bytes) {
    ledger.begin_call(0, Payload { heap: bytes, object: 0, buffers: 0, carried: 0 });
}

fn release(ledger: &mut Ledger, bytes: Bytes) {
    ledger.end_call(0, Payload { heap: bytes, object: 0, buffers: 0, carried: 0 });
}

/// Marks, by the main thread alone, from `begins`, and collects: when that ended.
fn collect(heap: &mut V8, begins: Time, ledger: &Ledger) -> Result<Time, Act> {
    let mut marking = heap.marking(begins, ledger, false);
    marking.main_thread = 1.0;
    match heap.end(marking, marking.ends, ledger) {
        Act::Stop { pause, .. } => Ok(marking.ends + pause),
        end => Err(end),
    }
}

#[test]
fn collections_come_back_to_back_once_half_the_room_is_less_than_a_grown_young_generation() {
    for (max, back_to_back) in [(64, 32), (128, 96), (256, 224), (1400, 1368)] {
        for (alive, closely) in [(back_to_back - 2, false), (back_to_back, true)] {
            let mut heap = heap(max);
            heap.young = Young::new(100 * MIB, 0);
            // Above seven eighths the young generation is small, and so is the room that starts the next marking.
            heap.old = alive * MIB;
            collect(&mut heap, S(1), &ledger(alive * MIB)).unwrap();
            let small = alive * MIB + heap.unfilled(&ledger(alive * MIB)) > max * MIB * 7 / 8;
            assert_eq!(heap.has_reached_limit(), closely && !small, "{alive} of {max} MiB");
        }
    }
}

#[test]
fn between_collections_the_old_generation_grows_by_the_factor_or_by_8_mib() {
    let mut small = heap(256);
    collect(&mut small, S(1), &ledger(20 * MIB)).unwrap();
    assert_eq!(small.limit, 28 * MIB + small.young.capacity());
    let mut large = heap(256);
    collect(&mut large, S(1), &ledger(100 * MIB)).unwrap();
    assert_eq!(large.limit, 130 * MIB + large.young.capacity());
}

#[test]
fn the_fifth_collection_ends_it_as_the_average_before_is_what_counts() {
    let mut heap = heap(64);
    let full = ledger(52 * MIB);
    let mut at = collect(&mut heap, S(1), &full).unwrap();
    for _ in 0..4 {
        at = collect(&mut heap, at, &full).unwrap();
    }
    assert_eq!(collect(&mut heap, at, &full), Err(Act::Ineffective));
}

#[test]
fn a_program_that_runs_most_of_the_time_never_dies_of_ineffective_collections() {
    let mut heap = heap(64);
    let mut at = Time::ZERO;
    for _ in 0..50 {
        at = collect(&mut heap, at + Span::from_millis(200), &ledger(54 * MIB)).unwrap();
    }
    assert_eq!(collect(&mut heap, at, &ledger(64 * MIB)), Err(Act::LimitReached));
}

#[test]
fn a_marking_first_sweeps_what_the_last_collection_left() {
    let mut heap = heap(64);
    let full = ledger(50 * MIB);
    let ended = collect(&mut heap, S(1), &full).unwrap();
    heap.limit = 0;
    // 2 ms of sweeping, of which 1.5 ms have passed.
    heap.begin_if_due(ended + Span::from_micros(1_500), &full);
    let marking = heap.marking.take().unwrap();
    assert_eq!(marking.ends, ended + Span::from_millis(2) + Span::from_secs_f64(marking.seconds));
    // Long after, only the marking is left.
    heap.begin_if_due(ended + Span::from_secs(1), &full);
    let marking = heap.marking.unwrap();
    assert_eq!(marking.ends, ended + Span::from_secs(1) + Span::from_secs_f64(marking.seconds));
}

#[test]
fn a_full_young_generation_that_cannot_move_over_is_collected_with_all_the_rest() {
    let mut heap = heap(64);
    let mut held = ledger(59 * MIB);
    collect(&mut heap, S(1), &held).unwrap();
    hold(&mut held, MIB);
    held.litter(16 * MIB);
    let Act::Stop { pause, .. } = heap.act(S(2), &held) else { panic!("there is still room") };
    assert!(pause > Span::from_millis(40), "all the marking is in the pause: {pause:?}");
    assert_eq!((heap.old, heap.used(&held)), (60 * MIB, 60 * MIB));
}

#[test]
fn survivors_of_two_scavenges_move_to_the_old_generation_and_their_garbage_stays_until_it_is_collected() {
    let mut heap = heap(1400);
    heap.limit = Bytes::MAX;
    let mut held = Ledger::new(BASELINE);
    let capacity = heap.young.capacity();
    assert_eq!(capacity, 8 * MIB);
    // 3 % with what is alive, 8 % of what died; 11 % more for the ends of buffers.
    let mib = |bytes: Bytes| bytes as f64 / MIB as f64;
    let copied = |alive: f64, died: f64| 1.03 * alive + 0.08 * (died - 0.03 * alive);
    let survives = copied(1.0, 8.0);
    let expect = |heap: &V8, held: &Ledger, old: f64, young: f64, what: &str| {
        let (real_old, real_used) = (mib(heap.old), mib(heap.used(held)));
        assert!((real_old - old).abs() < 1e-3, "{what}: {real_old} for {old}");
        assert!((real_used - old - 1.11 * young).abs() < 1e-3, "{what}: {real_used}");
    };
    for (second, moved) in [(1, 0.0), (2, 1.0), (3, 2.0)] {
        hold(&mut held, MIB);
        held.litter(capacity);
        assert!(heap.is_due(S(second), &held));
        heap.act(S(second), &held);
        expect(&heap, &held, 5.0 + moved * survives, survives, "a scavenge");
    }
    release(&mut held, 3 * MIB);
    expect(&heap, &held, 5.0 + 2.0 * survives, survives, "nobody has looked yet");
    held.litter(2 * capacity);
    heap.act(S(4), &held);
    // Of the survivors of the last, only the garbage still has something that points to it.
    let late = 0.08 * (8.0 - 0.03);
    expect(
        &heap,
        &held,
        5.0 + 2.0 * survives + late,
        copied(0.0, 16.0),
        "only the young one is looked through",
    );
    collect(&mut heap, S(5), &held).unwrap();
    assert_eq!(heap.used(&held), BASELINE);
}

#[test]
fn the_young_generation_grows_with_what_survives_and_shrinks_in_a_program_that_does_little() {
    let mut young = Young::new(BASELINE, 0);
    let mut held = Ledger::new(BASELINE);
    for second in 1..=4 {
        hold(&mut held, 5 * MIB);
        young.before_collection(S(second), &held);
        young.scavenge(S(second), &held);
    }
    assert_eq!(young.capacity(), 16 * MIB);
    held.litter(MIB);
    for second in [100, 200] {
        young.before_collection(S(second), &held);
        young.scavenge(S(second), &held);
    }
    assert_eq!(young.capacity(), MIB);
}

#[test]
fn a_new_process_starts_afresh_but_for_its_chance() {
    let mut heap = heap(64);
    collect(&mut heap, S(1), &ledger(40 * MIB)).unwrap();
    let before = heap.chance.clone();
    heap.restart(BASELINE, MIB);
    let new = Ledger::new(BASELINE);
    assert_eq!((heap.old, heap.ended, heap.ineffective), (BASELINE + MIB, None, 0));
    assert!(heap.used(&new) <= heap.old + heap.young.capacity());
    assert_ne!(heap.chance, before);
}
