//! Adaptive limits: a bulkhead that finds its own number from how long requests take.
//!
//! A service's `adaptive_limit` refuses what comes above it, like a bulkhead; each request that ends is a sample of how
//! long it was in the instance and of how many were there. It sees only requests that end: one that waits on a half-open
//! connection leaves the limit where it was, and so bounded.
//!
//! Source: Netflix's concurrency-limits (78a74b9), `AIMDLimit` and `Gradient2Limit` with their constants, the latter in a
//! `WindowedLimit` (at least a second and ten samples, of which it takes the mean). AIMD: a request that fails or takes
//! longer than `timeout` takes a tenth of the limit away; another adds one while at least half of the limit is in use.
//! Gradient2: the limit shrinks by the ratio of the long mean to the last one where this is below 1/1.5, and gains room for
//! four. Left out: samples under 100 µs, which it ignores; Vegas.

use halfopen_sim::{Span, Time};

use super::Example;
use crate::scenario::fields::Fields;
use crate::scenario::kinds::Kind;
use crate::scenario::reader::Cursor;
use crate::scenario::some_span;

pub(super) const SUMMARY: &str = "an instance refuses requests above a number that it adapts";
pub(super) const EXAMPLE: Example =
    &[("service.api", "adaptive_limit", "{ gradient2 = { initial = 20, least = 20, most = 200 } }")];

/// More than fit any process.
const MOST: u32 = 10_000_000;
/// `AIMDLimit`: what a drop leaves of the limit.
const AIMD_LEAVES: f64 = 0.9;
/// `Gradient2Limit`: tolerance, smoothing, queue size, window and warm-up of the long mean, its decay when far above.
const TOLERANCE: f64 = 1.5;
const SMOOTHING: f64 = 0.2;
const QUEUE: f64 = 4.0;
const LONG_WINDOW: f64 = 600.0;
const WARM_UP: u32 = 10;
const DECAY: f64 = 0.95;
/// `WindowedLimit`.
const WINDOW: Span = Span::from_secs(1);
const FEWEST: u32 = 10;

/// A limit in its course.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    now: f64,
    initial: f64,
    least: f64,
    most: f64,
    rule: Rule,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Rule {
    Aimd { timeout: Span },
    Gradient2 { long: f64, samples: u32, window: Window },
}

/// Samples since a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Window {
    since: Time,
    samples: u32,
    sum: f64,
    held: usize,
}

impl Limit {
    /// As it is in a process that has just started.
    pub fn forget(&mut self) {
        self.now = self.initial;
        if let Rule::Gradient2 { long, samples, window } = &mut self.rule {
            (*long, *samples, *window) = (0.0, 0, Window::default());
        }
    }

    /// Whether one more request is let in beside so many that are `held`.
    pub fn admits(&self, held: usize) -> bool {
        (held as f64) < libm::floor(self.now)
    }

    /// A request that was let in has ended after `took`, with `held` in the instance, itself among them.
    pub fn ended(&mut self, now: Time, took: Span, held: usize, good: bool) {
        let next = match &mut self.rule {
            Rule::Aimd { timeout } if !good || took > *timeout => self.now * AIMD_LEAVES,
            Rule::Aimd { .. } if held as f64 * 2.0 >= self.now => self.now + 1.0,
            Rule::Aimd { .. } => return,
            Rule::Gradient2 { long, samples, window } => {
                let Some((short, held)) = window.add(now, took, held) else { return };
                *samples += 1;
                let weight =
                    if *samples <= WARM_UP { 1.0 / f64::from(*samples) } else { 2.0 / (LONG_WINDOW + 1.0) };
                *long += (short - *long) * weight;
                let slower = *long / short;
                if slower > 2.0 {
                    *long *= DECAY;
                }
                if (held as f64) < self.now / 2.0 {
                    return;
                }
                let gradient = (TOLERANCE * slower).clamp(0.5, 1.0);
                self.now * (1.0 - SMOOTHING) + (self.now * gradient + QUEUE) * SMOOTHING
            }
        };
        self.now = next.clamp(self.least, self.most);
    }
}

