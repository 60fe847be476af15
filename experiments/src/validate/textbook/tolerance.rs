//! When a prediction agrees with a case, in each of the ways a case can ask.

use super::estimate::{Estimate, LEVEL};
use super::{Case, Prediction, Unreadable};

/// What a case asks of a prediction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    /// The expected value lies in the prediction's 99 % interval, whose half-width is at most this share of it.
    Interval(Option<f64>),
    /// Relative difference at most this.
    Relative(f64),
    /// The expected value is a lower bound: at most one step above it, each end with this relative difference.
    RelativeOrStep(f64),
    /// Absolute difference at most this.
    Absolute(f64),
    /// Absolute difference at most this many steps.
    Steps(f64),
    /// Between these.
    Range(f64, f64),
    /// Not less than the expected value.
    AtLeast,
    /// The same number or the same word.
    Equal,
}

impl Tolerance {
    /// As a case writes it: `ci99 & half-width<=1%`, `rel=0.03 or one last RTO`, `abs=2 per restart`, `eq`.
    pub fn parse(text: &str) -> Result<Tolerance, Unreadable> {
        let unknown = || Unreadable(format!("`{text}` is no tolerance"));
        let number = |rest: &str| {
            let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
            rest[..end].parse::<f64>().map_err(|_| unknown())
        };
        if let Some(rest) = text.strip_prefix("ci99 & half-width<=") {
            Ok(Tolerance::Interval(Some(number(rest)? / 100.0)))
        } else if text.starts_with("ci99") {
            Ok(Tolerance::Interval(None))
        } else if let Some(rest) = text.strip_prefix("rel=") {
            let most = number(rest)?;
            Ok(if rest.contains("or one") {
                Tolerance::RelativeOrStep(most)
            } else {
                Tolerance::Relative(most)
            })
        } else if let Some(rest) = text.strip_prefix("abs=") {
            if rest.starts_with("one ") {
                Ok(Tolerance::Steps(1.0))
            } else if rest.contains(" per ") {
                Ok(Tolerance::Steps(number(rest)?))
            } else {
                Ok(Tolerance::Absolute(number(rest)?))
            }
        } else if let Some(rest) = text.strip_prefix("range=") {
            let (low, high) = rest.split_once("..").ok_or_else(unknown)?;
            Ok(Tolerance::Range(number(low)?, number(high)?))
        } else if text.starts_with("at least") {
            Ok(Tolerance::AtLeast)
        } else if text.starts_with("eq") {
            Ok(Tolerance::Equal)
        } else {
            Err(unknown())
        }
    }

    /// Half-width, as a share of the figure, that leaves the comparison to the model and not to chance.
    pub fn wanted(self, expected: f64) -> f64 {
        match self {
            Tolerance::Interval(Some(most)) => 0.9 * most,
            Tolerance::Interval(None) => 0.002,
            Tolerance::Relative(most) | Tolerance::RelativeOrStep(most) => most / 2.0,
            Tolerance::Absolute(most) if expected != 0.0 => (most / 4.0 / expected.abs()).min(0.05),
            _ => 0.01,
        }
    }

    /// Whether `estimate` agrees with `expected`.
    pub fn allows(self, estimate: &Estimate, expected: f64) -> bool {
        let off = (estimate.value - expected).abs();
        match self {
            Tolerance::Interval(most) => {
                (estimate.low..=estimate.high).contains(&expected) && narrow(estimate, expected, most)
            }
            Tolerance::Relative(most) => off <= most * expected.abs(),
            Tolerance::RelativeOrStep(most) => {
                let latest = (expected + estimate.step) * (1.0 + most);
                (expected * (1.0 - most)..=latest).contains(&estimate.value)
            }
            Tolerance::Absolute(most) => off <= most,
            // A nanosecond is the simulation's resolution.
            Tolerance::Steps(most) => off <= most * estimate.step + 1e-9,
            Tolerance::Range(low, high) => (low..=high).contains(&estimate.value),
            Tolerance::AtLeast => estimate.value >= expected,
            Tolerance::Equal => off <= 1e-9 * expected.abs(),
        }
    }
}

fn narrow(estimate: &Estimate, expected: f64, most: Option<f64>) -> bool {
    most.is_none_or(|most| estimate.half_width() <= most * expected.abs())
}

/// Whether `prediction` agrees with `case`, taken alone.
pub fn holds(case: &Case, prediction: &Prediction) -> bool {
    match (prediction, Tolerance::parse(&case.tolerance)) {
        (Prediction::Word(word), Ok(Tolerance::Equal)) => *word == case.expected,
        (Prediction::Number(estimate), Ok(tolerance)) => {
            case.expected.parse().is_ok_and(|expected| tolerance.allows(estimate, expected))
        }
        _ => false,
    }
}

