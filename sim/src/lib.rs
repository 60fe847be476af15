//! The engine under halfopen: time, order, chance and measurement.

pub mod calendar;
pub mod chance;
pub mod digest;
pub mod engine;
pub mod gauge;
pub mod histogram;
pub mod series;
pub mod time;

pub use calendar::{Calendar, Lane, Timer};
pub use engine::{Model, run};
pub use time::{Span, Time};
