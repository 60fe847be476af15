//! What was learnt of each unknown, and of the two of which most was.

use halfopen_models::scenario::{Drawn, Unknown};
use plotters::prelude::*;

use super::axes::{Axis, frame};
use super::canvas::{Area, INK, PALETTE, Picture, TEXT, bold, picture, px, stroke, text};
use super::legend::{self, Mark};
use crate::infer::{Findings, Posterior, amount};

/// Panels of the first picture; more are not read.
const PANELS: usize = 12;
const COLUMNS: usize = 3;
const PANEL: (f64, f64) = (640.0, 300.0);
/// Half of the widest label of an axis stands out to the left of it, and half to the right.
const LEFT: f64 = 72.0;
const RIGHT: f64 = 62.0;
const TOP: f64 = 120.0;
const BARS: usize = 8;
/// Of a range, where an axis has labels.
const TICKS: [f64; 3] = [0.0, 0.5, 1.0];
/// Settings that do not fit.
const OTHERS: RGBColor = RGBColor(185, 185, 185);
const PAIR: (f64, f64) = (1100.0, 900.0);

/// Draws what can be drawn.
pub fn draw(scenario: &str, drawn: &Drawn, fit: &[u32], findings: &Findings) -> Vec<Picture> {
    let mut pictures = Vec::new();
    if !fit.is_empty() {
        pictures.push(marginals(scenario, drawn, fit, findings));
    }
    if let [first, second, ..] = &findings.posterior[..] {
        pictures.push(pair(scenario, drawn, fit, [first, second]));
    }
    pictures
}

/// Of each unknown, most of which was learnt first, how the settings that fit lie in its range.
fn marginals(scenario: &str, drawn: &Drawn, fit: &[u32], findings: &Findings) -> Picture {
    let shown = &findings.posterior[..findings.posterior.len().min(PANELS)];
    let size = (PANEL.0 * COLUMNS as f64, TOP + PANEL.1 * shown.len().div_ceil(COLUMNS) as f64);
    picture("marginals", size, |area| {
        let title = format!("{scenario}: the settings that fit, in their ranges");
        write(area, &title, 28.0, (26.0, 18.0));
        let marks = [
            (Mark::Field(PALETTE[0]), "settings that fit; told by the timeline"),
            (Mark::Field(PALETTE[4]), "not told from chance"),
            (Mark::Line(PALETTE[1]), "before: all of the range alike"),
        ];
        legend::draw(area, (26.0, 84.0), &marks);
        for (index, posterior) in shown.iter().enumerate() {
            let (column, row) = (index % COLUMNS, index / COLUMNS);
            panel(area, (PANEL.0 * column as f64, TOP + PANEL.1 * row as f64), drawn, fit, posterior);
        }
    })
}

fn panel(area: &Area<'_>, (x, y): (f64, f64), drawn: &Drawn, fit: &[u32], posterior: &Posterior) {
    let unknown = &drawn.unknowns[posterior.unknown];
    area.draw_text(&unknown.name, &text(19.0, INK), (px(x + LEFT), px(y + 4.0)))
        .expect("drawing into memory");
    let shares: Vec<f64> =
        fit.iter().filter_map(|&setting| drawn.shares[setting as usize][posterior.unknown]).collect();
    let mut counts = [0_u32; BARS];
    for share in &shares {
        counts[((share * BARS as f64) as usize).min(BARS - 1)] += 1;
    }
    let of_all = |count: u32| f64::from(count) / shares.len().max(1) as f64;
    let most = counts.iter().map(|&count| of_all(count)).fold(2.0 / BARS as f64, f64::max);
    let inner = area.clone().shrink((px(x), px(y + 34.0)), (px(PANEL.0 - RIGHT), px(PANEL.1 - 50.0)));
    let up = Axis { range: 0.0..most * 1.08, ticks: vec![0.0], label: Box::new(|_| String::new()) };
    let mut frame = frame(&inner, &across(unknown), &up, (LEFT, 40.0));
    let color = if posterior.told() { PALETTE[0] } else { PALETTE[4] };
    let bars = counts.iter().enumerate().map(|(index, &count)| {
        let [left, right] = [0.06, 0.94].map(|share| (index as f64 + share) / BARS as f64);
        Rectangle::new([(left, 0.0), (right, of_all(count))], color.filled())
    });
    frame.draw_series(bars).expect("drawing into memory");
    let prior = [(0.0, 1.0 / BARS as f64), (1.0, 1.0 / BARS as f64)];
    let line = PathElement::new(prior, PALETTE[1].stroke_width(stroke(3.0)));
    frame.plotting_area().draw(&line).expect("drawing into memory");
}

/// The range of an unknown, as it is drawn.
fn across(unknown: &Unknown) -> Axis {
    let range = unknown.range.clone();
    let label = move |share: f64| amount(&range, range.at(share).amount);
    Axis { range: 0.0..1.0, ticks: TICKS.to_vec(), label: Box::new(label) }
}

/// All settings over two unknowns, and which of them fit.
fn pair(scenario: &str, drawn: &Drawn, fit: &[u32], [first, second]: [&Posterior; 2]) -> Picture {
    picture("pair", PAIR, |area| {
        write(area, &format!("{scenario}: the two unknowns of which most was learnt"), 28.0, (26.0, 18.0));
        let marks =
            [(Mark::Field(PALETTE[0]), "a setting that fits"), (Mark::Field(OTHERS), "one that does not")];
        legend::draw(area, (26.0, 84.0), &marks);
        write_plain(area, &second.name, (150.0, 116.0));
        write_plain(area, &first.name, (150.0, PAIR.1 - 40.0));
        let inner = area.clone().shrink((px(0.0), px(150.0)), (px(PAIR.0 - 50.0), px(PAIR.1 - 200.0)));
        let [x, y] = [first, second].map(|it| across(&drawn.unknowns[it.unknown]));
        let mut frame = frame(&inner, &x, &y, (140.0, 46.0));
        for wanted in [false, true] {
            let dots = drawn.shares.iter().enumerate().filter_map(|(setting, shares)| {
                let fits = fit.contains(&(setting as u32));
                let place = (shares[first.unknown]?, shares[second.unknown]?);
                let (size, color) = if fits { (8.0, PALETTE[0].mix(0.9)) } else { (5.0, OTHERS.mix(0.7)) };
                (fits == wanted).then(|| Circle::new(place, px(size), color.filled()))
            });
            frame.draw_series(dots).expect("drawing into memory");
        }
    })
}

fn write(area: &Area<'_>, words: &str, size: f64, (x, y): (f64, f64)) {
    area.draw_text(words, &bold(size, INK), (px(x), px(y))).expect("drawing into memory");
}

fn write_plain(area: &Area<'_>, words: &str, (x, y): (f64, f64)) {
    area.draw_text(words, &text(TEXT, INK), (px(x), px(y))).expect("drawing into memory");
}
