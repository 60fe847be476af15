//! A gauge: a level that stays until it is set anew, with its maximum and its mean over time.
//!
//! The mean weighs each level with how long it lasted: the mean number of customers, not the number the average
//! arrival sees. Sums are exact integers, so the order of two equal runs cannot show in the last digit.

use crate::time::Time;

/// A level over time: calls pending, bytes held, servers busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gauge {
    start: Time,
    since: Time,
    value: u64,
    max: u64,
    /// Level times nanoseconds, up to `since`.
    area: u128,
}

impl Gauge {
    /// A gauge that shows `value` from `now` on.
    pub fn new(now: Time, value: u64) -> Self {
        Gauge { start: now, since: now, value, max: value, area: 0 }
    }

    /// Shows `value` from `now` on.
    ///
    /// # Panics
    /// When `now` is before the last change.
    #[inline]
    pub fn set(&mut self, now: Time, value: u64) {
        self.area += u128::from(self.value) * u128::from((now - self.since).as_nanos());
        self.since = now;
        self.value = value;
        self.max = self.max.max(value);
    }

    /// Shows `change` more, or less, from `now` on.
    ///
    /// # Panics
    /// When the level would fall below zero: something was given back that was never taken.
    #[inline]
    pub fn add(&mut self, now: Time, change: i64) {
        let Some(value) = self.value.checked_add_signed(change) else {
            panic!("gauge at {} changed by {change} at {now:?}", self.value)
        };
        self.set(now, value);
    }

    /// What it shows now.
    pub fn value(&self) -> u64 {
        self.value
    }

    /// The most it ever showed, however briefly.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The mean from the start to `until`; before any time has passed, what it shows.
    ///
    /// # Panics
    /// When `until` is before the last change.
    pub fn mean(&self, until: Time) -> f64 {
        let area = self.area + u128::from(self.value) * u128::from((until - self.since).as_nanos());
        match (until - self.start).as_nanos() {
            0 => self.value as f64,
            span => area as f64 / span as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Gauge;
    use crate::time::Time;

    fn at(nanos: u64) -> Time {
        Time::from_nanos(nanos)
    }

    #[test]
    fn the_mean_weighs_levels_by_how_long_they_last() {
        let mut gauge = Gauge::new(at(10), 2);
        gauge.set(at(20), 5); // 2 for 10 ns
        gauge.add(at(50), -4); // 5 for 30 ns
        assert_eq!(gauge.value(), 1);
        // 1 for 20 ns
        assert!((gauge.mean(at(70)) - 190.0 / 60.0).abs() < 1e-12);
        assert_eq!(gauge.max(), 5);
    }

    #[test]
    fn a_level_of_no_duration_counts_for_the_maximum_only() {
        let mut gauge = Gauge::new(at(0), 1);
        gauge.set(at(5), 100);
        gauge.set(at(5), 1);
        assert_eq!(gauge.max(), 100);
        assert_eq!(gauge.mean(at(10)).to_bits(), 1.0_f64.to_bits());
    }

    #[test]
    fn without_time_the_mean_is_the_level() {
        assert_eq!(Gauge::new(at(7), 3).mean(at(7)).to_bits(), 3.0_f64.to_bits());
    }

    #[test]
    fn levels_and_times_of_any_size_do_not_overflow() {
        let gauge = Gauge::new(at(0), u64::MAX);
        assert_eq!(gauge.mean(Time::MAX).to_bits(), (u64::MAX as f64).to_bits());
    }

    #[test]
    #[should_panic(expected = "gauge at 1 changed by -2 at t=0.000000005s")]
    fn a_level_below_zero_is_a_wrong_ledger() {
        Gauge::new(at(0), 1).add(at(5), -2);
    }
}
