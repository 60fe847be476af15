//! Externally tagged values: `"none"`, or a table whose one key is its kind.

use super::grammar::Asked;
use super::raw::{Entry, Value, quoted};
use super::reader::{Cursor, nearest};

/// One kind of an externally tagged value: `none` as a bare text, `managed` as a table with one key.
pub(crate) struct Kind<T> {
    pub(crate) name: &'static str,
    /// How one writes the whole value.
    pub(crate) example: &'static str,
    pub(crate) read: fn(&Cursor<'_>) -> Option<T>,
}

impl<'a> Cursor<'a> {
    /// Has a blank read as each of these kinds, given as names with examples.
    pub(crate) fn each_kind(
        &self,
        kinds: impl IntoIterator<Item = (&'static str, &'static str)>,
        mut read: impl FnMut(usize, &Cursor<'a>),
    ) {
        for (index, (name, example)) in kinds.into_iter().enumerate() {
            if is_bare(example) {
                self.asks(|| Asked::Word(name.into()));
            } else {
                self.asks(|| Asked::Kind(name));
                read(index, &self.blank(name));
            }
        }
    }

    /// Exactly one of these kinds.
    pub(crate) fn kind<T>(&self, kinds: &[Kind<T>]) -> Option<T> {
        if self.is_blank() {
            self.each_kind(kinds.iter().map(|kind| (kind.name, kind.example)), |index, at| {
                (kinds[index].read)(at);
            });
            return None;
        }
        let names: Vec<(&str, &str)> = kinds.iter().map(|kind| (kind.name, kind.example)).collect();
        match &self.raw.value {
            Value::Text(text) => match kinds.iter().find(|kind| kind.name == text) {
                Some(kind) if is_bare(kind.example) => (kind.read)(self),
                Some(kind) => {
                    let wrong = format!("`{text}` needs its values");
                    self.wrong(wrong, format!("write {}", kind.example));
                    None
                }
                None => {
                    self.wrong(format!("unknown kind {}", quoted(text)), suggest_kind(text, &names));
                    None
                }
            },
            Value::Table(entries) => {
                let entries: Vec<&'a Entry> = entries.iter().collect();
                let (index, at) = self.one_kind(&entries, &names)?;
                (kinds[index].read)(&at)
            }
            _ => {
                self.expected("a kind", &suggest_kind("", &names));
                None
            }
        }
    }

    /// Which of the kinds the only one of these entries is; kinds are names with examples of the whole value.
    pub(crate) fn one_kind(
        &self,
        entries: &[&'a Entry],
        kinds: &[(&str, &str)],
    ) -> Option<(usize, Cursor<'a>)> {
        let position = |entry: &Entry| kinds.iter().position(|(name, _)| *name == entry.key);
        for entry in entries.iter().filter(|entry| position(entry).is_none()) {
            let wrong = format!("unknown kind {}", quoted(&entry.key));
            self.wrong_at(&entry.origin, &self.below(&entry.key), wrong, suggest_kind(&entry.key, kinds));
        }
        let known: Vec<(usize, &'a Entry)> =
            entries.iter().filter_map(|entry| position(entry).map(|index| (index, *entry))).collect();
        match known.as_slice() {
            [] if entries.is_empty() => {
                self.wrong("no kind given", suggest_kind("", kinds));
                None
            }
            [] => None,
            &[(index, entry)] if !is_bare(kinds[index].1) => Some((index, self.child(entry))),
            &[(index, entry)] => {
                let wrong = format!("`{}` has no values", entry.key);
                self.wrong_at(
                    &entry.origin,
                    &self.below(&entry.key),
                    wrong,
                    format!("write {}", kinds[index].1),
                );
                None
            }
            [.., (index, last)] => {
                let names: Vec<String> = known.iter().map(|(_, entry)| format!("`{}`", entry.key)).collect();
                let wrong = format!("two kinds in one table: {}", names.join(" and "));
                let alone = entries.len() == self.raw.entries().len();
                let whole =
                    format!("; to change the kind write all of it: {} = {}", self.path, kinds[*index].1);
                let right = format!("keep one{}", if alone { &whole } else { "" });
                self.wrong_at(&last.origin, &self.below(&last.key), wrong, right);
                None
            }
        }
    }
}

fn is_bare(example: &str) -> bool {
    example.starts_with('"')
}

fn suggest_kind(typed: &str, kinds: &[(&str, &str)]) -> String {
    let names: Vec<&str> = kinds.iter().map(|(name, _)| *name).collect();
    let examples: Vec<&str> = kinds.iter().map(|(_, example)| *example).collect();
    let meant =
        nearest(typed, &names).map_or_else(String::new, |name| format!("did you mean {}? ", quoted(name)));
    format!("{meant}one of: {}", examples.join(" or "))
}
