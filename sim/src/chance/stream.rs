//! Streams of random numbers by name, and the elementary draws from one of them.
//!
//! A stream's seed is the hash of (seed, purpose, component), fixed for good: the finalizer of `SplitMix64` (Steele,
//! Lea and Flood 2014, constants of Stafford's mix 13) is applied to the state after each word; a name is absorbed
//! as its length in bytes, then its bytes in little-endian words of eight, the last one padded with zeros. Four
//! further steps of `SplitMix64` from the final state are the 256 bits of a xoshiro256++ generator. Two names that
//! differ therefore get unrelated streams, short of a collision in 64 bits.

use std::convert::Infallible;

use rand::{Rng, RngExt, SeedableRng, TryRng};
use rand_distr::{Distribution as _, Open01, StandardUniform};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Increment of `SplitMix64`: 2^64 divided by the golden ratio, odd.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// All random streams of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streams {
    seed: u64,
}

impl Streams {
    /// The streams of the run with this `seed`.
    pub const fn new(seed: u64) -> Self {
        Streams { seed }
    }

    /// The stream for `purpose` ("arrivals", "service") of `component` ("api-3", "main.a"), from its beginning.
    pub fn stream(&self, purpose: &str, component: &str) -> Stream {
        let mut state = finalize(self.seed.wrapping_add(GOLDEN));
        for name in [purpose, component] {
            state = absorb(state, name.len() as u64);
            for chunk in name.as_bytes().chunks(8) {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                state = absorb(state, u64::from_le_bytes(word));
            }
        }
        let mut seed = [0; 32];
        for word in seed.chunks_exact_mut(8) {
            state = state.wrapping_add(GOLDEN);
            word.copy_from_slice(&finalize(state).to_le_bytes());
        }
        Stream(Xoshiro256PlusPlus::from_seed(seed))
    }
}

fn absorb(state: u64, word: u64) -> u64 {
    finalize((state ^ word).wrapping_add(GOLDEN))
}

fn finalize(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// One stream of random numbers; a clone repeats what the original will draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream(Xoshiro256PlusPlus);

impl Stream {
    /// Uniform in [0, 1).
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        StandardUniform.sample(&mut self.0)
    }

    /// Uniform in (0, 1): safe to take the logarithm of.
    #[inline]
    pub fn open(&mut self) -> f64 {
        Open01.sample(&mut self.0)
    }

    /// Exponential with mean 1.
    #[inline]
    pub fn exponential(&mut self) -> f64 {
        -libm::log(self.open())
    }

    /// Normal with mean 0 and variance 1, by Marsaglia's polar method; its second value is not kept, so that a
    /// stream's state is its generator alone.
    #[inline]
    pub fn normal(&mut self) -> f64 {
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = x * x + y * y;
            if square < 1.0 && square > 0.0 {
                return x * (-2.0 * libm::log(square) / square).sqrt();
            }
        }
    }

    /// Uniform in 0..`n`.
    ///
    /// # Panics
    /// When `n` is zero.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        self.0.random_range(0..n)
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next_u32())
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}
