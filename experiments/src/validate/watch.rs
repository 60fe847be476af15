//! One run of a case's scenario, looked at as the laboratory's harness looked at the real application: from inside, by
//! its own counters, in seconds from the fault.

use halfopen_models::Run;
use halfopen_models::app::Cause;
use halfopen_models::load::Outcome;
use halfopen_models::recording::{Note, Recording, StoryKind};
use halfopen_models::scenario::Scenario;
use halfopen_sim::Time;

use super::course::Course;

/// A gap between answers that the laboratory counted as an outage.
const GAP: f64 = 0.65;
/// Answers flow again when this long a stretch carries half the rate or more.
const STRETCH: f64 = 0.6;
/// Below this rate a stretch holds too few answers to judge: the first one counts.
const SLOW: f64 = 20.0;

/// What one run shows.
#[derive(Clone, Debug)]
pub struct Observation {
    /// First close or error event on a client's connection.
    pub detected: Option<f64>,
    /// First call that failed.
    pub first_error: Option<f64>,
    /// Calls that failed while their process lived; what it held when it died fails nowhere inside.
    pub errors: f64,
    /// Most calls issued and not settled.
    pub peak_pending: f64,
    /// From the fault to answers flowing again; 0 without an outage, absent while it lasts.
    pub recovered: Option<f64>,
    /// When processes died, and how.
    pub deaths: Vec<(f64, Cause)>,
    /// Memory above the baseline for each call that its client still holds, in the last sample that held any.
    pub bytes_per_pending: Option<f64>,
    /// Calls pending and bytes in the ledger, over time.
    pub course: Course,
    /// Counts as the callers see them.
    pub callers: Callers,
    /// Sentinel's steps: subjectively down, objectively down, promoted, announced.
    pub sentinel: [Option<f64>; 4],
    /// Arrival to answer in ms: mean, p50, p90, p99.
    pub sojourn_ms: [f64; 4],
}

/// Requests of the whole run by how they ended for their callers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Callers {
    /// Sent.
    pub sent: f64,
    /// Answered well.
    pub good: f64,
    /// Answered with an error by a living process.
    pub failed: f64,
    /// Given up after the caller's own timeout.
    pub given_up: f64,
    /// Cut off by the death of the process, or refused while there was none.
    pub cut_off: f64,
}

impl Observation {
    /// The way in which its process died first after the fault.
    pub fn first_way(&self) -> Option<Cause> {
        self.deaths.iter().find(|(at, _)| *at >= 0.0).map(|&(_, way)| way)
    }
}

/// What the notes of a run tell; times since the fault.
#[derive(Default)]
pub(super) struct Seen {
    detected: Option<f64>,
    pub(super) arrivals: Vec<f64>,
    pub(super) answers: Vec<f64>,
    /// Bytes of used heap, ten times a second.
    pub(super) heap_used: Vec<(f64, u64)>,
    errors: Vec<f64>,
    given_up: f64,
    cut_off: f64,
    pending: u64,
    peak_pending: u64,
    /// When requests ended, in any way.
    pub(super) settled: Vec<f64>,
    deaths: Vec<(f64, Cause)>,
}

/// Runs the scenario with this seed.
pub fn watch(scenario: &Scenario, seed: u64) -> Observation {
    let fault = scenario.faults.first().map_or(Time::ZERO, |fault| fault.at);
    let since = |at: Time| at.as_secs_f64() - fault.as_secs_f64();
    let mut run = Run::new(scenario, seed);
    let notes = run.watch();
    let recording = run.finish();
    let view = Seen::of(&notes, since);
    let rate = scenario.loads[0].rate.last().map_or(0.0, |&(_, rate)| rate);
    Observation {
        detected: view.detected,
        first_error: view.errors.iter().copied().find(|&at| at >= 0.0),
        errors: view.errors.len() as f64,
        peak_pending: view.peak_pending as f64,
        recovered: recovery(&view.answers, rate, since(recording.horizon)),
        bytes_per_pending: bytes_per_pending(scenario, &recording, view.answers.len()),
        course: Course::new(&view, &recording, since),
        callers: Callers {
            sent: view.arrivals.len() as f64,
            good: view.answers.len() as f64,
            failed: view.errors.len() as f64,
            given_up: view.given_up,
            cut_off: view.cut_off,
        },
        sentinel: sentinel(&recording, since),
        sojourn_ms: sojourn(&recording),
        deaths: view.deaths,
    }
}

