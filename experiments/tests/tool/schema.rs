//! `halfopen schema`: what it prints is true of every scenario there is, and of every field that is read.

use std::collections::BTreeSet;

use halfopen_models::client::presets::PRESETS;
use halfopen_models::failover::known::FAILOVERS;
use halfopen_models::fault::MODES;
use halfopen_models::protect::PROTECTIONS;
use halfopen_models::scenario::{Edits, read};
use serde_json::Value;

use crate::{Desk, SMALL, text};

fn schema() -> Value {
    let output = Desk::new().halfopen(&["schema"]);
    assert!(output.status.success() && output.stderr.is_empty());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn document(text: &str) -> toml::Table {
    text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn json(value: &toml::Value) -> Value {
    match value {
        toml::Value::Datetime(moment) => Value::String(moment.to_string()),
        toml::Value::Array(values) => values.iter().map(json).collect(),
        toml::Value::Table(table) => table.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
        other => serde_json::to_value(other).unwrap(),
    }
}

/// Every scenario, with every example written into one that runs.
fn documents() -> Vec<(String, toml::Table)> {
    let desk = Desk::new();
    let shipped = desk.halfopen(&["show", "kustomer-2019"]);
    let mut all = vec![("small".to_owned(), document(SMALL))];
    all.push(("kustomer-2019".to_owned(), document(&text(&shipped.stdout))));
    for client in PRESETS.iter().map(|preset| preset.name) {
        let start = desk.halfopen(&["init", "-", "--client", client]);
        all.push((client.to_owned(), document(&text(&start.stdout))));
    }
    let with = |name: &str, lines: &str| (name.to_owned(), written_into(document(SMALL), document(lines)));
    for mode in MODES {
        let inner = mode.example.trim_start_matches("{ ").trim_end_matches(" }");
        all.push(with(mode.name, &format!("[[fault]]\nat = \"1s\"\n{inner} }}\n")));
    }
    for failover in FAILOVERS {
        all.push(with(failover.name, &format!("[cache.main]\nfailover = {}\n", failover.example)));
    }
    for protection in PROTECTIONS {
        let lines = |&(table, field, value): &(&str, &str, &str)| format!("{table}.{field} = {value}\n");
        all.push(with(protection.name, &protection.example.iter().map(lines).collect::<String>()));
    }
    all
}

/// What the lines say of a service they say of every service, and so on.
fn written_into(mut base: toml::Table, lines: toml::Table) -> toml::Table {
    for (section, value) in lines {
        let parts = match (base.get_mut(&section), value) {
            (Some(toml::Value::Table(parts)), toml::Value::Table(written)) => (parts, written),
            (_, value) => {
                base.insert(section, value);
                continue;
            }
        };
        let (parts, written) = parts;
        for (_, fields) in written {
            for part in parts.iter_mut().filter_map(|(_, part)| part.as_table_mut()) {
                part.extend(fields.as_table().unwrap().clone());
            }
        }
    }
    base
}

/// What is wrong with a value, by the words of JSON schema that ours uses.
fn wrong(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut all = Vec::new();
    for (word, rule) in schema.as_object().unwrap() {
        let holds = match word.as_str() {
            "$schema" | "title" | "description" | "examples" | "format" => true,
            "type" => is_of_type(value, rule.as_str().unwrap()),
            "enum" => rule.as_array().unwrap().contains(value),
            "pattern" => value.as_str().is_none_or(|text| is_quantity(text, rule.as_str().unwrap())),
            "minimum" => value.as_f64().is_none_or(|it| it >= rule.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|it| it <= rule.as_f64().unwrap()),
            "minLength" => value.as_str().is_none_or(|text| !text.is_empty()),
            "minItems" => value.as_array().is_none_or(|list| !list.is_empty()),
            "minProperties" => value.as_object().is_none_or(|table| !table.is_empty()),
            "anyOf" => rule.as_array().unwrap().iter().any(|one| wrong(one, value, at).is_empty()),
            "oneOf" => {
                rule.as_array().unwrap().iter().filter(|one| wrong(one, value, at).is_empty()).count() == 1
            }
            "required" => value.as_object().is_none_or(|table| {
                rule.as_array().unwrap().iter().all(|name| table.contains_key(name.as_str().unwrap()))
            }),
            "items" => {
                let list = value.as_array().into_iter().flatten().enumerate();
                all.extend(list.flat_map(|(index, one)| wrong(rule, one, &format!("{at}.{index}"))));
                true
            }
            "properties" | "additionalProperties" => {
                all.extend(wrong_below(schema, word, value, at));
                true
            }
            other => panic!("{other} is new: check it here too"),
        };
        if !holds {
            all.push(format!("{at}: {word} {rule} does not hold for {value}"));
        }
    }
    all
}

fn wrong_below(schema: &Value, word: &str, value: &Value, at: &str) -> Vec<String> {
    let known = |key: &str| schema.get("properties").and_then(|all| all.get(key));
    let mut all = Vec::new();
    for (key, value) in value.as_object().into_iter().flatten() {
        let at = format!("{at}.{key}");
        match (word, known(key)) {
            ("properties", Some(of)) => all.extend(wrong(of, value, &at)),
            ("additionalProperties", None) => match &schema[word] {
                Value::Bool(false) => all.push(format!("{at}: not a field")),
                of => all.extend(wrong(of, value, &at)),
            },
            _ => {}
        }
    }
    all
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("{other} is new: check it here too"),
    }
}

/// All our patterns are a decimal number and one of some units.
fn is_quantity(text: &str, pattern: &str) -> bool {
    let units = pattern.strip_prefix("^[0-9]+(\\.[0-9]+)?(").and_then(|rest| rest.strip_suffix(")$"));
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = match number.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(number),
    };
    is_number && units.expect("a pattern of this kind").split('|').any(|known| known == unit)
}

