//! Student's t.

use super::special::{beta_below, last};

/// Half-width of an interval of `level` in standard errors: the t with P(|T| ≤ t) = `level`, with `freedom` ≥ 1 degrees
/// of freedom.
///
/// # Panics
/// With no degree of freedom, or a level outside (0, 1).
pub fn t_quantile(level: f64, freedom: u32) -> f64 {
    assert!(freedom >= 1, "a t quantile needs a degree of freedom");
    assert!(level > 0.0 && level < 1.0, "an interval of level {level}");
    let mut high = 1.0;
    while t_within(high, freedom) < level {
        high *= 2.0;
    }
    last(0.0, high, |t| t_within(t, freedom) < level)
}

/// P(|T| > `t`), also where it is tiny: one minus [`t_within`] would cancel.
pub fn t_beyond(t: f64, freedom: u32) -> f64 {
    let nu = f64::from(freedom);
    beta_below(nu / (nu + t * t), nu / 2.0, 0.5)
}

/// P(|T| ≤ `t`) of Student's t with `freedom` ≥ 1 degrees of freedom: the finite sums 26.7.3 and 26.7.4 of Abramowitz
/// and Stegun, Handbook of Mathematical Functions (1964). All terms are positive, so nothing cancels.
pub fn t_within(t: f64, freedom: u32) -> f64 {
    let nu = f64::from(freedom);
    let hypotenuse = (nu + t * t).sqrt();
    let (sin, cos) = (t / hypotenuse, nu.sqrt() / hypotenuse);
    let odd = freedom % 2 == 1;
    // Terms cos^k with k = 1, 3, … or 0, 2, … up to ν − 2, each (k − 1)/k of the one before.
    let (mut term, first) = if odd { (cos, 3) } else { (1.0, 2) };
    let mut sum = if freedom == 1 { 0.0 } else { term };
    for k in (first..=freedom.saturating_sub(2)).step_by(2) {
        let k = f64::from(k);
        term *= (k - 1.0) / k * cos * cos;
        sum += term;
    }
    if odd { std::f64::consts::FRAC_2_PI * (libm::atan(t / nu.sqrt()) + sin * sum) } else { sin * sum }
}

#[cfg(test)]
mod tests {
    use super::{t_beyond, t_quantile, t_within};
    use crate::statistics::LEVEL;

    #[test]
    fn closed_forms_and_tables() {
        // One degree: tan(0.475 π). Two: 2·0.95/√(2·0.0975)·… = 0.95·√(2/(1 − 0.95²)). The limit: 1.959964.
        assert!((t_quantile(LEVEL, 1) - libm::tan(0.475 * std::f64::consts::PI)).abs() < 1e-9);
        assert!((t_quantile(LEVEL, 2) - 0.95 * libm::sqrt(2.0 / (1.0 - 0.95 * 0.95))).abs() < 1e-12);
        assert!((t_quantile(LEVEL, 1_000_000) - 1.959_966_4).abs() < 1e-6);
    }

    #[test]
    fn it_falls_with_every_degree_of_freedom() {
        let all: Vec<f64> = (1..300).map(|freedom| t_quantile(LEVEL, freedom)).collect();
        assert!(all.windows(2).all(|pair| pair[1] < pair[0]), "odd and even sums must agree: {all:?}");
    }
    #[test]
    fn within_and_beyond_make_one() {
        for (t, freedom) in [(0.1, 1), (2.0, 4), (3.3, 7), (1.5, 200)] {
            let sum = t_within(t, freedom) + t_beyond(t, freedom);
            assert!((sum - 1.0).abs() < 1e-13, "{t} {freedom}: {sum}");
        }
        assert!(t_beyond(100.0, 30) > 0.0 && t_beyond(100.0, 30) < 1e-30);
    }
}
