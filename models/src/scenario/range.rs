//! What a value may be that is not known: between two ends, or one of several.
//!
//! A number from 0 to 1 stands for each possible value, so that whoever searches a space of settings (Latin hypercube,
//! Sobol points, Morris' trajectories) needs to know nothing of units. Between two ends all values are equally likely;
//! where the upper end is at least ten times the lower, all *factors* are: such a range says that the order of magnitude
//! is not known, and half of a uniform one from 5 to 100 us would lie above 52 us.

use std::fmt;

use super::raw::{Raw, Value, quoted};
use super::units;

/// From this ratio of its ends on a range is drawn by factors.
const FACTOR: f64 = 10.0;

/// The values something may have.
#[derive(Clone, Debug, PartialEq)]
pub enum Range {
    /// A quantity between two ends, both included.
    Between {
        /// What it counts.
        unit: Unit,
        /// Lower end.
        low: End,
        /// Upper end.
        high: End,
    },
    /// One of these texts, each as likely as the others.
    OneOf(Vec<String>),
}

/// What a quantity counts, and in which steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Whole numbers.
    Count,
    /// Any numbers.
    Number,
    /// Nanoseconds.
    Duration,
    /// Bytes.
    Size,
    /// Events a second.
    Rate,
    /// Parts of one.
    Share,
}

/// An end of a range.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// As written, a TOML value.
    pub literal: String,
    /// In its unit.
    pub amount: f64,
}

/// One of a range's values.
#[derive(Clone, Debug, PartialEq)]
pub struct Pick {
    /// As a TOML value.
    pub literal: String,
    /// In its unit; of a text its number in the list.
    pub amount: f64,
}

impl Range {
    /// The range of quantities written like `5us`, `100us`; both ends in one unit, the lower first.
    pub fn between(low: &str, high: &str) -> Option<Range> {
        let [(unit, low), (same, high)] = [low, high]
            .map(|text| quantity(text).map(|(unit, amount)| (unit, End { literal: quoted(text), amount })))
            .into_iter()
            .collect::<Option<Vec<_>>>()?
            .try_into()
            .ok()?;
        (unit == same && low.amount <= high.amount).then_some(Range::Between { unit, low, high })
    }

    /// Whether only one value is possible.
    pub fn is_fixed(&self) -> bool {
        match self {
            Range::Between { low, high, .. } => low.amount >= high.amount,
            Range::OneOf(texts) => texts.windows(2).all(|two| two[0] == two[1]),
        }
    }

    /// How it is drawn, in words.
    pub fn law(&self) -> &'static str {
        match self {
            _ if self.is_fixed() => "fixed",
            Range::Between { .. } if self.by_factors() => "log-uniform",
            Range::Between { .. } => "uniform",
            Range::OneOf(_) => "one of",
        }
    }

    /// The value at `share` in 0..=1 of the range: its lower end at 0, its upper at 1.
    pub fn at(&self, share: f64) -> Pick {
        match self {
            Range::Between { unit, low, high } => self.between_ends(*unit, low, high, share.clamp(0.0, 1.0)),
            Range::OneOf(texts) => {
                let index = ((share * texts.len() as f64) as usize).min(texts.len() - 1);
                Pick { literal: quoted(&texts[index]), amount: index as f64 }
            }
        }
    }

    /// Every value that the check must see: both ends, or each text.
    pub(super) fn extremes(&self) -> Vec<String> {
        match self {
            Range::Between { low, high, .. } => vec![low.literal.clone(), high.literal.clone()],
            Range::OneOf(texts) => texts.iter().map(|text| quoted(text)).collect(),
        }
    }

    fn by_factors(&self) -> bool {
        matches!(self, Range::Between { low, high, .. } if low.amount > 0.0 && high.amount >= FACTOR * low.amount)
    }

    fn between_ends(&self, unit: Unit, low: &End, high: &End, share: f64) -> Pick {
        // Each whole number is as wide as the next: 1 to 4 has four of them.
        let top = if unit == Unit::Count { high.amount + 1.0 } else { high.amount };
        let amount = if self.by_factors() {
            libm::exp(libm::log(low.amount) + share * (libm::log(top) - libm::log(low.amount)))
        } else {
            low.amount + share * (top - low.amount)
        };
        let (literal, amount) = unit.write(amount);
        match amount {
            // Also by rounding.
            amount if amount <= low.amount => Pick { literal: low.literal.clone(), amount: low.amount },
            amount if amount >= high.amount => Pick { literal: high.literal.clone(), amount: high.amount },
            amount => Pick { literal, amount },
        }
    }
}