#[test]
fn every_scenario_holds_to_the_schema() {
    let schema = schema();
    for (name, document) in documents() {
        let wrong = wrong(&schema, &json(&toml::Value::Table(document)), "");
        assert!(wrong.is_empty(), "{name}: {wrong:#?}");
    }
}

#[test]
fn what_is_wrong_does_not() {
    let schema = schema();
    for (right, slip) in [
        ("instances", "instanzes"),
        ("\"ioredis-5\"", "\"ioredis\""),
        ("horizon = \"", "horizon = \"x"),
        ("format  = 1", "format = 2"),
    ] {
        let slipped = SMALL.replacen(right, slip, 1);
        assert_ne!(slipped, SMALL, "{right}");
        assert!(!wrong(&schema, &json(&toml::Value::Table(document(&slipped))), "").is_empty(), "{slip}");
    }
}

/// The reader itself tells which fields it knows when it meets one that it does not: in every table of every document
/// they are the schema's.
#[test]
fn the_fields_of_each_table_are_those_that_are_read() {
    let schema = schema();
    let mut compared = BTreeSet::new();
    for (name, document) in documents() {
        let whole = toml::Value::Table(document);
        // What a variant says has its fields where it is written to.
        for path in
            tables(&whole, &[]).into_iter().filter(|path| path.first().is_none_or(|it| it != "variant"))
        {
            let mut slipped = whole.clone();
            below(&mut slipped, &path).insert("zzqx".to_owned(), toml::Value::Integer(1));
            let text = toml::to_string(&slipped).unwrap();
            let problems = read(&name, &text, &Edits::default()).err().unwrap_or_default();
            let mut known = problems.iter().filter(|it| it.wrong == "unknown field `zzqx`");
            let Some(known) = known.find_map(|it| it.right.strip_prefix("known fields: ")) else {
                continue;
            };
            let known: BTreeSet<&str> = known.split(", ").collect();
            assert_eq!(properties(&schema, &path), known, "{name}: {path:?}");
            compared.insert(path.join("."));
        }
    }
    for table in ["", "service.web.client", "fault.0.stalls"] {
        assert!(compared.contains(table), "{table}: {compared:?}");
    }
    assert!(compared.len() > 40, "{compared:?}");
}

fn tables(value: &toml::Value, path: &[String]) -> Vec<Vec<String>> {
    let inner: Vec<(String, &toml::Value)> = match value {
        toml::Value::Table(table) => table.iter().map(|(key, value)| (key.clone(), value)).collect(),
        toml::Value::Array(list) => {
            list.iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    let mut all = if value.is_table() { vec![path.to_vec()] } else { Vec::new() };
    for (key, value) in inner {
        all.extend(tables(value, &[path, &[key]].concat()));
    }
    all
}

fn below<'a>(value: &'a mut toml::Value, path: &[String]) -> &'a mut toml::Table {
    match (path, value) {
        ([], toml::Value::Table(table)) => table,
        ([first, rest @ ..], toml::Value::Table(table)) => below(&mut table[first], rest),
        ([first, rest @ ..], toml::Value::Array(list)) => {
            below(&mut list[first.parse::<usize>().unwrap()], rest)
        }
        _ => panic!("a table"),
    }
}

/// The names of the fields that the schema has at a path.
fn properties<'a>(schema: &'a Value, path: &[String]) -> BTreeSet<&'a str> {
    let mut places = vec![schema];
    for key in path {
        let step = |place: &'a Value| {
            let of = place.get("properties").and_then(|all| all.get(key));
            of.or_else(|| place.get("additionalProperties").filter(|of| of.is_object()))
                .or_else(|| place.get("items"))
        };
        places = forms(&places).into_iter().filter_map(step).collect();
    }
    let tables = forms(&places).into_iter().filter_map(|place| place.get("properties")?.as_object());
    tables.flat_map(|all| all.keys().map(String::as_str)).collect()
}

fn forms<'a>(places: &[&'a Value]) -> Vec<&'a Value> {
    let any = |place: &&'a Value| place.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    places.iter().copied().chain(places.iter().flat_map(any)).collect()
}
