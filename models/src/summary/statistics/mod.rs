//! Estimates and their uncertainty. Every interval is a 95 % interval.
//!
//! Nothing here is taken from the platform: `+ − × ÷ √` are exact to the last bit everywhere, and logarithm,
//! exponential and arc tangent come from `libm`. That is why this is not the crate `statrs`: it calls `num-traits`,
//! which uses the platform's mathematics as soon as anything in the build (plotters does) switches on its `std`.

mod sample;
mod student;
mod survival;

pub use sample::{mean_interval, median_interval, quantile};
pub use student::{t_quantile, t_within};
pub use survival::{Lifetime, Step, Survival};

/// Share left out on each side of a 95 % interval.
const TAIL: f64 = 0.025;
