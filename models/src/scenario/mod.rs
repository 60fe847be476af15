//! Scenarios: from text to meaning.
//!
//! [`read`] parses the text, edits the document (variant, `--set`) and checks it. It reports every problem at once,
//! each with its place, what is wrong and what would be right. After it nothing fails for the user.
//!
//! The steps are `raw` (as typed, with places), `edit` (paths), `reader` and `check` (as meant), `units`. serde is not
//! used here: it stops at the first problem.
//!
//! What a scenario says, in short:
//!
//! ```text
//! format = 1   title = TEXT   horizon = DURATION   clock = DATE-TIME with offset, optional
//! [cache.NAME]    nodes = [NAME, …]   service = DISTRIBUTION   path = { rtt = DURATION }   failover = "none" | { managed } | { name_moves } | { sentinel }
//! [database.NAME] connections, query = DISTRIBUTION, path; queue and timeout optional
//! [service.NAME]  instances, concurrency, memory, restart, calls, client, objective; kernel and protections optional
//! [load.NAME]     to = SERVICE   arrivals = { poisson = RATE | [{ at, rate }, …] }   deadline = DURATION, retries with their delay and budget optional
//! [[fault]]       at = DURATION   and one failure mode: see `crate::fault`
//! [assume]        "PATH" = { range = [a, b], why = TEXT }
//! [variant.NAME]  "PATH" = VALUE
//! [expect]        "SENTENCE" = { FIGURE = { bounds }, variant, service }
//! ```
//!
//! Kinds are externally tagged: `restart = "never"` or `restart = { kubernetes = { boot = "12s" } }`. Nothing in it
//! can form a cycle: services call caches only, variants change the file as written, never another variant.

mod check;
mod claim;
mod drawn;
mod edit;
pub(crate) mod fields;
mod grammar;
pub(crate) mod kinds;
mod meaning;
mod options;
mod payload;
mod prior;
mod problem;
mod quantity;
pub(crate) mod range;
pub(crate) mod raw;
pub(crate) mod reader;
pub(crate) mod units;
mod words;

pub use claim::*;
pub use drawn::{Drawn, draw, draw_settings};
pub use grammar::{Field, Form, Shape, Table, grammar};
pub use meaning::*;
pub use options::*;
pub use payload::Payload;
pub use prior::{Prior, Setting, Unknown};
pub use problem::{Origin, Problem};
pub use quantity::{Dimension, Quantity};
pub use range::{End, Pick, Range, Unit};
pub use raw::LARGEST_TEXT;
pub use reader::suggest;

pub(crate) use check::{Names, Stage, assumption, client_options, some_span, span};

use raw::{Entry, Raw, Value, quoted};
use reader::Problems;

/// Changes to a document before it is checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    /// Name of a `[variant.NAME]` of the document.
    pub variant: Option<String>,
    /// `path=value`, applied after the variant, in order.
    pub set: Vec<(String, String)>,
    /// `path=value` of a [`Setting`], applied before the variant: what a variant or `--set` says is known.
    pub drawn: Vec<(String, String)>,
}

/// Reads the scenario `name` from `text`.
///
/// The file must be right as it is, in each of its variants, also those that were not asked for, and at both ends of each
/// range in `[assume]`. With drawn values only what becomes of them is checked: the file was, before its ranges were known.
///
/// # Errors
/// Every problem found, in the order of their places.
pub fn read(name: &str, text: &str, edits: &Edits) -> Result<Scenario, Vec<Problem>> {
    let file = raw::parse(text)?;
    let mut found = Found::default();
    if edits.drawn.is_empty() {
        whole_file(&file, text, &mut found);
    }
    let chosen = edits.variant.as_ref().map(|name| find_variant(&file, name));
    let (chosen, unknown) = chosen.transpose().map_or_else(|problem| (None, Some(problem)), |it| (it, None));
    found.list.extend(unknown);
    let (scenario, problems) = edited(&file, text, chosen, edits);
    found.add(problems, |origin| match origin {
        Origin::File(_) if !edits.drawn.is_empty() => "with values from their ranges: ".into(),
        Origin::File(_) => "with --set: ".into(),
        Origin::Set(_) | Origin::Variant => String::new(),
    });
    match scenario {
        Some(scenario) if found.list.is_empty() => {
            Ok(Scenario { name: name.to_owned(), variant: edits.variant.clone(), ..scenario })
        }
        _ => {
            assert!(!found.list.is_empty(), "{name} was refused without a reason");
            found.list.sort_by_key(|problem| place(&problem.origin));
            Err(found.list)
        }
    }
}

