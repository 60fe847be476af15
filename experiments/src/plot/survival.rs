//! How long instances live after the fault: the share that has not crashed, by service, over all replications.

use halfopen_models::recording::Recording;
use halfopen_models::scenario::Scenario;
use halfopen_models::summary::statistics::{Lifetime, Survival};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axes::{Axis, Frame, frame};
use super::canvas::{Area, INK, PALETTE, Picture, TEXT, bold, picture, px, stroke, text};

const SIZE: (f64, f64) = (1400.0, 720.0);
const TOP: f64 = 110.0;
/// Room for the names beside the curves.
const RIGHT: f64 = 400.0;
const LEFT: f64 = 100.0;
const BOTTOM: f64 = 100.0;

/// A service's instances.
struct Curve<'a> {
    service: &'a str,
    survival: Survival,
    instances: usize,
    crashed: usize,
    color: RGBColor,
}

/// Draws the curves; nothing without a fault to count from.
pub fn draw(scenario: &Scenario, recordings: &[Recording]) -> Option<Picture> {
    let fault = recordings[0].fault_at?;
    let minutes = (recordings[0].horizon - fault).as_secs_f64() / 60.0;
    let curves: Vec<Curve<'_>> = scenario
        .services
        .iter()
        .enumerate()
        .map(|(index, service)| curve(&service.name, index, recordings))
        .collect();
    Some(picture("survival", SIZE, |area| {
        let variant = scenario.variant.as_ref().map_or(String::new(), |name| format!(", variant {name}"));
        let title = format!("{}{variant}: instances that have not crashed", scenario.name);
        let under =
            "share of all instances of all replications, with its 95 % log-log band (taken as independent)";
        let place = |x: f64, y: f64| (px(x), px(y));
        area.draw_text(&title, &bold(28.0, INK), place(26.0, 20.0)).expect("drawing into memory");
        area.draw_text(under, &text(TEXT, INK), place(26.0, 62.0)).expect("drawing into memory");
        let panel = area.clone().shrink(place(26.0, TOP), place(SIZE.0 - 26.0 - RIGHT, SIZE.1 - TOP - 56.0));
        let x = Axis::clock(crate::clock::Clock::new(None), minutes * 60.0, 8);
        let y = Axis {
            range: 0.0..1.02,
            ticks: vec![0.0, 0.25, 0.5, 0.75, 1.0],
            label: Box::new(|share| format!("{:.0} %", share * 100.0)),
        };
        let mut frame = frame(&panel, &x, &y, (LEFT, BOTTOM - 60.0));
        for (index, curve) in curves.iter().enumerate() {
            // Where curves lie upon each other the lower ones show as stripes.
            let covered = (curves.len() - 1 - index).min(4);
            curve.draw(&mut frame, x.range.end, 3.0 + 1.4 * covered as f64);
        }
        let caption = "minutes since the fault";
        area.draw_text(caption, &text(TEXT, INK), place(26.0 + LEFT, SIZE.1 - 46.0))
            .expect("drawing into memory");
        let (top, height) = (TOP, SIZE.1 - TOP - 56.0 - (BOTTOM - 60.0));
        names(area, &curves, |share| top + height * (1.0 - share / 1.02));
    }))
}

fn curve<'a>(service: &'a str, index: usize, recordings: &[Recording]) -> Curve<'a> {
    let mut lifetimes = Vec::new();
    for recording in recordings {
        let Some(fault) = recording.fault_at else { continue };
        lifetimes.extend(recording.services[index].instances.iter().map(|it| match it.first_crash {
            Some(at) => Lifetime::Ended((at - fault).as_secs_f64()),
            None => Lifetime::Censored((recording.horizon - fault).as_secs_f64()),
        }));
    }
    Curve {
        service,
        survival: Survival::of(&lifetimes),
        instances: lifetimes.len(),
        crashed: lifetimes.iter().filter(|it| matches!(it, Lifetime::Ended(_))).count(),
        color: PALETTE[index % PALETTE.len()],
    }
}

impl Curve<'_> {
    fn draw(&self, frame: &mut Frame<'_>, end: f64, width: f64) {
        let (mut share, mut low, mut high) = (Vec::new(), Vec::new(), Vec::new());
        let steps = &self.survival.steps;
        for (index, step) in steps.iter().enumerate() {
            // Where nobody is left there is nothing to be known.
            let end = if step.share > 0.0 { end } else { step.at };
            let until = steps.get(index + 1).map_or(end, |next| next.at);
            for (corners, level) in [(&mut share, step.share), (&mut low, step.low), (&mut high, step.high)] {
                corners.extend([(step.at, level), (until, level)]);
            }
        }
        let outline: Vec<(f64, f64)> = low.into_iter().chain(high.into_iter().rev()).collect();
        let band = Polygon::new(outline, self.color.mix(0.18).filled());
        frame.draw_series([band]).expect("drawing into memory");
        let line = LineSeries::new(share, self.color.stroke_width(stroke(width)));
        frame.draw_series(line).expect("drawing into memory");
    }

    fn end(&self) -> f64 {
        self.survival.steps.last().map_or(1.0, |step| step.share)
    }
}

/// Names beside the curves, at the height where each ends, moved apart where they would overlap.
fn names(area: &Area<'_>, curves: &[Curve<'_>], height: impl Fn(f64) -> f64) {
    let mut order: Vec<&Curve<'_>> = curves.iter().collect();
    order.sort_by(|a, b| b.end().total_cmp(&a.end()));
    let line = TEXT * 1.4;
    let mut heights: Vec<f64> = order.iter().map(|curve| height(curve.end())).collect();
    for i in 1..heights.len() {
        heights[i] = heights[i].max(heights[i - 1] + line);
    }
    // What was pushed below the axis comes up again, and pushes the others.
    let lowest = height(0.0);
    for i in (0..heights.len()).rev() {
        let most = heights.get(i + 1).map_or(lowest, |below| below - line);
        heights[i] = heights[i].min(most);
    }
    for (curve, y) in order.iter().zip(heights) {
        let censored = curve.instances - curve.crashed;
        let words = match censored {
            0 => format!("{}: all {} crash", curve.service, curve.instances),
            n => format!("{}: {n} of {} censored", curve.service, curve.instances),
        };
        let style = text(TEXT, curve.color).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw_text(&words, &style, (px(SIZE.0 - RIGHT + 16.0), px(y))).expect("drawing into memory");
    }
}
