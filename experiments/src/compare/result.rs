//! The files of a comparison.

use halfopen_models::statistics::Lifetime;
use halfopen_models::summary::{Figure, Replication};
use halfopen_sim::digest::Digest;
use serde_json::{Map, Value, json};

use super::difference::Difference;
use super::{Comparison, Panel, Side, ranking, table};
use crate::export::{self, Folder, optional};
use crate::failure::Failure;
use crate::plot::{Picture, survival};
use crate::report::{Section, markdown};

/// Writes every file into `folder`.
///
/// # Errors
/// When one cannot be written.
pub fn write(comparison: &Comparison, sections: &[Section], folder: &Folder) -> Result<(), Failure> {
    folder.write("manifest.json", manifest(comparison).as_bytes())?;
    folder.write("compare.json", json(comparison).as_bytes())?;
    folder.write("compare.csv", &rows(comparison))?;
    let picture = picture(comparison);
    if let Some(Picture { svg, png, .. }) = &picture {
        folder.write("survival.svg", svg.as_bytes())?;
        folder.write("survival.png", png)?;
    }
    let pictures: &[&str] = if picture.is_some() { &["survival.svg"] } else { &[] };
    let text = markdown::write(&table::title(comparison), sections, pictures);
    folder.write("summary.md", text.as_bytes())
}

fn manifest(comparison: &Comparison) -> String {
    let Comparison { base, scenario, source, sides, seed, .. } = comparison;
    let set = base.set.iter().map(|(path, value)| format!("{path}={value}"));
    pretty(&json!({
        "format": 1,
        "tool": "halfopen",
        "version": env!("CARGO_PKG_VERSION"),
        "scenario": scenario.name,
        "variant": base.variant,
        "set": set.collect::<Vec<_>>(),
        "variants": comparison.variants().iter().map(|side| &side.name).collect::<Vec<_>>(),
        "seed": seed,
        "replications": sides[0].incident.len(),
        "text": source.text,
    }))
}

/// `compare.json`.
pub fn json(comparison: &Comparison) -> String {
    let Comparison { base, scenario, sides, seed, incident, calm, .. } = comparison;
    let ranked = ranking::ranking(comparison).into_iter();
    let ranking = ranked.map(|(side, sentence)| json!({ "variant": sides[side].name, "sentence": sentence }));
    let sides = sides.iter().enumerate().map(|(at, side)| {
        let (crashed, all) = ranking::instances(&side.incident);
        json!({
            "name": side.name,
            "digest": digest(&side.incident),
            "instances": { "crashed": crashed, "all": all },
            "incident": panel(incident, at, &side.incident),
            "calm": calm.as_ref().map(|calm| panel(calm, at, &side.calm)),
        })
    });
    pretty(&json!({
        "format": 1,
        "scenario": scenario.name,
        "variant": base.variant,
        "seed": seed,
        "replications": comparison.sides[0].incident.len(),
        "sides": sides.collect::<Vec<_>>(),
        "ranking": ranking.collect::<Vec<_>>(),
        "best": ranking::surely(comparison),
    }))
}

/// The figures of one side, each with its difference from the first.
fn panel(panel: &Panel, side: usize, replications: &[Replication]) -> Value {
    let figure = |(at, name): (usize, &crate::figure::Name)| {
        let figure = serde_json::to_value(table::figure(name, replications)).expect("plain fields");
        let difference = side.checked_sub(1).and_then(|variant| panel.differences[at][variant]);
        let difference = difference
            .map(|Difference { value, interval, p }| json!({ "mean": value, "interval": interval, "p": p }));
        (stem(name), json!({ "figure": figure, "difference": difference }))
    };
    Value::Object(panel.names.iter().enumerate().map(figure).collect::<Map<_, _>>())
}

/// `system.crashes`: the figure's path without the statistic, of which there are several here.
fn stem(name: &crate::figure::Name) -> String {
    let text = name.to_string();
    text.rsplit_once('.').map_or(text.clone(), |(stem, _)| stem.to_owned())
}

fn digest(replications: &[Replication]) -> String {
    let mut digest = Digest::new();
    for replication in replications {
        digest.mix(replication.digest);
    }
    format!("{:016x}", digest.value())
}

/// `compare.csv`: a row for each side, situation and figure.
fn rows(comparison: &Comparison) -> Vec<u8> {
    let header = [
        "variant",
        "situation",
        "figure",
        "estimate",
        "low",
        "high",
        "n",
        "censored",
        "difference",
        "difference_low",
        "difference_high",
        "p",
    ];
    export::csv(&header, |to| {
        for (at, side) in comparison.sides.iter().enumerate() {
            for row in figures("incident", at, side, &comparison.incident, &side.incident) {
                to(row);
            }
            let calm = comparison.calm.iter();
            calm.flat_map(|calm| figures("calm", at, side, calm, &side.calm)).for_each(&mut *to);
        }
    })
}

fn figures(
    situation: &str,
    at: usize,
    side: &Side,
    panel: &Panel,
    replications: &[Replication],
) -> Vec<export::Row> {
    let row = |(index, name): (usize, &crate::figure::Name)| {
        let figure: Figure = table::figure(name, replications);
        let [low, high] = name.interval(&figure);
        let mut row = vec![side.name.clone(), situation.to_owned(), name.to_string()];
        row.extend([name.number(&figure), low, high].map(optional));
        row.extend([figure.n.to_string(), figure.censored.to_string()]);
        let difference = at.checked_sub(1).and_then(|variant| panel.differences[index][variant]);
        let interval = difference.and_then(|it| it.interval);
        let ends = [interval.map(|it| it[0]), interval.map(|it| it[1])];
        row.push(optional(difference.map(|it| it.value)));
        row.extend(ends.map(optional));
        row.push(optional(difference.and_then(|it| it.p)));
        row
    };
    panel.names.iter().enumerate().map(row).collect()
}

/// The survival of instances, of the services in which any crashes; nothing where none does.
fn picture(comparison: &Comparison) -> Option<Picture> {
    let Comparison { scenario, sides, .. } = comparison;
    let ended = |it: &Lifetime| matches!(it, Lifetime::Ended(_));
    let crashes = |service: usize| {
        sides
            .iter()
            .any(|side| side.incident.iter().any(|it| it.services[service].instances.iter().any(ended)))
    };
    let services: Vec<usize> = (0..scenario.services.len()).filter(|&it| crashes(it)).collect();
    let first = sides[0].incident.first()?;
    let end = scenario.horizon.as_secs_f64() - first.fault_at_s?;
    if services.is_empty() {
        return None;
    }
    let lifetimes = |side: &Side| {
        let of = |it: &Replication| {
            services.iter().flat_map(|&at| it.services[at].instances.clone()).collect::<Vec<Lifetime>>()
        };
        side.incident.iter().flat_map(of).collect()
    };
    let curves: Vec<(&str, Vec<Lifetime>)> =
        sides.iter().map(|side| (side.name.as_str(), lifetimes(side))).collect();
    let names: Vec<&str> = services.iter().map(|&at| scenario.services[at].name.as_str()).collect();
    let title = format!("{}: instances of {} that have not crashed", scenario.name, names.join(", "));
    Some(survival::of_variants(&title, &curves, end))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("plain fields") + "\n"
}
