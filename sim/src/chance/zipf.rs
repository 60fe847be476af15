//! Ranks by popularity: rank k is drawn with probability proportional to 1/k^exponent.
//!
//! Drawn by rejection-inversion (Hörmann and Derflinger 1996, "Rejection-inversion to generate variates from
//! monotone discrete distributions"): exact for any number of ranks, without a table, in about one trial.

use crate::chance::Stream;

/// Ranks 1 to n, the first the most popular.
#[derive(Clone, Debug, PartialEq)]
pub struct Zipf {
    ranks: f64,
    exponent: f64,
    /// Integral of the hat at its two ends, and the width of the sure acceptance.
    from: f64,
    to: f64,
    sure: f64,
}

impl Zipf {
    /// Ranks 1 to `ranks`, with probability proportional to rank^-`exponent`; 0 makes them equally likely.
    ///
    /// # Panics
    /// When there are no ranks or more than 2^53, or the exponent is negative or not finite.
    pub fn new(ranks: u64, exponent: f64) -> Self {
        assert!((1..=1 << 53).contains(&ranks), "Zipf over {ranks} ranks");
        assert!(exponent >= 0.0 && exponent.is_finite(), "Zipf with exponent {exponent}");
        let mut zipf = Zipf { ranks: ranks as f64, exponent, from: 0.0, to: 0.0, sure: 0.0 };
        zipf.from = zipf.area(1.5) - 1.0;
        zipf.to = zipf.area(zipf.ranks + 0.5);
        zipf.sure = 2.0 - zipf.inverse(zipf.area(2.5) - zipf.weight(2.0));
        zipf
    }

    /// Draws a rank, 1 being the most popular.
    #[inline]
    pub fn sample(&self, stream: &mut Stream) -> u64 {
        loop {
            let u = self.to + stream.uniform() * (self.from - self.to);
            let x = self.inverse(u);
            let rank = libm::floor(x + 0.5).clamp(1.0, self.ranks);
            if rank - x <= self.sure || u >= self.area(rank + 0.5) - self.weight(rank) {
                return rank as u64;
            }
        }
    }

    /// The sum of rank^-exponent over all ranks, the generalised harmonic number; rank k is drawn with probability
    /// k^-exponent divided by it. Takes as long as there are ranks.
    pub fn normaliser(&self) -> f64 {
        // From the least: nothing is lost under a sum already large.
        (1..=self.ranks as u64).rev().map(|rank| self.weight(rank as f64)).sum()
    }

    /// x^-exponent.
    fn weight(&self, x: f64) -> f64 {
        libm::exp(-self.exponent * libm::log(x))
    }

    /// Integral of the weight from 1 to x: (x^(1-s) - 1)/(1-s), log x for s = 1, written so that it is smooth there.
    fn area(&self, x: f64) -> f64 {
        let log = libm::log(x);
        log * expm1_ratio((1.0 - self.exponent) * log)
    }

    /// The x whose area is `area`.
    fn inverse(&self, area: f64) -> f64 {
        // Rounding may carry the argument just below the pole.
        let t = (area * (1.0 - self.exponent)).max(-1.0);
        libm::exp(area * log1p_ratio(t))
    }
}

/// (e^x - 1)/x, with its limit at zero.
fn expm1_ratio(x: f64) -> f64 {
    if x.abs() > 1e-8 { libm::expm1(x) / x } else { 1.0 + x / 2.0 }
}

/// log(1 + x)/x, with its limit at zero.
fn log1p_ratio(x: f64) -> f64 {
    if x.abs() > 1e-8 { libm::log1p(x) / x } else { 1.0 - x / 2.0 }
}
