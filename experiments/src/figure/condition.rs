//! A question about a figure: `services.api.crashes.mean == 0`, `availability >= 99.9%`.

use std::fmt;

use halfopen_models::scenario::{Dimension, Quantity, Scenario};
use halfopen_models::summary::Figure;

use super::{Counts, Misnamed, Name};

/// A figure compared with a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The figure.
    pub name: Name,
    /// How it is compared.
    pub relation: Relation,
    /// With what, in the figure's own unit.
    pub value: f64,
    text: String,
}

/// How a figure is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Relation {
    AtMost,
    AtLeast,
    Below,
    Above,
    Equal,
    Unequal,
}

/// Two signs before one, so that `<=` is not read as `<`.
const SIGNS: &[(&str, Relation)] = &[
    ("<=", Relation::AtMost),
    (">=", Relation::AtLeast),
    ("==", Relation::Equal),
    ("!=", Relation::Unequal),
    ("<", Relation::Below),
    (">", Relation::Above),
];

impl Condition {
    /// Reads `FIGURE SIGN VALUE`.
    ///
    /// # Errors
    /// When there is no such figure, no sign, or the value is not of the figure's kind.
    pub fn parse(text: &str, scenario: &Scenario) -> Result<Condition, Misnamed> {
        let text = text.trim();
        let found = SIGNS.iter().find_map(|&(sign, relation)| Some((text.split_once(sign)?, sign, relation)));
        let Some(((figure, value), sign, relation)) = found else {
            return Err(Misnamed {
                wrong: format!("`{text}` compares nothing"),
                right:
                    "write FIGURE SIGN VALUE, for instance \"crashes == 0\" or \"availability >= 99.9%\"; \
                        signs: <=, >=, ==, !=, <, >"
                        .into(),
            });
        };
        let name = Name::parse(figure, scenario)?;
        let value = read(value.trim(), name.counts()).map_err(|right| Misnamed {
            wrong: format!("`{text}`: `{}` is no value of {}", value.trim(), name.short()),
            right,
        })?;
        Ok(Condition {
            text: format!("{} {sign} {}", name, written(value, name.counts())),
            name,
            relation,
            value,
        })
    }

    /// Whether it holds of the figure; nothing where the figure leaves the number out. Half of the replications, or
    /// more, in which something never happens are later than every time.
    pub fn holds(&self, figure: &Figure) -> Option<bool> {
        let never = self.name.is_quantile() && figure.censored > 0;
        let number = self.name.number(figure).or(never.then_some(f64::INFINITY));
        number.map(|value| self.holds_of(value))
    }

    /// Whether it holds of a number.
    #[allow(clippy::float_cmp)] // `crashes == 0` means none at all.
    pub fn holds_of(&self, value: f64) -> bool {
        match self.relation {
            Relation::AtMost => value <= self.value,
            Relation::AtLeast => value >= self.value,
            Relation::Below => value < self.value,
            Relation::Above => value > self.value,
            Relation::Equal => value == self.value,
            Relation::Unequal => value != self.value,
        }
    }
}

/// In full: `system.availability.mean >= 99.9%`.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// A value in the figure's own unit: with a unit that fits it, or a plain number that is in it already.
fn read(text: &str, counts: Counts) -> Result<f64, String> {
    let quantity = Quantity::parse(text);
    let right = match counts {
        Counts::Seconds => "a duration (\"30s\") or a number of seconds",
        Counts::Millis => "a duration (\"250ms\") or a number of milliseconds",
        Counts::Bytes => "a size (\"512MiB\") or a number of bytes",
        Counts::Share => "a share (\"99.9%\") or a number from 0 to 1",
        Counts::Things => "a number",
    };
    let value = quantity.and_then(|Quantity { value, dimension }| match (dimension, counts) {
        (Dimension::Whole | Dimension::Plain, _) => Some(value),
        (Dimension::Time, Counts::Seconds)
        | (Dimension::Size, Counts::Bytes)
        | (Dimension::Share, Counts::Share) => Some(value),
        (Dimension::Time, Counts::Millis) => Some(value * 1e3),
        _ => None,
    });
    value
        .filter(|value| counts != Counts::Share || (0.0..=1.0).contains(value))
        .ok_or_else(|| format!("write {right}"))
}