impl Window {
    /// The mean and the most requests at once of a window that is full.
    fn add(&mut self, now: Time, took: Span, held: usize) -> Option<(f64, usize)> {
        self.samples += 1;
        self.sum += took.as_secs_f64();
        self.held = self.held.max(held);
        if self.samples < FEWEST || now - self.since < WINDOW {
            return None;
        }
        // No request takes less than the clock can tell.
        let mean = (self.sum / f64::from(self.samples)).max(1e-9);
        let held = self.held;
        *self = Window { since: now, ..Window::default() };
        Some((mean, held))
    }
}

/// Reads a service's `adaptive_limit`.
pub(super) fn read(at: &Cursor<'_>) -> Option<Limit> {
    at.kind(&[
        Kind {
            name: "aimd",
            example: "{ aimd = { initial = 20, least = 20, most = 200, timeout = \"5s\" } }",
            read: |at| {
                let mut fields = at.fields()?;
                let bounds = bounds(&mut fields);
                let timeout = fields.need("timeout", "\"5s\"", some_span);
                fields.finish();
                Some(limit(bounds?, Rule::Aimd { timeout: timeout? }))
            },
        },
        Kind {
            name: "gradient2",
            example: EXAMPLE[0].2,
            read: |at| {
                let mut fields = at.fields()?;
                let bounds = bounds(&mut fields);
                fields.finish();
                Some(limit(bounds?, Rule::Gradient2 { long: 0.0, samples: 0, window: Window::default() }))
            },
        },
    ])
}

fn limit(bounds: [u32; 3], rule: Rule) -> Limit {
    let [initial, least, most] = bounds.map(f64::from);
    Limit { now: initial, initial, least, most, rule }
}

fn bounds(fields: &mut Fields<'_>) -> Option<[u32; 3]> {
    let least = fields.need("least", "20", |at| at.count(1..=MOST));
    let most = fields.need("most", "200", |at| at.count(least.unwrap_or(1)..=MOST));
    let within = least.unwrap_or(1)..=most.unwrap_or(MOST);
    let initial = fields.need("initial", "20", |at| at.count(within));
    Some([initial?, least?, most?])
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Span = Span::from_millis;

    #[test]
    fn aimd_adds_one_in_use_and_a_slow_request_takes_a_tenth() {
        let mut it = limit([20, 10, 30], Rule::Aimd { timeout: MS(100) });
        it.ended(Time::ZERO, MS(5), 9, true);
        assert!(it.admits(19) && !it.admits(20), "less than half in use: it stays");
        it.ended(Time::ZERO, MS(5), 10, true);
        assert!(it.admits(20) && !it.admits(21));
        it.ended(Time::ZERO, MS(101), 1, true);
        assert!(it.admits(17) && !it.admits(18), "18.9");
        (0..99).for_each(|_| it.ended(Time::ZERO, MS(1), 1, false));
        assert!(it.admits(9) && !it.admits(10), "its least");
        it.forget();
        assert!(it.admits(19) && !it.admits(20));
    }

    /// A request every hundredth of a second, each of which took so long, with so many held.
    fn go_on(it: &mut Limit, from_secs: u64, secs: u64, took: Span, held: usize) {
        for step in from_secs * 100 + 1..=(from_secs + secs) * 100 {
            it.ended(Time::ZERO + MS(10) * step, took, held, true);
        }
    }

    #[test]
    fn gradient2_grows_while_requests_take_as_long_as_ever_and_shrinks_when_they_take_longer() {
        let rule = Rule::Gradient2 { long: 0.0, samples: 0, window: Window::default() };
        let mut it = limit([20, 10, 200], rule);
        go_on(&mut it, 0, 30, MS(10), 8);
        assert!((it.now - 20.0).abs() < 1e-9, "less than half in use");
        // Each window adds a fifth of four.
        go_on(&mut it, 30, 10, MS(10), 20);
        assert!((it.now - 28.0).abs() < 1e-6, "{}", it.now);
        // Ten times as long: half of it and four, smoothed; the long mean follows slowly.
        go_on(&mut it, 40, 1, MS(100), 28);
        assert!((it.now - (0.8 * 28.0 + 0.2 * (14.0 + 4.0))).abs() < 1e-6, "{}", it.now);
        go_on(&mut it, 41, 20, MS(100), 28);
        assert!(it.now < 12.0, "{}", it.now);
    }
}
