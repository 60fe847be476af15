//! The fields of a table: which must be there, which may, which are unknown.

use super::grammar::Asked;
use super::raw::Entry;
use super::reader::{Cursor, nearest, suggest};

/// The fields of one table. Remembers which were asked for: the others are unknown. Ends with `finish` or `rest`.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    at: Cursor<'a>,
    table: &'a [Entry],
    known: Vec<&'static str>,
    missing: Vec<Missing>,
}

#[derive(Debug)]
struct Missing {
    name: &'static str,
    example: String,
}

impl<'a> Fields<'a> {
    pub(super) fn new(at: Cursor<'a>, table: &'a [Entry]) -> Fields<'a> {
        Fields { at, table, known: Vec::new(), missing: Vec::new() }
    }

    /// A field, if it is there.
    pub(crate) fn get(&mut self, name: &'static str) -> Option<Cursor<'a>> {
        self.known.push(name);
        if self.at.is_blank() {
            self.at.asks(|| Asked::Field(name));
            return Some(self.at.blank(name));
        }
        self.table.iter().find(|entry| entry.key == name).map(|entry| self.at.child(entry))
    }

    /// A field that must be there.
    pub(crate) fn need<T>(
        &mut self,
        name: &'static str,
        example: &str,
        read: impl FnOnce(&Cursor<'a>) -> Option<T>,
    ) -> Option<T> {
        let Some(field) = self.get(name) else {
            self.missing.push(Missing { name, example: example.to_owned() });
            return None;
        };
        self.at.asks(|| Asked::Required(name));
        read(&field)
    }

    /// A field that may be absent; `None` when it is there and wrong.
    #[expect(clippy::option_option, reason = "outer: a problem was noted; inner: absent")]
    pub(crate) fn may<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Cursor<'a>) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.get(name) {
            Some(field) => read(&field).map(Some),
            None => Some(None),
        }
    }

    /// A field with a default that has a source.
    pub(crate) fn or<T>(
        &mut self,
        name: &'static str,
        default: T,
        read: impl FnOnce(&Cursor<'a>) -> Option<T>,
    ) -> Option<T> {
        self.get(name).map_or(Some(default), |field| read(&field))
    }

    /// The entries that nobody asked for; notes fields that are missing.
    pub(crate) fn rest(self) -> Vec<&'a Entry> {
        let rest: Vec<&Entry> =
            self.table.iter().filter(|entry| !self.known.contains(&entry.key.as_str())).collect();
        for Missing { name, example } in &self.missing {
            // A slip in its name is told once, where it was made.
            if rest.iter().any(|entry| nearest(&entry.key, &self.known) == Some(name)) {
                continue;
            }
            let wrong = format!("missing field `{name}`");
            let right = format!("write for example {name} = {example}");
            self.at.wrong_at(&self.at.raw.origin, &self.at.below(name), wrong, right);
        }
        rest
    }

    /// Notes fields that are missing and every field that nobody asked for.
    pub(crate) fn finish(self) {
        self.finish_with(&[]);
    }

    /// As [`finish`](Self::finish), with what to say of fields that people may well expect.
    pub(crate) fn finish_with(self, hints: &[(&str, &str)]) {
        let (at, known) = (self.at.clone(), self.known.clone());
        for entry in self.rest() {
            let hint = hints.iter().find(|(name, _)| *name == entry.key).map(|(_, hint)| (*hint).to_owned());
            let right = hint.unwrap_or_else(|| suggest(&entry.key, &known, "known fields"));
            let wrong = format!("unknown field `{}`", entry.key);
            at.wrong_at(&entry.origin, &at.below(&entry.key), wrong, right);
        }
    }
}