fn written(value: f64, counts: Counts) -> String {
    let dimension = match counts {
        Counts::Seconds => Dimension::Time,
        Counts::Millis => return Quantity { value: value / 1e3, dimension: Dimension::Time }.to_string(),
        Counts::Bytes => Dimension::Size,
        Counts::Share => Dimension::Share,
        Counts::Things => return value.to_string(),
    };
    Quantity { value, dimension }.to_string()
}

#[cfg(test)]
mod tests {
    use halfopen_models::statistics::Lifetime;

    use super::super::tests::small;
    use super::*;

    #[test]
    fn conditions_are_read_with_the_units_of_their_figure() {
        let scenario = small();
        let rows = [
            ("services.web.crashes.mean == 0", "services.web.crashes.mean == 0", 0.0),
            ("availability>=99.9%", "system.availability.mean >= 99.9%", 0.999),
            ("web.time_to_crash_s > 2m", "services.web.time_to_crash_s.median > 2m", 120.0),
            ("latency_ms.p99 < 0.25s", "system.latency_ms.p99.mean < 250ms", 250.0),
            ("peak_memory_bytes <= 512MiB", "system.peak_memory_bytes.mean <= 512MiB", 536_870_912.0),
            ("time_to_crash_s.censored >= 3", "system.time_to_crash_s.censored >= 3", 3.0),
        ];
        for (text, whole, value) in rows {
            let condition = Condition::parse(text, &scenario).unwrap();
            assert_eq!((condition.to_string().as_str(), condition.value), (whole, value));
        }
    }

    #[test]
    fn each_sign_means_what_it_says() {
        let scenario = small();
        for (sign, expected) in [
            ("<=", [true, true, false]),
            (">=", [false, true, true]),
            ("==", [false, true, false]),
            ("!=", [true, false, true]),
            ("<", [true, false, false]),
            (">", [false, false, true]),
        ] {
            let condition = Condition::parse(&format!("crashes {sign} 2"), &scenario).unwrap();
            assert_eq!([1.0, 2.0, 3.0].map(|value| condition.holds_of(value)), expected, "{sign}");
        }
    }

    #[test]
    fn what_never_happens_is_later_than_every_time() {
        let scenario = small();
        let holds = |text: &str, lifetimes: &[Lifetime]| {
            Condition::parse(text, &scenario).unwrap().holds(&Figure::of_times(lifetimes))
        };
        let never = [Lifetime::Censored(100.0); 4];
        assert_eq!(holds("time_to_crash_s > 1h", &never), Some(true));
        assert_eq!(holds("time_to_crash_s <= 1h", &never), Some(false));
        assert_eq!(holds("time_to_crash_s.mean > 1h", &never), None, "a mean over survivors would lie");
        assert_eq!(holds("time_to_crash_s > 1h", &[]), None);
        assert_eq!(holds("time_to_crash_s < 2m", &[Lifetime::Ended(60.0); 4]), Some(true));
    }

    #[test]
    fn what_is_no_condition_is_told() {
        let scenario = small();
        let rows = [
            ("crashes", "compares nothing", "FIGURE SIGN VALUE"),
            ("crashes = 0", "compares nothing", "=="),
            ("crash == 0", "no figure is named `crash`", "did you mean"),
            ("availability >= 99.9", "`99.9` is no value of availability", "a share"),
            ("crashes < 2s", "`2s` is no value", "a number"),
            ("time_to_crash_s > 5MiB", "`5MiB` is no value", "a duration"),
        ];
        for (text, wrong, right) in rows {
            let Err(found) = Condition::parse(text, &scenario) else { panic!("{text} is no condition") };
            assert!(found.wrong.contains(wrong) && found.right.contains(right), "{text}: {found:?}");
        }
    }
}
