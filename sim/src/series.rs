//! A series: one value per sampling interval, the first at the start of the run.
//!
//! Values are kept side by side; their times follow from the interval and are not stored.

use crate::time::{Span, Time};

/// Values sampled at 0, `every`, 2 × `every`, …
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series<T> {
    every: Span,
    values: Vec<T>,
}

impl<T> Series<T> {
    /// An empty series.
    ///
    /// # Panics
    /// When `every` is no time at all.
    pub fn new(every: Span) -> Self {
        assert!(!every.is_zero(), "a series needs an interval between its samples");
        Series { every, values: Vec::new() }
    }

    /// Takes the next sample.
    pub fn push(&mut self, value: T) {
        self.values.push(value);
    }

    /// Sample `index`, if it was taken.
    pub fn get(&self, index: usize) -> Option<&T> {
        self.values.get(index)
    }

    /// When sample `index` is due, whether it was taken or not.
    pub fn time_of(&self, index: usize) -> Time {
        Time::ZERO + self.every * index as u64
    }

    /// The distance between two samples.
    pub fn every(&self) -> Span {
        self.every
    }

    /// How many samples were taken.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether no sample was taken yet.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Every sample with its time, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Time, &T)> {
        self.values.iter().enumerate().map(|(index, value)| (self.time_of(index), value))
    }

    /// The values alone, in order.
    pub fn values(&self) -> &[T] {
        &self.values
    }
}

#[cfg(test)]
mod tests {
    use super::Series;
    use crate::time::{Span, Time};

    #[test]
    fn the_first_sample_is_at_the_start_and_the_others_follow_evenly() {
        let mut series = Series::new(Span::from_secs(1));
        assert!(series.is_empty());
        series.push('a');
        series.push('b');
        let second = Time::from_nanos(1_000_000_000);
        assert_eq!(series.iter().collect::<Vec<_>>(), [(Time::ZERO, &'a'), (second, &'b')]);
        assert_eq!((series.get(1), series.get(2), series.len()), (Some(&'b'), None, 2));
        assert_eq!(series.time_of(1), second);
    }

    #[test]
    #[should_panic(expected = "interval")]
    fn an_interval_of_no_time_is_refused() {
        Series::<u32>::new(Span::ZERO);
    }
}
