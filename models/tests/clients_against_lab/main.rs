//! The model's clients against the real ones (Node 20, Python 3.11, Redis 7.0, Linux 6.18), loss of the primary by loss.
//!
//! Each case ran once on real software: Poisson calls, a name that moves to the promoted replica a given time after the
//! fault. Recovery was sampled every 0.2 s. The settings that the laboratory set are set here too; everything else is
//! the preset's.

mod defaults;
mod ioredis;
mod lab;
mod losses;
mod options;
mod pools;
