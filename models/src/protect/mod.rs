//! What callers and servers do to protect themselves and each other: one mechanism a file.
//!
//! All of them are pieces: plain structs whose methods return answers and who know neither events nor the network.

pub mod backoff;
pub mod breaker;
pub mod budget;
pub mod choices;
pub mod codel;
pub mod hedge;
pub mod lru;
pub mod ttl;
