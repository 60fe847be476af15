//! A scenario with every unknown drawn, once for each replication.

use super::{Edits, Prior, Problem, Scenario, Unknown, read};

/// Scenarios that differ in what is not known.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// One for each replication.
    pub scenarios: Vec<Scenario>,
    /// What was drawn: of `[assume]` what no variant and no `--set` decides, and of the presets that serve anywhere.
    pub unknowns: Vec<Unknown>,
    /// Of each replication the value of each unknown, in its unit; absent of a preset that does not serve there.
    pub amounts: Vec<Vec<Option<f64>>>,
}

/// Draws `count` settings of the scenario in `text` by a Latin hypercube and reads it with each. Seed, path and count
/// decide a value and nothing else, so variants meet the same settings.
///
/// # Errors
/// Every problem of the file, or those of the first setting whose values do not go together.
pub fn draw(name: &str, text: &str, edits: &Edits, count: usize, seed: u64) -> Result<Drawn, Vec<Problem>> {
    let assumed = Prior::assumed(&read(name, text, &Edits { drawn: Vec::new(), ..edits.clone() })?);
    let settings: Vec<_> = assumed.points(count, seed).iter().map(|point| assumed.at(point)).collect();
    let with = |drawn: Vec<(String, String)>| read(name, text, &Edits { drawn, ..edits.clone() });
    let mut scenarios =
        settings.iter().map(|setting| with(setting.edits.clone())).collect::<Result<Vec<_>, _>>()?;
    let decided = |unknown: &Unknown, index: usize| {
        let of = |(scenario, point): (&Scenario, &Vec<f64>)| {
            let held = scenario.assumptions.iter().find(|it| it.path == unknown.name);
            let drawn = unknown.range.at(point[index]).literal;
            held.is_none_or(|held| !held.value.split(", ").any(|value| value == drawn.trim_matches('"')))
        };
        scenarios.iter().zip(&assumed.points(count, seed)).any(of)
    };
    let open: Vec<usize> =
        (0..assumed.unknowns.len()).filter(|&index| !decided(&assumed.unknowns[index], index)).collect();
    let mut unknowns: Vec<Unknown> = open.iter().map(|&index| assumed.unknowns[index].clone()).collect();
    let mut amounts: Vec<Vec<Option<f64>>> = settings
        .iter()
        .map(|setting| open.iter().map(|&index| Some(setting.amounts[index])).collect())
        .collect();

    let measured: Vec<Prior> = scenarios.iter().map(Prior::of_presets).collect();
    let all = Prior::all(&measured);
    let points = all.points(count, seed);
    for (index, prior) in measured.iter().enumerate().filter(|(_, prior)| !prior.unknowns.is_empty()) {
        let axis = |unknown: &Unknown| all.unknowns.iter().position(|it| it.name == unknown.name);
        let point: Vec<f64> =
            prior.unknowns.iter().filter_map(axis).map(|axis| points[index][axis]).collect();
        scenarios[index] = with([settings[index].edits.clone(), prior.at(&point).edits].concat())?;
    }
    for ((amounts, prior), point) in amounts.iter_mut().zip(&measured).zip(&points) {
        let amount = |(unknown, &share): (&Unknown, &f64)| {
            prior.unknowns.iter().any(|it| it.name == unknown.name).then(|| unknown.range.at(share).amount)
        };
        amounts.extend(all.unknowns.iter().zip(point).map(amount));
    }
    unknowns.extend(all.unknowns);
    Ok(Drawn { scenarios, unknowns, amounts })
}
