//! What a scenario may say, as its readers ask for it.
//!
//! A blank is put where a whole scenario would be, and the readers read it. Each notes what it would have taken, as which
//! field of which table, and goes on, since a reader asks for everything before it gives up. So a field that is read is in
//! the grammar, and nothing else is. What a field means is in `words.rs`.
//!
//! The grammar is a little wider than the readers: bounds that depend on other values, names that must exist, and fields
//! that another one makes necessary are not in it.

use std::collections::BTreeMap;

use super::check::{self, Stage};
use super::raw::BLANK;
use super::reader::Problems;
use super::units::{self, Unit};
use super::words;

/// In a path of the grammar: any name.
pub(super) const ANY: &str = "NAME";

/// What a reader asks of a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Asked {
    /// A field of a table, and that it must be there.
    Field(&'static str),
    Required(&'static str),
    /// A kind with values of its own.
    Kind(&'static str),
    /// A table with names of the user's.
    Named,
    List,
    Word(String),
    Text,
    Boolean,
    Moment,
    Count(u32, u32),
    Number(f64, f64),
    Duration,
    Size,
    Rate,
    Share,
}

/// What a value may be: one of these forms; without any, anything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// The forms.
    pub forms: Vec<Form>,
}

/// One form of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// A table with known fields.
    Table(Table),
    /// A table whose keys the user names.
    Named(Shape),
    /// A list.
    List(Shape),
    /// One of these texts.
    Words(Vec<String>),
    /// Any text.
    Text,
    /// True or false.
    Boolean,
    /// A date and a time with its offset.
    Moment,
    /// A whole number within bounds.
    Count(u32, u32),
    /// A number within bounds.
    Number(f64, f64),
    /// A text of a decimal number and one of these units, as in the example.
    Quantity {
        /// Units.
        units: Vec<&'static str>,
        /// How one is written.
        example: &'static str,
    },
}

/// A table with known fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Its fields, in the order in which they are read.
    pub fields: Vec<Field>,
    /// Exactly one of these is there too, if there are any.
    pub kinds: Vec<Field>,
}

/// A key of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Where it is: `service.NAME.memory.limit`.
    pub path: String,
    /// Whether it must be there.
    pub required: bool,
    /// What it means.
    pub about: &'static str,
    /// What it may be.
    pub shape: Shape,
}

/// What a whole scenario may be.
pub fn grammar() -> Shape {
    let problems = Problems::default();
    check::scenario(&BLANK, "", Stage::Written, &problems);
    let mut asked: BTreeMap<String, Vec<Asked>> = BTreeMap::new();
    for (path, what) in problems.into_asked() {
        asked.entry(path).or_default().push(what);
    }
    shape(&asked, "")
}

fn shape(asked: &BTreeMap<String, Vec<Asked>>, path: &str) -> Shape {
    let asks = asked.get(path).map_or(&[][..], Vec::as_slice);
    let mut forms: Vec<Form> = Vec::new();
    let table = table(asked, path, asks);
    if !table.fields.is_empty() || !table.kinds.is_empty() {
        forms.push(Form::Table(table));
    }
    let mut chosen: Vec<String> = Vec::new();
    for ask in asks {
        let quantity = |units: &[Unit], example| {
            vec![Form::Quantity { units: units.iter().map(|(name, _)| *name).collect(), example }]
        };
        let more = match ask {
            Asked::Field(_) | Asked::Required(_) | Asked::Kind(_) => continue,
            Asked::Word(word) => {
                if !chosen.contains(word) {
                    chosen.push(word.clone());
                }
                continue;
            }
            Asked::Named => vec![Form::Named(shape(asked, &below(path, ANY)))],
            Asked::List => vec![Form::List(shape(asked, &below(path, "0")))],
            Asked::Text => vec![Form::Text],
            Asked::Boolean => vec![Form::Boolean],
            Asked::Moment => vec![Form::Moment],
            Asked::Count(least, most) => vec![Form::Count(*least, *most)],
            Asked::Number(least, most) => vec![Form::Number(*least, *most)],
            Asked::Duration => quantity(units::TIMES, "250ms"),
            Asked::Size => quantity(units::SIZES, "64KiB"),
            Asked::Rate => quantity(units::RATES, "1200/s"),
            Asked::Share => [quantity(units::PERCENT, "2.5%"), vec![Form::Number(0.0, 1.0)]].concat(),
        };
        // Some readers ask twice.
        let new: Vec<Form> = more.into_iter().filter(|form| !forms.contains(form)).collect();
        forms.extend(new);
    }
    if !chosen.is_empty() {
        forms.push(Form::Words(chosen));
    }
    Shape { forms }
}

fn table(asked: &BTreeMap<String, Vec<Asked>>, path: &str, asks: &[Asked]) -> Table {
    let mut table = Table::default();
    for ask in asks {
        let (name, is_kind) = match ask {
            Asked::Field(name) => (*name, false),
            Asked::Kind(name) => (*name, true),
            _ => continue,
        };
        let keys = if is_kind { &mut table.kinds } else { &mut table.fields };
        if keys.iter().any(|known| known.name == name) {
            continue;
        }
        let path = below(path, name);
        let about = words::about(&path).unwrap_or_default();
        let required = asks.contains(&Asked::Required(name));
        keys.push(Field { name, required, about, shape: shape(asked, &path), path });
    }
    table
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn fields<'a>(shape: &'a Shape, out: &mut Vec<&'a Field>) {
        for form in &shape.forms {
            match form {
                Form::Table(table) => {
                    for field in table.fields.iter().chain(&table.kinds) {
                        out.push(field);
                        fields(&field.shape, out);
                    }
                }
                Form::Named(shape) | Form::List(shape) => fields(shape, out),
                _ => {}
            }
        }
    }

    /// A field that nobody has described fails here, and so does a description of no field.
    #[test]
    fn every_field_is_described_and_every_description_is_of_a_field() {
        let grammar = grammar();
        let mut all = Vec::new();
        fields(&grammar, &mut all);
        assert!(all.len() > 200, "{}", all.len());
        let missing: Vec<&str> =
            all.iter().filter(|field| field.about.is_empty()).map(|field| field.path.as_str()).collect();
        assert!(missing.is_empty(), "describe in words.rs: {missing:#?}");
        let used: BTreeSet<&str> = all.iter().filter_map(|field| words::key(&field.path)).collect();
        let unused: Vec<&str> = words::keys().filter(|key| !used.contains(key)).collect();
        assert!(unused.is_empty(), "of no field: {unused:#?}");
    }

    /// The few fields that may be anything are those that stand for any value of the file.
    #[test]
    fn every_value_has_a_form() {
        let grammar = grammar();
        let mut all = Vec::new();
        fields(&grammar, &mut all);
        let anything: Vec<&str> = all
            .iter()
            .filter(|field| field.shape.forms.is_empty())
            .map(|field| field.path.as_str())
            .collect();
        assert_eq!(anything, [""; 0]);
    }
}
