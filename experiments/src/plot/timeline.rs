//! The incident over time: a column for each service; below each other its pending calls, its memory, its errors and
//! its instances. What the phases are is taken from the first replication's story and the median recovery.
//!
//! A crash fails all that its process held within a second. That burst would flatten the rate at which requests failed
//! before: it is cut off, and its height written at its tip.

use halfopen_models::recording::{Recording, Sample, StoryKind};
use halfopen_models::scenario::{Scenario, Service};
use halfopen_models::statistics::quantile;
use halfopen_models::summary::Summary;
use halfopen_sim::Time;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axes::{Axis, Frame, frame};
use super::canvas::{Area, INK, PALETTE, Picture, TEXT, bold, picture, px, stroke, text};
use super::legend::{self, Mark};
use crate::clock::Clock;
use crate::over::{mean, spread};
use crate::readable;
use crate::report;

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
const BAND_FOOT: f64 = 60.0;
const FOOT: f64 = 40.0;
const LEFT: f64 = 108.0;
const MARGIN: f64 = 26.0;

/// Points of a curve: about one for each pixel of its panel.
const POINTS: usize = 360;

/// A curve that rises to more than this many times its usual level has a burst.
const BURST: f64 = 4.0;
/// It is then drawn up to this many times the usual level.
const CUT: f64 = 2.0;

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

/// One service, and where it is drawn.
struct Column<'a> {
    service: &'a Service,
    curves: Curves,
    /// Median, from the fault.
    recovery: Option<f64>,
    left: f64,
    top: f64,
    width: f64,
}

