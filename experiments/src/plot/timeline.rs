//! The incident over time: a column for each service; below each other its pending calls, its memory, its errors and
//! its instances. What the phases are is taken from the first replication's story and the median recovery.

use halfopen_models::recording::{Recording, Sample, StoryKind};
use halfopen_models::scenario::{Scenario, Service};
use halfopen_models::summary::Summary;
use halfopen_sim::Time;
use plotters::prelude::*;

use super::axes::{Axis, Frame, frame};
use super::canvas::{Area, INK, PALETTE, Picture, TEXT, bold, picture, px, stroke, text};
use super::legend::{self, Mark};
use crate::clock::Clock;
use crate::over::{mean, quantiles};

/// Services side by side; more go into further bands.
const COLUMNS: usize = 4;
/// Narrowest column.
const COLUMN: f64 = 470.0;
/// The legend needs this.
const NARROWEST: f64 = 1500.0;
const ROW: f64 = 232.0;
const ROWS: [&str; 4] =
    ["pending cache calls", "memory of the fullest instance", "failed requests per second", "instances up"];
const HEAD: f64 = 118.0;
const BAND_HEAD: f64 = 40.0;
const BAND_FOOT: f64 = 96.0;
const LEFT: f64 = 108.0;
const MARGIN: f64 = 26.0;

/// Points of a curve: about one for each pixel of its panel.
const POINTS: usize = 360;

const SILENT: RGBColor = RGBColor(250, 214, 180);
const CUT_OFF: RGBColor = RGBColor(253, 240, 226);
const CURVE: RGBColor = PALETTE[0];
const SPREAD: RGBColor = RGBColor(170, 207, 230);
const FAULT: RGBColor = PALETTE[1];
const RECOVERED: RGBColor = PALETTE[2];

/// What all panels share.
struct Times {
    axis: Axis,
    fault: Option<f64>,
    promoted: Option<f64>,
}

/// Draws the timeline.
pub fn draw(scenario: &Scenario, recordings: &[Recording], summary: &Summary) -> Picture {
    let clock = Clock::new(scenario.clock);
    let columns = scenario.services.len().clamp(1, COLUMNS);
    let bands = scenario.services.len().div_ceil(COLUMNS).max(1);
    let band_height = BAND_HEAD + ROW * ROWS.len() as f64 + BAND_FOOT;
    let width = (2.0 * MARGIN + COLUMN * columns as f64).max(NARROWEST);
    let step = (width - 2.0 * MARGIN) / columns as f64;
    // A label of the time axis takes about 80 pixels with its gap.
    let times = times(scenario, &recordings[0], clock, ((step - LEFT) / 80.0) as usize);
    picture("timeline", (width, HEAD + band_height * bands as f64), |area| {
        head(area, scenario, recordings.len());
        for (index, service) in scenario.services.iter().enumerate() {
            let (band, column) = (index / COLUMNS, index % COLUMNS);
            let top = HEAD + band_height * band as f64;
            let recovery = summary.services.get(index).and_then(|(_, s)| s.time_to_recovery_s.median);
            let curves = Curves::of(recordings, index);
            let mut corner = (MARGIN + step * column as f64, top);
            write(area, &service.name, &bold(26.0, INK), (corner.0 + LEFT, top));
            corner.1 += BAND_HEAD;
            panels(area, corner, (step, column == 0), service, (&curves, &times), recovery);
            write(area, clock.axis(), &text(TEXT, INK), (corner.0 + LEFT, top + band_height - 54.0));
        }
    })
}

fn times(scenario: &Scenario, recording: &Recording, clock: Clock, ticks: usize) -> Times {
    let promoted =
        recording.story.iter().filter(|event| event.kind == StoryKind::Failover).map(|e| e.at).max();
    Times {
        axis: Axis::clock(clock, scenario.horizon.as_secs_f64(), ticks),
        fault: recording.fault_at.map(Time::as_secs_f64),
        promoted: promoted.filter(|&at| Some(at) >= recording.fault_at).map(Time::as_secs_f64),
    }
}

fn head(area: &Area<'_>, scenario: &Scenario, replications: usize) {
    let variant = scenario.variant.as_ref().map_or(String::new(), |name| format!(", variant {name}"));
    let title = format!("{}{variant}: {}", scenario.name, scenario.title);
    write(area, &title, &bold(28.0, INK), (MARGIN, 20.0));
    let mean = if replications == 1 { "one replication".into() } else { format!("mean of {replications}") };
    let marks = [
        (Mark::Line(CURVE), mean.as_str()),
        (Mark::Field(SPREAD), "5–95 %"),
        (Mark::Dashed(INK), "memory limit"),
        (Mark::Line(FAULT), "fault"),
        (Mark::Field(SILENT), "until promotion"),
        (Mark::Field(CUT_OFF), "until recovery"),
        (Mark::Line(RECOVERED), "recovered (median)"),
    ];
    legend::draw(area, (MARGIN, 80.0), &marks);
}

fn write(area: &Area<'_>, words: &str, style: &TextStyle<'_>, (x, y): (f64, f64)) {
    area.draw_text(words, style, (px(x), px(y))).expect("drawing into memory");
}