/// Checks the file as it is, in each of its variants, and at the ends of each range.
fn whole_file(file: &Raw, text: &str, found: &mut Found) {
    let problems = Problems::default();
    let written = check::scenario(file, text, Stage::Written, &problems);
    found.add(problems, |_| String::new());
    for variant in variants(file) {
        let (_, problems) = edited(file, text, Some(variant), &Edits::default());
        found.add(problems, |origin| {
            if holds(&variant.value, origin) {
                String::new()
            } else {
                format!("in variant `{}`: ", variant.key)
            }
        });
    }
    // In a file that is wrong already an end would only show the same again.
    let Some(written) = written.filter(|_| found.list.is_empty()) else { return };
    // What is said about the values is not checked again: looking up every path takes longer than all else.
    let mut values = file.clone();
    if let Value::Table(entries) = &mut values.value {
        entries.retain(|entry| check::is_variable(&entry.key) || entry.key == "format");
    }
    for Assumption { path, range, .. } in written.assumptions.iter().filter(|it| !it.range.is_fixed()) {
        let place = range_of(file, path);
        for value in range.extremes() {
            let (problems, mut root) = (Problems::default(), values.clone());
            if note(&problems, write_drawn(&mut root, path, &value, &place)).is_some() {
                check::scenario(&root, text, Stage::Edited, &problems);
            }
            // Whatever it breaks elsewhere, it is the range that does not go with the file.
            let at_range = Problems::default();
            problems
                .into_vec()
                .into_iter()
                .for_each(|it| at_range.add(Problem { origin: place.clone(), ..it }));
            found.add(at_range, |_| format!("at {value} of the range of `{path}`: "));
        }
    }
}

/// Problems of one document after another; what an earlier one had is not told again.
#[derive(Default)]
struct Found {
    known: Vec<Problem>,
    list: Vec<Problem>,
}

impl Found {
    /// Adds the new ones, each with what `blame` says of its place.
    fn add(&mut self, problems: Problems, blame: impl Fn(&Origin) -> String) {
        for problem in problems.into_vec() {
            if self.known.contains(&problem) {
                continue;
            }
            self.known.push(problem.clone());
            let wrong = blame(&problem.origin) + &problem.wrong;
            self.list.push(Problem { wrong, ..problem });
        }
    }
}

/// Where a problem stands in the list: first the file, then the command line.
fn place(origin: &Origin) -> (usize, usize) {
    match origin {
        Origin::File(range) => (0, range.start),
        Origin::Variant => (1, 0),
        Origin::Set(number) => (2, *number),
    }
}

fn variants(file: &Raw) -> &[Entry] {
    file.get("variant").map_or(&[], Raw::entries)
}

fn find_variant<'a>(file: &'a Raw, name: &str) -> Result<&'a Entry, Problem> {
    let names: Vec<&str> = variants(file).iter().map(|variant| variant.key.as_str()).collect();
    variants(file).iter().find(|variant| variant.key == name).ok_or_else(|| Problem {
        origin: Origin::Variant,
        path: format!("variant.{name}"),
        wrong: format!("no variant is named {}", quoted(name)),
        right: suggest(name, &names, "there is"),
    })
}

/// Edits the file and checks what has become of it.
fn edited(file: &Raw, text: &str, variant: Option<&Entry>, edits: &Edits) -> (Option<Scenario>, Problems) {
    let problems = Problems::default();
    let mut root = file.clone();
    let mut good = true;
    for (path, value) in &edits.drawn {
        good &= note(&problems, write_drawn(&mut root, path, value, &range_of(file, path))).is_some();
    }
    let changes = variant.map_or(&[][..], |variant| variant.value.entries());
    for change in changes.iter().filter(|change| check::is_variable(&change.key)) {
        good &= note(&problems, edit::set(&mut root, &change.key, &change.value, &change.origin)).is_some();
    }
    for (number, (path, value)) in edits.set.iter().enumerate() {
        let place = Origin::Set(number);
        let done = raw::parse_set(value, number)
            .map_err(|problem| Problem { path: path.clone(), ..problem })
            .and_then(|value| edit::set(&mut root, path, &value, &place));
        good &= note(&problems, done).is_some();
    }
    let scenario = check::scenario(&root, text, Stage::Edited, &problems).filter(|_| good);
    let scenario = scenario.map(|scenario| Scenario { document: raw::document(&root), ..scenario });
    (scenario, problems)
}

/// Writes a drawn value.
fn write_drawn(root: &mut Raw, path: &str, value: &str, place: &Origin) -> Result<(), Problem> {
    let value = raw::parse_set(value, 0)?;
    edit::set(root, path, &Raw { origin: place.clone(), ..value }, place)
}

/// Where the range of a drawn value stands; a preset's stands in no file of the user's.
fn range_of(file: &Raw, path: &str) -> Origin {
    let range = file.get("assume").and_then(|all| all.get(path)).and_then(|it| it.get("range"));
    range.map_or(Origin::File(0..0), |range| range.origin.clone())
}

fn note<T>(problems: &Problems, done: Result<T, Problem>) -> Option<T> {
    done.map_err(|problem| problems.add(problem)).ok()
}

/// Whether a place is in what a variant wrote.
fn holds(raw: &Raw, origin: &Origin) -> bool {
    let inside = match (&raw.origin, origin) {
        (Origin::File(outer), Origin::File(inner)) => outer.start <= inner.start && inner.end <= outer.end,
        _ => false,
    };
    inside || raw.entries().iter().any(|entry| entry.origin == *origin || holds(&entry.value, origin))
}
