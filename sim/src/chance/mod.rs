//! Chance: named streams of random numbers, and the distributions drawn from them.
//!
//! **Named streams.** Every purpose of every component has a stream of its own, seeded from the seed of the run and
//! the two names alone. Who else draws, how often and in which order streams are made moves nothing, so two
//! variants of one scenario meet the same arrivals and the same demands.
//!
//! **Portable draws.** The same seed gives the same bits on every machine and in every build. Generator and uniform
//! numbers come from `rand_xoshiro` and `rand_distr`. Everything past them, the logarithm of an exponential, the
//! normal, the gamma, is computed here with `libm`, because `rand_distr` takes its mathematics through `num-traits`:
//! as soon as any crate of the same build switches on `num-traits/std`, that is the platform's own, whose last bits
//! differ from machine to machine. Addition, multiplication, division and square root are exact everywhere.

mod distribution;
mod sampler;
mod stream;
#[cfg(test)]
mod tests;
mod zipf;

pub use distribution::Distribution;
pub use sampler::{Sampler, lognormal_parameters};
pub use stream::{Stream, Streams};
pub use zipf::Zipf;