/// The panels of one service, below each other from `corner`.
fn panels(
    area: &Area<'_>,
    (left, top): (f64, f64),
    (width, named): (f64, bool),
    service: &Service,
    (curves, times): (&Curves, &Times),
    recovery: Option<f64>,
) {
    let limit = service.memory.limit as f64;
    let memory = curves.memory.highest().max(limit);
    for (row, name) in ROWS.iter().enumerate() {
        let y = top + ROW * row as f64;
        if named {
            write(area, name, &text(TEXT, INK), (left + LEFT, y));
        }
        let (curve, axis) = match row {
            0 => (&curves.pending, Axis::counts(curves.pending.highest())),
            1 => (&curves.memory, Axis::bytes(memory)),
            2 => (&curves.errors, Axis::counts(curves.errors.highest())),
            _ => (&curves.up, Axis::counts(f64::from(service.instances))),
        };
        let last = row + 1 == ROWS.len();
        let bottom = if last { 34.0 } else { 0.0 };
        let panel =
            area.clone().shrink((px(left), px(y + 34.0)), (px(width - 20.0), px(ROW - 46.0 + bottom)));
        let mut frame = frame(&panel, &times.axis, &axis, (LEFT, bottom));
        phases(&mut frame, times, recovery, axis.range.end);
        curve.draw(&mut frame);
        if row == 1 {
            let ends = [(times.axis.range.start, limit), (times.axis.range.end, limit)];
            let line = DashedLineSeries::new(ends, stroke(8.0), stroke(5.0), INK.stroke_width(stroke(2.0)));
            frame.draw_series(line).expect("drawing into memory");
        }
    }
}

fn phases(frame: &mut Frame<'_>, times: &Times, recovery: Option<f64>, top: f64) {
    let Some(fault) = times.fault else { return };
    let end = times.axis.range.end;
    let recovered = recovery.map(|after| fault + after).filter(|&at| at > fault);
    let promoted = times.promoted.unwrap_or(fault).min(end);
    let mut field = |from: f64, to: f64, color: RGBColor| {
        if from < to {
            let field = Rectangle::new([(from, 0.0), (to, top)], color.filled());
            frame.draw_series([field]).expect("drawing into memory");
        }
    };
    // A service that nothing befell has no phase of its own.
    let until = if recovery.is_some() { recovered.unwrap_or(fault) } else { end };
    field(promoted, until, CUT_OFF);
    field(fault, promoted, SILENT);
    for (at, color) in [(Some(fault), FAULT), (recovered, RECOVERED)] {
        if let Some(at) = at {
            let line = PathElement::new([(at, 0.0), (at, top)], color.stroke_width(stroke(2.5)));
            frame.draw_series([line]).expect("drawing into memory");
        }
    }
}

/// What is drawn of a service.
struct Curves {
    pending: Curve,
    memory: Curve,
    errors: Curve,
    up: Curve,
}

/// A curve over time with the spread of the replications.
#[derive(Default)]
struct Curve {
    mean: Vec<(f64, f64)>,
    low: Vec<(f64, f64)>,
    high: Vec<(f64, f64)>,
}

impl Curves {
    fn of(recordings: &[Recording], service: usize) -> Curves {
        Curves {
            pending: Curve::of(recordings, service, |s| s.pending_calls as f64),
            memory: Curve::of(recordings, service, |s| s.memory_max_bytes as f64),
            errors: Curve::of(recordings, service, |s| f64::from(s.errors)),
            up: Curve::of(recordings, service, |s| f64::from(s.instances_up)),
        }
    }
}

impl Curve {
    /// A point for each few seconds: every replication's mean over them, then the replications'.
    fn of(recordings: &[Recording], service: usize, figure: fn(&Sample) -> f64) -> Curve {
        let seconds = recordings[0].services[service].series.len();
        let step = seconds.div_ceil(POINTS).max(1);
        let mut curve = Curve::default();
        for from in (0..seconds).step_by(step) {
            let to = (from + step).min(seconds);
            let values = recordings.iter().map(|recording| {
                let samples = &recording.services[service].series[from..to];
                samples.iter().map(figure).sum::<f64>() / (to - from) as f64
            });
            let values: Vec<f64> = values.collect();
            let (at, [low, high]) = (from as f64, quantiles(&values));
            curve.mean.push((at, mean(&values)));
            curve.low.push((at, low));
            curve.high.push((at, high));
        }
        curve
    }

    fn highest(&self) -> f64 {
        self.mean.iter().chain(&self.high).map(|point| point.1).fold(0.0, f64::max)
    }

    fn draw(&self, frame: &mut Frame<'_>) {
        let outline: Vec<(f64, f64)> = self.low.iter().chain(self.high.iter().rev()).copied().collect();
        let spread = Polygon::new(outline, SPREAD.mix(0.8).filled());
        frame.draw_series([spread]).expect("drawing into memory");
        let line = LineSeries::new(self.mean.iter().copied(), CURVE.stroke_width(stroke(2.5)));
        frame.draw_series(line).expect("drawing into memory");
    }
}
