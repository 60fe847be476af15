//! Reading a tree without stopping at the first problem.
//!
//! A [`Cursor`] is one value with its path. Its methods return `None` after they have noted what is wrong, so that a
//! reader asks for everything first and gives up only at the end:
//!
//! ```text
//! let mut fields = at.fields()?;
//! let limit = fields.need("limit", "\"512MiB\"", bytes);
//! let boot = fields.need("boot", "\"12s\"", span);
//! fields.finish();                       // notes unknown fields
//! Some(Memory { limit: limit?, boot: boot? })
//! ```

use std::cell::RefCell;
use std::ops::RangeInclusive;

use halfopen_sim::Span;

use super::fields::Fields;
use super::grammar::{ANY, Asked};
use super::raw::{BLANK, BLANK_ENTRY, Entry, Raw, Value, key, quoted};
use super::units::{self, Misread};
use super::{Bytes, Origin, Problem};

/// Problems found so far, and what was asked of a blank.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: RefCell<Vec<Problem>>,
    asked: RefCell<Vec<(String, Asked)>>,
}

impl Problems {
    /// Notes one.
    pub(crate) fn add(&self, problem: Problem) {
        self.found.borrow_mut().push(problem);
    }

    /// All of them.
    pub(crate) fn into_vec(self) -> Vec<Problem> {
        self.found.into_inner()
    }

    /// What was asked of the blank, each with its path, in order.
    pub(super) fn into_asked(self) -> Vec<(String, Asked)> {
        self.asked.into_inner()
    }
}

/// A value with its path, and where to note what is wrong with it.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    pub(crate) raw: &'a Raw,
    pub(crate) path: String,
    problems: &'a Problems,
}

