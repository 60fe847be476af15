//! Each figure over the first two axes of a grid.

use std::fmt::Write as _;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::MOST_PANELS;
use crate::figure::Name;
use crate::plot::canvas::{Area, INK, PALETTE, Picture, TEXT, bold, picture, px, stroke, text};
use crate::plot::legend::{self, Mark};
use crate::sweep::{Cell, Plan};

const PANEL: (f64, f64) = (920.0, 560.0);
const TOP: f64 = 110.0;
/// Of a panel: for the labels of the second axis, above for its title, below for the labels of the first.
const LEFT: f64 = 150.0;
const ABOVE: f64 = 84.0;
const BELOW: f64 = 84.0;
const RIGHT: f64 = 30.0;
/// Where there is no value.
const NOTHING: RGBColor = RGBColor(205, 205, 205);
/// Colour of the cliff.
pub const CLIFF: RGBColor = PALETTE[1];

/// Draws all figures, each in a panel of its own.
pub fn draw(plan: &Plan, cells: &[Cell]) -> Picture {
    let count = plan.figures.len().min(MOST_PANELS);
    let columns = count.min(2);
    let rows = count.div_ceil(2);
    let size = (PANEL.0 * columns as f64, TOP + PANEL.1 * rows as f64);
    picture("heat", size, |area| {
        let title = format!("{} over {}", plan.definition.scenario, plan.axes.join(" and "));
        area.draw_text(&title, &bold(28.0, INK), (px(26.0), px(18.0))).expect("drawing into memory");
        let cliff = format!("the cliff: {}", plan.cliff);
        let marks = [(Mark::Line(CLIFF), cliff.as_str()), (Mark::Field(NOTHING), "never in the median")];
        legend::draw(area, (26.0, 78.0), &marks);
        for (index, name) in plan.figures.iter().enumerate().take(count) {
            let corner = (PANEL.0 * (index % 2) as f64, TOP + PANEL.1 * (index / 2) as f64);
            let values = cells.iter().map(|cell| name.number(&cell.figures[index])).collect();
            panel(
                area,
                corner,
                plan,
                &Heat { name, values, good: cells.iter().map(|cell| cell.good).collect() },
            );
        }
    })
}

/// One figure at every point.
struct Heat<'a> {
    name: &'a Name,
    values: Vec<Option<f64>>,
    good: Vec<Option<bool>>,
}

fn panel(area: &Area<'_>, (x, y): (f64, f64), plan: &Plan, heat: &Heat<'_>) {
    let (across, up) = (plan.along(0), plan.along(1));
    let (width, height) = (PANEL.0 - LEFT - RIGHT, PANEL.1 - ABOVE - BELOW);
    let cell = (width / across.len() as f64, height / up.len() as f64);
    // Corner of a cell; the second axis runs upward.
    let corner =
        |i: usize, j: usize| (x + LEFT + cell.0 * i as f64, y + ABOVE + height - cell.1 * (j + 1) as f64);
    let point = |i: usize, j: usize| i * up.len() + j;
    let small = text(17.0, INK);
    area.draw_text(&plan.axes[1], &small, (px(x + 26.0), px(y + 52.0))).expect("drawing into memory");
    let some = || heat.values.iter().flatten().copied();
    let (low, high) = (some().fold(f64::INFINITY, f64::min), some().fold(f64::NEG_INFINITY, f64::max));
    let write = |value: f64| heat.name.counts().unit(value).write(value);
    let mut title = heat.name.short();
    if high > low {
        let _ = write!(title, ", from {} (light) to {} (dark)", write(low), write(high));
    }
    area.draw_text(&title, &bold(TEXT, INK), (px(x + LEFT), px(y + 14.0))).expect("drawing into memory");
    for i in 0..across.len() {
        for j in 0..up.len() {
            let value = heat.values[point(i, j)];
            let share = value.map(|value| if high > low { (value - low) / (high - low) } else { 0.0 });
            field(area, corner(i, j), cell, share);
            let written = match value {
                Some(value) => write(value),
                None => "never".into(),
            };
            if written.chars().count() as f64 * 10.5 < cell.0 && cell.1 > 24.0 {
                let color = if share.is_some_and(|share| share > 0.55) { WHITE } else { INK };
                let style = text(17.0, color).pos(Pos::new(HPos::Center, VPos::Center));
                let (left, top) = corner(i, j);
                let middle = (px(left + cell.0 / 2.0), px(top + cell.1 / 2.0));
                area.draw_text(&written, &style, middle).expect("drawing into memory");
            }
        }
    }
    cliff(area, &corner, cell, (across.len(), up.len()), |i, j| heat.good[point(i, j)]);
    labels(area, &corner, cell, &across, &up);
    let style = small.pos(Pos::new(HPos::Center, VPos::Top));
    area.draw_text(&plan.axes[0], &style, (px(x + LEFT + width / 2.0), px(y + PANEL.1 - 38.0)))
        .expect("drawing into memory");
}

