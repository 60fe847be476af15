//! Do these values come from there? Kolmogorov and Smirnov's distance, Pearson's χ².

use super::special::chi_square_above;

/// Largest distance between the steps of `sorted` values and a distribution function.
pub fn distance(sorted: &[f64], share_below: impl Fn(f64) -> f64) -> f64 {
    let n = sorted.len() as f64;
    let apart = |(i, &x): (usize, &f64)| {
        let below = share_below(x);
        f64::max(below - i as f64 / n, (i as f64 + 1.0) / n - below)
    };
    sorted.iter().enumerate().map(apart).fold(0.0, f64::max)
}

/// Largest distance between the steps of two sorted samples.
pub fn distance_between(first: &[f64], second: &[f64]) -> f64 {
    let at_most = |sorted: &[f64], x: f64| sorted.partition_point(|&y| y <= x) as f64 / sorted.len() as f64;
    let apart = |&x: &f64| (at_most(first, x) - at_most(second, x)).abs();
    first.iter().chain(second).map(apart).fold(0.0, f64::max)
}

/// Probability of a [`distance`] of at least `d` for `n` values that do come from there: exact, by the n-th power of
/// Durbin's matrix (Marsaglia, Tsang and Wang 2003).
pub fn distance_p(d: f64, n: u32) -> f64 {
    let scaled = f64::from(n) * d;
    if scaled <= 0.5 || d >= 1.0 {
        return f64::from(u8::from(d < 1.0));
    }
    let k = libm::floor(scaled) as usize + 1;
    let (power, mut decades) = Matrix::durbin(2 * k - 1, k as f64 - scaled).power(n);
    let mut within = power.at(k - 1, k - 1);
    for i in 1..=n {
        within *= f64::from(i) / f64::from(n);
        if within < FAR.recip() {
            within *= FAR;
            decades -= DECADES;
        }
    }
    (1.0 - within * libm::pow(10.0, f64::from(decades))).clamp(0.0, 1.0)
}

/// Where numbers are scaled back: two of them may still be multiplied.
const FAR: f64 = 1e140;
const DECADES: i32 = 140;

/// Square, by rows.
#[derive(Clone)]
struct Matrix {
    size: usize,
    cells: Vec<f64>,
}

impl Matrix {
    /// Durbin's matrix, whose first column and last row know how far `h` the distance lies below a whole number.
    fn durbin(size: usize, h: f64) -> Matrix {
        let mut matrix = Matrix { size, cells: vec![0.0; size * size] };
        let power = |exponent: usize| libm::pow(h, exponent as f64);
        for i in 0..size {
            for j in 0..size.min(i + 2) {
                let mut cell = 1.0;
                if j == 0 {
                    cell -= power(i + 1);
                }
                if i + 1 == size {
                    cell -= power(size - j);
                }
                if j == 0 && i + 1 == size && h > 0.5 {
                    cell += libm::pow(2.0 * h - 1.0, size as f64);
                }
                matrix.cells[i * size + j] = cell / libm::tgamma((i + 2 - j) as f64);
            }
        }
        matrix
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        self.cells[row * self.size + column]
    }

    fn times(&self, other: &Matrix) -> Matrix {
        let size = self.size;
        let mut cells = Vec::with_capacity(size * size);
        for row in 0..size {
            for column in 0..size {
                cells.push((0..size).map(|k| self.at(row, k) * other.at(k, column)).sum());
            }
        }
        Matrix { size, cells }
    }

    /// The power, divided by ten to the second so that it cannot overflow.
    fn power(&self, exponent: u32) -> (Matrix, i32) {
        if exponent == 1 {
            return (self.clone(), 0);
        }
        let (root, decades) = self.power(exponent / 2);
        let mut power = root.times(&root);
        let mut decades = 2 * decades;
        if exponent % 2 == 1 {
            power = power.times(self);
        }
        if power.at(self.size / 2, self.size / 2) > FAR {
            power.cells.iter_mut().for_each(|cell| *cell /= FAR);
            decades += DECADES;
        }
        (power, decades)
    }
}

/// χ² of counts that should be equally frequent, and the probability of a larger one. `None` below two counts or
/// without anything counted.
pub fn chi_square_uniform(counts: &[u32]) -> Option<(f64, f64)> {
    let expected = counts.iter().map(|&count| f64::from(count)).sum::<f64>() / counts.len() as f64;
    let squared = |&count: &u32| (f64::from(count) - expected) * (f64::from(count) - expected) / expected;
    let statistic = counts.iter().map(squared).sum();
    (counts.len() > 1 && expected > 0.0)
        .then(|| (statistic, chi_square_above(statistic, counts.len() as u32 - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_of_few_values_have_closed_forms() {
        // One value: P(D ≥ d) = 2(1 − d) for d in ½..1. Far out, n values: 2(1 − d)^n.
        for d in [0.55, 0.7, 0.99] {
            assert!((distance_p(d, 1) - 2.0 * (1.0 - d)).abs() < 1e-12, "{d}");
        }
        assert!((distance_p(0.8, 5) - 2.0 * libm::pow(0.2, 5.0)).abs() < 1e-12, "beyond 1 − 1/n");
        assert_eq!((distance_p(0.01, 10), distance_p(1.0, 10)), (1.0, 0.0));
        // Marsaglia, Tsang and Wang's own: K(10, 0.274) = 0.628479615456….
        assert!((1.0 - distance_p(0.274, 10) - 0.628_479_615_456).abs() < 1e-11);
    }

    #[test]
    fn many_values_follow_the_limit() {
        // Kolmogorov: 2 Σ (−1)^(i−1) e^(−2 i² x²) at x = 1.36 is 0.0494; √n D is a little smaller for finite n.
        let p = distance_p(1.36 / libm::sqrt(2_000.0), 2_000);
        assert!((0.046..0.0495).contains(&p), "{p}");
    }

    #[test]
    fn samples_that_lie_apart_are_wholly_apart() {
        assert!((distance_between(&[1.0, 2.0], &[3.0, 4.0, 5.0]) - 1.0).abs() < 1e-12);
        assert!(distance_between(&[1.0, 1.0, 2.0], &[1.0, 1.0, 2.0]).abs() < 1e-12);
        assert!((distance(&[0.5], |x| x) - 0.5).abs() < 1e-12);
        assert_eq!((chi_square_uniform(&[7]), chi_square_uniform(&[0, 0])), (None, None));
    }
}
