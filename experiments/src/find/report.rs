//! What was found, for a person and as files.

use std::fmt::Write as _;

use halfopen_models::scenario::Quantity;
use halfopen_models::statistics::{LEVEL, clopper_pearson};
use serde_json::{Value, json};

use super::judge::Judged;
use super::search::{Answer, Tried};
use super::{Found, Ground};
use crate::args::Question;
use crate::export::{self, Folder, optional};
use crate::failure::Failure;
use crate::report::{Section, Table, markdown};

/// The heading.
pub fn title(ground: &Ground<'_>) -> String {
    let variant = ground.scenario.variant.as_ref().map_or(String::new(), |name| format!(", variant {name}"));
    let (reps, seed) = (ground.sampling.reps, ground.sampling.seed);
    let set: Vec<String> = ground.base.set.iter().map(|(path, value)| format!(", {path}={value}")).collect();
    let set = set.concat();
    format!(
        "A threshold of {}{variant}{set}: at most {reps} replications a point from seed {seed}",
        ground.scenario.name
    )
}

/// The answer, then what was tried.
pub fn sections(found: &[Found], question: Option<Question>) -> Vec<Section> {
    let remark = conclusion(found, question);
    // What the answer is made of, and what it does not know.
    let mut rows: Vec<Vec<String>> = Vec::new();
    if question.is_some() {
        rows.extend(found.iter().map(|it| vec![sentence(it)]));
    }
    if question == Some(Question::SafeTimeout) {
        let slowest = "This knows the commands that the scenario describes: where a legal one is slower (a scan, a \
                       large script), the lower end is at least as long as that.";
        rows.push(vec![slowest.into()]);
    }
    let table = Table { rows, ..Table::default() };
    let mut sections = vec![Section { title: "Answer".into(), remark, table }];
    sections.extend(found.iter().map(section));
    sections
}

/// What the searches come to together.
fn conclusion(found: &[Found], question: Option<Question>) -> String {
    match (question, found) {
        (Some(Question::SafeTimeout), [shortest, longest]) => match (shortest.holding(), longest.holding()) {
            (Some([low, _]), Some([_, high])) if low.value <= high.value => {
                let middle = low.by_ratio_toward(high, 0.5).map_or(low, Quantity::rounded);
                format!("any from {low} to {high} is safe; {middle} is as far from both ends")
            }
            (Some(_), Some(_)) => "none is safe: what prevents every crash fails calls in calm".into(),
            _ => "none is safe in this range".into(),
        },
        (Some(Question::LoadLimit), [limit]) => match (&limit.answer, limit.holding()) {
            (Answer::Between(_), Some([_, high])) if high.value >= 1.0 => {
                format!("the load may grow to {:.2} times what it is", high.value)
            }
            (Answer::Between(_), Some([_, high])) => {
                format!(
                    "over the limit: this scenario recovers by itself at {:.2} times its load",
                    high.value
                )
            }
            _ => "no limit was found in this range".into(),
        },
        _ => found.iter().map(sentence).collect::<Vec<_>>().join("; "),
    }
}

impl Found {
    /// From where to where it holds, if it does, and in one piece.
    fn holding(&self) -> Option<[Quantity; 2]> {
        let holding = |it: &&Tried<Judged>| it.holds;
        match self.answer {
            Answer::Nowhere | Answer::Changing(_) => None,
            Answer::Everywhere | Answer::Between(_) => {
                let first = self.tried.iter().find(holding)?.at;
                Some([first, self.tried.iter().rev().find(holding)?.at])
            }
        }
    }
}

fn sentence(found: &Found) -> String {
    let Found { asks, tried, answer, calm, .. } = found;
    let calm = if *calm { " (without the fault)" } else { "" };
    let (first, last) = (tried[0].at, tried[tried.len() - 1].at);
    match answer {
        Answer::Everywhere => format!(
            "`{asks}`{calm} holds everywhere from {first} to {last}: the threshold, if there is one, lies outside"
        ),
        Answer::Nowhere => format!("`{asks}`{calm} holds nowhere from {first} to {last}"),
        Answer::Changing(edges) => {
            let edge = |&at: &usize| format!("between {} and {}", tried[at].at, tried[at + 1].at);
            let edges = edges.iter().map(edge).collect::<Vec<_>>().join(", ");
            format!(
                "there is no one threshold: `{asks}`{calm} changes {edges}; ask for each with a narrower --between"
            )
        }
        Answer::Between(at) => between(found, *at, calm),
    }
}

