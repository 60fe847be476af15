//! How long instances live after the fault: the share that has not crashed, by service or by variant, over all replications. Curves
//! that lie upon each other are drawn beside each other, a line's width apart, as on the map of an underground.

use halfopen_models::recording::Recording;
use halfopen_models::scenario::Scenario;
use halfopen_models::statistics::{Lifetime, Survival};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axes::{Axis, Frame, frame};
use super::canvas::{Area, INK, PALETTE, Picture, TEXT, bold, picture, px, stroke, text};
use crate::clock::Clock;
use crate::report;

const SIZE: (f64, f64) = (1400.0, 720.0);
const MARGIN: f64 = 26.0;
const TOP: f64 = 110.0;
const LEFT: f64 = 100.0;
const BOTTOM: f64 = 96.0;
/// From a curve to its name.
const GAP: f64 = 14.0;
/// Top of the share's axis: above all there is room for curves that lie beside each other.
const ALL: f64 = 1.05;
const LINE: f64 = 4.0;
/// From one curve to the next where they lie upon each other.
const APART: f64 = LINE + 1.0;

/// The instances of a service, or of a variant.
struct Curve {
    name: String,
    survival: Survival,
    color: RGBColor,
    /// By what its shares are multiplied: nothing where none is left, and never a share that there could be.
    raise: f64,
}

/// Draws the curves; nothing without a fault to count from.
pub fn draw(scenario: &Scenario, recordings: &[Recording]) -> Option<Picture> {
    let fault = recordings[0].fault_at?;
    let end = (recordings[0].horizon - fault).as_secs_f64();
    let count = scenario.services.len();
    let curves = scenario.services.iter().enumerate().map(|(index, service)| {
        let lifetimes: Vec<Lifetime> = recordings.iter().flat_map(|it| lifetimes(it, index)).collect();
        Curve::of(&service.name, &lifetimes, index, count)
    });
    let title = format!("{}: instances that have not crashed", report::name(scenario));
    Some(draw_curves(&title, &curves.collect::<Vec<_>>(), end))
}

/// Draws the instances of several variants, each a curve, until `end` seconds after the fault.
pub fn of_variants(title: &str, variants: &[(&str, Vec<Lifetime>)], end: f64) -> Picture {
    let curve = |(index, (name, lifetimes)): (usize, &(&str, Vec<Lifetime>))| {
        Curve::of(name, lifetimes, index, variants.len())
    };
    draw_curves(title, &variants.iter().enumerate().map(curve).collect::<Vec<_>>(), end)
}

fn lifetimes(recording: &Recording, service: usize) -> impl Iterator<Item = Lifetime> {
    recording.fault_at.into_iter().flat_map(move |fault| {
        recording.services[service].instances.iter().map(move |it| match it.first_crash {
            Some(at) => Lifetime::Ended((at - fault).as_secs_f64()),
            None => Lifetime::Censored((recording.horizon - fault).as_secs_f64()),
        })
    })
}

fn draw_curves(title: &str, curves: &[Curve], end: f64) -> Picture {
    picture("survival", SIZE, |area| {
        let under = "share over all replications with its 95 % log-log band, and how many crash; \
                     curves that coincide are set apart";
        write(area, title, &bold(28.0, INK), (MARGIN, 20.0));
        write(area, under, &text(TEXT, INK), (MARGIN, 62.0));
        write(area, "minutes since the fault", &text(TEXT, INK), (MARGIN + LEFT, SIZE.1 - 46.0));
        let widths = curves.iter().map(|curve| width(area, &curve.name));
        // For the names of curves that have none beside their fall.
        let right = widths.fold(0.0, f64::max) + GAP + MARGIN;
        let beside = names(area, curves, end / (SIZE.0 - MARGIN - LEFT - right), end);
        let room = if beside.iter().all(Option::is_some) { MARGIN } else { right };
        let (width, height) = (SIZE.0 - MARGIN - room, plot_height() + BOTTOM - 56.0);
        let panel = area.clone().shrink((px(MARGIN), px(TOP)), (px(width), px(height)));
        let x = Axis::clock(Clock::new(None), end, 8);
        let y = Axis {
            range: 0.0..ALL,
            ticks: vec![0.0, 0.25, 0.5, 0.75, 1.0],
            label: Box::new(|share| format!("{:.0} %", share * 100.0)),
        };
        let mut frame = frame(&panel, &x, &y, (LEFT, BOTTOM - 56.0));
        for curve in curves {
            curve.draw(&mut frame, end);
        }
        for (curve, place) in curves.iter().zip(&beside) {
            if let Some((at, share)) = *place {
                let style = text(TEXT, curve.color).pos(Pos::new(HPos::Left, VPos::Center));
                let name = EmptyElement::at((at, share)) + Text::new(curve.name.clone(), (0, 0), style);
                frame.draw_series([name]).expect("drawing into memory");
            }
        }
        let ends = curves.iter().zip(&beside).filter(|(_, place)| place.is_none()).map(|(curve, _)| curve);
        names_at_the_end(area, ends.collect(), SIZE.0 - right + GAP);
    })
}

