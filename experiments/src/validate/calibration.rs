//! Properties of components, each from its own measurement: `cases/calibration.toml` says which.

use std::collections::BTreeMap;

use halfopen_models::scenario::Range;
use halfopen_models::statistics::latin_column;
use halfopen_sim::chance::Streams;
use serde::Deserialize;

const TEXT: &str = include_str!("../../cases/calibration.toml");

/// The values, as a scenario writes them.
#[derive(Clone)]
pub struct Calibration(BTreeMap<String, BTreeMap<String, Calibrated>>);

/// One of them.
#[derive(Clone, Deserialize)]
#[serde(from = "Written")]
struct Calibrated {
    value: String,
    /// The spread of its measurement, where there was more than one.
    range: Option<[String; 2]>,
}

/// The same in the file.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Value(String),
    Spread { value: String, range: [String; 2] },
}

impl From<Written> for Calibrated {
    fn from(written: Written) -> Calibrated {
        match written {
            Written::Value(value) => Calibrated { value, range: None },
            Written::Spread { value, range } => Calibrated { value, range: Some(range) },
        }
    }
}

impl Calibration {
    /// Those that come with the program.
    pub fn shipped() -> Calibration {
        Calibration(toml::from_str(TEXT).expect("the shipped calibration is TOML"))
    }

    /// The value of `key` in `[section]`.
    pub fn of(&self, section: &str, key: &str) -> &str {
        &self.0[section][key].value
    }

    /// The value of `key` in `[section]`, written as plain bytes: `"1650B"`.
    pub fn bytes(&self, section: &str, key: &str) -> f64 {
        let bytes = self.of(section, key).strip_suffix('B').and_then(|number| number.parse().ok());
        bytes.expect("the shipped calibration holds plain bytes there")
    }

    /// As many calibrations, with values from each range by a Latin hypercube; every case meets the same ones.
    pub fn drawn(&self, count: usize, seed: u64) -> Vec<Calibration> {
        let mut all = vec![self.clone(); count];
        for (section, values) in &self.0 {
            for (key, Calibrated { range, .. }) in values {
                let Some([low, high]) = range else { continue };
                let range = Range::between(low, high).expect("two ends of the shipped calibration");
                let name = format!("calibration.{section}.{key}");
                let shares = latin_column(count, &mut Streams::new(seed).stream("assume", &name));
                for (calibration, share) in all.iter_mut().zip(shares) {
                    let value = range.at(share).literal.trim_matches('"').to_owned();
                    calibration.0.get_mut(section).and_then(|it| it.get_mut(key)).expect("a copy").value =
                        value;
                }
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_their_values_and_draws_stay_within() {
        let shipped = Calibration::shipped();
        let amount = |text: &str| match Range::between(text, text) {
            Some(Range::Between { low, .. }) => low.amount,
            _ => panic!("{text} is no quantity"),
        };
        for (section, values) in &shipped.0 {
            for (key, Calibrated { value, range }) in values {
                let Some([low, high]) = range.as_ref().map(|ends| ends.each_ref().map(|end| amount(end)))
                else {
                    continue;
                };
                assert!((low..=high).contains(&amount(value)), "{section}.{key}");
                let drawn: Vec<f64> =
                    shipped.drawn(20, 1).iter().map(|it| amount(it.of(section, key))).collect();
                assert!(drawn.iter().all(|it| (low..=high).contains(it)), "{section}.{key}: {drawn:?}");
                assert!(drawn.iter().any(|it| (it - drawn[0]).abs() > 0.0), "{section}.{key}");
            }
        }
    }
}
