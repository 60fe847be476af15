//! The normal distribution.

use super::special::last;

/// The `p` quantile of the standard normal distribution, with `p` in (0, 1).
///
/// # Panics
/// With another `p`.
pub fn normal_quantile(p: f64) -> f64 {
    assert!(p > 0.0 && p < 1.0, "a normal quantile of {p}");
    if p < 0.5 {
        return -normal_quantile(1.0 - p);
    }
    // By the upper tail, which does not cancel; 39 standard deviations are the end of double precision.
    last(0.0, 39.0, |z| libm::erfc(z * std::f64::consts::FRAC_1_SQRT_2) / 2.0 > 1.0 - p)
}
