//! Estimates and their uncertainty, and where to look when many settings are possible.
//!
//! | question | file |
//! | --- | --- |
//! | how large is it: mean, quantile, and how surely | `sample` |
//! | how often: shares and counts | `proportion` |
//! | when, if it may never happen: Kaplan–Meier, restricted mean, log-rank | `survival`, `log_rank` |
//! | is one larger than the other: paired differences and ratios | `paired`, `ratio` |
//! | which of many, without fooling oneself | `multiple`, `selection` |
//! | is it steady yet: warm-up, batch means | `steady` |
//! | have we run enough | `precision` |
//! | do these values come from there | `fit` |
//! | which settings to try | `design` |
//! | which setting matters | `association`, `sensitivity` |
//!
//! Nothing here is taken from the platform: `+ − × ÷ √` are exact to the last bit everywhere, and logarithm,
//! exponential and arc tangent come from `libm`. That is why this is not the crate `statrs`: it calls `num-traits`,
//! which uses the platform's mathematics as soon as anything in the build (plotters does) switches on its `std`.

mod association;
mod design;
mod fit;
mod log_rank;
mod multiple;
mod normal;
mod paired;
mod precision;
mod proportion;
mod ratio;
mod sample;
mod selection;
pub mod sensitivity;
mod special;
mod steady;
mod student;
mod survival;

pub use association::{Association, rank_correlation};
pub use design::{SOBOL_POINTS, latin_column, sobol};
pub use fit::{chi_square_uniform, distance, distance_between, distance_p};
pub use log_rank::{LogRank, log_rank};
pub use multiple::{benjamini_hochberg, holm};
pub use normal::normal_quantile;
pub use paired::{Paired, paired};
pub use precision::{precise, replications_needed};
pub use proportion::{clopper_pearson, poisson, wilson};
pub use ratio::ratio;
pub use sample::{mean_interval, median_interval, quantile, quantile_ranks};
pub use selection::{Selection, select_largest};
pub use steady::{autocorrelation, batch_means, mser, mser_5};
pub use student::{t_beyond, t_quantile, t_within};
pub use survival::{Lifetime, Step, Survival};

/// The level of every interval that does not say another.
pub const LEVEL: f64 = 0.95;
/// Share left out on each side of such an interval.
const TAIL: f64 = 0.025;
