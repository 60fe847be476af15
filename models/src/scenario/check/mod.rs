//! As typed → as meant. Every reader asks for all its fields before it gives up, so that no problem hides another.

mod assume;
mod cache;
mod client;
mod database;
mod expect;
mod load;
mod service;

use halfopen_sim::Span;
use toml::value::{Datetime, Offset};

use super::grammar::Asked;
use super::raw::{Raw, Value};
use super::reader::{Cursor, Problems};
use super::{Scenario, WallClock};
use crate::fault;

pub(crate) use assume::assumption;
pub(crate) use client::client_options;

/// The longest duration in a scenario. Sums and doublings of a few such durations stay far below the 584 years that
/// the clock can count.
const YEAR: Span = Span::from_secs(365 * 86_400);

/// Any duration, also none.
pub(crate) fn span(at: &Cursor<'_>) -> Option<Span> {
    at.span(Span::ZERO, YEAR)
}

/// A duration longer than none.
pub(crate) fn some_span(at: &Cursor<'_>) -> Option<Span> {
    at.span(Span::from_nanos(1), YEAR)
}

/// The names that other parts of a scenario refer to, in the order of the file. They are collected before anything is
/// checked: a part with a problem in it still exists.
pub(crate) struct Names<'a> {
    pub(crate) caches: Vec<&'a str>,
    /// Per cache.
    pub(crate) nodes: Vec<Vec<&'a str>>,
    /// Per cache: whether it says what is stored in it.
    pub(crate) contents: Vec<bool>,
    pub(crate) databases: Vec<&'a str>,
    pub(crate) services: Vec<&'a str>,
    pub(crate) variants: Vec<&'a str>,
}

impl<'a> Names<'a> {
    fn of(root: &'a Raw) -> Names<'a> {
        let keys = |section: &str| -> Vec<&'a str> {
            let entries = root.get(section).map_or(&[][..], Raw::entries);
            entries.iter().map(|entry| entry.key.as_str()).collect()
        };
        let nodes = |cache: &'a Raw| match cache.get("nodes").map(|nodes| &nodes.value) {
            Some(Value::Array(nodes)) => nodes.iter().filter_map(node_name).collect(),
            _ => Vec::new(),
        };
        let caches = root.get("cache").map_or(&[][..], Raw::entries);
        Names {
            caches: keys("cache"),
            nodes: caches.iter().map(|entry| nodes(&entry.value)).collect(),
            contents: caches.iter().map(|entry| entry.value.get("contents").is_some()).collect(),
            databases: keys("database"),
            services: keys("service"),
            variants: keys("variant"),
        }
    }
}

fn node_name(raw: &Raw) -> Option<&str> {
    match &raw.value {
        Value::Text(name) => Some(name),
        _ => None,
    }
}

/// Which document is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The file as it is.
    Written,
    /// After a variant or `--set`.
    Edited,
}

/// Reads a document. What it lacks for a whole scenario (name, variant, document) is for the
/// caller to fill in.
pub(super) fn scenario(root: &Raw, text: &str, stage: Stage, problems: &Problems) -> Option<Scenario> {
    let names = &Names::of(root);
    let mut fields = Cursor::root(root, problems).fields()?;
    let format = fields.need("format", "1", format);
    if format.is_none() && root.get("format").is_some() {
        // Another format is another grammar: what else could be said of it would be wrong.
        return None;
    }
    let title = fields.need("title", "\"What happens, in a sentence\"", |at| at.text().map(str::to_owned));
    let clock = fields.may("clock", clock);
    let horizon = fields.need("horizon", "\"40m\"", some_span);
    let caches = fields.need("cache", "[cache.NAME]", |at| each(at, cache::cache));
    let databases = fields.or("database", Vec::new(), |at| each(at, database::database));
    let services =
        fields.need("service", "[service.NAME]", |at| each(at, |at, name| service::service(at, name, names)));
    let loads = fields.need("load", "[load.NAME]", |at| each(at, |at, name| load::load(at, name, names)));
    let faults = fields.or("fault", Vec::new(), |at| fault::read(at, names, horizon));
    fields.or("variant", (), |at| variants(at));
    let claims = fields.or("expect", Vec::new(), |at| expect::claims(at, names, text));
    let assumptions = fields.or("assume", Vec::new(), |at| assume::assumptions(at, root, stage));
    fields.finish();
    let assumptions = assume::with_presets(assumptions?, root, services.as_deref()?);
    Some(Scenario {
        name: String::new(),
        title: format.and(title)?,
        variant: None,
        clock: clock?,
        horizon: horizon?,
        caches: caches?,
        databases: databases?,
        services: services?,
        loads: loads?,
        faults: faults?,
        assumptions,
        claims: claims?,
        variants: names.variants.iter().map(|&name| name.to_owned()).collect(),
        document: String::new(),
    })
}

