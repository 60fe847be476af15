//! A prediction beside what was measured.

use serde::{Serialize, Serializer};

/// What is predicted or expected.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number in the quantity's unit.
    Number(f64),
    /// A state, a direction.
    Word(String),
    /// It does not happen within the case.
    Never,
    /// There is no prediction.
    Nothing,
}

impl Value {
    /// A number, or never.
    pub fn of(value: Option<f64>) -> Value {
        value.map_or(Value::Never, Value::Number)
    }

    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Number(value) => Some(*value),
            Value::Word(_) | Value::Never | Value::Nothing => None,
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Number(value) => to.serialize_f64(*value),
            Value::Word(word) => to.serialize_str(word),
            Value::Never => to.serialize_str("never"),
            Value::Nothing => to.serialize_none(),
        }
    }
}

/// One quantity of one case.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// Name of the case.
    pub id: String,
    /// Name of its group.
    pub group: &'static str,
    /// What is compared, with its unit: `time to crash, s`.
    pub quantity: String,
    /// Median over seeds.
    pub predicted: Value,
    /// 90 % prediction interval over seeds; an end is absent where it is "never".
    pub interval: Option<[Option<f64>; 2]>,
    /// What was measured.
    pub expected: Value,
    /// Relative; absent where one of both is no number, or where nothing was expected.
    pub error: Option<f64>,
    /// Whether the group's rule is met.
    pub holds: bool,
    /// Why it does not hold, where that is known; or a remark.
    pub reason: String,
}

impl Comparison {
    /// Whether what was measured lies in the prediction interval; `None` where one of both is missing.
    pub fn covered(&self) -> Option<bool> {
        let [low, high] = self.interval?;
        match self.expected {
            Value::Number(measured) => {
                // Both are rounded to the same digits at best.
                let slack = 1e-9 * measured.abs();
                let from = low.is_some_and(|low| low <= measured + slack);
                Some(from && high.is_none_or(|high| measured <= high + slack))
            }
            Value::Never => Some(high.is_none()),
            Value::Word(_) | Value::Nothing => None,
        }
    }
}

/// How far a prediction may be from its measurement: the wider of both counts.
#[derive(Clone, Copy, Debug)]
pub struct Tolerance {
    /// Share of what was measured.
    pub relative: f64,
    /// In the quantity's unit.
    pub absolute: f64,
}

impl Tolerance {
    /// For a count of calls that arrive at random: its own noise, three standard deviations, is always allowed.
    pub fn count(relative: f64, measured: f64) -> Tolerance {
        Tolerance { relative, absolute: 3.0 * measured.max(1.0).sqrt() }
    }

    /// Whether both are near enough.
    pub fn allows(self, predicted: f64, expected: f64) -> bool {
        (predicted - expected).abs() <= (self.relative * expected.abs()).max(self.absolute) + 1e-9
    }
}

/// Values over seeds; `None` is "never", which is later than every time.
#[derive(Clone, Debug)]
pub struct Sample(Vec<Option<f64>>);

impl Sample {
    /// Of these values, in any order.
    pub fn new(mut values: Vec<Option<f64>>) -> Sample {
        values.sort_by(|a, b| a.unwrap_or(f64::INFINITY).total_cmp(&b.unwrap_or(f64::INFINITY)));
        Sample(values)
    }

    /// In order.
    pub fn values(&self) -> &[Option<f64>] {
        &self.0
    }

    /// The lower median.
    pub fn median(&self) -> Value {
        self.0.get(self.0.len().saturating_sub(1) / 2).map_or(Value::Nothing, |&value| Value::of(value))
    }

    /// The 5 % and 95 % quantiles, by nearest rank.
    pub fn interval(&self) -> Option<[Option<f64>; 2]> {
        let last = self.0.len().checked_sub(1)?;
        let at = |share: f64| self.0[(share * last as f64).round() as usize];
        Some([at(0.05), at(0.95)])
    }

    /// Whether a measurement lies in the interval.
    pub fn covers(&self, measured: f64) -> bool {
        self.interval().is_some_and(|[low, high]| {
            low.is_some_and(|low| low <= measured) && high.is_none_or(|high| measured <= high)
        })
    }
}

/// The relative error of a prediction.
pub fn error(predicted: &Value, expected: &Value) -> Option<f64> {
    match (predicted.number(), expected.number()) {
        (Some(predicted), Some(expected)) if expected != 0.0 => Some(predicted / expected - 1.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_is_later_than_every_time() {
        let sample = Sample::new(vec![None, Some(3.0), Some(1.0), None, Some(2.0)]);
        assert_eq!(sample.median(), Value::Number(3.0));
        assert_eq!(sample.interval(), Some([Some(1.0), None]));
        assert!(sample.covers(100.0) && !sample.covers(0.5));
        assert_eq!(Sample::new(vec![None, None, Some(1.0)]).median(), Value::Never);
        assert_eq!(Sample::new(Vec::new()).median(), Value::Nothing);
    }

    #[test]
    fn the_wider_tolerance_counts() {
        let tolerance = Tolerance { relative: 0.02, absolute: 0.3 };
        assert!(tolerance.allows(1.29, 1.0) && !tolerance.allows(1.31, 1.0));
        assert!(tolerance.allows(102.0, 100.0) && !tolerance.allows(102.1, 100.0));
        assert!(Tolerance::count(0.05, 100.0).allows(130.0, 100.0));
        assert!(!Tolerance::count(0.05, 10_000.0).allows(10_501.0, 10_000.0));
    }

    #[test]
    fn values_are_numbers_words_or_null_in_json() {
        let json = |value| serde_json::to_string(&value).unwrap();
        assert_eq!(json(Value::Number(1.5)), "1.5");
        assert_eq!(json(Value::Never), "\"never\"");
        assert_eq!(json(Value::Nothing), "null");
    }
}
