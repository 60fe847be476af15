//! What colours and lines mean, in a row of its own: never on the data.

use plotters::element::{DashedPathElement, PathElement};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::canvas::{Area, INK, TEXT, px, stroke, text};

/// How a thing looks.
#[derive(Clone, Copy)]
pub enum Mark {
    /// A filled field.
    Field(RGBColor),
    /// A line.
    Line(RGBColor),
    /// A dashed line.
    Dashed(RGBColor),
}

/// Draws the marks with their meaning from `(x, y)` (pixels, middle of the row) to the right.
pub fn draw(area: &Area<'_>, (x, y): (f64, f64), marks: &[(Mark, &str)]) {
    let style = text(TEXT, INK).pos(Pos::new(HPos::Left, VPos::Center));
    let mut at = px(x);
    for (mark, meaning) in marks {
        let (end, middle) = (at + px(34.0), px(y));
        match mark {
            Mark::Field(color) => {
                let corners = [(at, middle - px(9.0)), (end, middle + px(9.0))];
                area.draw(&Rectangle::new(corners, color.filled())).expect("drawing into memory");
            }
            Mark::Line(color) => {
                let line = PathElement::new([(at, middle), (end, middle)], color.stroke_width(stroke(3.0)));
                area.draw(&line).expect("drawing into memory");
            }
            Mark::Dashed(color) => {
                let line = DashedPathElement::new(
                    [(at, middle), (end, middle)],
                    px(7.0),
                    px(5.0),
                    color.stroke_width(stroke(2.5)),
                );
                area.draw(&line).expect("drawing into memory");
            }
        }
        area.draw_text(meaning, &style, (end + px(8.0), middle)).expect("drawing into memory");
        let (width, _) = area.estimate_text_size(meaning, &style).expect("the embedded font has a size");
        at = end + width.cast_signed() + px(36.0);
    }
}
