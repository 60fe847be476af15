//! Which of many settings matters: screening by elementary effects (`morris`), shares of the variance (`shares`). Both
//! say which points of the unit cube to try and read the answer from the values found there; what a coordinate means is
//! the caller's.

mod morris;
mod shares;

pub use morris::{Effect, effects, trajectories};
pub use shares::{Share, saltelli, shares};
