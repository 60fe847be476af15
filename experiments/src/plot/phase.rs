//! A phase portrait: calls that wait against retries in flight, second by second. What comes back returns to its
//! corner; what has found a loop that feeds itself stays out.

use plotters::prelude::*;

use super::axes::{Axis, frame};
use super::canvas::{INK, PALETTE, Picture, TEXT, bold, picture, px, stroke, text};
use super::legend::{self, Mark};
use crate::map::Path;

const SIZE: (f64, f64) = (1240.0, 820.0);
const TOP: f64 = 160.0;
const LEFT: f64 = 110.0;
const BOTTOM: f64 = 50.0;

/// Draws the paths of one scenario, at most as many as there are colours.
pub fn draw(scenario: &str, paths: &[Path]) -> Picture {
    let most =
        |of: fn(&(f64, f64)) -> f64| paths.iter().flat_map(|it| &it.points).map(of).fold(0.0, f64::max);
    let (x, y) = (Axis::counts(most(|it| it.0)), Axis::counts(most(|it| it.1)));
    picture("phase", SIZE, |area| {
        let write = |words: &str, style: &TextStyle<'_>, at: (f64, f64)| {
            area.draw_text(words, style, (px(at.0), px(at.1))).expect("drawing into memory");
        };
        write(&format!("{scenario}: where it goes"), &bold(28.0, INK), (26.0, 18.0));
        let under = "a dot each second of one replication; ring: the fault ends; square: the horizon";
        write(under, &text(TEXT, INK), (26.0, 60.0));
        let marks: Vec<(Mark, &str)> =
            paths.iter().zip(PALETTE).map(|(path, color)| (Mark::Line(color), path.name.as_str())).collect();
        legend::draw(area, (26.0, 112.0), &marks);
        let panel = area.clone().shrink((px(26.0), px(TOP)), (px(SIZE.0 - 60.0), px(SIZE.1 - TOP - 60.0)));
        let mut frame = frame(&panel, &x, &y, (LEFT, BOTTOM));
        for (path, color) in paths.iter().zip(PALETTE) {
            let line = LineSeries::new(path.points.iter().copied(), color.mix(0.5).stroke_width(stroke(1.5)));
            frame.draw_series(line).expect("drawing into memory");
            let dots = path.points.iter().map(|&at| Circle::new(at, px(3.0), color.mix(0.6).filled()));
            frame.draw_series(dots).expect("drawing into memory");
            if let Some(&at) = path.points.get(path.healed) {
                let ring = Circle::new(at, px(10.0), color.stroke_width(stroke(3.0)));
                frame.draw_series([ring]).expect("drawing into memory");
            }
            if let Some(&at) = path.points.last() {
                let half = px(8.0);
                let square =
                    EmptyElement::at(at) + Rectangle::new([(-half, -half), (half, half)], color.filled());
                frame.draw_series([square]).expect("drawing into memory");
            }
        }
        write("pending calls", &text(TEXT, INK), (26.0 + LEFT, SIZE.1 - 46.0));
        write("retries in flight", &text(TEXT, INK), (26.0 + LEFT + 12.0, TOP + 6.0));
    })
}
