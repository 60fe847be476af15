//! Where along a range an answer changes.
//!
//! First the ends and some points between them, to see whether the answer changes at all, and once; then the interval
//! in which it changes is halved until it is as narrow as asked. This knows nothing of what is asked: it looks at
//! values and is told whether something holds there.

use halfopen_models::scenario::{Dimension, Quantity};

use crate::failure::Failure;

/// Where the first look goes, as shares of the range.
const FIRST: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
/// A range of more than this factor is divided by ratio.
const WIDE: f64 = 10.0;
/// More halvings than these divide no double.
const MOST_HALVINGS: usize = 60;

/// The values that come into question.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    low: Quantity,
    high: Quantity,
    by_ratio: bool,
    /// Width of the interval that is narrow enough, as a share of its upper end.
    within: f64,
}

/// What is known of one value.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried<T> {
    /// The value.
    pub at: Quantity,
    /// Whether it holds there.
    pub holds: bool,
    /// What was seen there.
    pub seen: T,
}

/// What a search came to; indices into what was tried, in the order of the values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It holds wherever it was looked.
    Everywhere,
    /// It holds nowhere.
    Nowhere,
    /// It changes between this index and the next.
    Between(usize),
    /// It changes more than once: after each of these.
    Changing(Vec<usize>),
}

impl Range {
    /// Reads `LOW..HIGH` and how narrow the interval shall be.
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn parse(text: &str, within: f64) -> Result<Range, (String, String)> {
        let wrong = |what: &str, right: &str| Err((format!("--between {text}: {what}"), right.to_owned()));
        let Some((low, high)) = text.split_once("..") else {
            return wrong("no range", "write LOW..HIGH, like 100ms..2s, 300/s..900/s or 1..64");
        };
        let (low, high) = (low.trim(), high.trim());
        let (Some(from), Some(to)) = (Quantity::parse(low), Quantity::parse(high)) else {
            let end = if Quantity::parse(low).is_none() { low } else { high };
            return wrong(&format!("`{end}` is no number with a unit"), "write LOW..HIGH, like 100ms..2s");
        };
        let Some(middle) = from.toward(to, 0.5) else {
            return wrong("the ends have different units", "write both as durations, as sizes, as rates, …");
        };
        if from.value >= to.value {
            return wrong("the first end is not below the second", "write the smaller value first");
        }
        let [low, high] = [from, to].map(|end| Quantity { dimension: middle.dimension, ..end });
        let by_ratio = low.value > 0.0 && high.value / low.value > WIDE;
        Ok(Range { low, high, by_ratio, within })
    }

    /// Its lower end.
    pub fn low(&self) -> Quantity {
        self.low
    }

    /// The value between two others, written with few digits.
    fn between(&self, low: Quantity, high: Quantity, share: f64) -> Quantity {
        let at = if self.by_ratio { low.by_ratio_toward(high, share) } else { low.toward(high, share) };
        match share {
            0.0 => low,
            1.0 => high,
            _ => at.expect("the ends were checked").rounded(),
        }
    }

    fn first(&self) -> Vec<Quantity> {
        let mut values: Vec<Quantity> =
            FIRST.iter().map(|&share| self.between(self.low, self.high, share)).collect();
        values.dedup_by(|a, b| a.value.to_bits() == b.value.to_bits());
        values
    }

    fn narrow(&self, low: Quantity, high: Quantity) -> bool {
        let whole = low.dimension == Dimension::Whole && high.value - low.value <= 1.0;
        whole || high.value - low.value <= self.within * high.value.abs().max(low.value.abs())
    }
}

/// Is told several values at once, and says of each whether it holds and what was seen there.
pub type Look<'a, T> = &'a mut dyn FnMut(&[Quantity]) -> Result<Vec<(bool, T)>, Failure>;