impl fmt::Display for Range {
    /// `8KiB … 64KiB`, `ioredis-5 | node-redis-5`, `–` where only one value is possible.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            _ if self.is_fixed() => f.write_str("–"),
            Range::Between { low, high, .. } => {
                let bare = |end: &End| end.literal.trim_matches('"').to_owned();
                write!(f, "{} … {}", bare(low), bare(high))
            }
            Range::OneOf(texts) => f.write_str(&texts.join(" | ")),
        }
    }
}

impl Unit {
    /// An amount as a TOML value of a few digits, and what that is exactly.
    fn write(self, amount: f64) -> (String, f64) {
        let decimal = |amount: f64| {
            let places = (5.0 - libm::floor(libm::log10(amount.abs().max(1e-9)))).clamp(1.0, 12.0) as usize;
            format!("{amount:.places$}").trim_end_matches('0').trim_end_matches('.').to_owned()
        };
        let (text, is_text) = match self {
            Unit::Count => (format!("{}", libm::floor(amount) as i64), false),
            Unit::Number => {
                let text = decimal(amount);
                (if text.contains('.') { text } else { text + ".0" }, false)
            }
            Unit::Duration => (units::coarse_span(amount), true),
            Unit::Size => (units::coarse_bytes(amount), true),
            Unit::Rate => (decimal(amount) + "/s", true),
            Unit::Share => (decimal(100.0 * amount) + "%", true),
        };
        let exact = match self {
            Unit::Count | Unit::Number => text.parse().expect("a number just written"),
            _ => quantity(&text).expect("a quantity just written").1,
        };
        (if is_text { quoted(&text) } else { text }, exact)
    }
}

/// What a text counts and how much of it, if it is a quantity.
pub(super) fn quantity(text: &str) -> Option<(Unit, f64)> {
    units::span(text)
        .map(|span| (Unit::Duration, span.as_nanos() as f64))
        .or_else(|_| units::bytes(text).map(|bytes| (Unit::Size, bytes as f64)))
        .or_else(|_| units::rate(text).map(|rate| (Unit::Rate, rate)))
        .or_else(|_| units::ratio(text).map(|ratio| (Unit::Share, ratio)))
        .ok()
}

/// What a value counts and how much of it; `None` of texts, and of what has no order.
pub(super) fn amount(raw: &Raw) -> Option<(Unit, f64)> {
    match &raw.value {
        Value::Integer(number) => Some((Unit::Count, *number as f64)),
        Value::Float(number) if number.is_finite() => Some((Unit::Number, *number)),
        Value::Text(text) => quantity(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literals(range: &Range, shares: &[f64]) -> Vec<String> {
        shares.iter().map(|&share| range.at(share).literal).collect()
    }

    #[test]
    fn ends_are_as_written_and_what_lies_between_is_readable() {
        let rows = [
            ("500us", "2ms", ["\"500us\"", "\"1250us\"", "\"2ms\""]),
            ("5us", "100us", ["\"5us\"", "\"22361ns\"", "\"100us\""]),
            ("512MiB", "2GiB", ["\"512MiB\"", "\"1280MiB\"", "\"2GiB\""]),
            ("10/s", "60/s", ["\"10/s\"", "\"35/s\"", "\"60/s\""]),
            ("60/min", "300/min", ["\"60/min\"", "\"3/s\"", "\"300/min\""]),
            ("1%", "3%", ["\"1%\"", "\"2%\"", "\"3%\""]),
        ];
        for (low, high, expected) in rows {
            let range = Range::between(low, high).unwrap();
            assert_eq!(literals(&range, &[0.0, 0.5, 1.0]), expected, "{range}");
        }
        assert_eq!(Range::between("5us", "1KiB"), None, "two units");
        assert_eq!(Range::between("5us", "4us"), None, "the lower end first");
        assert_eq!(Range::between("a", "b"), None);
    }

    #[test]
    fn whole_numbers_are_equally_likely_or_their_factors_are() {
        let count = |low: f64, high: f64| {
            let end = |amount: f64| End { literal: format!("{amount}"), amount };
            Range::Between { unit: Unit::Count, low: end(low), high: end(high) }
        };
        let range = count(1.0, 4.0);
        assert_eq!(literals(&range, &[0.0, 0.24, 0.25, 0.74, 0.75, 1.0]), ["1", "1", "2", "3", "4", "4"]);
        let range = count(1.0, 10.0);
        // 11^share.
        assert_eq!(
            (range.law(), literals(&range, &[0.28, 0.5, 0.999])),
            ("log-uniform", vec!["1".into(), "3".into(), "10".into()])
        );
    }

    #[test]
    fn texts_are_drawn_by_their_place() {
        let range = Range::OneOf(vec!["a".into(), "b".into(), "c".into()]);
        assert_eq!(literals(&range, &[0.0, 0.34, 0.99, 1.0]), ["\"a\"", "\"b\"", "\"c\"", "\"c\""]);
        assert!(!range.is_fixed() && Range::OneOf(vec!["a".into(), "a".into()]).is_fixed());
    }
}
