//! A sweep as pictures: heat maps over two axes, lines along the first one, and dots of a sample, each with the cliff marked.

mod dots;
pub mod heat;
mod lines;
mod places;

use super::canvas::Picture;
use crate::sweep::{Cell, Plan};

/// Panels of one picture; more are not compared by eye.
const MOST_PANELS: usize = 8;

/// What can be drawn of a sweep.
pub fn draw(plan: &Plan, cells: &[Cell]) -> Vec<Picture> {
    match (plan.grid(), plan.axes.len()) {
        (false, _) => vec![dots::draw(plan, cells)],
        (true, 2) => vec![heat::draw(plan, cells), lines::draw(plan, cells)],
        (true, _) => vec![lines::draw(plan, cells)],
    }
}
