//! A sweep as pictures: heat maps over two axes, and lines along the first one, each with the cliff marked.

pub mod heat;
mod lines;
mod places;

use super::canvas::Picture;
use crate::sweep::{Cell, Plan};

/// Panels of one picture; more are not compared by eye.
const MOST_PANELS: usize = 8;

/// What can be drawn of a sweep.
pub fn draw(plan: &Plan, cells: &[Cell]) -> Vec<Picture> {
    let mut pictures = Vec::new();
    if plan.grid() && plan.axes.len() == 2 {
        pictures.push(heat::draw(plan, cells));
    }
    if plan.grid() {
        pictures.push(lines::draw(plan, cells));
    }
    pictures
}
