//! The JSON Schemas in `docs/schemas`, derived from the types that documents are written from. The
//! test fails if a committed file differs; `UPDATE_SCHEMAS=1 cargo test --lib schemas` writes them
//! again. schemars is a dependency of the tests only, because no released binary prints a schema.

use std::fs;
use std::path::Path;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::{Value, json};

use super::super::compare::ChangesFile;
use super::super::output::CommandDocument;
use super::{
    CheckDocument, Described, LeastPolicy, RunDocument, Serving, Template, UndoneDocument,
    VerdictDocument, VerifyDocument,
};
use crate::cli::mapping_file::MappingFileKeys;
use crate::ledger::RunCertificate;
use crate::report::{ComparisonDocument, ResultLine, RunsDocument, SummaryDocument};

// `C` is the content after success; `E` is what a failure can show instead.
/// A document of `--output json`.
#[derive(Serialize, JsonSchema)]
struct OutputDocument<C, E> {
    #[serde(flatten)]
    head: CommandDocument<'static>,
    #[serde(flatten)]
    content: Option<C>,
    #[serde(flatten)]
    evidence: Option<E>,
}

#[derive(Serialize, JsonSchema)]
struct Nothing {}

#[derive(Serialize, JsonSchema)]
struct ComparedRuns {
    #[serde(flatten)]
    comparison: ComparisonDocument<'static>,
    #[serde(flatten)]
    file: ChangesFile<'static>,
}

fn written<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    schema::<T>(settings)
}

/// Without references and without the names of Rust's types, so that renaming a type changes no
/// file.
fn schema<T: JsonSchema>(mut settings: SchemaSettings) -> Value {
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.remove("title");
    plain(schema.to_value())
}

/// Without formats such as `uint64`, which only Rust knows, and with descriptions on one line.
fn plain(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(key, value)| {
                key != "format" || !value.as_str().is_some_and(|name| name.contains("int"))
            })
            .map(|(key, value)| match (key.as_str(), value) {
                ("description", Value::String(text)) => (key, text.replace('\n', " ").into()),
                (_, value) => (key, plain(value)),
            })
            .collect(),
        Value::Array(values) => values.into_iter().map(plain).collect(),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}

/// TOML has no null: a key that is optional is left out.
fn without_null(value: Value) -> Value {
    match value {
        Value::Object(mut fields) => {
            if fields.get("default").is_some_and(Value::is_null) {
                fields.remove("default");
            }
            fields
                .into_iter()
                .map(|(key, value)| (key, without_null(value)))
                .collect()
        }
        Value::Array(values) => {
            let is_null = |value: &Value| {
                value.is_null() || *value == "null" || *value == json!({ "type": "null" })
            };
            let values: Vec<Value> = values
                .into_iter()
                .filter(|value| !is_null(value))
                .map(without_null)
                .collect();
            match &values[..] {
                [one @ Value::String(_)] => one.clone(),
                _ => values.into(),
            }
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}

fn output<C: JsonSchema + Serialize, E: JsonSchema + Serialize>(commands: &[&str]) -> Value {
    let mut schema = written::<OutputDocument<C, E>>();
    schema["properties"]["command"] = json!({ "description": "The command.", "enum": commands });
    let content = written::<C>();
    if let Some(required) = content.get("required") {
        schema["if"] = json!({ "properties": { "error": { "type": "null" } } });
        schema["then"] = json!({ "required": required });
    }
    schema
}

fn schemas() -> [(&'static str, Value); 5] {
    let titled = |title: &str, mut schema: Value| {
        schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        schema["title"] = json!(title);
        schema
    };
    let documents = json!({
        "description": "The one JSON document on standard output, by command.",
        "type": "object",
        "anyOf": [
            output::<RunDocument<'_>, VerdictDocument<'_>>(&["import", "rehearse", "report"]),
            output::<ComparedRuns, Nothing>(&["report"]),
            output::<RunsDocument<'_>, Nothing>(&["runs"]),
            output::<CheckDocument<'_>, Nothing>(&["check"]),
            output::<UndoneDocument<'_>, Nothing>(&["undo"]),
            output::<VerifyDocument<'_>, Nothing>(&["verify"]),
            output::<Described<'_>, Nothing>(&["describe"]),
            output::<Template<'_>, Nothing>(&["template"]),
            output::<LeastPolicy<'_>, Nothing>(&["iam-policy"]),
            output::<Serving<'_>, Nothing>(&["rehearsal-pool"]),
        ],
    });
    let mapping = without_null(schema::<MappingFileKeys>(SchemaSettings::draft2020_12()));
    [
        (
            "summary.schema.json",
            titled("summary.json", written::<SummaryDocument<'_>>()),
        ),
        (
            "results.schema.json",
            titled("A line of results.jsonl", written::<ResultLine<'_>>()),
        ),
        (
            "run.schema.json",
            titled("run.json", written::<RunCertificate>()),
        ),
        ("output.schema.json", titled("--output json", documents)),
        ("mapping.schema.json", titled("A mapping file", mapping)),
    ]
}

#[test]
fn schemas_in_docs_are_those_of_the_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas");
    let update = std::env::var_os("UPDATE_SCHEMAS").is_some();
    for (name, schema) in schemas() {
        let text = format!("{schema:#}\n");
        let path = folder.join(name);
        if update {
            fs::create_dir_all(&folder).unwrap();
            fs::write(path, text).unwrap();
        } else {
            let committed = fs::read_to_string(path).unwrap_or_default();
            assert!(
                committed == text,
                "docs/schemas/{name} is out of date: UPDATE_SCHEMAS=1 cargo test --lib schemas"
            );
        }
    }
}