impl<'a> Cursor<'a> {
    /// The whole document.
    pub(crate) fn root(raw: &'a Raw, problems: &'a Problems) -> Cursor<'a> {
        Cursor { raw, path: String::new(), problems }
    }

    /// Notes that this value is wrong.
    pub(crate) fn wrong(&self, wrong: impl Into<String>, right: impl Into<String>) {
        self.wrong_at(&self.raw.origin, &self.path, wrong.into(), right.into());
    }

    pub(super) fn wrong_at(&self, origin: &Origin, path: &str, wrong: String, right: String) {
        self.problems.add(Problem { origin: origin.clone(), path: path.into(), wrong, right });
    }

    pub(super) fn expected(&self, what: &str, right: &str) {
        self.wrong(format!("expected {what}, found {}", self.raw.found()), right);
    }

    /// The path of something below this value.
    pub(crate) fn below(&self, name: &str) -> String {
        if self.path.is_empty() { key(name) } else { format!("{}.{}", self.path, key(name)) }
    }

    pub(super) fn child(&self, entry: &'a Entry) -> Cursor<'a> {
        Cursor { raw: &entry.value, path: self.below(&entry.key), problems: self.problems }
    }

    /// The fields of a table.
    pub(crate) fn fields(&self) -> Option<Fields<'a>> {
        match &self.raw.value {
            Value::Table(table) => return Some(Fields::new(self.clone(), table)),
            Value::Blank => return Some(Fields::new(self.clone(), &[])),
            _ => {}
        }
        self.expected("a table", "write { … } with its fields");
        None
    }

    /// The keys of a table that the user names, with their values; at least one.
    pub(crate) fn named(&self) -> Option<Vec<(&'a Entry, Cursor<'a>)>> {
        match &self.raw.value {
            Value::Table(table) if !table.is_empty() => {
                Some(table.iter().map(|entry| (entry, self.child(entry))).collect())
            }
            Value::Blank => {
                self.asks(|| Asked::Named);
                Some(vec![(&BLANK_ENTRY, self.blank(ANY))])
            }
            Value::Table(_) => {
                self.wrong("empty table", format!("give it an entry, or leave {} out", self.path));
                None
            }
            _ => {
                self.expected("a table", &format!("write [{}.NAME]", self.path));
                None
            }
        }
    }

    /// The elements of a list; at least one.
    pub(crate) fn list(&self) -> Option<Vec<Cursor<'a>>> {
        match &self.raw.value {
            Value::Array(values) if !values.is_empty() => Some(self.elements(values)),
            Value::Blank => {
                self.asks(|| Asked::List);
                Some(vec![self.blank("0")])
            }
            Value::Array(_) => {
                self.wrong("empty list", "give it at least one element");
                None
            }
            Value::Table(_) if !self.path.contains('.') => {
                self.expected("a list", &format!("write [[{}]], in double brackets", self.path));
                None
            }
            _ => {
                self.expected("a list", &format!("write [{}]", self.raw.inline()));
                None
            }
        }
    }

    pub(crate) fn is_blank(&self) -> bool {
        matches!(self.raw.value, Value::Blank)
    }

    /// Notes what is asked of a blank. The reader goes on as with any value that is none of what it takes.
    pub(crate) fn asks(&self, asked: impl FnOnce() -> Asked) {
        if self.is_blank() {
            self.problems.asked.borrow_mut().push((self.path.clone(), asked()));
        }
    }

    /// A blank below this one.
    pub(super) fn blank(&self, name: &str) -> Cursor<'a> {
        Cursor { raw: &BLANK, path: self.below(name), problems: self.problems }
    }

    /// Read in one of two ways, by what it is; a blank in both.
    pub(crate) fn either<T>(
        &self,
        is_first: impl FnOnce(&Value) -> bool,
        first: impl FnOnce(&Cursor<'a>) -> Option<T>,
        second: impl FnOnce(&Cursor<'a>) -> Option<T>,
    ) -> Option<T> {
        match &self.raw.value {
            Value::Blank => first(self).and(second(self)),
            value if is_first(value) => first(self),
            _ => second(self),
        }
    }

    /// Whether it is this text.
    pub(crate) fn is_word(&self, word: &'static str) -> bool {
        self.asks(|| Asked::Word(word.into()));
        matches!(&self.raw.value, Value::Text(text) if text == word)
    }

    fn elements(&self, values: &'a [Raw]) -> Vec<Cursor<'a>> {
        let element =
            |(index, raw)| Cursor { raw, path: format!("{}.{index}", self.path), problems: self.problems };
        values.iter().enumerate().map(element).collect()
    }

    /// A text that is not empty.
    pub(crate) fn text(&self) -> Option<&'a str> {
        self.asks(|| Asked::Text);
        match &self.raw.value {
            Value::Text(text) if !text.trim().is_empty() => Some(text),
            Value::Text(_) => {
                self.wrong("empty text", "write something");
                None
            }
            _ => {
                self.expected("a text", &format!("write {}", quoted(&self.raw.inline())));
                None
            }
        }
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&self) -> Option<bool> {
        self.asks(|| Asked::Boolean);
        if let Value::Bool(value) = self.raw.value {
            return Some(value);
        }
        self.expected("true or false", "write true or false, without quotes");
        None
    }

    /// A whole number within bounds.
    pub(crate) fn count(&self, bounds: RangeInclusive<u32>) -> Option<u32> {
        self.asks(|| Asked::Count(*bounds.start(), *bounds.end()));
        let within = format!("a whole number from {} to {}", bounds.start(), bounds.end());
        match &self.raw.value {
            Value::Integer(number) => {
                let fitting = u32::try_from(*number).ok().filter(|number| bounds.contains(number));
                if fitting.is_none() {
                    self.wrong(format!("{number} is out of range"), within);
                }
                fitting
            }
            Value::HugeInteger(number) => {
                self.wrong(format!("{number} is out of range"), within);
                None
            }
            Value::Text(text) if text.trim().parse::<i64>().is_ok() => {
                self.expected("a whole number", &format!("write {} without quotes", text.trim()));
                None
            }
            _ => {
                self.expected("a whole number", &within);
                None
            }
        }
    }

    /// A plain number within bounds, which are both allowed.
    pub(crate) fn number(&self, least: f64, most: f64) -> Option<f64> {
        self.asks(|| Asked::Number(least, most));
        let number = match &self.raw.value {
            Value::Integer(number) => *number as f64,
            Value::Float(number) => *number,
            _ => {
                self.expected("a number", &format!("a number from {least} to {most}"));
                return None;
            }
        };
        // Not a number is within nothing.
        if (least..=most).contains(&number) {
            return Some(number);
        }
        self.wrong(
            format!("{} is out of range", self.raw.inline()),
            format!("a number from {least} to {most}"),
        );
        None
    }

    fn quantity<T>(&self, what: &str, read: impl Fn(&str) -> Result<T, Misread>) -> Option<T> {
        let read = |text: &str| read(text).map_err(|Misread { wrong, right }| self.wrong(wrong, right)).ok();
        match &self.raw.value {
            Value::Text(text) => read(text),
            // Reads it without a unit, which says what to write.
            Value::Integer(_) | Value::HugeInteger(_) | Value::Float(_) => read(&self.raw.inline()),
            _ => {
                self.expected(what, &format!("write {what} as a text with its unit"));
                None
            }
        }
    }

    /// A duration within bounds, which are both allowed.
    pub(crate) fn span(&self, least: Span, most: Span) -> Option<Span> {
        self.asks(|| Asked::Duration);
        let span = self.quantity("a duration", units::span)?;
        self.within(span, least, most, units::span_text)
    }

    /// A size within bounds, which are both allowed.
    pub(crate) fn bytes(&self, least: Bytes, most: Bytes) -> Option<Bytes> {
        self.asks(|| Asked::Size);
        let bytes = self.quantity("a size", units::bytes)?;
        self.within(bytes, least, most, units::bytes_text)
    }

    fn within<T: PartialOrd + Copy>(
        &self,
        it: T,
        least: T,
        most: T,
        show: impl Fn(T) -> String,
    ) -> Option<T> {
        if least <= it && it <= most {
            return Some(it);
        }
        let right = format!("from {} to {}", show(least), show(most));
        self.wrong(format!("{} is out of range", self.raw.inline()), right);
        None
    }

    /// Events a second.
    pub(crate) fn rate(&self) -> Option<f64> {
        self.asks(|| Asked::Rate);
        self.quantity("a rate", units::rate)
    }

    /// A share from 0 to 1, as `"2.5%"` or `0.025`.
    pub(crate) fn ratio(&self) -> Option<f64> {
        self.asks(|| Asked::Share);
        match &self.raw.value {
            Value::Text(_) => {
                let ratio = self.quantity("a share", units::ratio)?;
                self.within(ratio, 0.0, 1.0, |share| format!("\"{}%\"", share * 100.0))
            }
            _ => self.number(0.0, 1.0),
        }
    }

    /// How many times something, as `"150%"` or `1.5`.
    pub(crate) fn multiple(&self, most: f64) -> Option<f64> {
        self.asks(|| Asked::Share);
        match &self.raw.value {
            Value::Text(_) => {
                let ratio = self.quantity("a share", units::ratio)?;
                self.within(ratio, 0.0, most, |share| format!("\"{}%\"", share * 100.0))
            }
            _ => self.number(0.0, most),
        }
    }

    /// One of these texts.
    pub(crate) fn choice<T: Copy>(&self, choices: &[(&'static str, T)]) -> Option<T> {
        for (name, _) in choices {
            self.asks(|| Asked::Word((*name).into()));
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        if let Value::Text(text) = &self.raw.value {
            if let Some((_, value)) = choices.iter().find(|(name, _)| name == text) {
                return Some(*value);
            }
            self.wrong(format!("unknown value {}", quoted(text)), suggest(text, &names, "one of"));
        } else {
            self.expected("a text", &format!("one of: {}", names.join(", ")));
        }
        None
    }

    /// The position of the name that this text is; `what` is what it names.
    pub(crate) fn reference(&self, what: &str, names: &[&str]) -> Option<usize> {
        if self.is_blank() && !names.is_empty() {
            for &name in names {
                self.asks(|| Asked::Word(name.into()));
            }
            return None;
        }
        let text = self.text()?;
        let found = names.iter().position(|name| *name == text);
        if found.is_none() {
            self.wrong(format!("no {what} is named {}", quoted(text)), suggest(text, names, "there is"));
        }
        found
    }
}

/// `did you mean "rate"? known fields: …`
pub fn suggest(typed: &str, names: &[&str], intro: &str) -> String {
    if names.is_empty() {
        return format!("{intro}: none");
    }
    let meant =
        nearest(typed, names).map_or_else(String::new, |name| format!("did you mean {}? ", quoted(name)));
    format!("{meant}{intro}: {}", names.join(", "))
}

/// The name that a slip of the fingers turns into what was typed.
pub(super) fn nearest<'n>(typed: &str, names: &[&'n str]) -> Option<&'n str> {
    let distance = |name: &str| strsim::damerau_levenshtein(&typed.to_lowercase(), &name.to_lowercase());
    // One slip in three letters: rustc's measure.
    let allowed = (typed.chars().count() / 3).max(1);
    let nearest = names.iter().map(|name| (distance(name), *name)).min_by_key(|&(distance, _)| distance);
    nearest.filter(|&(distance, _)| distance <= allowed && !typed.is_empty()).map(|(_, name)| name)
}