impl Seen {
    fn of(notes: &[(Time, Note)], since: impl Fn(Time) -> f64) -> Seen {
        let mut seen = Seen::default();
        let mut alive = false;
        for &(now, note) in notes {
            let at = since(now);
            match note {
                Note::Sent => {
                    seen.arrivals.push(at);
                    seen.pending += 1;
                    seen.peak_pending = seen.peak_pending.max(seen.pending);
                }
                Note::Settled(outcome) => {
                    seen.settled.push(at);
                    seen.pending -= 1;
                    match outcome {
                        Outcome::Answered => seen.answers.push(at),
                        Outcome::Failed => seen.errors.push(at),
                        Outcome::GivenUp => seen.given_up += 1.0,
                        Outcome::CutOff => seen.cut_off += 1.0,
                    }
                }
                Note::Ended if alive && at >= 0.0 => {
                    seen.detected.get_or_insert(at);
                }
                Note::Ended => {}
                Note::Died(cause) => {
                    alive = false;
                    seen.deaths.push((at, cause));
                }
                Note::Ready => alive = true,
                Note::HeapUsed(bytes) => seen.heap_used.push((at, bytes)),
            }
        }
        seen
    }
}

/// The end of the outage: the first answer after a gap from which on answers flow.
pub fn recovery(answers: &[f64], rate: f64, until: f64) -> Option<f64> {
    let first = answers.partition_point(|&at| at < 0.0);
    let mut before = first.checked_sub(1).map_or(0.0, |last| answers[last]).max(0.0);
    let mut gap = false;
    for (index, &at) in answers.iter().enumerate().skip(first) {
        gap |= at - before > GAP;
        let flows = || {
            let stretch = answers[index..].partition_point(|&later| later < at + STRETCH) as f64;
            rate < SLOW || stretch >= 0.5 * rate * STRETCH
        };
        if gap && flows() {
            return Some(at);
        }
        before = at;
    }
    if gap || until - before > GAP.max(5.0 / rate.max(1e-9)) { None } else { Some(0.0) }
}

/// Sentinel's steps as its log tells them: the median sentinel's own judgement, then what all agree on.
fn sentinel(recording: &Recording, since: impl Fn(Time) -> f64) -> [Option<f64>; 4] {
    let steps = recording.story.iter().filter(|event| event.kind == StoryKind::Failover);
    let step = |what: &str, nth: usize| {
        steps.clone().filter(|event| event.what.contains(what)).nth(nth).map(|event| since(event.at))
    };
    [
        step("held for down", 1),
        step("sentinels agree", 0),
        step("becomes a master", 0),
        step("is promoted", 0),
    ]
}

/// Bytes for each call that a client holds, timed out or not.
fn bytes_per_pending(scenario: &Scenario, recording: &Recording, answered: usize) -> Option<f64> {
    let service = &scenario.services[0];
    let record = &recording.services[0];
    let peak = record.series.iter().max_by_key(|sample| sample.memory_max_bytes)?;
    let held = if service.client.command_timeout.is_some() && record.crashes == 0 {
        record.requests.checked_sub(answered as u64)?
    } else {
        peak.pending_calls
    };
    let bytes = peak.memory_max_bytes.checked_sub(service.memory.baseline)?;
    (held > 0).then(|| bytes as f64 / held as f64)
}

fn sojourn(recording: &Recording) -> [f64; 4] {
    let latency = &recording.services[0].latency;
    let quantile = |q| latency.quantile(q).map_or(0.0, |span| span.as_secs_f64() * 1e3);
    [
        latency.mean().map_or(0.0, |span| span.as_secs_f64() * 1e3),
        quantile(0.5),
        quantile(0.9),
        quantile(0.99),
    ]
}

#[cfg(test)]
mod tests {
    use super::recovery;

    fn every(ms: u32, from: f64, to: f64) -> Vec<f64> {
        let step = f64::from(ms) / 1e3;
        let count = ((to - from) / step) as u32;
        (0..count).map(|i| from + f64::from(i) * step).collect()
    }

    #[test]
    fn an_outage_ends_where_answers_flow_again() {
        let through = every(10, -2.0, 20.0);
        assert_eq!(recovery(&through, 100.0, 20.0), Some(0.0), "no gap");
        let healed = [every(10, -2.0, 0.0), every(10, 7.5, 20.0)].concat();
        assert_eq!(recovery(&healed, 100.0, 20.0), Some(7.5));
        let drop = [every(10, -2.0, 0.0), vec![3.0], every(10, 7.5, 20.0)].concat();
        assert_eq!(recovery(&drop, 100.0, 20.0), Some(7.5), "one answer is no flow");
        assert_eq!(recovery(&every(10, -2.0, 0.0), 100.0, 20.0), None, "it lasts");
    }
}
