//! The model's V8 heap against real processes: when it dies, with how much alive, and in which of its two ways.
//!
//! A process holds every call for ever, calls come at Poisson times, nothing else is alive but what it started with.
//! Two sets of measurements, both of node 20 pinned to one core with the node clients of this project's lab:
//! - the lab's (AMD EPYC, a silent Redis; only cases that had their core for themselves): seconds from the fault to
//!   the crash. Rate, bytes a call, maximum and what was alive before the fault are the process's, nothing is fitted;
//! - own ones (Intel Xeon, node 20.20.2 `--trace-gc`, the lab's program and a peer that stops answering): MiB alive
//!   after the last collection.
//!
//! What holds: within one way of dying the time is right to 1.1 % in the median and 4.3 % at worst; heaps of 256 MiB
//! and more die in the second way alone; below, the model dies in the first way as often as the lab's processes did. What
//! does not: which of a border setting's repetitions goes which way is chance, and our Intel machine, which marks faster,
//! went the first way in 5 of 15 where the model expects two thirds. The model knows bytes, not how many objects they are,
//! nor whose turn on the core it is.

use halfopen_models::app::Ledger;
use halfopen_models::app::v8::{Act, V8};
use halfopen_models::scenario::Payload;
use halfopen_sim::chance::Streams;
use halfopen_sim::{Span, Time};

use Act::{Ineffective, LimitReached};

const MIB: f64 = 1024.0 * 1024.0;
/// Seeds for each setting.
const SEEDS: u64 = 200;
/// CPU time of one call: a quarter of the core at 4,000 calls a second on the Intel machine.
const CALL: Span = Span::from_micros(60);

/// Seconds of answered calls before the fault, in the lab; they decide how full the young generation is by then.
const ANSWERED: f64 = 3.7;
/// Dropped at once by a call that is never answered, and by the program's own timers in a second: half of what stands in
/// `experiments/cases/calibration.toml` for an answered call. Node 20.20: 1,185 B a call at 1,000 a second, 1,377 at 500.
const GARBAGE: f64 = 825.0;
const BACKGROUND: f64 = 275_000.0;

/// A process that only gains: calls a second, bytes a call, MiB alive at its start, maximum in MiB.
#[derive(Clone, Copy)]
struct Setting {
    rate: f64,
    call: f64,
    base: f64,
    max: f64,
}

impl Setting {
    /// The payload's string, where it is a large one.
    fn string(self) -> u64 {
        if self.call > 16_400.0 { 16_400 } else { 0 }
    }
}

/// The process does not run.
struct Stopped {
    mib: f64,
    lasts: Span,
    by_full_collection: bool,
}

struct End {
    seconds: f64,
    /// MiB alive at the end, and at the last stop before it.
    mib: f64,
    last: f64,
    way: Act,
}

/// A process's life; `stopped` hears of each stop. A call is made when the event loop is free.
fn live(setting: Setting, seed: u64, mut stopped: impl FnMut(Stopped)) -> End {
    let streams = Streams::new(seed);
    let mut arrivals = streams.stream("arrivals", "test");
    let base = (setting.base * MIB) as u64;
    let mut heap = V8::new(base, 0, (setting.max * MIB) as u64, streams.stream("heap", "test"));
    let mut ledger = Ledger::new(base);
    let (mut arrival, mut free_at) = (Time::ZERO, Time::ZERO);
    let fault = Time::ZERO + Span::from_secs_f64(ANSWERED);
    let mut last = setting.base;
    loop {
        arrival += Span::from_secs_f64(arrivals.exponential() / setting.rate);
        free_at = arrival.max(free_at) + CALL;
        let garbage = GARBAGE + BACKGROUND / setting.rate;
        if arrival < fault {
            ledger.litter((setting.call + 2.0 * garbage) as u64);
        } else {
            let payload =
                Payload { heap: setting.call as u64, object: setting.string(), ..Payload::default() };
            ledger.begin_call(0, payload);
            ledger.litter(garbage as u64);
        }
        if !heap.is_due(free_at, &ledger) {
            continue;
        }
        let bytes = ledger.heap() as f64;
        match heap.act(free_at, &ledger) {
            Act::Stop { pause, marking } => {
                let stop = pause + marking.unwrap_or(Span::ZERO);
                free_at += stop;
                last = bytes / MIB;
                stopped(Stopped { mib: last, lasts: stop, by_full_collection: marking == Some(Span::ZERO) });
            }
            way => return End { seconds: free_at.as_secs_f64() - ANSWERED, mib: bytes / MIB, last, way },
        }
    }
}

