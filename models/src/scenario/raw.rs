//! A scenario as typed: a tree of TOML values, each with the place it came from, in the order of the file.
//!
//! Editing (variants, `--set`) changes this tree; the check reads it. It exists because the check must go on after the
//! first problem and must tell where an edited value came from.

use std::fmt::Write as _;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml_writer::{TomlKeyBuilder, TomlStringBuilder, TomlWrite as _};

use super::{Origin, Problem};

/// The largest text that is read. The shipped scenarios have some 10 KB; a megabyte is a wrong file, and refusing it
/// before parsing keeps the answer quick.
pub const LARGEST_TEXT: usize = 1 << 20;

/// A value and where it was written.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

/// A TOML value. Tables keep the order in which their keys first appear.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
    /// An integer that does not fit 64 bits, as written.
    HugeInteger(String),
    Float(f64),
    Bool(bool),
    Datetime(toml::value::Datetime),
    Array(Vec<Raw>),
    Table(Vec<Entry>),
    /// Whatever a reader would take: what it asks of a blank is noted (see `grammar`). No file has one.
    Blank,
}

/// The blank.
pub(super) static BLANK: Raw = Raw { value: Value::Blank, origin: Origin::Variant };
/// A blank with any name.
pub(super) static BLANK_ENTRY: Entry = Entry {
    key: String::new(),
    origin: Origin::Variant,
    value: Raw { value: Value::Blank, origin: Origin::Variant },
};

/// A key of a table with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// Where the key was written.
    pub(crate) origin: Origin,
    pub(crate) value: Raw,
}

impl Raw {
    /// The value of a key, when this is a table that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Raw> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The keys and values of a table; of anything else none.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The value as one would write it in a file, on one line.
    pub(crate) fn inline(&self) -> String {
        let mut out = String::new();
        write_inline(&mut out, self);
        out
    }

    /// What kind of value it is, for a sentence that begins with `found`.
    pub(crate) fn found(&self) -> String {
        match &self.value {
            Value::Text(_) => format!("the text {}", self.inline()),
            Value::Integer(_) | Value::HugeInteger(_) | Value::Float(_) => {
                format!("the number {}", self.inline())
            }
            Value::Bool(_) => self.inline(),
            Value::Datetime(_) => "a date or time".into(),
            Value::Array(_) => "a list".into(),
            Value::Table(_) => "a table".into(),
            Value::Blank => "nothing".into(),
        }
    }
}

/// Parses a scenario's text.
///
/// # Errors
/// Everything that is no TOML. A tree with holes would give rise to false problems, so none of the other checks runs.
pub(crate) fn parse(text: &str) -> Result<Raw, Vec<Problem>> {
    let whole = |wrong: String, right: &str| Problem {
        origin: Origin::File(0..0),
        path: String::new(),
        wrong,
        right: right.into(),
    };
    if text.len() > LARGEST_TEXT {
        let wrong = format!("the file has {} bytes", text.len());
        return Err(vec![whole(wrong, "a scenario has at most 1 MiB: is this the right file?")]);
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(errors.iter().map(|error| syntax(error, text)).collect());
    }
    if table.get_ref().is_empty() {
        return Err(vec![whole(
            "the file is empty".into(),
            "begin with `format = 1`, `title`, `horizon`, then [cache.NAME], [service.NAME] and [load.NAME]",
        )]);
    }
    Ok(from_table(table.span(), table.get_ref(), &Origin::File))
}

/// Parses the right side of a `--set`; what is no TOML value is a text without its quotes.
pub(super) fn parse_set(text: &str, number: usize) -> Result<Raw, Problem> {
    let origin = |_| Origin::Set(number);
    match DeValue::parse(text) {
        Ok(value) => Ok(from_value(&value, &origin)),
        Err(error) if text.trim_start().starts_with(['{', '[', '"', '\'']) => Err(Problem {
            origin: Origin::Set(number),
            path: String::new(),
            wrong: format!("no TOML value: {}", error.message()),
            right: "write --set 'path={ key = \"value\" }', in quotes that your shell keeps together".into(),
        }),
        Err(_) => Ok(Raw { value: Value::Text(text.into()), origin: Origin::Set(number) }),
    }
}

fn syntax(error: &toml::de::Error, text: &str) -> Problem {
    let end = text.len();
    let span = error.span().unwrap_or(end..end);
    let message = error.message();
    let (wrong, right) = message.split_once(", expected ").unwrap_or((message, ""));
    let right = if right.is_empty() { String::new() } else { format!("expected {right}") };
    Problem {
        origin: Origin::File(span.start.min(end)..span.end.min(end)),
        path: String::new(),
        wrong: format!("no TOML: {wrong}"),
        right,
    }
}

