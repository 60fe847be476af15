//! Poisson arrivals whose rate changes along straight lines.
//!
//! Unit-exponential gaps are turned into times through the integral of the rate, which is exact and, unlike thinning,
//! uses one draw per arrival: two variants of a scenario meet the same arrivals.

use halfopen_sim::chance::Stream;
use halfopen_sim::{Span, Time};

/// Arrivals of one load.
#[derive(Debug)]
pub struct Arrivals {
    /// Straight lines between these points; constant after the last.
    rate: Vec<(Time, f64)>,
    /// The point before the current time.
    at: usize,
    stream: Stream,
}

impl Arrivals {
    /// Arrivals at `rate` (requests a second over time; the first point at zero).
    pub fn new(rate: Vec<(Time, f64)>, stream: Stream) -> Arrivals {
        Arrivals { rate, at: 0, stream }
    }

    /// The next arrival after `now`; `None` if the rate stays zero.
    pub fn next(&mut self, now: Time) -> Option<Time> {
        let mut wanted = self.stream.exponential();
        let mut from = now;
        loop {
            while self.rate.get(self.at + 1).is_some_and(|&(end, _)| end <= from) {
                self.at += 1;
            }
            let (begin, rate) = self.rate[self.at];
            let Some(&(end, rate_at_end)) = self.rate.get(self.at + 1) else {
                return (rate > 0.0).then(|| from + Span::from_secs_f64(wanted / rate));
            };
            let length = (end - begin).as_secs_f64();
            let slope = (rate_at_end - rate) / length;
            let rate_here = rate + slope * (from - begin).as_secs_f64();
            let left = (end - from).as_secs_f64();
            let available = left * (rate_here + rate_at_end) / 2.0;
            if wanted <= available {
                return Some(from + Span::from_secs_f64(time_for(wanted, rate_here, slope).min(left)));
            }
            wanted -= available;
            from = end;
        }
    }
}

/// How long a rate that starts at `rate` and grows by `slope` a second takes to add up to `wanted`.
fn time_for(wanted: f64, rate: f64, slope: f64) -> f64 {
    // The root of slope/2 × t² + rate × t = wanted, in the form that stays exact as the slope goes to zero.
    let under = (rate * rate + 2.0 * slope * wanted).max(0.0);
    2.0 * wanted / (rate + under.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use halfopen_sim::chance::Streams;

    fn secs(s: u64) -> Time {
        Time::ZERO + Span::from_secs(s)
    }

    fn count(rate: Vec<(Time, f64)>, from: u64, until: u64) -> f64 {
        let mut arrivals = Arrivals::new(rate, Streams::new(7).stream("arrivals", "test"));
        let mut now = Time::ZERO;
        let mut counted = 0.0;
        while let Some(next) = arrivals.next(now) {
            if next >= secs(until) {
                break;
            }
            counted += f64::from(u8::from(next >= secs(from)));
            now = next;
        }
        counted
    }

    #[test]
    fn steps_and_ramps_carry_their_area() {
        // Constant 100/s, a step to 300/s at 100 s, a ramp from 200 s down to 0 at 400 s.
        let rate = vec![
            (secs(0), 100.0),
            (secs(100), 100.0),
            (secs(100), 300.0),
            (secs(200), 300.0),
            (secs(400), 0.0),
        ];
        for (from, until, expected) in [(0, 100, 10_000.0_f64), (100, 200, 30_000.0), (200, 400, 30_000.0)] {
            let got = count(rate.clone(), from, until);
            // Four standard deviations of a Poisson count.
            assert!((got - expected).abs() < 4.0 * expected.sqrt(), "{from}..{until}: {got} for {expected}");
        }
    }

    #[test]
    fn a_rate_that_ends_at_zero_ends_the_arrivals() {
        let mut arrivals =
            Arrivals::new(vec![(secs(0), 10.0), (secs(1), 0.0)], Streams::new(1).stream("arrivals", "test"));
        let mut now = Time::ZERO;
        let mut n = 0;
        while let Some(next) = arrivals.next(now) {
            assert!(next >= now && next <= secs(1));
            now = next;
            n += 1;
            assert!(n < 100, "five arrivals are expected in all");
        }
    }
}
