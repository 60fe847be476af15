//! Properties of components, each from its own measurement: `cases/calibration.toml` says which.

use std::collections::BTreeMap;

const TEXT: &str = include_str!("../../cases/calibration.toml");

/// The values, as a scenario writes them.
pub struct Calibration(BTreeMap<String, BTreeMap<String, String>>);

impl Calibration {
    /// Those that come with the program.
    pub fn shipped() -> Calibration {
        Calibration(toml::from_str(TEXT).expect("the shipped calibration is TOML"))
    }

    /// The value of `key` in `[section]`.
    pub fn of(&self, section: &str, key: &str) -> &str {
        &self.0[section][key]
    }

    /// The value of `key` in `[section]`, written as plain bytes: `"1650B"`.
    pub fn bytes(&self, section: &str, key: &str) -> f64 {
        let bytes = self.of(section, key).strip_suffix('B').and_then(|number| number.parse().ok());
        bytes.expect("the shipped calibration holds plain bytes there")
    }
}