/// Searches with these eyes.
///
/// # Errors
/// When `look` fails.
pub fn search<T>(range: &Range, look: Look<'_, T>) -> Result<(Vec<Tried<T>>, Answer), Failure> {
    let mut tried = Vec::new();
    let mut looked = |values: &[Quantity], tried: &mut Vec<Tried<T>>| -> Result<(), Failure> {
        for (&at, (holds, seen)) in values.iter().zip(look(values)?) {
            let place = tried.partition_point(|other: &Tried<T>| other.at.value < at.value);
            tried.insert(place, Tried { at, holds, seen });
        }
        Ok(())
    };
    looked(&range.first(), &mut tried)?;
    for _ in 0..MOST_HALVINGS {
        let Answer::Between(edge) = answer(&tried) else { break };
        let [low, high] = [tried[edge].at, tried[edge + 1].at];
        let middle = range.between(low, high, 0.5);
        let inside = low.value < middle.value && middle.value < high.value;
        if range.narrow(low, high) || !inside {
            break;
        }
        looked(&[middle], &mut tried)?;
    }
    let answer = answer(&tried);
    Ok((tried, answer))
}

fn answer<T>(tried: &[Tried<T>]) -> Answer {
    let edges: Vec<usize> =
        (1..tried.len()).filter(|&at| tried[at].holds != tried[at - 1].holds).map(|at| at - 1).collect();
    match edges.as_slice() {
        [] if tried.first().is_some_and(|first| first.holds) => Answer::Everywhere,
        [] => Answer::Nowhere,
        [edge] => Answer::Between(*edge),
        _ => Answer::Changing(edges),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found where it holds by this rule, and how many values were looked at.
    fn found(range: &str, holds: impl Fn(f64) -> bool) -> (String, usize) {
        let range = Range::parse(range, 0.05).unwrap();
        let mut look = |values: &[Quantity]| Ok(values.iter().map(|at| (holds(at.value), ())).collect());
        let (tried, answer) = search(&range, &mut look).unwrap();
        let told = match answer {
            Answer::Between(at) => format!("{}..{}", tried[at].at, tried[at + 1].at),
            other => format!("{other:?}"),
        };
        (told, tried.len())
    }

    #[test]
    fn a_threshold_is_enclosed_as_narrowly_as_asked() {
        for threshold in [0.11, 0.5, 7.7, 93.0] {
            let range = Range::parse("100ms..100s", 0.05).unwrap();
            let mut look =
                |values: &[Quantity]| Ok(values.iter().map(|at| (at.value <= threshold, ())).collect());
            let (tried, answer) = search(&range, &mut look).unwrap();
            let Answer::Between(at) = answer else { panic!("{answer:?}") };
            let (low, high) = (tried[at].at.value, tried[at + 1].at.value);
            assert!(low <= threshold && threshold < high && high <= low * 1.06, "{low} {threshold} {high}");
            assert!(tried.len() <= 12, "{} values", tried.len());
        }
    }

    #[test]
    fn whole_things_are_enclosed_by_neighbours() {
        assert_eq!(found("1..9", |n| n >= 4.0), ("3..4".into(), 6));
        assert_eq!(found("1..200", |n| n >= 171.0).0, "170..177");
        assert_eq!(found("1..2", |n| n >= 2.0), ("1..2".into(), 2));
    }

    #[test]
    fn no_threshold_and_several_are_told_apart() {
        assert_eq!(found("1s..2s", |_| true), ("Everywhere".into(), 5));
        assert_eq!(found("1s..2s", |_| false), ("Nowhere".into(), 5));
        assert_eq!(found("0..100", |n| (20.0..60.0).contains(&n)).0, "Changing([0, 2])");
    }

    #[test]
    fn what_is_no_range_is_told() {
        let rows = [
            ("100ms", "no range"),
            ("100ms..soon", "`soon` is no number"),
            ("100ms..2MiB", "different units"),
            ("2s..100ms", "not below"),
            ("2s..2s", "not below"),
        ];
        for (text, expected) in rows {
            let Err((wrong, right)) = Range::parse(text, 0.05) else { panic!("{text}") };
            assert!(wrong.contains(expected) && !right.is_empty(), "{text}: {wrong}");
        }
    }
}