fn field(area: &Area<'_>, (left, top): (f64, f64), (width, height): (f64, f64), share: Option<f64>) {
    // From nearly white to the palette's blue, darkened: light is little, dark is much.
    let mix = |light: u8, dark: u8, share: f64| {
        (f64::from(light) + (f64::from(dark) - f64::from(light)) * share) as u8
    };
    let color = share.map_or(NOTHING, |it| RGBColor(mix(236, 0, it), mix(243, 70, it), mix(250, 130, it)));
    let corners = [(px(left), px(top)), (px(left + width - 1.0), px(top + height - 1.0))];
    area.draw(&Rectangle::new(corners, color.filled())).expect("drawing into memory");
}

/// A line between neighbours of which one is on each side.
pub fn cliff(
    area: &Area<'_>,
    corner: &dyn Fn(usize, usize) -> (f64, f64),
    (width, height): (f64, f64),
    (across, up): (usize, usize),
    good: impl Fn(usize, usize) -> Option<bool>,
) {
    let differ = |a: Option<bool>, b: Option<bool>| matches!((a, b), (Some(a), Some(b)) if a != b);
    let line = |from: (f64, f64), to: (f64, f64)| {
        let ends = [from, to].map(|(x, y)| (px(x), px(y)));
        area.draw(&PathElement::new(ends, CLIFF.stroke_width(stroke(5.0)))).expect("drawing into memory");
    };
    for i in 0..across {
        for j in 0..up {
            let (left, top) = corner(i, j);
            if i + 1 < across && differ(good(i, j), good(i + 1, j)) {
                line((left + width, top), (left + width, top + height));
            }
            if j + 1 < up && differ(good(i, j), good(i, j + 1)) {
                line((left, top), (left + width, top));
            }
        }
    }
}

/// The values of both axes, as far as there is room.
pub fn labels(
    area: &Area<'_>,
    corner: &dyn Fn(usize, usize) -> (f64, f64),
    (width, height): (f64, f64),
    across: &[&str],
    up: &[&str],
) {
    let longest = across.iter().map(|value| value.chars().count()).max().unwrap_or(0) as f64;
    let every = ((longest + 1.0) * 11.0 / width).ceil().max(1.0) as usize;
    let below = text(18.0, INK).pos(Pos::new(HPos::Center, VPos::Top));
    for (i, value) in across.iter().enumerate().step_by(every) {
        let (left, top) = corner(i, 0);
        area.draw_text(value, &below, (px(left + width / 2.0), px(top + height + 8.0)))
            .expect("drawing into memory");
    }
    let every = (24.0 / height).ceil().max(1.0) as usize;
    let beside = text(18.0, INK).pos(Pos::new(HPos::Right, VPos::Center));
    for (j, value) in up.iter().enumerate().step_by(every) {
        let (left, top) = corner(0, j);
        area.draw_text(value, &beside, (px(left - 10.0), px(top + height / 2.0)))
            .expect("drawing into memory");
    }
}
