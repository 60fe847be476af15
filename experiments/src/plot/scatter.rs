//! All predictions against what was measured, both on logarithmic axes: on the line they agree.

use plotters::prelude::*;

use super::axes::{Axis, frame};
use super::canvas::{INK, PALETTE, Picture, TEXT, bold, picture, px, stroke, text};
use super::legend::{self, Mark};
use crate::validate::comparison::Comparison;

const SIZE: (f64, f64) = (1200.0, 1240.0);
const TOP: f64 = 150.0;
const LEFT: f64 = 110.0;
const BOTTOM: f64 = 50.0;

/// Draws every comparison of two positive numbers.
pub fn draw(comparisons: &[Comparison]) -> Picture {
    let point = |comparison: &Comparison| {
        let (predicted, measured) = (comparison.predicted.number()?, comparison.expected.number()?);
        let drawn = predicted > 0.0 && measured > 0.0;
        drawn.then(|| (libm::log10(measured), libm::log10(predicted), comparison.holds))
    };
    let points: Vec<(f64, f64, bool)> = comparisons.iter().filter_map(point).collect();
    let every = || points.iter().flat_map(|&(x, y, _)| [x, y]);
    let (low, high) = (every().fold(0.0, f64::min).floor(), every().fold(1.0, f64::max).ceil());
    picture("validation", SIZE, |area| {
        let place = |x: f64, y: f64| (px(x), px(y));
        let title = "Predicted against measured";
        area.draw_text(title, &bold(28.0, INK), place(26.0, 20.0)).expect("drawing into memory");
        let under = "each quantity in its own unit: seconds, calls, bytes, milliseconds";
        area.draw_text(under, &text(TEXT, INK), place(26.0, 62.0)).expect("drawing into memory");
        let marks = [
            (Mark::Field(PALETTE[0]), "holds"),
            (Mark::Field(PALETTE[1]), "misses"),
            (Mark::Line(INK), "agreement"),
        ];
        legend::draw(area, (26.0, 116.0), &marks);
        let panel = area.clone().shrink(place(26.0, TOP), place(SIZE.0 - 60.0, SIZE.1 - TOP - 60.0));
        let mut frame = frame(&panel, &Axis::powers(low, high), &Axis::powers(low, high), (LEFT, BOTTOM));
        let line = PathElement::new([(low, low), (high, high)], INK.stroke_width(stroke(1.5)));
        frame.plotting_area().draw(&line).expect("drawing into memory");
        // Misses last: they must not be hidden.
        for wanted in [true, false] {
            let color = PALETTE[usize::from(!wanted)];
            let dots = points.iter().filter(|&&(_, _, holds)| holds == wanted);
            let dots = dots.map(|&(x, y, _)| Circle::new((x, y), px(4.5), color.mix(0.55).filled()));
            frame.draw_series(dots).expect("drawing into memory");
        }
        area.draw_text("measured", &text(TEXT, INK), place(26.0 + LEFT, SIZE.1 - 46.0))
            .expect("drawing into memory");
        area.draw_text("predicted", &text(TEXT, INK), place(26.0 + LEFT + 12.0, TOP + 6.0))
            .expect("drawing into memory");
    })
}
