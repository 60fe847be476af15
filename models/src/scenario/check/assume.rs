//! `[assume]`: what is not published, with a range and a reason.

use super::Stage;
use crate::client::presets::{PRESETS, Preset};
use crate::scenario::raw::{Raw, Value, key};
use crate::scenario::reader::Cursor;
use crate::scenario::{Assumption, Service, edit, units};

const EXAMPLE: &str = "[\"8KiB\", \"64KiB\"]";

/// `root` is the document that the paths lead into. In an edited one they may lead nowhere (the assumption is left
/// out then) or to values outside their ranges: whoever edits may leave what the file holds plausible.
pub(super) fn assumptions(at: &Cursor<'_>, root: &Raw, stage: Stage) -> Option<Vec<Assumption>> {
    let mut all = Vec::new();
    let mut good = true;
    for (entry, at) in at.named()? {
        let values = match (edit::find(root, &entry.key), stage) {
            (Ok(values), _) => Some(values),
            (Err(_), Stage::Edited) => continue,
            (Err((wrong, right)), Stage::Written) => {
                at.wrong(wrong, right);
                None
            }
        };
        let assumption = assumption(&at, &entry.key, values.as_deref(), stage);
        good &= assumption.is_some();
        all.extend(assumption);
    }
    good.then_some(all)
}

/// And what the presets of the clients assume, where the file says nothing of its own.
pub(super) fn with_presets(mut all: Vec<Assumption>, root: &Raw, services: &[Service]) -> Vec<Assumption> {
    for service in services {
        let written =
            root.get("service").and_then(|it| it.get(&service.name)).and_then(|it| it.get("client"));
        let preset = PRESETS.iter().find(|preset| preset.name == service.client.preset);
        for assumption in preset.map(Preset::assumptions).unwrap_or_default() {
            let path = format!("service.{}.client.{}", key(&service.name), assumption.path);
            let said = written.is_some_and(|client| client.get(&assumption.path).is_some());
            if !said && !all.iter().any(|known| known.path == path) {
                all.push(Assumption { path, ..assumption });
            }
        }
    }
    all
}

/// What is not known about the value at `path`, which is `values` wherever that leads.
pub(crate) fn assumption(
    at: &Cursor<'_>,
    path: &str,
    values: Option<&[Raw]>,
    stage: Stage,
) -> Option<Assumption> {
    let mut fields = at.fields()?;
    let judged = if stage == Stage::Written { values } else { None };
    let range = fields.need("range", EXAMPLE, |at| range(at, judged));
    let why = fields.need("why", "\"what it is known from\"", |at| at.text().map(str::to_owned));
    fields.finish();
    let mut written: Vec<String> = Vec::new();
    for value in values? {
        let value = shown(value);
        if !written.contains(&value) {
            written.push(value);
        }
    }
    Some(Assumption { path: path.to_owned(), value: written.join(", "), range: range?, why: why? })
}

/// As in the file, without quotes.
fn shown(raw: &Raw) -> String {
    match &raw.value {
        Value::Text(text) => text.clone(),
        _ => raw.inline(),
    }
}

fn range(at: &Cursor<'_>, values: Option<&[Raw]>) -> Option<(String, String)> {
    let ends = at.list()?;
    let [low, high] = ends.as_slice() else {
        at.wrong(format!("a range has two ends, not {}", ends.len()), format!("write {EXAMPLE}"));
        return None;
    };
    let range = (shown(low.raw), shown(high.raw));
    let (Some(least), Some(most)) = (Quantity::of(low.raw), Quantity::of(high.raw)) else {
        at.wrong("a range of neither numbers nor texts", format!("write {EXAMPLE}"));
        return None;
    };
    for value in values.unwrap_or_default() {
        let quantity = Quantity::of(value);
        let comparable = quantity.as_ref().is_some_and(|it| it.is_like(&least) && it.is_like(&most));
        if !comparable {
            let wrong = format!("the range is not of the kind of its value, {}", value.inline());
            at.wrong(wrong, "both ends are written as the value is");
            return None;
        }
        if !quantity.is_some_and(|it| it.is_within(&least, &most)) {
            let wrong = format!("the value {} is outside its range", value.inline());
            at.wrong(wrong, "widen the range, or change the value");
            return None;
        }
    }
    Some(range)
}

/// What a value in a range may be.
#[derive(Debug, PartialEq)]
enum Quantity {
    Amount(&'static str, f64),
    Text(String),
}

impl Quantity {
    fn of(raw: &Raw) -> Option<Quantity> {
        let amount = Quantity::Amount;
        match &raw.value {
            Value::Integer(number) => Some(amount("number", *number as f64)),
            Value::Float(number) if number.is_finite() => Some(amount("number", *number)),
            Value::Text(text) => Some(
                units::span(text)
                    .map(|span| amount("duration", span.as_nanos() as f64))
                    .or_else(|_| units::bytes(text).map(|bytes| amount("size", bytes as f64)))
                    .or_else(|_| units::rate(text).map(|rate| amount("rate", rate)))
                    .or_else(|_| units::ratio(text).map(|ratio| amount("share", ratio)))
                    .unwrap_or_else(|_| Quantity::Text(text.clone())),
            ),
            _ => None,
        }
    }

    fn is_like(&self, other: &Quantity) -> bool {
        match (self, other) {
            (Quantity::Amount(unit, _), Quantity::Amount(of, _)) => unit == of,
            (Quantity::Text(_), Quantity::Text(_)) => true,
            _ => false,
        }
    }

    /// Texts have no order: one of the ends must be the value.
    fn is_within(&self, least: &Quantity, most: &Quantity) -> bool {
        match (self, least, most) {
            (Quantity::Amount(_, it), Quantity::Amount(_, least), Quantity::Amount(_, most)) => {
                least <= it && it <= most
            }
            _ => self == least || self == most,
        }
    }
}
