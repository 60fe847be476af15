//! `[assume]`: what is not published, with a range and a reason.

use super::Stage;
use crate::client::presets::PRESETS;
use crate::scenario::range::{End, Range, Unit, amount, quantity};
use crate::scenario::raw::{Raw, Value, key};
use crate::scenario::reader::Cursor;
use crate::scenario::{Assumption, Service, edit};

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
        for assumption in preset.map_or(&[][..], |preset| preset.assumptions()) {
            let path = format!("service.{}.client.{}", key(&service.name), assumption.path);
            let said = written.is_some_and(|client| client.get(&assumption.path).is_some());
            if !said && !all.iter().any(|known| known.path == path) {
                all.push(Assumption { path, ..assumption.clone() });
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

fn range(at: &Cursor<'_>, values: Option<&[Raw]>) -> Option<Range> {
    let ends = at.list()?;
    let texts: Option<Vec<String>> = ends.iter().map(|end| text(end.raw)).collect();
    let range = match texts {
        Some(texts) => Range::OneOf(texts),
        None => between(at, &ends, values.unwrap_or_default())?,
    };
    for value in values.unwrap_or_default() {
        let (alike, inside) = match &range {
            Range::Between { unit, low, high } => match amount(value) {
                Some((of, it)) => (*unit == kind(of, *unit), low.amount <= it && it <= high.amount),
                None => (false, false),
            },
            Range::OneOf(texts) => match text(value) {
                Some(text) => (true, texts.contains(&text)),
                None => (false, false),
            },
        };
        if !alike {
            let wrong = format!("the range is not of the kind of its value, {}", value.inline());
            at.wrong(wrong, "both ends are written as the value is");
            return None;
        }
        if !inside {
            let wrong = format!("the value {} is outside its range", value.inline());
            at.wrong(wrong, "widen the range, or change the value");
            return None;
        }
    }
    Some(range)
}

/// A text that is no quantity.
fn text(raw: &Raw) -> Option<String> {
    match &raw.value {
        Value::Text(text) if quantity(text).is_none() => Some(text.clone()),
        _ => None,
    }
}

/// Whole numbers are numbers too.
fn kind(of: Unit, among: Unit) -> Unit {
    match (of, among) {
        (Unit::Count, Unit::Number) => Unit::Number,
        (of, _) => of,
    }
}

fn between(at: &Cursor<'_>, ends: &[Cursor<'_>], values: &[Raw]) -> Option<Range> {
    let [low, high] = ends else {
        at.wrong(format!("a range has two ends, not {}", ends.len()), format!("write {EXAMPLE}"));
        return None;
    };
    let (Some((of_low, least)), Some((of_high, most))) = (amount(low.raw), amount(high.raw)) else {
        at.wrong("a range of neither numbers nor texts", format!("write {EXAMPLE}"));
        return None;
    };
    let fractions = values.iter().any(|value| matches!(value.value, Value::Float(_)));
    let unit = if fractions && of_high == Unit::Count { Unit::Number } else { kind(of_high, of_low) };
    if kind(of_low, unit) != unit {
        at.wrong("the ends of the range are of two kinds", format!("write {EXAMPLE}"));
        return None;
    }
    if least > most {
        at.wrong("the range ends below its beginning", "write the lower end first");
        return None;
    }
    let end = |at: &Cursor<'_>, amount| End { literal: at.raw.inline(), amount };
    Some(Range::Between { unit, low: end(low, least), high: end(high, most) })
}
