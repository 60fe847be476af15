//! Edits of a document before it is checked: a variant's, then each `--set`.
//!
//! A path is keys joined by dots: `service.api.instances`. A number picks an element of a list, `*` every element of a
//! list or every key of a table. All but the last part must exist; the last may be new, and the check will judge it.

use super::raw::{Entry, Raw, Value, key};
use super::reader::suggest;
use super::{Origin, Problem};

/// Writes `value` at `path` wherever that leads.
///
/// # Errors
/// Where it leads nowhere. Nothing is promised of the tree then.
pub(super) fn set(root: &mut Raw, path: &str, value: &Raw, place: &Origin) -> Result<(), Problem> {
    let problem = |Astray { at, wrong, right }: Astray| Problem {
        origin: place.clone(),
        path: if at.is_empty() { path.to_owned() } else { at },
        wrong,
        right,
    };
    let parts: Vec<&str> = path.split('.').collect();
    if parts.iter().any(|part| part.is_empty()) {
        let (wrong, right) = ("no path".into(), "keys joined by dots: service.api.instances".into());
        return Err(problem(Astray { at: String::new(), wrong, right }));
    }
    walk(root, &parts, "", &mut |raw| *raw = value.clone(), Some(place)).map_err(problem)
}

/// Visits every value that `path` leads to.
///
/// # Errors
/// A sentence on why it leads nowhere.
pub(super) fn find(root: &Raw, path: &str) -> Result<Vec<Raw>, (String, String)> {
    let parts: Vec<&str> = path.split('.').collect();
    let mut found = Vec::new();
    // Walking is written once, for editing; a copy is cheap at the size of a scenario.
    let mut copy = root.clone();
    walk(&mut copy, &parts, "", &mut |raw| found.push(raw.clone()), None)
        .map_err(|Astray { wrong, right, .. }| (wrong, right))?;
    Ok(found)
}

/// Where and why a path leads nowhere.
struct Astray {
    at: String,
    wrong: String,
    right: String,
}

/// Does `work` at each end of the path; with `new`, a last key that does not exist is added from there.
fn walk(
    at: &mut Raw,
    parts: &[&str],
    walked: &str,
    work: &mut dyn FnMut(&mut Raw),
    new: Option<&Origin>,
) -> Result<(), Astray> {
    let Some((&part, rest)) = parts.split_first() else {
        work(at);
        return Ok(());
    };
    let step = |name: &str| if walked.is_empty() { key(name) } else { format!("{walked}.{}", key(name)) };
    let here = if walked.is_empty() { "the scenario".to_owned() } else { format!("`{walked}`") };
    let astray = |wrong: String, right: String| Err(Astray { at: step(part), wrong, right });
    let origin = at.origin.clone();
    match &mut at.value {
        Value::Table(entries) if part == "*" => {
            if entries.is_empty() {
                return astray(format!("{here} is empty: `*` matches nothing"), String::new());
            }
            entries
                .iter_mut()
                .try_for_each(|entry| walk(&mut entry.value, rest, &step(&entry.key), work, new))
        }
        Value::Table(entries) => {
            if let Some(entry) = entries.iter_mut().find(|entry| entry.key == part) {
                if let (true, Some(place)) = (rest.is_empty(), new) {
                    entry.origin = place.clone();
                }
                return walk(&mut entry.value, rest, &step(part), work, new);
            }
            if let (true, Some(place)) = (rest.is_empty(), new) {
                let mut value = Raw { value: Value::Bool(false), origin };
                work(&mut value);
                entries.push(Entry { key: part.to_owned(), origin: place.clone(), value });
                return Ok(());
            }
            let names: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
            astray(format!("{here} has no `{part}`"), suggest(part, &names, "there is"))
        }
        Value::Array(values) if part == "*" => {
            if values.is_empty() {
                return astray(format!("{here} is empty: `*` matches nothing"), String::new());
            }
            let each =
                |(index, raw): (usize, &mut Raw)| walk(raw, rest, &step(&index.to_string()), work, new);
            values.iter_mut().enumerate().try_for_each(each)
        }
        Value::Array(values) => {
            let count = values.len();
            match part.parse::<usize>().ok().and_then(|index| values.get_mut(index)) {
                Some(raw) => walk(raw, rest, &step(part), work, new),
                None => astray(
                    format!("{here} has no element `{part}`"),
                    format!("it has {count}, counted from 0; `*` means all of them"),
                ),
            }
        }
        _ => astray(
            format!("{here} is {}, nothing is below it", at.found()),
            format!("end the path at {here}"),
        ),
    }
}
