//! Closed forms for what a scenario says, without simulating it.

mod erlang;

pub use erlang::{erlang_b, erlang_c};
