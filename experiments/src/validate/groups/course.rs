//! The course of pending calls and of the heap, second by second, until the first of both processes dies.
//!
//! What is predicted is the largest deviation at any second after the first two: of pending calls as a share of those
//! measured, within 5 % (or three standard deviations of a Poisson count, where that is more); of memory within 10 %
//! of the used heap, garbage included. Measured and simulated times may differ by 0.2 s, the resolution of the
//! fault and of the samples.

use super::{Ground, Group};
use crate::validate::comparison::{Comparison, Tolerance};
use crate::validate::question::{Question, Rule};
use crate::validate::row::{Row, Second};
use crate::validate::watch::Observation;

pub(super) const GROUP: Group = Group {
    name: "course",
    title: "Course of pending calls and memory",
    target: "at every second after the first two: pending within 5 %, memory within 10 %",
    takes: |row, courses| courses.contains_key(&row.case_id),
    compare,
};

/// The first seconds after the fault, which are not judged.
const FIRST: f64 = 2.0;
const PENDING: f64 = 0.05;
const MEMORY: f64 = 0.10;
const RESOLUTION: f64 = 0.2;
const MIB: f64 = 1024.0 * 1024.0;

fn compare(ground: &Ground<'_>) -> Vec<Comparison> {
    ground.ask(|row| questions(row, &ground.courses[&row.case_id]))
}

fn questions(row: &Row, course: &[Second]) -> Vec<Question> {
    let died = row.time_to_crash_s.unwrap_or(f64::INFINITY);
    let judged = course.iter().filter(|second| second.t_s > FIRST && second.t_s < died);
    let judged: Vec<Second> = judged.cloned().collect();
    let within = |most| Rule::Median(Tolerance { relative: 0.0, absolute: most });
    let seconds = judged.clone();
    let mut asked =
        vec![Question::new("pending, largest deviation", Some(0.0), within(PENDING), move |run| {
            Some(worst(
                &seconds,
                run,
                |second| Some((second.pending, noise(second.pending))),
                |run, at| run.course.pending(at),
            ))
        })];
    // Buffers lie outside the heap that was measured.
    if row.heap_mb.is_some() && row.payload_kind != "buffer" {
        asked.push(Question::new("memory, largest deviation", Some(0.0), within(MEMORY), move |run| {
            let measured = |second: &Second| second.heap_used_mb.map(|mib| (mib * MIB, mib * MIB));
            Some(worst(&judged, run, measured, |run, at| run.course.memory(at)))
        }));
    }
    asked
}

/// The scale of a deviation: the count, or what makes 5 % of it three standard deviations.
fn noise(count: f64) -> f64 {
    count.max(3.0 / PENDING * count.max(1.0).sqrt())
}

/// The largest deviation while the run's first process lives; `measured` gives a value and its scale.
fn worst(
    course: &[Second],
    run: &Observation,
    measured: impl Fn(&Second) -> Option<(f64, f64)>,
    predicted: impl Fn(&Observation, f64) -> Option<f64>,
) -> f64 {
    let died = run.deaths.first().map_or(f64::INFINITY, |&(at, _)| at);
    let mut worst = 0.0_f64;
    for second in course.iter().filter(|second| second.t_s + RESOLUTION < died) {
        let Some((value, scale)) = measured(second) else { continue };
        let near = [-RESOLUTION, -RESOLUTION / 2.0, 0.0, RESOLUTION / 2.0, RESOLUTION];
        let deviations = near.into_iter().filter_map(|shift| predicted(run, second.t_s + shift));
        let least =
            deviations.map(|predicted| (predicted - value).abs() / scale).fold(f64::INFINITY, f64::min);
        if least.is_finite() {
            worst = worst.max(least);
        }
    }
    worst
}
