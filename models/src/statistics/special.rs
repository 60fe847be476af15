//! The incomplete beta and gamma functions, from which the tails of t, F, χ², binomial and Poisson follow, and the way
//! back from a probability to its quantile.
//!
//! Continued fractions by Lentz's method and the power series, as in Press et al., Numerical Recipes (3rd ed.), 6.2 and
//! 6.4; the way back is bisection down to neighbouring numbers, which is slower than Newton and cannot go astray.

/// Terms after which a continued fraction or series has long converged: they need about √(a + b), and nobody asks for
/// millions of observations.
const TERMS: u32 = 10_000;
/// Relative change below which the next term adds nothing: little more than the distance of neighbouring numbers.
const SMALL: f64 = 4e-16;
/// Stands in for a denominator of zero.
const TINY: f64 = 1e-300;

/// `I_x(a, b)`: the probability that a beta variable with these positive parameters is at most `x` in 0..=1.
pub(super) fn beta_below(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return f64::from(u8::from(x >= 1.0));
    }
    let log =
        libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * libm::log(x) + b * libm::log1p(-x);
    let front = libm::exp(log);
    // The fraction converges quickly below the mean; above it, the other tail's does.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(x, a, b) / a
    } else {
        1.0 - front * beta_fraction(1.0 - x, b, a) / b
    }
}

fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    lentz(0.0, |step| {
        let half = f64::from(step / 2);
        let odd = step % 2 == 1;
        let at = a + 2.0 * half;
        let term = match step {
            0 => 1.0,
            _ if odd => -(a + half) * (a + b + half) * x / (at * (at + 1.0)),
            _ => half * (b - half) * x / ((at - 1.0) * at),
        };
        (term, 1.0)
    })
}

/// Q(a, x): the probability that a gamma variable of shape `a` > 0 and scale 1 exceeds `x` ≥ 0.
pub(super) fn gamma_above(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let front = libm::exp(a * libm::log(x) - x - libm::lgamma(a));
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for k in 1..TERMS {
            term *= x / (a + f64::from(k));
            sum += term;
            if term < sum * SMALL {
                break;
            }
        }
        1.0 - front * sum
    } else {
        let fraction = lentz(0.0, |i| {
            let k = f64::from(i);
            (if i == 0 { 1.0 } else { k * (a - k) }, x + 2.0 * k + 1.0 - a)
        });
        front * fraction
    }
}

/// b₀ + a₁/(b₁ + a₂/(b₂ + …)), the pairs (a, b) counted from zero.
fn lentz(first: f64, pair: impl Fn(u32) -> (f64, f64)) -> f64 {
    let not_zero = |x: f64| if x.abs() < TINY { TINY } else { x };
    let mut value = not_zero(first);
    let (mut c, mut d) = (value, 0.0);
    for i in 0..TERMS {
        let (a, b) = pair(i);
        d = 1.0 / not_zero(b + a * d);
        c = not_zero(b + a / c);
        let change = c * d;
        value *= change;
        if (change - 1.0).abs() < SMALL {
            break;
        }
    }
    value
}

/// Probability that χ² with `freedom` degrees of freedom exceeds `x`.
pub(super) fn chi_square_above(x: f64, freedom: u32) -> f64 {
    gamma_above(f64::from(freedom) / 2.0, x / 2.0)
}

/// Where a condition that holds at `low` and not at `high` ends, to the last bit.
pub(super) fn last(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return middle;
        }
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms() {
        // I_x(1, b) = 1 − (1 − x)^b, I_x(a, 1) = x^a, Q(1, x) = e^−x, Q(½, x) = erfc √x.
        for x in [1e-6, 0.1, 0.5, 0.9, 0.999] {
            assert!((beta_below(x, 1.0, 7.0) - (1.0 - libm::pow(1.0 - x, 7.0))).abs() < 1e-14, "{x}");
            assert!((beta_below(x, 7.0, 1.0) - libm::pow(x, 7.0)).abs() < 1e-14, "{x}");
        }
        for x in [1e-6, 0.1, 1.0, 3.0, 40.0] {
            assert!((gamma_above(1.0, x) / libm::exp(-x) - 1.0).abs() < 1e-13, "{x}");
            assert!((gamma_above(0.5, x) / libm::erfc(x.sqrt()) - 1.0).abs() < 1e-12, "{x}");
        }
        assert_eq!(
            (beta_below(0.0, 2.0, 3.0), beta_below(1.0, 2.0, 3.0), gamma_above(2.0, 0.0)),
            (0.0, 1.0, 1.0)
        );
    }

    #[test]
    fn the_two_tails_make_one() {
        for (x, a, b) in [(0.3, 2.5, 9.0), (0.02, 400.0, 20_000.0), (0.6, 0.5, 0.5)] {
            let sum = beta_below(x, a, b) + beta_below(1.0 - x, b, a);
            // The last digit of lgamma(20,400), which is 182,000, is worth 3e-11.
            assert!((sum - 1.0).abs() < 3e-11, "{x} {a} {b}: {sum}");
        }
    }
}