/// Reads every named part of a section.
fn each<T>(at: &Cursor<'_>, read: impl Fn(&Cursor<'_>, &str) -> Option<T>) -> Option<Vec<T>> {
    let parts = at.named()?;
    let read_all: Vec<Option<T>> = parts
        .iter()
        .map(|(entry, at)| {
            let named = name(at, &entry.key);
            let part = read(at, &entry.key);
            named.and(part)
        })
        .collect();
    read_all.into_iter().collect()
}

/// Letters, digits, `-` and `_`: what paths, streams of random numbers and file names are made of.
pub(crate) fn name(at: &Cursor<'_>, name: &str) -> Option<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.is_empty() && name.chars().all(plain) {
        return Some(());
    }
    at.wrong(format!("`{name}` cannot be a name"), "a name has letters, digits, `-` and `_`");
    None
}

fn format(at: &Cursor<'_>) -> Option<()> {
    at.asks(|| Asked::Count(1, 1));
    if let Value::Integer(1) = at.raw.value {
        return Some(());
    }
    at.wrong(format!("unknown format {}", at.raw.inline()), "this version reads format = 1");
    None
}

fn clock(at: &Cursor<'_>) -> Option<WallClock> {
    at.asks(|| Asked::Moment);
    if let Value::Datetime(Datetime { date: Some(date), time: Some(time), offset: Some(offset) }) =
        at.raw.value
        && time.nanosecond.unwrap_or(0) == 0
    {
        let offset_minutes = match offset {
            Offset::Z => 0,
            Offset::Custom { minutes } => minutes,
        };
        let seconds = time.second.unwrap_or(0);
        return Some(WallClock {
            date: (date.year, date.month, date.day),
            seconds_of_day: (u32::from(time.hour) * 60 + u32::from(time.minute)) * 60 + u32::from(seconds),
            offset_minutes,
        });
    }
    let wrong = format!("{} is no moment", at.raw.inline());
    at.wrong(
        wrong,
        "a date and a time to the second with its offset, without quotes: 2019-11-25T14:40:00-05:00",
    );
    None
}

/// What a variant may change: what happens, not what is said about it.
const VARIABLE: &[&str] = &["title", "clock", "horizon", "cache", "database", "service", "load", "fault"];

/// Whether a variant may change what this path leads to.
pub(super) fn is_variable(path: &str) -> bool {
    path.split('.').next().is_some_and(|first| VARIABLE.contains(&first))
}

fn variants(at: &Cursor<'_>) -> Option<()> {
    for (entry, variant) in at.named()? {
        name(&variant, &entry.key);
        for (change, at) in variant.named().into_iter().flatten() {
            if !is_variable(&change.key) {
                let wrong = format!("a variant cannot change `{}`", change.key);
                at.wrong(
                    wrong,
                    format!("each line is \"path\" = value; a path begins with {}", VARIABLE.join(", ")),
                );
            }
        }
    }
    Some(())
}
