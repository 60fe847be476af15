//! Ticks at round numbers, and a frame to draw in.

use std::ops::Range;

use halfopen_sim::{Span, Time};
use plotters::chart::ChartContext;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::prelude::*;

use super::canvas::{Area, GRID, INK, TEXT, px, stroke, text};
use crate::clock::Clock;
use crate::figure::Counts;
use crate::readable::Unit;

/// Straight, with ticks where we want them.
pub struct Scale {
    range: Range<f64>,
    ticks: Vec<f64>,
}

impl Ranged for Scale {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (low, high): (i32, i32)) -> i32 {
        let share = (value - self.range.start) / (self.range.end - self.range.start);
        low + (share * f64::from(high - low)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

/// A coordinate system to draw in.
pub type Frame<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<Scale, Scale>>;

/// One axis.
pub struct Axis {
    /// What it shows.
    pub range: Range<f64>,
    /// Where it has ticks.
    pub ticks: Vec<f64>,
    /// What stands at a tick.
    pub label: Box<dyn Fn(f64) -> String>,
}

impl Axis {
    /// From zero to a little more than `most`, in round counts.
    pub fn counts(most: f64) -> Axis {
        let most = most.max(1.0);
        let (rough, mut step) = (most / 4.0, 1.0);
        while step < rough {
            // 1, 2, 5, 10, 20, …: from a 2 the next is 5, otherwise twice as much.
            let two = (step / 2.0).to_string().trim_end_matches('0').trim_end_matches('.') == "1";
            step *= if two { 2.5 } else { 2.0 };
        }
        Axis::steps(most, step, |value| short(Unit::of_count(value).write(value)))
    }

    /// From zero to a little more than `most` bytes, in powers of two.
    pub fn bytes(most: f64) -> Axis {
        let most = most.max(1024.0);
        let mut step = 1.0;
        while step < most / 3.5 {
            step *= 2.0;
        }
        Axis::steps(most, step, |value| short(Unit::of_bytes(value).write(value)))
    }

    /// A little less than `low` to a little more than `high`, in steps that are round for what is counted; from zero
    /// where that is not far.
    pub fn around(low: f64, high: f64, counts: Counts) -> Axis {
        let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
        let low = if low >= 0.0 && low < high / 2.0 { 0.0 } else { low };
        let span = if high > low { high - low } else { high.abs().max(1.0) / 10.0 };
        // A little less: five steps of a round span may come out longer by the last bit.
        let step = round_step(span / 5.0 * 0.999, counts);
        let range = (if low > 0.0 { low - span * 0.08 } else { low })..high + span * 0.08;
        let (first, last) = ((range.start / step).ceil() as i64, (range.end / step).floor() as i64);
        let ticks = (first..=last).map(|tick| tick as f64 * step).collect();
        Axis { range, ticks, label: Box::new(move |value| short(counts.unit(value).write(value))) }
    }

    /// Powers of ten; what is shown are the exponents from `low` to `high`.
    pub fn powers(low: f64, high: f64) -> Axis {
        let ticks: Vec<f64> = (low as i32..=high as i32).map(f64::from).collect();
        let label = |exponent: f64| match exponent as i32 {
            below if below < 0 => format!("0.{}1", "0".repeat(below.unsigned_abs() as usize - 1)),
            exponent if exponent < 4 => format!("1{}", "0".repeat(exponent as usize)),
            exponent => short(
                Unit::of_count(libm::pow(10.0, f64::from(exponent)))
                    .write(libm::pow(10.0, f64::from(exponent))),
            ),
        };
        Axis { range: low..high, ticks, label: Box::new(label) }
    }

    fn scale(&self) -> Scale {
        Scale { range: self.range.clone(), ticks: self.ticks.clone() }
    }

    fn steps(most: f64, step: f64, label: impl Fn(f64) -> String + 'static) -> Axis {
        let range = 0.0..most * 1.08;
        let last = (range.end / step) as u32;
        let ticks = (0..=last).map(|i| f64::from(i) * step).collect();
        Axis { range, ticks, label: Box::new(label) }
    }

    /// The run's time, with at most so many ticks at full minutes of the clock.
    pub fn clock(clock: Clock, seconds: f64, most_ticks: usize) -> Axis {
        let minutes = [1, 2, 5, 10, 15, 20, 30, 60, 120, 240, 480, 1440];
        let fits = |step: &&u32| seconds / 60.0 / f64::from(**step) <= most_ticks as f64;
        let step = *minutes.iter().find(fits).unwrap_or(&10_080);
        let to_step = (step - clock.first_minute() % step) % step;
        let first = clock.to_full_minute() + f64::from(to_step * 60);
        let every = f64::from(step * 60);
        let count = if first > seconds { 0 } else { ((seconds - first) / every) as u32 + 1 };
        let ticks = (0..count).map(|i| first + f64::from(i) * every);
        let label = move |at| clock.to_the_minute(Time::ZERO + Span::from_secs_f64(at));
        Axis { range: 0.0..seconds, ticks: ticks.collect(), label: Box::new(label) }
    }
}

/// The next round step from `least` on: of bytes a power of two, of minutes a part of an hour, else 1, 2 or 5.
fn round_step(least: f64, counts: Counts) -> f64 {
    if counts == Counts::Bytes {
        return libm::exp2(libm::log2(least).ceil());
    }
    let minutes = [30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1200.0, 1800.0, 3600.0, 7200.0, 14_400.0];
    if counts == Counts::Seconds && (25.0..14_400.0).contains(&least) {
        return *minutes.iter().find(|step| **step >= least).unwrap_or(&14_400.0);
    }
    let ten = libm::pow(10.0, libm::log10(least).floor());
    *[ten, 2.0 * ten, 5.0 * ten].iter().find(|step| **step >= least).unwrap_or(&(10.0 * ten))
}

/// `2.00M` → `2M`: ticks are round.
fn short(text: String) -> String {
    let digits = text.find(|c: char| !c.is_ascii_digit() && !".,".contains(c)).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    if number.contains('.') {
        format!("{}{unit}", number.trim_end_matches('0').trim_end_matches('.'))
    } else {
        text
    }
}

/// A frame in `area`: `left` and `bottom` pixels for the labels of its axes; a bottom of zero draws no labels below.
pub fn frame<'a>(area: &Area<'a>, x: &Axis, y: &Axis, (left, bottom): (f64, f64)) -> Frame<'a> {
    let mut frame = ChartBuilder::on(area)
        .set_label_area_size(LabelAreaPosition::Left, px(left))
        .set_label_area_size(LabelAreaPosition::Bottom, px(bottom))
        .build_cartesian_2d(x.scale(), y.scale())
        .expect("drawing into memory");
    let labels = text(TEXT, INK);
    frame
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID.stroke_width(stroke(1.0)))
        .axis_style(INK.stroke_width(stroke(1.0)))
        .label_style(labels)
        .x_label_formatter(&|at| (x.label)(*at))
        .y_label_formatter(&|at| (y.label)(*at))
        .set_tick_mark_size(LabelAreaPosition::Left, px(5.0))
        .set_tick_mark_size(LabelAreaPosition::Bottom, px(if bottom > 0.0 { 5.0 } else { 0.0 }))
        .draw()
        .expect("drawing into memory");
    frame
}

