//! Each figure of a sample along each of its axes: a dot a point, in the colour of its side of the cliff.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::MOST_PANELS;
use super::places::Places;
use crate::plot::axes::{Axis, frame};
use crate::plot::canvas::{Area, INK, PALETTE, Picture, TEXT, bold, picture, px, text};
use crate::plot::legend::{self, Mark};
use crate::sweep::{Cell, Plan};

const PANEL: (f64, f64) = (800.0, 420.0);
const TOP: f64 = 110.0;
const LEFT: f64 = 130.0;
/// Axes side by side; more are not read.
const MOST_AXES: usize = 3;

/// Draws a row for each figure.
pub fn draw(plan: &Plan, cells: &[Cell]) -> Picture {
    let (rows, columns) = (plan.figures.len().min(MOST_PANELS), plan.axes.len().min(MOST_AXES));
    let size = (PANEL.0 * columns as f64, TOP + PANEL.1 * rows as f64);
    picture("dots", size, |area| {
        let title = format!("{} at {} points", plan.definition.scenario, cells.len());
        area.draw_text(&title, &bold(28.0, INK), (px(26.0), px(18.0))).expect("drawing into memory");
        let holds = format!("{} holds", plan.cliff);
        legend::draw(
            area,
            (26.0, 78.0),
            &[(Mark::Field(PALETTE[0]), &holds), (Mark::Field(PALETTE[1]), "does not")],
        );
        for row in 0..rows {
            for column in 0..columns {
                let corner = (PANEL.0 * column as f64, TOP + PANEL.1 * row as f64);
                panel(area, corner, plan, cells, (row, column));
            }
        }
    })
}

fn panel(area: &Area<'_>, (x, y): (f64, f64), plan: &Plan, cells: &[Cell], (figure, axis): (usize, usize)) {
    let name = &plan.figures[figure];
    area.draw_text(&name.short(), &bold(TEXT, INK), (px(x + LEFT), px(y + 10.0)))
        .expect("drawing into memory");
    let values: Vec<&str> = plan.places.iter().map(|place| place[axis].as_str()).collect();
    let places = Places::to_scale(&values);
    let estimates: Vec<Option<f64>> = cells.iter().map(|cell| name.number(&cell.figures[figure])).collect();
    let ends = estimates
        .iter()
        .flatten()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| (low.min(*it), high.max(*it)));
    let up = Axis::around(ends.0, ends.1, name.counts());
    let across = places.axis(PANEL.0 - LEFT - 40.0);
    let inner = area.clone().shrink((px(x), px(y + 46.0)), (px(PANEL.0 - 30.0), px(PANEL.1 - 92.0)));
    let mut frame = frame(&inner, &across, &up, (LEFT, 46.0));
    let dots = estimates.iter().enumerate().filter_map(|(point, estimate)| {
        let color = PALETTE[usize::from(cells[point].good == Some(false))];
        Some(Circle::new((places.at[point], (*estimate)?), px(4.0), color.mix(0.6).filled()))
    });
    frame.draw_series(dots).expect("drawing into memory");
    let style = text(17.0, INK).pos(Pos::new(HPos::Center, VPos::Top));
    let middle = (px(x + LEFT + (PANEL.0 - LEFT - 30.0) / 2.0), px(y + PANEL.1 - 42.0));
    area.draw_text(&plan.axes[axis], &style, middle).expect("drawing into memory");
}
