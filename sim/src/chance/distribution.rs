//! Distributions of durations as a scenario names them, with their first two moments.
//!
//! How to draw from one is [`Sampler`]'s business; here are the parameters people think in, mean and coefficient of
//! variation wherever a distribution has them, and what follows from them in closed form.

use crate::chance::{Sampler, Stream};
use crate::time::Span;

/// How long something takes, by chance.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same.
    Fixed(Span),
    /// Memoryless.
    Exponential {
        /// Its mean.
        mean: Span,
    },
    /// The exponential of a normal: most are short, some are long.
    Lognormal {
        /// Its mean.
        mean: Span,
        /// Standard deviation divided by the mean.
        cv: f64,
    },
    /// The sum of `shape` equal exponential stages.
    Erlang {
        /// Mean of the sum.
        mean: Span,
        /// Number of stages.
        shape: u32,
    },
    /// Erlang with a fractional number of stages.
    Gamma {
        /// Its mean.
        mean: Span,
        /// Standard deviation divided by the mean.
        cv: f64,
    },
    /// A power law above `scale`: mean and variance may be infinite.
    Pareto {
        /// The least value.
        scale: Span,
        /// Exponent of the tail; the mean is finite above 1, the variance above 2.
        shape: f64,
    },
    /// An exponential raised to the power 1/`shape`.
    Weibull {
        /// The value that 63 % do not exceed.
        scale: Span,
        /// Below 1 the tail is heavier than exponential, above 1 lighter.
        shape: f64,
    },
    /// One of these values, each as likely as the others.
    Empirical(Vec<Span>),
}

impl Distribution {
    /// Draws once. Whoever draws often should [`prepare`](Self::prepare) once; the values are the same.
    ///
    /// # Panics
    /// When parameters are out of range, as [`prepare`](Self::prepare) does.
    pub fn sample(&self, stream: &mut Stream) -> Span {
        self.prepare().sample(stream)
    }

    /// Computes once what every draw needs.
    ///
    /// # Panics
    /// When a `cv` or a `shape` is not positive and finite (a `cv` may be zero), or an empirical distribution has no
    /// values.
    pub fn prepare(&self) -> Sampler {
        Sampler::new(self)
    }

    /// The mean; none where it is infinite or there are no values.
    pub fn mean(&self) -> Option<Span> {
        match *self {
            Distribution::Fixed(value) => Some(value),
            Distribution::Exponential { mean }
            | Distribution::Lognormal { mean, .. }
            | Distribution::Erlang { mean, .. }
            | Distribution::Gamma { mean, .. } => Some(mean),
            Distribution::Pareto { scale, shape } => {
                (shape > 1.0).then(|| scaled(scale, shape / (shape - 1.0)))
            }
            Distribution::Weibull { scale, shape } => Some(scaled(scale, libm::tgamma(1.0 + 1.0 / shape))),
            Distribution::Empirical(ref values) => {
                let sum: u128 = values.iter().map(|value| u128::from(value.as_nanos())).sum();
                sum.checked_div(values.len() as u128).map(|mean| Span::from_nanos(mean as u64))
            }
        }
    }

    /// The squared coefficient of variation, variance divided by the squared mean; none where it is infinite or
    /// has no meaning.
    pub fn scv(&self) -> Option<f64> {
        match *self {
            Distribution::Fixed(_) => Some(0.0),
            Distribution::Exponential { .. } => Some(1.0),
            Distribution::Lognormal { cv, .. } | Distribution::Gamma { cv, .. } => Some(cv * cv),
            Distribution::Erlang { shape, .. } => Some(1.0 / f64::from(shape)),
            Distribution::Pareto { shape, .. } => (shape > 2.0).then(|| 1.0 / (shape * (shape - 2.0))),
            Distribution::Weibull { shape, .. } => {
                let mean = libm::tgamma(1.0 + 1.0 / shape);
                Some(libm::tgamma(1.0 + 2.0 / shape) / (mean * mean) - 1.0)
            }
            Distribution::Empirical(ref values) => {
                let n = values.len() as f64;
                let mean = values.iter().map(|value| value.as_nanos() as f64).sum::<f64>() / n;
                let square = |value: &Span| {
                    let difference = value.as_nanos() as f64 / mean - 1.0;
                    difference * difference
                };
                (mean > 0.0).then(|| values.iter().map(square).sum::<f64>() / n)
            }
        }
    }
}

fn scaled(span: Span, factor: f64) -> Span {
    Span::from_nanos((span.as_nanos() as f64 * factor + 0.5) as u64)
}