fn between(found: &Found, at: usize, calm: &str) -> String {
    let Found { asks, tried, .. } = found;
    let (low, high) = (&tried[at], &tried[at + 1]);
    let mut told = if low.holds {
        format!("`{asks}`{calm} holds up to {}, and no longer at {}", low.at, high.at)
    } else {
        format!("`{asks}`{calm} holds from {} on, and not yet at {}", high.at, low.at)
    };
    // The threshold's own interval: chance may have decided what lies between two sure verdicts.
    let sure_low = tried[..=at].iter().rev().find(|it| it.seen.sure);
    let sure_high = tried[at + 1..].iter().find(|it| it.seen.sure);
    if !(low.seen.sure && high.seen.sure) {
        let end = |it: Option<&Tried<Judged>>| it.map_or("…".into(), |it| it.at.to_string());
        let _ = write!(told, "; at 95 % it lies between {} and {}", end(sure_low), end(sure_high));
    }
    let holding = if low.holds { low } else { high };
    if holding.seen.open && holding.seen.sure {
        // The upper end of a two-sided 90 % interval is a 95 % bound.
        let n = holding.seen.replications;
        let most = clopper_pearson(0, n, 2.0 * LEVEL - 1.0)[1] * 100.0;
        let _ = write!(
            told,
            " (there in {n} of {n} replications; 95 %: at most {most:.0} % would show otherwise)"
        );
    }
    told
}

fn section(found: &Found) -> Section {
    let row = |it: &Tried<Judged>| {
        let verdict = match (it.holds, it.seen.sure) {
            (true, true) => "yes",
            (true, false) => "yes, not surely",
            (false, true) => "no",
            (false, false) => "no, not surely",
        };
        vec![it.at.to_string(), verdict.into(), it.seen.shown.clone(), it.seen.replications.to_string()]
    };
    let header = vec![found.vary.clone(), "holds".into(), "seen".into(), "replications".into()];
    let rows = found.tried.iter().map(row).collect();
    let calm = if found.calm { ", without the fault" } else { "" };
    Section {
        title: found.title.into(),
        remark: format!("{}{calm}", found.asks),
        table: Table { header, rows, ..Table::default() },
    }
}

/// Writes every file into `folder`.
///
/// # Errors
/// When one cannot be written.
pub fn write(
    ground: &Ground<'_>,
    found: &[Found],
    sections: &[Section],
    question: Option<Question>,
    folder: &Folder,
) -> Result<(), Failure> {
    folder.write("manifest.json", manifest(ground, found).as_bytes())?;
    folder.write("find.json", json(ground, found, question).as_bytes())?;
    folder.write("find.csv", &rows(found))?;
    folder.write("summary.md", markdown::write(&title(ground), sections, &[]).as_bytes())
}

fn manifest(ground: &Ground<'_>, found: &[Found]) -> String {
    let Ground { source, base, scenario, sampling, .. } = ground;
    let set = base.set.iter().map(|(path, value)| format!("{path}={value}"));
    pretty(&json!({
        "format": 1,
        "tool": "halfopen",
        "version": env!("CARGO_PKG_VERSION"),
        "scenario": scenario.name,
        "variant": base.variant,
        "set": set.collect::<Vec<_>>(),
        "vary": found.iter().map(|it| &it.vary).collect::<Vec<_>>(),
        "such_that": found.iter().map(|it| &it.asks).collect::<Vec<_>>(),
        "seed": sampling.seed,
        "replications": sampling.reps,
        "text": source.text,
    }))
}

/// `find.json`.
pub fn json(ground: &Ground<'_>, found: &[Found], question: Option<Question>) -> String {
    let search = |it: &Found| {
        let (kind, between) = match &it.answer {
            Answer::Everywhere => ("holds everywhere", Vec::new()),
            Answer::Nowhere => ("holds nowhere", Vec::new()),
            Answer::Between(at) => ("threshold", vec![*at]),
            Answer::Changing(edges) => ("no one threshold", edges.clone()),
        };
        let ends = |at: usize| [at, at + 1].map(|at| it.tried[at].at.to_string());
        json!({
            "vary": it.vary,
            "such_that": it.asks,
            "calm": it.calm,
            "answer": kind,
            "between": between.into_iter().map(ends).collect::<Vec<_>>(),
            "sentence": sentence(it),
            "tried": it.tried.iter().map(tried).collect::<Vec<_>>(),
        })
    };
    pretty(&json!({
        "format": 1,
        "scenario": ground.scenario.name,
        "variant": ground.base.variant,
        "seed": ground.sampling.seed,
        "replications": ground.sampling.reps,
        "answer": conclusion(found, question),
        "searches": found.iter().map(search).collect::<Vec<_>>(),
    }))
}

fn tried(it: &Tried<Judged>) -> Value {
    json!({
        "at": it.at.to_string(),
        "holds": it.holds,
        "sure": it.seen.sure,
        "number": it.seen.number,
        "interval": it.seen.interval,
        "replications": it.seen.replications,
    })
}

/// `find.csv`: a row for each value that was tried.
fn rows(found: &[Found]) -> Vec<u8> {
    let header = [
        "vary",
        "such_that",
        "calm",
        "at",
        "at_value",
        "holds",
        "sure",
        "number",
        "low",
        "high",
        "replications",
    ];
    export::csv(&header, |to| {
        for search in found {
            for it in &search.tried {
                let [low, high] = it.seen.interval;
                let mut row = vec![search.vary.clone(), search.asks.clone(), search.calm.to_string()];
                row.extend([it.at.to_string(), it.at.value.to_string()]);
                row.extend([it.holds.to_string(), it.seen.sure.to_string()]);
                row.extend([it.seen.number, low, high].map(optional));
                row.push(it.seen.replications.to_string());
                to(row);
            }
        }
    })
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("plain fields") + "\n"
}
