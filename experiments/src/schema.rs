//! `halfopen schema`: the grammar of a scenario as a JSON schema (draft 2020-12), from which editors complete and check.
//!
//! It is wider than the program's own check: names that must exist and values that must go together are not in it.

use std::process::ExitCode;

use halfopen_models::scenario::{Field, Form, Shape, Table, grammar};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::print;

/// Prints it.
pub fn schema() -> Result<ExitCode, Failure> {
    let mut schema = shape(&grammar());
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("A scenario of halfopen");
    print(&format!("{schema:#}\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn shape(of: &Shape) -> Value {
    match of.forms.as_slice() {
        [] => json!({}),
        [one] => form(one),
        several => json!({ "anyOf": several.iter().map(form).collect::<Vec<_>>() }),
    }
}

fn form(of: &Form) -> Value {
    match of {
        Form::Table(of) => table(of),
        Form::Named(of) => {
            json!({ "type": "object", "minProperties": 1, "additionalProperties": shape(of) })
        }
        Form::List(of) => json!({ "type": "array", "minItems": 1, "items": shape(of) }),
        Form::Words(words) => json!({ "enum": words }),
        Form::Text => json!({ "type": "string", "minLength": 1 }),
        Form::Boolean => json!({ "type": "boolean" }),
        // TOML's own type; what reads a schema for TOML calls it so.
        Form::Moment => json!({ "type": "string", "format": "date-time" }),
        Form::Count(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Form::Number(least, most) => json!({ "type": "number", "minimum": least, "maximum": most }),
        Form::Quantity { units, example } => json!({
            "type": "string",
            "pattern": format!("^[0-9]+(\\.[0-9]+)?({})$", units.join("|")),
            "examples": [example],
        }),
    }
}

fn table(of: &Table) -> Value {
    let keys = of.fields.iter().chain(&of.kinds);
    let properties: Map<String, Value> = keys.map(|field| (field.name.to_owned(), property(field))).collect();
    let required = of.fields.iter().filter(|field| field.required).map(|field| field.name);
    let mut table = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    let required: Vec<&str> = required.collect();
    if !required.is_empty() {
        table["required"] = json!(required);
    }
    if !of.kinds.is_empty() {
        table["oneOf"] = of.kinds.iter().map(|kind| json!({ "required": [kind.name] })).collect();
    }
    table
}

fn property(of: &Field) -> Value {
    let mut property = shape(&of.shape);
    property["description"] = json!(of.about);
    property
}