fn write(area: &Area<'_>, words: &str, style: &TextStyle<'_>, (x, y): (f64, f64)) {
    area.draw_text(words, style, (px(x), px(y))).expect("drawing into memory");
}

/// Of these words, in pixels of the picture.
fn width(area: &Area<'_>, words: &str) -> f64 {
    let (width, _) = area.estimate_text_size(words, &text(TEXT, INK)).expect("the embedded font has a size");
    f64::from(width) / f64::from(px(1.0))
}

const fn plot_height() -> f64 {
    SIZE.1 - TOP - BOTTOM
}

impl Curve {
    fn of(name: &str, lifetimes: &[Lifetime], index: usize, count: usize) -> Curve {
        let crashed = lifetimes.iter().filter(|it| matches!(it, Lifetime::Ended(_))).count();
        Curve {
            name: format!("{name}: {crashed} of {}", lifetimes.len()),
            survival: Survival::of(lifetimes),
            color: PALETTE[index % PALETTE.len()],
            raise: 1.0 + (count - 1 - index) as f64 * APART / plot_height() * ALL,
        }
    }

    fn draw(&self, frame: &mut Frame<'_>, end: f64) {
        let (mut share, mut low, mut high) = (Vec::new(), Vec::new(), Vec::new());
        let steps = &self.survival.steps;
        for (index, step) in steps.iter().enumerate() {
            // Where nobody is left there is nothing to be known.
            let end = if step.share > 0.0 { end } else { step.at };
            let until = steps.get(index + 1).map_or(end, |next| next.at);
            for (corners, level) in [(&mut share, step.share), (&mut low, step.low), (&mut high, step.high)] {
                corners.extend([(step.at, level * self.raise), (until, level * self.raise)]);
            }
        }
        let outline: Vec<(f64, f64)> = low.into_iter().chain(high.into_iter().rev()).collect();
        let band = Polygon::new(outline, self.color.mix(0.18).filled());
        frame.draw_series([band]).expect("drawing into memory");
        let line = LineSeries::new(share, self.color.stroke_width(stroke(LINE)));
        frame.draw_series(line).expect("drawing into memory");
    }

    fn end(&self) -> f64 {
        self.survival.steps.last().map_or(1.0, |step| step.share)
    }

    /// When the last instance crashed, if any did.
    fn last_fall(&self) -> Option<f64> {
        self.survival.steps.iter().rev().find(|step| step.ended > 0).map(|step| step.at)
    }

    /// Whether it or its band passes through the field of these times and shares.
    fn passes(&self, from: f64, to: f64, low: f64, high: f64) -> bool {
        let steps = &self.survival.steps;
        steps.iter().enumerate().any(|(index, step)| {
            let after_start = steps.get(index + 1).is_none_or(|next| next.at > from);
            // At its time a curve falls from the step before.
            let top = if step.at > from && index > 0 { steps[index - 1].high } else { step.high };
            let gone = step.share <= 0.0 && step.at < from;
            after_start && step.at < to && !gone && step.low < high && top * self.raise > low
        })
    }
}

/// Where each name stands, right of the curve's last fall and half way down, if nothing else is there.
fn names(area: &Area<'_>, curves: &[Curve], per_pixel: f64, end: f64) -> Vec<Option<(f64, f64)>> {
    let half_line = 0.7 * TEXT / plot_height() * ALL;
    let mut fields: Vec<[f64; 4]> = Vec::new();
    let place = |curve: &Curve| -> Option<(f64, f64)> {
        let from = curve.last_fall()? + GAP * per_pixel;
        let to = from + (width(area, &curve.name) + GAP) * per_pixel;
        let share = f64::midpoint(1.0, curve.end());
        let (low, high) = (share - half_line, share + half_line);
        let taken = |field: &[f64; 4]| from < field[1] && field[0] < to && low < field[3] && field[2] < high;
        let free = to < end
            && !curves.iter().any(|other| other.passes(from, to, low, high))
            && !fields.iter().any(taken);
        free.then(|| fields.push([from, to, low, high]))?;
        Some((from, share))
    };
    curves.iter().map(place).collect()
}

/// Names beside the ends of the curves, the highest first, moved apart where they would overlap.
fn names_at_the_end(area: &Area<'_>, mut curves: Vec<&Curve>, left: f64) {
    let height = |share: f64| TOP + plot_height() * (1.0 - share / ALL);
    curves.sort_by(|a, b| b.end().total_cmp(&a.end()));
    let line = TEXT * 1.4;
    let mut heights: Vec<f64> = curves.iter().map(|curve| height(curve.end() * curve.raise)).collect();
    for i in 1..heights.len() {
        heights[i] = heights[i].max(heights[i - 1] + line);
    }
    // What was pushed below the axis comes up again, and pushes the others.
    let lowest = height(0.0);
    for i in (0..heights.len()).rev() {
        let most = heights.get(i + 1).map_or(lowest, |below| below - line);
        heights[i] = heights[i].min(most);
    }
    for (curve, y) in curves.iter().zip(heights) {
        let style = text(TEXT, curve.color).pos(Pos::new(HPos::Left, VPos::Center));
        write(area, &curve.name, &style, (left, y));
    }
}
