//! A histogram of spans: counts in log-linear buckets, for quantiles with a bounded relative error.
//!
//! Every power of two is cut into 128 buckets of equal width; below 256 ns each nanosecond has its own. A quantile is
//! the middle of its bucket, so it is wrong by at most half a bucket: 1/256 of its value, 0.4 %. Minimum, maximum,
//! mean and count are exact. Merging adds counts, so any order of merging gives the same histogram.
//!
//! The crate `hdrhistogram` does the same; its bounds have to be chosen beforehand and its calls can fail, while
//! here every [`Span`] has a bucket and nothing can fail. That is worth these hundred lines.

use crate::time::Span;

/// Each power of two has `1 << PRECISION` buckets.
const PRECISION: u32 = 7;
/// Buckets of one power of two.
const FINE: u64 = 1 << PRECISION;

/// How often spans of which size were recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// Counts by bucket, up to the highest one used.
    counts: Vec<u64>,
    len: u64,
    sum: u128,
    min: Span,
    max: Span,
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

impl Histogram {
    /// An empty histogram.
    pub fn new() -> Self {
        Histogram { counts: Vec::new(), len: 0, sum: 0, min: Span::MAX, max: Span::ZERO }
    }

    /// Counts one `span`.
    #[inline]
    pub fn record(&mut self, span: Span) {
        let bucket = bucket_of(span.as_nanos());
        if bucket >= self.counts.len() {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] += 1;
        self.len += 1;
        self.sum += u128::from(span.as_nanos());
        self.min = self.min.min(span);
        self.max = self.max.max(span);
    }

    /// Adds everything `other` has recorded.
    pub fn merge(&mut self, other: &Histogram) {
        if other.counts.len() > self.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.len += other.len;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// The smallest span that a share `q` of all records does not exceed, to within 0.4 %; `q` is held within 0 and 1.
    /// 0 gives the exact minimum, 1 the exact maximum.
    pub fn quantile(&self, q: f64) -> Option<Span> {
        if self.len == 0 {
            return None;
        }
        // Which record in ascending order, counted from one.
        let rank = ((q.clamp(0.0, 1.0) * self.len as f64).ceil() as u64).clamp(1, self.len);
        if rank == 1 {
            return Some(self.min);
        }
        if rank == self.len {
            return Some(self.max);
        }
        let mut seen = 0;
        let bucket = self.counts.iter().position(|&count| {
            seen += count;
            seen >= rank
        })?;
        Some(Span::from_nanos(middle_of(bucket)).clamp(self.min, self.max))
    }

    /// The longest span, exactly.
    pub fn max(&self) -> Option<Span> {
        (self.len > 0).then_some(self.max)
    }

    /// The shortest span, exactly.
    pub fn min(&self) -> Option<Span> {
        (self.len > 0).then_some(self.min)
    }

    /// The mean of all spans, to the nearest nanosecond below.
    pub fn mean(&self) -> Option<Span> {
        (self.len > 0).then(|| Span::from_nanos((self.sum / u128::from(self.len)) as u64))
    }

    /// How many spans were recorded.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// Power of two and the `PRECISION` bits that follow the leading one, in one number.
#[inline]
fn bucket_of(nanos: u64) -> usize {
    let shift = (nanos | (2 * FINE - 1)).ilog2() - PRECISION;
    (u64::from(shift) * FINE + (nanos >> shift)) as usize
}

/// The middle of the values that share a bucket, rounded down.
fn middle_of(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let shift = (bucket / FINE).saturating_sub(1);
    let low = (bucket - shift * FINE) << shift;
    low + ((1 << shift) - 1) / 2
}

#[cfg(test)]
mod tests {
    use super::{Histogram, bucket_of, middle_of};
    use crate::time::Span;

    fn of(nanos: impl IntoIterator<Item = u64>) -> Histogram {
        let mut histogram = Histogram::new();
        nanos.into_iter().for_each(|value| histogram.record(Span::from_nanos(value)));
        histogram
    }

    #[test]
    fn buckets_rise_with_values_without_gap_and_their_middle_is_within_one_in_256() {
        let mut values: Vec<u64> = (0..1 << 17).collect();
        values.extend((17..64).flat_map(|power| {
            let low = 1_u64 << power;
            (0..512).map(move |step| low + (low >> 9) * step)
        }));
        values.extend((0..64).map(|power| u64::MAX >> power).rev());
        values.sort_unstable();
        let mut last = 0;
        for value in values {
            let bucket = bucket_of(value);
            assert!(bucket == last || bucket == last + 1, "{value} is in {bucket} after {last}");
            last = bucket;
            assert!(
                middle_of(bucket).abs_diff(value) <= value / 256,
                "{value} has middle {}",
                middle_of(bucket)
            );
            assert_eq!(bucket_of(middle_of(bucket)), bucket);
        }
        assert_eq!(last, 58 * 128 - 1);
    }

    #[test]
    fn quantiles_count_from_the_smallest() {
        let histogram = of(1..=100);
        let quantile = |q| histogram.quantile(q).unwrap().as_nanos();
        assert_eq!([0.0, 0.01, 0.5, 0.501, 0.99, 1.0].map(quantile), [1, 1, 50, 51, 99, 100]);
        assert_eq!(histogram.mean(), Some(Span::from_nanos(50)));
    }

    #[test]
    fn extremes_are_exact_however_large() {
        let histogram = of([u64::MAX, 123_456_789, 123_456_790]);
        assert_eq!(histogram.min().unwrap().as_nanos(), 123_456_789);
        assert_eq!(histogram.max(), Some(Span::MAX));
        let middle = histogram.quantile(0.5).unwrap().as_nanos();
        assert!(middle.abs_diff(123_456_790) <= 123_456_790 / 256);
    }

    #[test]
    fn an_empty_histogram_has_no_figures() {
        let empty = Histogram::new();
        assert_eq!((empty.quantile(0.5), empty.min(), empty.max(), empty.mean()), (None, None, None, None));
        assert!(empty.is_empty());
    }

    #[test]
    fn merging_in_any_order_is_recording_everything_in_one() {
        let parts = [of(0..50), of([1 << 40, 7]), of([]), of((0..1000).map(|x| x * x))];
        let all = of((0..50).chain([1 << 40, 7]).chain((0..1000).map(|x| x * x)));
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 1, 3, 0]] {
            let mut merged = Histogram::new();
            for part in order {
                merged.merge(&parts[part]);
            }
            assert_eq!(merged, all);
        }
    }
}
