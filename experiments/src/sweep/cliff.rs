//! Where the cliff is: between which neighbours on an axis the condition begins or ceases to hold.

use super::plan::{Cell, Plan};

/// Two neighbours on the first axis, one on each side of the cliff.
pub struct Edge {
    /// Values of the other axes.
    pub elsewhere: Vec<String>,
    /// The last value before the cliff, and whether the condition holds there.
    pub from: (String, bool),
    /// The first value behind it.
    pub to: String,
}

/// All edges along the first axis of a grid, in the order of the points.
pub fn edges(plan: &Plan, cells: &[Cell]) -> Vec<Edge> {
    // The first axis runs slowest: its neighbours lie as many points apart as the others make.
    let Some(first) = plan.places.first() else { return Vec::new() };
    let apart = plan.places.iter().take_while(|place| place[0] == first[0]).count();
    let mut edges = Vec::new();
    for start in 0..apart {
        let line: Vec<usize> = (start..cells.len()).step_by(apart).collect();
        for pair in line.windows(2) {
            let (Some(from), Some(to)) = (cells[pair[0]].good, cells[pair[1]].good) else { continue };
            if from != to {
                edges.push(Edge {
                    elsewhere: plan.places[pair[0]][1..].to_vec(),
                    from: (plan.places[pair[0]][0].clone(), from),
                    to: plan.places[pair[1]][0].clone(),
                });
            }
        }
    }
    edges
}
