//! Pictures for a review: drawn once as SVG, and the PNG made from it, both with the same embedded font.

mod axes;
mod canvas;
pub mod inference;
mod legend;
pub mod map;
pub mod phase;
pub mod scatter;
pub mod survival;
pub mod sweep;
pub mod timeline;

pub use canvas::Picture;
