//! The engine under halfopen: time, order, chance and measurement.

pub mod time;

pub use time::{Span, Time};
