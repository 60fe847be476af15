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
    /// The same as the shares of their ranges, from 0 to 1, at which they lie.
    pub shares: Vec<Vec<Option<f64>>>,
}

impl Drawn {
    /// `path = value` of one replication, as TOML.
    pub fn edits(&self, replication: usize) -> Vec<(String, String)> {
        let of = |(unknown, share): (&Unknown, &Option<f64>)| {
            let literal = unknown.range.at((*share)?).literal;
            Some(unknown.paths.iter().map(move |path| (path.clone(), literal.clone())).collect::<Vec<_>>())
        };
        self.unknowns.iter().zip(&self.shares[replication]).filter_map(of).flatten().collect()
    }
}

/// Draws `count` settings of the scenario in `text` by a Latin hypercube and reads it with each. Seed, path and count
/// decide a value and nothing else, so variants meet the same settings.
///
/// # Errors
/// Every problem of the file, or those of the first setting whose values do not go together.
pub fn draw(name: &str, text: &str, edits: &Edits, count: usize, seed: u64) -> Result<Drawn, Vec<Problem>> {
    at_points(name, text, edits, |prior| prior.points(count, seed))
}

/// As [`draw`], but settings independent of each other: those with the numbers in `which` of a sequence without end.
///
/// # Errors
/// As [`draw`].
pub fn draw_settings(
    name: &str,
    text: &str,
    edits: &Edits,
    which: &[u32],
    seed: u64,
) -> Result<Drawn, Vec<Problem>> {
    at_points(name, text, edits, |prior| prior.draws(which, seed))
}

fn at_points(
    name: &str,
    text: &str,
    edits: &Edits,
    points: impl Fn(&Prior) -> Vec<Vec<f64>>,
) -> Result<Drawn, Vec<Problem>> {
    let assumed = Prior::assumed(&read(name, text, &Edits { drawn: Vec::new(), ..edits.clone() })?);
    let places = points(&assumed);
    let settings: Vec<_> = places.iter().map(|point| assumed.at(point)).collect();
    let with = |drawn: Vec<(String, String)>| read(name, text, &Edits { drawn, ..edits.clone() });
    let mut scenarios =
        settings.iter().map(|setting| with(setting.edits.clone())).collect::<Result<Vec<_>, _>>()?;
    let decided = |unknown: &Unknown, index: usize| {
        let of = |(scenario, point): (&Scenario, &Vec<f64>)| {
            let held = scenario.assumptions.iter().find(|it| it.path == unknown.name);
            let drawn = unknown.range.at(point[index]).literal;
            held.is_none_or(|held| !held.value.split(", ").any(|value| value == drawn.trim_matches('"')))
        };
        scenarios.iter().zip(&places).any(of)
    };
    let open: Vec<usize> =
        (0..assumed.unknowns.len()).filter(|&index| !decided(&assumed.unknowns[index], index)).collect();
    let mut unknowns: Vec<Unknown> = open.iter().map(|&index| assumed.unknowns[index].clone()).collect();
    let mut amounts: Vec<Vec<Option<f64>>> = settings
        .iter()
        .map(|setting| open.iter().map(|&index| Some(setting.amounts[index])).collect())
        .collect();
    let mut shares: Vec<Vec<Option<f64>>> =
        places.iter().map(|point| open.iter().map(|&index| Some(point[index])).collect()).collect();

    let measured: Vec<Prior> = scenarios.iter().map(Prior::of_presets).collect();
    let all = Prior::all(&measured);
    let points = points(&all);
    for (index, prior) in measured.iter().enumerate().filter(|(_, prior)| !prior.unknowns.is_empty()) {
        let axis = |unknown: &Unknown| all.unknowns.iter().position(|it| it.name == unknown.name);
        let point: Vec<f64> =
            prior.unknowns.iter().filter_map(axis).map(|axis| points[index][axis]).collect();
        scenarios[index] = with([settings[index].edits.clone(), prior.at(&point).edits].concat())?;
    }
    for (((amounts, shares), prior), point) in amounts.iter_mut().zip(&mut shares).zip(&measured).zip(&points)
    {
        let share = |(unknown, &share): (&Unknown, &f64)| {
            prior.unknowns.iter().any(|it| it.name == unknown.name).then_some(share)
        };
        let serving: Vec<Option<f64>> = all.unknowns.iter().zip(point).map(share).collect();
        let amount =
            |(unknown, share): (&Unknown, &Option<f64>)| share.map(|share| unknown.range.at(share).amount);
        amounts.extend(all.unknowns.iter().zip(&serving).map(amount));
        shares.extend(serving);
    }
    unknowns.extend(all.unknowns);
    Ok(Drawn { scenarios, unknowns, amounts, shares })
}