type Place<'a> = &'a dyn Fn(Range<usize>) -> Origin;

fn from_table(span: Range<usize>, table: &DeTable<'_>, place: Place<'_>) -> Raw {
    let mut entries: Vec<(usize, Entry)> = table
        .iter()
        .map(|(key, value)| {
            let entry = Entry {
                key: key.get_ref().clone().into_owned(),
                origin: place(key.span()),
                value: from_value(value, place),
            };
            (key.span().start, entry)
        })
        .collect();
    // The parser sorts keys; their places tell the order of the file.
    entries.sort_by_key(|&(start, _)| start);
    let entries = entries.into_iter().map(|(_, entry)| entry).collect();
    Raw { value: Value::Table(entries), origin: place(span) }
}

fn from_value(spanned: &Spanned<DeValue<'_>>, place: Place<'_>) -> Raw {
    let value = match spanned.get_ref() {
        DeValue::String(text) => Value::Text(text.clone().into_owned()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Value::HugeInteger(number.to_string()), Value::Integer),
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(value) => Value::Datetime(*value),
        DeValue::Array(values) => Value::Array(values.iter().map(|value| from_value(value, place)).collect()),
        DeValue::Table(table) => return from_table(spanned.span(), table, place),
    };
    Raw { value, origin: place(spanned.span()) }
}

/// The key as a path or a file shows it: in quotes where it needs them.
pub(crate) fn key(key: &str) -> String {
    let mut out = String::new();
    out.key(TomlKeyBuilder::new(key).as_default()).expect("a string takes everything");
    out
}

/// The text in the quotes that TOML wants.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::new();
    out.value(TomlStringBuilder::new(text).as_basic()).expect("a string takes everything");
    out
}

fn write_inline(out: &mut String, raw: &Raw) {
    let written = match &raw.value {
        Value::Text(text) => out.write_str(&quoted(text)),
        Value::Integer(number) => write!(out, "{number}"),
        Value::HugeInteger(number) => out.write_str(number),
        Value::Float(number) => out.value(*number),
        Value::Bool(value) => write!(out, "{value}"),
        Value::Datetime(value) => write!(out, "{value}"),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(Raw::inline).collect();
            write!(out, "[{}]", values.join(", "))
        }
        Value::Blank => Ok(()),
        Value::Table(entries) if entries.is_empty() => out.write_str("{}"),
        Value::Table(entries) => {
            let pair = |entry: &Entry| format!("{} = {}", key(&entry.key), entry.value.inline());
            let pairs: Vec<String> = entries.iter().map(pair).collect();
            write!(out, "{{ {} }}", pairs.join(", "))
        }
    };
    written.expect("a string takes everything");
}

/// The tree as a file: values, then a section for each table, and for each table in it where `[cache.NAME]` reads
/// better than `[cache]`.
pub(super) fn document(root: &Raw) -> String {
    let mut out = String::new();
    let is_section = |entry: &&Entry| match &entry.value.value {
        Value::Table(_) => true,
        Value::Array(values) => {
            !values.is_empty() && values.iter().all(|value| matches!(value.value, Value::Table(_)))
        }
        _ => false,
    };
    for entry in root.entries().iter().filter(|entry| !is_section(entry)) {
        write_pair(&mut out, entry);
    }
    for entry in root.entries().iter().filter(is_section) {
        let name = key(&entry.key);
        match &entry.value.value {
            Value::Array(tables) => {
                for table in tables {
                    section(&mut out, &format!("[[{name}]]"), table);
                }
            }
            _ if matches!(entry.key.as_str(), "assume" | "expect") => {
                section(&mut out, &format!("[{name}]"), &entry.value);
            }
            _ => named_sections(&mut out, &name, &entry.value),
        }
    }
    out
}

fn named_sections(out: &mut String, name: &str, table: &Raw) {
    let all_tables = table.entries().iter().all(|entry| matches!(entry.value.value, Value::Table(_)));
    if table.entries().is_empty() || !all_tables {
        return section(out, &format!("[{name}]"), table);
    }
    for entry in table.entries() {
        section(out, &format!("[{name}.{}]", key(&entry.key)), &entry.value);
    }
}

fn section(out: &mut String, header: &str, table: &Raw) {
    out.push('\n');
    out.push_str(header);
    out.push('\n');
    table.entries().iter().for_each(|entry| write_pair(out, entry));
}

fn write_pair(out: &mut String, entry: &Entry) {
    out.push_str(&key(&entry.key));
    out.push_str(" = ");
    write_inline(out, &entry.value);
    out.push('\n');
}
