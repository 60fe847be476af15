//! Drawing from a distribution, with everything that is the same for every draw computed beforehand.

use crate::chance::{Distribution, Stream};
use crate::time::Span;

/// A [`Distribution`] ready to be drawn from.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampler(Form);

/// What is left to do per draw; scales are in nanoseconds.
#[derive(Clone, Debug, PartialEq)]
enum Form {
    Fixed(Span),
    Exponential { mean: f64 },
    Lognormal { mu: f64, sigma: f64 },
    Gamma(Gamma),
    Pareto { scale: f64, exponent: f64 },
    Weibull { scale: f64, exponent: f64 },
    Empirical(Vec<Span>),
}

/// Marsaglia and Tsang (2000): a cubed normal, accepted nearly always. Below shape 1, a draw of shape + 1 times a
/// power of a uniform.
#[derive(Clone, Debug, PartialEq)]
struct Gamma {
    scale: f64,
    d: f64,
    c: f64,
    /// 1/shape where the shape is below 1.
    boost: Option<f64>,
}

/// Mean and standard deviation of the logarithm of a lognormal with this mean and coefficient of variation.
pub fn lognormal_parameters(mean: f64, cv: f64) -> (f64, f64) {
    let variance = libm::log1p(cv * cv);
    (libm::log(mean) - variance / 2.0, variance.sqrt())
}

impl Sampler {
    pub(super) fn new(distribution: &Distribution) -> Self {
        let nanos = |span: Span| span.as_nanos() as f64;
        Sampler(match *distribution {
            Distribution::Fixed(value) => Form::Fixed(value),
            Distribution::Exponential { mean } => Form::Exponential { mean: nanos(mean) },
            Distribution::Lognormal { mean, .. } | Distribution::Gamma { mean, .. } if mean.is_zero() => {
                Form::Fixed(mean)
            }
            Distribution::Lognormal { mean, cv } => {
                assert!(cv >= 0.0 && cv.is_finite(), "lognormal with cv {cv}");
                let (mu, sigma) = lognormal_parameters(nanos(mean), cv);
                Form::Lognormal { mu, sigma }
            }
            Distribution::Gamma { mean, cv: 0.0 } => Form::Fixed(mean),
            Distribution::Gamma { mean, cv } => {
                assert!(cv > 0.0 && cv.is_finite(), "gamma with cv {cv}");
                Form::Gamma(Gamma::new(nanos(mean), 1.0 / (cv * cv)))
            }
            Distribution::Erlang { mean, shape } => {
                assert!(shape > 0, "Erlang without stages");
                Form::Gamma(Gamma::new(nanos(mean), f64::from(shape)))
            }
            Distribution::Pareto { scale, shape } => {
                assert!(shape > 0.0 && shape.is_finite(), "Pareto with shape {shape}");
                Form::Pareto { scale: nanos(scale), exponent: 1.0 / shape }
            }
            Distribution::Weibull { scale, shape } => {
                assert!(shape > 0.0 && shape.is_finite(), "Weibull with shape {shape}");
                Form::Weibull { scale: nanos(scale), exponent: 1.0 / shape }
            }
            Distribution::Empirical(ref values) => {
                assert!(!values.is_empty(), "empirical distribution without values");
                Form::Empirical(values.clone())
            }
        })
    }

    /// Draws once, to the nearest nanosecond; what does not fit becomes [`Span::MAX`].
    #[inline]
    pub fn sample(&self, stream: &mut Stream) -> Span {
        let nanos = match self.0 {
            Form::Fixed(value) => return value,
            Form::Exponential { mean } => mean * stream.exponential(),
            Form::Lognormal { mu, sigma } => libm::exp(mu + sigma * stream.normal()),
            Form::Gamma(ref gamma) => gamma.sample(stream),
            Form::Pareto { scale, exponent } => scale * libm::exp(exponent * stream.exponential()),
            Form::Weibull { scale, exponent } => scale * libm::pow(stream.exponential(), exponent),
            Form::Empirical(ref values) => return values[stream.below(values.len() as u64) as usize],
        };
        // `as` from f64 saturates.
        Span::from_nanos((nanos + 0.5) as u64)
    }
}

impl Gamma {
    fn new(mean: f64, shape: f64) -> Self {
        let (raised, boost) = if shape < 1.0 { (shape + 1.0, Some(1.0 / shape)) } else { (shape, None) };
        let d = raised - 1.0 / 3.0;
        Gamma { scale: mean / shape, d, c: 1.0 / (9.0 * d).sqrt(), boost }
    }

    fn sample(&self, stream: &mut Stream) -> f64 {
        let value = loop {
            let x = stream.normal();
            let root = 1.0 + self.c * x;
            if root <= 0.0 {
                continue;
            }
            let v = root * root * root;
            let u = stream.open();
            let square = x * x;
            if u < 1.0 - 0.0331 * square * square
                || libm::log(u) < 0.5 * square + self.d * (1.0 - v + libm::log(v))
            {
                break self.d * v;
            }
        };
        let boosted = self.boost.map_or(1.0, |power| libm::pow(stream.open(), power));
        self.scale * value * boosted
    }
}
