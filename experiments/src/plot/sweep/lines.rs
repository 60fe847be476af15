//! Each figure along the first axis, with its interval; a line for each place on the other axes.

use std::fmt::Write as _;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::MOST_PANELS;
use super::places::Places;
use crate::plot::axes::{Axis, frame};
use crate::plot::canvas::{Area, INK, PALETTE, Picture, TEXT, bold, picture, px, stroke, text};
use crate::plot::legend::{self, Mark};
use crate::sweep::{Cell, Plan};

const PANEL: (f64, f64) = (920.0, 520.0);
const TOP: f64 = 150.0;
const LEFT: f64 = 130.0;
const BOTTOM: f64 = 46.0;
/// More lines than these cannot be told apart.
const MOST_LINES: usize = 6;

/// Draws all figures, each in a panel of its own.
pub fn draw(plan: &Plan, cells: &[Cell]) -> Picture {
    let count = plan.figures.len().min(MOST_PANELS);
    let (columns, rows) = (count.min(2), count.div_ceil(2));
    let size = (PANEL.0 * columns as f64, TOP + PANEL.1 * rows as f64);
    let lines = lines(plan, cells.len());
    picture("lines", size, |area| {
        let title = format!("{} along {}", plan.definition.scenario, plan.axes[0]);
        area.draw_text(&title, &bold(28.0, INK), (px(26.0), px(18.0))).expect("drawing into memory");
        let mut under =
            format!("95 % intervals over replications; shaded: the cliff, where {} changes", plan.cliff);
        if plan.axes.len() > 1 {
            let _ = write!(under, "; lines: {}", plan.axes[1..].join(", "));
        }
        area.draw_text(&under, &text(18.0, INK), (px(26.0), px(60.0))).expect("drawing into memory");
        let names: Vec<String> = lines.iter().map(|line| plan.places[line[0]][1..].join(", ")).collect();
        if plan.axes.len() > 1 {
            let marks: Vec<(Mark, &str)> =
                names.iter().enumerate().map(|(i, name)| (Mark::Line(PALETTE[i]), name.as_str())).collect();
            legend::draw(area, (26.0, 112.0), &marks);
        }
        for figure in 0..count {
            let corner = (PANEL.0 * (figure % 2) as f64, TOP + PANEL.1 * (figure / 2) as f64);
            panel(area, corner, plan, cells, &lines, figure);
        }
    })
}

/// Points of each line: those that differ on the first axis only. Of many lines some, evenly chosen.
fn lines(plan: &Plan, points: usize) -> Vec<Vec<usize>> {
    let others = points / plan.along(0).len();
    let shown = others.min(MOST_LINES);
    let chosen = (0..shown).map(|line| if shown > 1 { line * (others - 1) / (shown - 1) } else { 0 });
    chosen.map(|start| (start..points).step_by(others).collect()).collect()
}

fn panel(
    area: &Area<'_>,
    (x, y): (f64, f64),
    plan: &Plan,
    cells: &[Cell],
    lines: &[Vec<usize>],
    figure: usize,
) {
    let name = &plan.figures[figure];
    let places = Places::to_scale(&plan.along(0));
    let estimate = |point: usize| name.number(&cells[point].figures[figure]);
    let interval = |point: usize| name.interval(&cells[point].figures[figure]);
    let drawn =
        || lines.iter().flatten().flat_map(|&point| [[estimate(point), None], interval(point)].concat());
    let (low, high) = drawn()
        .flatten()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| (low.min(it), high.max(it)));
    let title =
        if low > high { format!("{}: never, or nothing to state", name.short()) } else { name.short() };
    area.draw_text(&title, &bold(TEXT, INK), (px(x + LEFT), px(y + 10.0))).expect("drawing into memory");
    let across = places.axis(PANEL.0 - LEFT - 40.0);
    let up = Axis::around(low, high, name.counts());
    let inner = area.clone().shrink((px(x), px(y + 46.0)), (px(PANEL.0 - 30.0), px(PANEL.1 - 96.0)));
    let mut frame = frame(&inner, &across, &up, (LEFT, BOTTOM));
    let (bottom, top) = (up.range.start, up.range.end);
    for (index, line) in lines.iter().enumerate() {
        let color = PALETTE[index];
        for pair in line.windows(2).enumerate() {
            let (step, [from, to]) = (pair.0, [pair.1[0], pair.1[1]]);
            if matches!((cells[from].good, cells[to].good), (Some(a), Some(b)) if a != b) {
                let band = [(places.at[step], bottom), (places.at[step + 1], top)];
                frame
                    .draw_series([Rectangle::new(band, color.mix(0.14).filled())])
                    .expect("drawing into memory");
            }
        }
        let points = || line.iter().enumerate().map(|(step, &point)| (places.at[step], point));
        for (at, point) in points() {
            if let [Some(low), Some(high)] = interval(point) {
                let bar = PathElement::new([(at, low), (at, high)], color.mix(0.6).stroke_width(stroke(3.0)));
                frame.draw_series([bar]).expect("drawing into memory");
            }
        }
        // A gap where there is nothing to state.
        let values: Vec<Option<(f64, f64)>> =
            points().map(|(at, point)| Some((at, estimate(point)?))).collect();
        for run in values.split(Option::is_none) {
            let run: Vec<(f64, f64)> = run.iter().flatten().copied().collect();
            let dots = run.iter().map(|&at| Circle::new(at, px(4.5), color.filled()));
            frame.draw_series(dots).expect("drawing into memory");
            frame
                .draw_series(LineSeries::new(run, color.stroke_width(stroke(2.5))))
                .expect("drawing into memory");
        }
    }
    let style = text(17.0, INK).pos(Pos::new(HPos::Center, VPos::Top));
    let middle = (px(x + LEFT + (PANEL.0 - LEFT - 30.0) / 2.0), px(y + PANEL.1 - 46.0));
    area.draw_text(&plan.axes[0], &style, middle).expect("drawing into memory");
}
