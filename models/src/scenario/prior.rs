//! Everything in a scenario that is not known, as one space of settings.
//!
//! Unknown is what `[assume]` gives a range, and what a client's preset gives one: a value that was measured, with the
//! spread of its measurements. A setting is one value for each; it becomes [`Edits::drawn`](super::Edits), so a drawn
//! scenario takes the same road as any other, and variants under one seed meet the same settings.
//!
//! What may serve a preset is known only when the scenario is: where `[assume]` chooses between clients, ask each drawn
//! scenario for its [`Prior::of_presets`].

use halfopen_sim::chance::Streams;

use super::{Assumption, Range, Scenario};
use crate::client::presets::PRESETS;
use crate::statistics::latin_column;

/// Something that is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct Unknown {
    /// The path in `[assume]`, or `ioredis-5.bytes_per_call` of a preset; its stream of random numbers has this name.
    pub name: String,
    /// Where it is written in a scenario.
    pub paths: Vec<String>,
    /// As it stands in the file or the preset.
    pub value: String,
    /// What it may be.
    pub range: Range,
    /// Why this range, or its source.
    pub why: String,
    /// Whether a measurement has this spread; else it is an assumption.
    pub measured: bool,
}

/// A space of settings; an axis for each unknown, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prior {
    /// What is not known; everything here has more than one possible value.
    pub unknowns: Vec<Unknown>,
}

/// One value for each unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Setting {
    /// `path = value`, as TOML.
    pub edits: Vec<(String, String)>,
    /// In their units, one for each unknown.
    pub amounts: Vec<f64>,
}

impl Prior {
    /// What `[assume]` says.
    pub fn assumed(scenario: &Scenario) -> Prior {
        let unknown = |Assumption { path, value, range, why }: &Assumption| Unknown {
            name: path.clone(),
            paths: vec![path.clone()],
            value: value.clone(),
            range: range.clone(),
            why: why.clone(),
            measured: false,
        };
        Prior::with(scenario.assumptions.iter().map(unknown))
    }

    /// What the presets of the scenario's clients say of values that the scenario leaves as they are in the preset.
    pub fn of_presets(scenario: &Scenario) -> Prior {
        let mut unknowns: Vec<Unknown> = Vec::new();
        for service in &scenario.services {
            let Some(preset) = PRESETS.iter().find(|preset| preset.name == service.client.preset) else {
                continue;
            };
            for Assumption { path: option, value, range, why } in preset.ranges() {
                if !preset.gives(option, &service.client) {
                    continue;
                }
                let name = format!("{}.{option}", preset.name);
                let path = format!("service.{}.client.{option}", service.name);
                if let Some(unknown) = unknowns.iter_mut().find(|unknown| unknown.name == name) {
                    unknown.paths.push(path);
                } else {
                    let (value, range, why) = (value.clone(), range.clone(), why.clone());
                    unknowns.push(Unknown { name, paths: vec![path], value, range, why, measured: true });
                }
            }
        }
        Prior::with(unknowns)
    }

    /// What any of these says, by name.
    pub(super) fn all(priors: &[Prior]) -> Prior {
        let mut all = Prior::default();
        for unknown in priors.iter().flat_map(|prior| &prior.unknowns) {
            if !all.unknowns.iter().any(|known| known.name == unknown.name) {
                all.unknowns.push(unknown.clone());
            }
        }
        all
    }

    fn with(unknowns: impl IntoIterator<Item = Unknown>) -> Prior {
        Prior { unknowns: unknowns.into_iter().filter(|unknown| !unknown.range.is_fixed()).collect() }
    }

    /// The setting at a point of the unit cube.
    ///
    /// # Panics
    /// When the point has another number of coordinates than there are unknowns.
    pub fn at(&self, point: &[f64]) -> Setting {
        assert_eq!(point.len(), self.unknowns.len(), "a coordinate for each unknown");
        let mut setting = Setting::default();
        for (unknown, &share) in self.unknowns.iter().zip(point) {
            let pick = unknown.range.at(share);
            setting.amounts.push(pick.amount);
            setting.edits.extend(unknown.paths.iter().map(|path| (path.clone(), pick.literal.clone())));
        }
        setting
    }

    /// The points of a Latin hypercube: each axis has one in each of `count` equal strata, whatever the others do. An axis
    /// draws from the stream (`seed`, `assume`, its name), so another unknown more moves none of the others.
    pub fn points(&self, count: usize, seed: u64) -> Vec<Vec<f64>> {
        let column =
            |unknown: &Unknown| latin_column(count, &mut Streams::new(seed).stream("assume", &unknown.name));
        let axes: Vec<Vec<f64>> = self.unknowns.iter().map(column).collect();
        (0..count).map(|index| axes.iter().map(|axis| axis[index]).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(name: &str, range: Range) -> Unknown {
        Unknown {
            name: name.into(),
            paths: vec![name.into()],
            value: String::new(),
            range,
            why: String::new(),
            measured: false,
        }
    }

    fn prior(names: &[&str]) -> Prior {
        let range = Range::between("1s", "3s").unwrap();
        Prior::with(names.iter().map(|name| unknown(name, range.clone())))
    }

    #[test]
    fn each_axis_is_stratified_and_none_moves_another() {
        let two = prior(&["a", "b"]).points(50, 7);
        let three = prior(&["a", "x", "b"]).points(50, 7);
        for (two, three) in two.iter().zip(&three) {
            assert_eq!([two[0], two[1]].map(f64::to_bits), [three[0], three[2]].map(f64::to_bits));
        }
        for axis in 0..3 {
            let mut strata: Vec<usize> = three.iter().map(|point| (point[axis] * 50.0) as usize).collect();
            assert!(!strata.is_sorted());
            strata.sort_unstable();
            assert_eq!(strata, (0..50).collect::<Vec<_>>());
        }
        assert_ne!(two, prior(&["a", "b"]).points(50, 8), "another seed, other settings");
    }

    #[test]
    fn what_has_one_value_is_not_unknown() {
        let fixed = Range::between("2s", "2s").unwrap();
        let all = [unknown("a", fixed), unknown("b", Range::between("1s", "3s").unwrap())];
        let prior = Prior::with(all);
        assert_eq!(prior.unknowns.len(), 1);
        let setting = prior.at(&[0.5]);
        assert_eq!(setting.edits, [("b".to_owned(), "\"2000ms\"".to_owned())]);
        assert!((setting.amounts[0] - 2e9).abs() < 1.0);
    }
}
