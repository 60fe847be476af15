//! How it comes out over load and length of the fault, a colour for each verdict, and the cliff.

use halfopen_models::recording::Verdict;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::canvas::{INK, Picture, TEXT, bold, picture, px, text};
use super::legend::{self, Mark};
use super::sweep::heat::{CLIFF, cliff, labels};
use crate::map::{Chart, VERDICTS};

const SIZE: (f64, f64) = (1240.0, 760.0);
const LEFT: f64 = 140.0;
const TOP: f64 = 190.0;
const RIGHT: f64 = 40.0;
const BOTTOM: f64 = 90.0;

/// Light where it comes back by itself, dark where it stays broken.
fn color(verdict: Verdict) -> RGBColor {
    match verdict {
        Verdict::Unharmed => RGBColor(236, 243, 250),
        Verdict::ByItself => RGBColor(190, 220, 240),
        Verdict::ByKernel => RGBColor(86, 180, 233),
        Verdict::ByCrash => RGBColor(230, 159, 0),
        Verdict::NeverWithinHorizon => RGBColor(120, 120, 120),
        Verdict::Metastable => RGBColor(0, 70, 130),
    }
}

/// Draws the map.
pub fn draw(chart: &Chart) -> Picture {
    let (across, up): (Vec<&str>, Vec<&str>) = (
        chart.loads.iter().map(String::as_str).collect(),
        chart.lengths.iter().map(String::as_str).collect(),
    );
    let (width, height) = (SIZE.0 - LEFT - RIGHT, SIZE.1 - TOP - BOTTOM);
    let cell = (width / across.len() as f64, height / up.len() as f64);
    let corner = |i: usize, j: usize| (LEFT + cell.0 * i as f64, TOP + height - cell.1 * (j + 1) as f64);
    picture("map", SIZE, |area| {
        let write = |words: &str, style: &TextStyle<'_>, at: (f64, f64)| {
            area.draw_text(words, style, (px(at.0), px(at.1))).expect("drawing into memory");
        };
        let title = format!("{}: how it comes out, most often of {}", chart.scenario, chart.replications);
        write(&title, &bold(28.0, INK), (26.0, 18.0));
        let seen = |verdict: &&Verdict| chart.cells.iter().any(|cell| cell.verdict() == **verdict);
        let names: Vec<(Verdict, String)> =
            VERDICTS.iter().filter(seen).map(|verdict| (*verdict, verdict.to_string())).collect();
        let marks: Vec<(Mark, &str)> =
            names.iter().map(|(verdict, name)| (Mark::Field(color(*verdict)), name.as_str())).collect();
        legend::draw(area, (26.0, 84.0), &marks);
        let marks =
            [(Mark::Line(CLIFF), "the cliff: below it comes back before the horizon, without a crash")];
        legend::draw(area, (26.0, 122.0), &marks);
        write(&format!("length of the fault ({})", chart.path), &text(TEXT, INK), (26.0, 150.0));
        for (point, of) in chart.cells.iter().enumerate() {
            let (left, top) = corner(point / up.len(), point % up.len());
            let field = [(px(left), px(top)), (px(left + cell.0 - 1.0), px(top + cell.1 - 1.0))];
            area.draw(&Rectangle::new(field, color(of.verdict()).filled())).expect("drawing into memory");
            let share = of.share();
            if share.1 > share.0 {
                let dark = matches!(of.verdict(), Verdict::Metastable | Verdict::NeverWithinHorizon);
                let style =
                    text(17.0, if dark { WHITE } else { INK }).pos(Pos::new(HPos::Center, VPos::Center));
                let middle = (left + cell.0 / 2.0, top + cell.1 / 2.0);
                write(&format!("{} of {}", share.0, share.1), &style, middle);
            }
        }
        let back = |i: usize, j: usize| Some(chart.cells[i * up.len() + j].comes_back());
        cliff(area, &corner, cell, (across.len(), up.len()), back);
        labels(area, &corner, cell, &across, &up);
        let style = text(TEXT, INK).pos(Pos::new(HPos::Center, VPos::Top));
        write("load, times that of the scenario", &style, (LEFT + width / 2.0, SIZE.1 - 44.0));
    })
}
