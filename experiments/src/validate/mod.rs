//! Held against what others proved, published and measured.

pub mod textbook;
