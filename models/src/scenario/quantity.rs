//! A value of a scenario as a number, for those who vary it: ranges, axes, thresholds.

use std::fmt;

use halfopen_sim::Span;

use super::units;

/// A number and what it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    /// Seconds, bytes, events a second, a share of one, or just a number.
    pub value: f64,
    /// What it counts.
    pub dimension: Dimension,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// Seconds.
    Time,
    /// Bytes.
    Size,
    /// Events a second.
    Rate,
    /// A share of one.
    Share,
    /// Whole things.
    Whole,
    /// A number without a unit.
    Plain,
}

impl Quantity {
    /// Reads `250ms`, `64KiB`, `1200/s`, `2.5%`, `8` or `0.6`, with or without quotes; nothing where it is none of them.
    pub fn parse(text: &str) -> Option<Quantity> {
        let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        let of = |dimension| move |value| Quantity { value, dimension };
        let time = units::span(text).ok().map(|span| of(Dimension::Time)(span.as_nanos() as f64 / 1e9));
        let size = || units::bytes(text).ok().map(|bytes| of(Dimension::Size)(bytes as f64));
        let rate = || units::rate(text).ok().map(of(Dimension::Rate));
        let share = || units::ratio(text).ok().map(of(Dimension::Share));
        let whole = || text.parse::<i64>().ok().map(|it| of(Dimension::Whole)(it as f64));
        let plain = || text.parse::<f64>().ok().filter(|it| it.is_finite()).map(of(Dimension::Plain));
        time.or_else(size).or_else(rate).or_else(share).or_else(whole).or_else(plain)
    }

    /// The quantity a share `t` of the way from `self` to `other`, in equal steps. Nothing where they count different
    /// things.
    pub fn toward(self, other: Quantity, t: f64) -> Option<Quantity> {
        let dimension = self.shared(other)?;
        Some(Quantity { value: self.value + (other.value - self.value) * t, dimension })
    }

    /// As [`toward`](Self::toward) in equal ratios; nothing either where one of them is not above zero.
    pub fn by_ratio_toward(self, other: Quantity, t: f64) -> Option<Quantity> {
        let dimension = self.shared(other)?;
        let [low, high] = [self.value, other.value];
        let value = low * libm::pow(high / low, t);
        (low > 0.0 && high > 0.0).then_some(Quantity { value, dimension })
    }

    /// The nearest one that is written with four digits: what lies between two values need not be exact.
    #[must_use]
    pub fn rounded(self) -> Quantity {
        let value = match self.dimension {
            Dimension::Whole => self.value.round(),
            Dimension::Size => {
                let unit = [1u64 << 30, 1 << 20, 1 << 10].map(|unit| unit as f64);
                let unit = unit.into_iter().find(|unit| self.value >= 100.0 * unit).unwrap_or(1.0);
                (self.value / unit).round() * unit
            }
            _ => format!("{:.3e}", self.value).parse().expect("Rust reads what it writes"),
        };
        Quantity { value, ..self }
    }

    /// Both count whole things, or one of them none.
    fn shared(self, other: Quantity) -> Option<Dimension> {
        match (self.dimension, other.dimension) {
            (a, b) if a == b => Some(a),
            (Dimension::Whole, Dimension::Plain) | (Dimension::Plain, Dimension::Whole) => {
                Some(Dimension::Plain)
            }
            _ => None,
        }
    }
}

/// As a scenario writes it, exact to the nanosecond and the byte: `215.4ms`.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.dimension {
            Dimension::Time => f.pad(&time((self.value * 1e9).round() as u64)),
            Dimension::Size => f.pad(&units::bytes_text(self.value.round() as u64)),
            Dimension::Rate => f.pad(&format!("{}/s", self.value)),
            // A product with 100 is wrong in its last digit.
            Dimension::Share => f.pad(&format!("{}%", trimmed(&format!("{:.10}", self.value * 100.0)))),
            Dimension::Whole => f.pad(&format!("{:.0}", self.value)),
            Dimension::Plain => f.pad(&format!("{:?}", self.value)),
        }
    }
}

/// Whole minutes and hours as such, anything else in the largest unit of which it has one.
fn time(nanos: u64) -> String {
    let (unit, digits) = match nanos {
        0 => return "0s".into(),
        n if n >= 120_000_000_000 && n.is_multiple_of(60_000_000_000) => {
            return units::span_text(Span::from_nanos(n));
        }
        n if n >= 1_000_000_000 => ("s", 9),
        n if n >= 1_000_000 => ("ms", 6),
        n if n >= 1_000 => ("us", 3),
        _ => return format!("{nanos}ns"),
    };
    let size = 10_u64.pow(digits);
    let width = digits as usize;
    trimmed(&format!("{}.{:0width$}", nanos / size, nanos % size)) + unit
}

/// Without zeros at the end of its fraction.
fn trimmed(decimal: &str) -> String {
    decimal.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Dimension, Quantity};

    fn read(text: &str) -> Quantity {
        Quantity::parse(text).unwrap_or_else(|| panic!("{text} is a quantity"))
    }

    #[test]
    fn what_is_written_is_what_was_read() {
        for text in [
            "0s", "250ms", "1.5s", "90s", "2m", "40m", "215.4ms", "300us", "7ns", "64KiB", "29KiB",
            "1400MiB", "512B",
        ] {
            assert_eq!(read(text).to_string(), text);
        }
        for text in ["600/s", "0.5/s", "2.5%", "7%", "99.9%", "8", "-3", "0.6"] {
            assert_eq!(read(text).to_string(), text);
        }
        assert_eq!(read("72/min").to_string(), "1.2/s");
        assert_eq!(read("\"500ms\"").to_string(), "500ms");
        assert_eq!((read("8").dimension, read("8.0").dimension), (Dimension::Whole, Dimension::Plain));
        assert!(
            ["", "fast", "5 s", "inf", "nan", "kubernetes"]
                .iter()
                .all(|text| Quantity::parse(text).is_none())
        );
    }

    #[test]
    fn what_lies_between_is_written_with_few_digits() {
        let between = |low: &str, high: &str, by: fn(Quantity, Quantity, f64) -> Option<Quantity>| {
            let at = |step: f64| by(read(low), read(high), step / 4.0).map(|it| it.rounded().to_string());
            [0.0, 1.0, 2.0, 3.0, 4.0].map(|step| at(step).unwrap_or_default())
        };
        assert_eq!(between("100ms", "2s", Quantity::toward), ["100ms", "575ms", "1.05s", "1.525s", "2s"]);
        assert_eq!(
            between("100ms", "10s", Quantity::by_ratio_toward),
            ["100ms", "316.2ms", "1s", "3.162s", "10s"]
        );
        assert_eq!(between("2", "16", Quantity::toward), ["2", "6", "9", "13", "16"]);
        assert_eq!(
            between("512MiB", "2GiB", Quantity::toward),
            ["512MiB", "896MiB", "1280MiB", "1664MiB", "2GiB"]
        );
        assert_eq!(
            between("300/s", "900/s", Quantity::toward),
            ["300/s", "450/s", "600/s", "750/s", "900/s"]
        );
        assert_eq!(between("0s", "1s", Quantity::by_ratio_toward), [""; 5], "no ratio leads from zero");
        assert_eq!(between("1s", "1MiB", Quantity::toward), [""; 5], "nothing lies between");
    }
}