fn lives(setting: Setting) -> Vec<End> {
    (0..SEEDS).map(|seed| live(setting, seed, |_| {})).collect()
}

/// The median over those that died in this `way`.
fn median(ends: &[End], way: Act, of: impl Fn(&End) -> f64) -> Option<f64> {
    let mut values: Vec<f64> = ends.iter().filter(|end| end.way == way).map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn share(ends: &[End], way: Act) -> f64 {
    ends.iter().filter(|end| end.way == way).count() as f64 / ends.len() as f64
}

/// MiB alive before the fault, after a full collection, by client (the lab's courses of single cases).
const IOREDIS: f64 = 5.0;
const REDIS3: f64 = 4.3;
const REDIS5: f64 = 7.6;

/// Calls a second, bytes a pending call, MiB before, maximum; how and after how many seconds each repetition died.
type Measured = (f64, f64, f64, f64, &'static [(Act, f64)]);

#[rustfmt::skip]
const LAB: &[Measured] = &[
    // No payload, then strings of 512 B, 1 KiB and 4 KiB, parsed JSON of 4 KiB, strings of 16 KiB.
    (2000.0, 1347.0, IOREDIS, 64.0, &[(Ineffective, 18.41)]),
    (4000.0, 1345.0, IOREDIS, 64.0, &[(Ineffective, 9.37)]),
    (3000.0, 1862.0, IOREDIS, 64.0, &[(LimitReached, 11.11), (LimitReached, 11.02)]),
    (500.0, 2375.0, IOREDIS, 64.0, &[(Ineffective, 41.41)]),
    (1000.0, 2387.0, IOREDIS, 64.0, &[(Ineffective, 20.60)]),
    (2000.0, 2381.0, IOREDIS, 64.0, &[(Ineffective, 10.54), (Ineffective, 10.39), (LimitReached, 12.86), (Ineffective, 10.40)]),
    (250.0, 5449.0, IOREDIS, 64.0, &[(Ineffective, 35.77)]),
    (1000.0, 5451.0, IOREDIS, 64.0, &[(Ineffective, 9.07), (Ineffective, 9.16), (Ineffective, 9.21), (Ineffective, 9.36)]),
    (1500.0, 5439.0, IOREDIS, 64.0, &[(Ineffective, 6.26)]),
    (2000.0, 5443.0, IOREDIS, 64.0, &[(Ineffective, 4.58), (Ineffective, 4.62), (Ineffective, 4.79)]),
    (1000.0, 7016.0, IOREDIS, 64.0, &[(Ineffective, 7.30)]),
    (500.0, 17704.0, IOREDIS, 64.0, &[(LimitReached, 6.57)]),
    (1000.0, 2379.0, IOREDIS, 128.0, &[(Ineffective, 44.31)]),
    (1000.0, 5445.0, IOREDIS, 128.0, &[(Ineffective, 19.86), (Ineffective, 19.92), (Ineffective, 19.75)]),
    // These were SETs.
    (1000.0, 5565.0, IOREDIS, 128.0, &[(Ineffective, 18.78)]),
    (2000.0, 5443.0, IOREDIS, 128.0, &[(LimitReached, 11.94), (LimitReached, 11.83), (LimitReached, 11.91)]),
    (1000.0, 7040.0, IOREDIS, 128.0, &[(LimitReached, 18.42)]),
    (500.0, 17719.0, IOREDIS, 128.0, &[(LimitReached, 13.93)]),
    (4000.0, 2378.0, IOREDIS, 256.0, &[(LimitReached, 27.90)]),
    (2000.0, 5448.0, IOREDIS, 256.0, &[(LimitReached, 24.38), (LimitReached, 24.33)]),
    (1000.0, 17734.0, IOREDIS, 256.0, &[(LimitReached, 14.70)]),
    (1000.0, 5338.0, REDIS3, 64.0, &[(LimitReached, 11.43), (Ineffective, 9.49)]),
    (1000.0, 5332.0, REDIS3, 128.0, &[(Ineffective, 20.67)]),
    (2000.0, 2904.0, REDIS5, 64.0, &[(Ineffective, 8.14), (Ineffective, 8.25)]),
    (1000.0, 5985.0, REDIS5, 64.0, &[(LimitReached, 9.63), (Ineffective, 7.78)]),
];

/// As above, but MiB alive after the last collection before the end. The 2,000/s of 1 KiB and one of 1,000/s into 128 MiB shared their core.
#[rustfmt::skip]
const OWN: &[Measured] = &[
    (1000.0, 5451.0, IOREDIS, 64.0, &[
        (LimitReached, 62.4), (Ineffective, 51.5), (LimitReached, 62.5), (Ineffective, 51.8), (LimitReached, 62.8),
    ]),
    (2000.0, 5443.0, IOREDIS, 64.0, &[(Ineffective, 53.0)]),
    (2000.0, 2381.0, IOREDIS, 64.0, &[(LimitReached, 63.0), (LimitReached, 63.4), (LimitReached, 63.2)]),
    (3000.0, 1862.0, IOREDIS, 64.0, &[(LimitReached, 63.2)]),
    (4000.0, 1345.0, IOREDIS, 64.0, &[(Ineffective, 52.6)]),
    (500.0, 17704.0, IOREDIS, 64.0, &[(Ineffective, 51.7)]),
    (1000.0, 5445.0, IOREDIS, 128.0, &[(LimitReached, 127.4), (LimitReached, 127.6)]),
    (2000.0, 5443.0, IOREDIS, 128.0, &[(LimitReached, 127.6)]),
    (2000.0, 5448.0, IOREDIS, 256.0, &[(LimitReached, 255.4)]),
    (4000.0, 7040.0, IOREDIS, 1400.0, &[(LimitReached, 1398.2)]),
    // 1,130 MiB of parsed JSON beforehand, 3.4 MiB a second on top.
    (500.0, 7040.0, 1130.0, 1400.0, &[(LimitReached, 1396.1)]),
];

/// Relative errors of the median prediction for the way of dying that happened, in order of their size.
fn errors(measured: &[Measured], of: impl Fn(&End) -> f64) -> Vec<f64> {
    let mut errors = Vec::new();
    for &(rate, call, base, max, deaths) in measured {
        let ends = lives(Setting { rate, call, base, max });
        print!(
            "{rate:4}/s × {call:5} B, {max:4} MiB: {:3.0} % ineffective;",
            100.0 * share(&ends, Ineffective)
        );
        for &(way, value) in deaths {
            let predicted = median(&ends, way, &of).unwrap_or_else(|| {
                panic!("{rate}/s × {call} B into {max} MiB never dies of {way:?}, as it did")
            });
            print!(" {way:?} {value} predicted {predicted:.2} ({:+.1} %)", 100.0 * (predicted / value - 1.0));
            errors.push((predicted / value - 1.0).abs());
        }
        println!();
    }
    errors.sort_by(f64::total_cmp);
    errors
}

#[test]
fn the_lab_s_processes_die_when_the_model_s_do() {
    let errors = errors(LAB, |end| end.seconds);
    let (median, worst) = (errors[errors.len() / 2], errors[errors.len() - 1]);
    assert!(median <= 0.025 && worst <= 0.05, "median {median:.3}, worst {worst:.3}");
}

/// The count of small heaps that die of ineffective collections, against what the model's chances add up to.
#[test]
fn the_lab_s_processes_die_in_either_way_as_often_as_the_model_s() {
    let (mut expected, mut variance, mut counted) = (0.0, 0.0, 0.0);
    for &(rate, call, base, max, deaths) in LAB.iter().filter(|measured| measured.3 < 256.0) {
        let chance = share(&lives(Setting { rate, call, base, max }), Ineffective);
        for &(way, _) in deaths {
            expected += chance;
            variance += chance * (1.0 - chance);
            counted += f64::from(u8::from(way == Ineffective));
        }
    }
    let deviations = (counted - expected) / variance.sqrt();
    assert!(deviations.abs() <= 2.0, "{counted} counted, {expected:.1} expected: {deviations:.1} deviations");
}

#[test]
fn our_own_processes_die_with_as_much_alive() {
    let errors = errors(OWN, |end| end.last);
    let (median, worst) = (errors[errors.len() / 2], errors[errors.len() - 1]);
    assert!(median <= 0.025 && worst <= 0.05, "median {median:.3}, worst {worst:.3}");
}

/// From four fifths of the maximum to seven eighths, and one collection later, halfway from there to the maximum: it is
/// still judged by the average before (the lab saw 89 % once, on a shared core). A collection takes up to 0.1 s. In the
/// last two MiB, where half the room is less than the least young generation, they are back to back once more, and both
/// ways as near (the lab saw 63.3 of 64 MB once, on a shared core). The maximum is the old generation's: what is alive
/// in the young one, of up to 16 MiB, comes on top.
#[test]
fn only_small_heaps_die_of_ineffective_collections_and_only_in_their_window() {
    for &(rate, call, base, max, _) in LAB.iter().chain(OWN) {
        let halfway = 15.0 / 16.0 * max + 0.1 * rate * call / MIB;
        let setting = Setting { rate, call, base, max };
        for End { mib, way, .. } in lives(setting) {
            let limit = if setting.string() > 0 { 0.93 * max } else { 0.97 * max };
            let (least, most) = if way == Ineffective { (0.8 * max, halfway) } else { (limit, max + 16.0) };
            let in_the_end = way == Ineffective && mib >= max - 2.0;
            assert!(
                (least..=most).contains(&mib) || in_the_end,
                "{way:?} at {mib} of {max} MiB, {rate}/s × {call} B"
            );
            assert!(way == LimitReached || max < 256.0, "{way:?} of {max} MiB, {rate}/s × {call} B");
        }
    }
}

/// The incident's heap: slow or fast, 1400 MiB are reached, and the last collections stop the loop for about a second.
/// Growth of 1–5 MB/s is extrapolated from node's 3.4 and 28 MiB/s, in `OWN`.
#[test]
fn a_large_heap_dies_at_its_limit_whatever_the_growth() {
    for mb_per_second in [1.0, 2.0, 5.0, 50.0] {
        let setting = Setting { rate: mb_per_second * 100.0, call: 10_000.0, base: 1_100.0, max: 1_400.0 };
        for seed in 0..20 {
            let mut longest = Span::ZERO;
            let end = live(setting, seed, |stopped| longest = longest.max(stopped.lasts));
            assert_eq!(end.way, LimitReached, "{mb_per_second} MB/s");
            assert!(end.mib >= 1_397.0, "{} MiB", end.mib);
            assert!((0.5..=2.5).contains(&longest.as_secs_f64()), "{longest:?} at {mb_per_second} MB/s");
        }
    }
}

/// A large heap's collections by their size: each comes halfway to the maximum. Node's own, with 3.4 MiB/s.
#[test]
fn collections_of_a_large_heap_come_halfway_to_its_maximum() {
    let measured = [1_261.6, 1_327.4, 1_356.4, 1_369.6, 1_383.6, 1_391.8, 1_396.9];
    let mut sizes = Vec::new();
    live(Setting { rate: 500.0, call: 7_040.0, base: 1_144.8, max: 1_400.0 }, 1, |stopped| {
        if stopped.by_full_collection {
            sizes.push(stopped.mib);
        }
    });
    for size in measured {
        let nearest = sizes.iter().map(|s| (s / size - 1.0).abs()).fold(1.0, f64::min);
        assert!(nearest <= 0.01, "{size} MiB is not among {sizes:?}");
    }
    assert!(sizes.len() <= 2 * (measured.len() + 8), "{sizes:?}");
}