#[cfg(test)]
mod tests {
    use super::{Axis, Counts};
    use crate::clock::Clock;
    use halfopen_models::scenario::WallClock;

    fn labels(axis: &Axis) -> Vec<String> {
        axis.ticks.iter().map(|&tick| (axis.label)(tick).replace('\u{a0}', " ")).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels(&Axis::counts(0.0)), ["0", "1"]);
        assert_eq!(labels(&Axis::counts(48.0)), ["0", "20", "40"]);
        assert_eq!(labels(&Axis::counts(590.0)), ["0", "200", "400", "600"]);
        assert_eq!(labels(&Axis::counts(154_000.0)), ["0", "50k", "100k", "150k"]);
        assert_eq!(labels(&Axis::bytes(1400.0 * 1_048_576.0)), ["0 B", "512 MiB", "1 GiB"]);
    }

    #[test]
    fn steps_are_round_for_what_is_counted() {
        let shown = |low, high, counts| labels(&Axis::around(low, high, counts));
        let mib = 1_048_576.0;
        assert_eq!(
            shown(190.0 * mib, 250.0 * mib, Counts::Bytes),
            ["192 MiB", "208 MiB", "224 MiB", "240 MiB"]
        );
        assert_eq!(shown(0.95, 1.0, Counts::Share), ["95 %", "96 %", "97 %", "98 %", "99 %", "100 %"]);
        assert_eq!(shown(0.0, 900.0, Counts::Seconds), ["0 s", "5m 00s", "10m 00s", "15m 00s"]);
        assert_eq!(shown(3.0, 3.0, Counts::Things), ["3"]);
    }

    #[test]
    fn times_have_ticks_at_full_minutes_of_the_clock() {
        let wall =
            WallClock { date: (2019, 11, 25), seconds_of_day: 14 * 3600 + 40 * 60 + 20, offset_minutes: 0 };
        let axis = Axis::clock(Clock::new(Some(wall)), 2400.0, 4);
        assert_eq!(labels(&axis), ["14:50", "15:00", "15:10", "15:20"]);
        assert_eq!(labels(&Axis::clock(Clock::new(None), 2400.0, 4)), ["0", "10", "20", "30", "40"]);
    }
}