/// Whether each prediction of a group agrees with its case, taken together. Of a hundred 99 % intervals one misses by
/// chance, so an interval's miss counts only where Holm's step-down procedure rejects it at 1 % over all intervals of
/// the group (Holm, Scand. J. Statist. 6, 1979); their widths count as they are.
pub fn hold_together(group: &[(&Case, &Prediction)]) -> Vec<bool> {
    let mut held: Vec<bool> = group.iter().map(|(case, prediction)| holds(case, prediction)).collect();
    let mut intervals: Vec<(f64, usize, bool)> = Vec::new();
    for (at, (case, prediction)) in group.iter().enumerate() {
        let (Prediction::Number(estimate), Ok(expected)) = (prediction, case.expected.parse::<f64>()) else {
            continue;
        };
        if let Ok(Tolerance::Interval(most)) = Tolerance::parse(&case.tolerance) {
            intervals.push((estimate.p_value(expected), at, narrow(estimate, expected, most)));
        }
    }
    intervals.sort_by(|a, b| a.0.total_cmp(&b.0));
    let family = intervals.len();
    let mut rejecting = true;
    for (rank, &(p, at, narrow)) in intervals.iter().enumerate() {
        rejecting &= p <= (1.0 - LEVEL) / (family - rank) as f64;
        held[at] = narrow && !rejecting;
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: f64, low: f64, high: f64) -> Estimate {
        Estimate { value, low, high, freedom: 31, step: 0.0 }
    }

    fn case(expected: &str, tolerance: &str) -> Case {
        Case {
            id: "O-mm1-01".into(),
            source: String::new(),
            model: String::new(),
            parameters: String::new(),
            quantity: String::new(),
            expected: expected.into(),
            unit: "1".into(),
            tolerance: tolerance.into(),
            kind: super::super::Kind::Exact,
        }
    }

    #[test]
    fn each_tolerance_has_two_sides() {
        for (tolerance, expected, good, bad) in [
            ("ci99 & half-width<=1%", 1.0, number(1.005, 0.996, 1.014), number(1.005, 0.99, 1.02)),
            ("ci99 & half-width<=1%", 1.0, number(1.005, 0.996, 1.014), number(1.02, 1.011, 1.029)),
            ("ci99", 1.0, number(1.1, 0.9, 1.3), number(1.1, 1.05, 1.15)),
            ("rel=0.05 (their chain)", 2.0, Estimate::exact(2.09), Estimate::exact(1.89)),
            ("abs=15 (of about 2500 arrivals)", 0.0, Estimate::exact(15.0), Estimate::exact(16.0)),
            (
                "abs=2 per restart",
                70.0,
                Estimate::exact(78.0).with_step(4.0),
                Estimate::exact(79.0).with_step(4.0),
            ),
            (
                "abs=one call interval",
                0.25,
                Estimate::exact(0.245).with_step(0.005),
                Estimate::exact(0.24).with_step(0.005),
            ),
            (
                "rel=0.03 or one last RTO",
                12.6,
                Estimate::exact(25.3).with_step(12.8),
                Estimate::exact(27.0).with_step(12.8),
            ),
            ("range=780..1100", 900.0, Estimate::exact(938.0), Estimate::exact(1101.0)),
            ("at least", 780.0, Estimate::exact(780.0), Estimate::exact(779.0)),
            ("eq", 64.0, Estimate::exact(64.0), Estimate::exact(63.0)),
        ] {
            let tolerance = Tolerance::parse(tolerance).unwrap();
            assert!(tolerance.allows(&good, expected), "{tolerance:?}");
            assert!(!tolerance.allows(&bad, expected), "{tolerance:?}");
        }
        assert!(Tolerance::parse("more or less").is_err());
        let word = case("metastable", "eq");
        assert!(
            holds(&word, &Prediction::Word("metastable")) && !holds(&word, &Prediction::Word("recovers"))
        );
    }

    /// With 31 degrees of freedom, an estimate 1.05 half-widths away has p = 0.7 %: alone a miss, in a group of two
    /// still possible by chance. Two half-widths away is no chance in any group.
    #[test]
    fn a_family_of_intervals_forgives_chance_and_nothing_else() {
        let near = Prediction::Number(number(1.0095, 1.0005, 1.0185));
        let far = Prediction::Number(number(1.02, 1.011, 1.029));
        let sure = Prediction::Number(number(1.0, 0.991, 1.009));
        let wide = Prediction::Number(number(1.0, 0.95, 1.05));
        let row = case("1.0", "ci99 & half-width<=1%");
        assert!(!holds(&row, &near));
        let group = [(&row, &near), (&row, &far), (&row, &sure), (&row, &wide)];
        assert_eq!(hold_together(&group), [true, false, true, false]);
        assert_eq!(hold_together(&group[..1]), [false], "alone, a family of one forgives nothing");
    }
}