/// Draws the timeline.
pub fn draw(scenario: &Scenario, recordings: &[Recording], summary: &Summary) -> Picture {
    let clock = Clock::new(scenario.clock);
    let columns = scenario.services.len().clamp(1, COLUMNS);
    let bands = scenario.services.len().div_ceil(COLUMNS).max(1);
    let band_height = BAND_HEAD + ROW * ROWS.len() as f64 + BAND_FOOT;
    let width = (2.0 * MARGIN + COLUMN * columns as f64).max(NARROWEST);
    let step = (width - 2.0 * MARGIN) / columns as f64;
    let height = HEAD + band_height * bands as f64 + FOOT;
    // A label of the time axis takes about 80 pixels with its gap.
    let times = times(scenario, &recordings[0], clock, ((step - LEFT) / 80.0) as usize);
    picture("timeline", (width, height), |area| {
        head(area, scenario, recordings.len());
        for (index, service) in scenario.services.iter().enumerate() {
            let column = Column {
                service,
                curves: Curves::of(recordings, index),
                recovery: summary.services.get(index).and_then(|(_, s)| s.time_to_recovery_s.median),
                left: MARGIN + step * (index % COLUMNS) as f64,
                top: HEAD + band_height * (index / COLUMNS) as f64,
                width: step,
            };
            column.draw(area, &times, index % COLUMNS == 0);
        }
        write(area, &clock.axis(), &text(TEXT, INK), (MARGIN + LEFT, height - FOOT - 16.0));
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
    let title = format!("{}: {}", report::name(scenario), scenario.title);
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

impl Column<'_> {
    /// The panels below each other; the first column of a band names them.
    fn draw(&self, area: &Area<'_>, times: &Times, first: bool) {
        let Column { service, curves, .. } = self;
        write(area, &service.name, &bold(26.0, INK), (self.left + LEFT, self.top));
        let limit = service.memory.limit as f64;
        let burst = curves.errors.burst();
        for (row, name) in ROWS.iter().enumerate() {
            let y = self.top + BAND_HEAD + ROW * row as f64;
            if first {
                write(area, name, &text(TEXT, INK), (self.left + LEFT, y));
            }
            let (curve, axis) = match row {
                0 => (&curves.pending, Axis::counts(curves.pending.highest())),
                1 => (&curves.memory, Axis::bytes(curves.memory.highest().max(limit))),
                2 => (&curves.errors, Axis::counts(burst.unwrap_or(curves.errors.highest()))),
                _ => (&curves.up, Axis::counts(f64::from(service.instances))),
            };
            let bottom = if row + 1 == ROWS.len() { 34.0 } else { 0.0 };
            let (corner, size) = ((self.left, y + 34.0), (self.width - 20.0, ROW - 46.0 + bottom));
            let panel = area.clone().shrink((px(corner.0), px(corner.1)), (px(size.0), px(size.1)));
            let mut frame = frame(&panel, &times.axis, &axis, (LEFT, bottom));
            phases(&mut frame, times, self.recovery, axis.range.end);
            curve.draw(&mut frame, axis.range.end);
            match row {
                1 => dashes(&mut frame, times, limit),
                2 if burst.is_some() => curve.tell_peak(&mut frame, times, axis.range.end),
                _ => {}
            }
        }
    }
}

fn dashes(frame: &mut Frame<'_>, times: &Times, level: f64) {
    let ends = [(times.axis.range.start, level), (times.axis.range.end, level)];
    let line = DashedLineSeries::new(ends, stroke(8.0), stroke(5.0), INK.stroke_width(stroke(2.0)));
    frame.draw_series(line).expect("drawing into memory");
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
    /// The highest second of a replication; their median.
    peak: f64,
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
        let highest =
            |recording: &Recording| recording.services[service].series.iter().map(figure).fold(0.0, f64::max);
        let mut peaks: Vec<f64> = recordings.iter().map(highest).collect();
        peaks.sort_by(f64::total_cmp);
        let mut curve = Curve { peak: quantile(&peaks, 0.5).unwrap_or(0.0), ..Curve::default() };
        for from in (0..seconds).step_by(step) {
            let to = (from + step).min(seconds);
            let values = recordings.iter().map(|recording| {
                let samples = &recording.services[service].series[from..to];
                samples.iter().map(figure).sum::<f64>() / (to - from) as f64
            });
            let values: Vec<f64> = values.collect();
            let (at, [low, high]) = (from as f64, spread(&values));
            curve.mean.push((at, mean(&values)));
            curve.low.push((at, low));
            curve.high.push((at, high));
        }
        curve
    }

    fn highest(&self) -> f64 {
        self.mean.iter().chain(&self.high).map(|point| point.1).fold(0.0, f64::max)
    }

    /// Where to cut the curve off so that a burst does not flatten the rest; nothing without a burst.
    fn burst(&self) -> Option<f64> {
        let usual = usual(self.mean.iter().map(|point| point.1).collect());
        (self.highest() > BURST * usual).then_some(CUT * usual)
    }

    /// Draws what lies below `top`.
    fn draw(&self, frame: &mut Frame<'_>, top: f64) {
        let below = |points: &[(f64, f64)]| points.iter().map(|&(x, y)| (x, y.min(top))).collect::<Vec<_>>();
        let mut outline = below(&self.low);
        outline.extend(below(&self.high).iter().rev());
        let spread = Polygon::new(outline, SPREAD.mix(0.8).filled());
        frame.draw_series([spread]).expect("drawing into memory");
        let line = LineSeries::new(below(&self.mean), CURVE.stroke_width(stroke(2.5)));
        frame.draw_series(line).expect("drawing into memory");
    }

    /// Writes how high the burst is beside the place where it leaves the panel at `top`.
    fn tell_peak(&self, frame: &mut Frame<'_>, times: &Times, top: f64) {
        let Some(tip) = self.mean.iter().max_by(|a, b| a.1.total_cmp(&b.1)) else { return };
        let (side, gap) =
            if tip.0 < 0.55 * times.axis.range.end { (HPos::Left, 12.0) } else { (HPos::Right, -12.0) };
        let style = text(TEXT, CURVE).pos(Pos::new(side, VPos::Top));
        let words = format!("▲ peak {}", readable::count(self.peak));
        let label = EmptyElement::at((tip.0, top)) + Text::new(words, (px(gap), px(2.0)), style);
        frame.draw_series([label]).expect("drawing into memory");
    }
}

/// The level at or below which half of all that the levels add up to is found: of a rate that many share and a burst
/// that few share, the rate; and what is nearly nothing counts for nearly nothing.
fn usual(mut levels: Vec<f64>) -> f64 {
    levels.sort_by(f64::total_cmp);
    let half = levels.iter().sum::<f64>() / 2.0;
    let mut sum = 0.0;
    let reaches = |level: &f64| {
        sum += level;
        sum >= half
    };
    levels.iter().copied().find(reaches).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::{Curve, usual};

    fn burst(levels: &[f64]) -> Option<f64> {
        let mean = levels.iter().enumerate().map(|(at, &level)| (at as f64, level)).collect();
        Curve { mean, ..Curve::default() }.burst()
    }

    #[test]
    fn a_burst_is_cut_off_where_most_failures_are_elsewhere() {
        let rate = [0.0, 600.0, 600.0, 600.0, 600.0, 600.0, 600.0];
        assert_eq!(burst(&rate), None);
        assert_eq!(burst(&[&rate[..], &[2900.0, 0.0, 0.1, 0.1, 0.1]].concat()), Some(1200.0));
        assert_eq!(burst(&[0.0, 0.0, 600.0, 6000.0, 0.0]), None, "the burst is the story");
        assert_eq!(burst(&[0.0; 3]), None);
        assert!((usual(vec![1.0, 100.0, 2.0]) - 100.0).abs() < 1e-9);
    }
}
