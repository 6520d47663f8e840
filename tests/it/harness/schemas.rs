//! Checks every document that a test makes the program write against its schema in `docs/schemas`.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;

/// The documents with a schema.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Document {
    Summary,
    ResultLine,
    Output,
    Mapping,
    Certificate,
}

static VALIDATORS: LazyLock<[Validator; 5]> = LazyLock::new(|| {
    [
        include_str!("../../../docs/schemas/summary.schema.json"),
        include_str!("../../../docs/schemas/results.schema.json"),
        include_str!("../../../docs/schemas/output.schema.json"),
        include_str!("../../../docs/schemas/mapping.schema.json"),
        include_str!("../../../docs/schemas/run.schema.json"),
    ]
    .map(|schema| {
        let mut schema = serde_json::from_str(schema).unwrap();
        close(&mut schema);
        jsonschema::draft202012::new(&schema).unwrap()
    })
});

/// Forbids fields that the schema does not name. The published schemas allow them, because later
/// releases may add some.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            if keywords.get("properties").is_some_and(Value::is_object)
                && keywords.get("type").is_some()
            {
                keywords
                    .entry("additionalProperties")
                    .or_insert(Value::Bool(false));
            }
            keywords.values_mut().for_each(close);
        }
        Value::Array(schemas) => schemas.iter_mut().for_each(close),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The schema violations of a document.
pub(crate) fn violations(kind: Document, document: &Value) -> Vec<String> {
    VALIDATORS[kind as usize]
        .iter_errors(document)
        .map(|error| format!("{}: {error:?}", error.instance_path()))
        .collect()
}

#[track_caller]
fn assert_valid(kind: Document, document: &Value) {
    let violations = violations(kind, document);
    assert!(
        violations.is_empty(),
        "{kind:?}: {}\n{document:#}",
        violations.join("\n")
    );
}

/// Checks the output of a command with `--output json`.
#[track_caller]
pub(super) fn check_output(stdout: &str) {
    if let Ok(document) = serde_json::from_str(stdout) {
        assert_valid(Document::Output, &document);
        assert_no_spaces(&document);
    }
}

/// `summary.json` and every line of `results.jsonl` of each run in this folder.
pub(super) fn check_runs(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            check_runs(&path);
        } else if path.ends_with("summary.json")
            && let Some(document) = read(&path).and_then(|text| serde_json::from_str(&text).ok())
        {
            assert_valid(Document::Summary, &document);
            assert_no_spaces(&document);
        } else if path.ends_with("results.jsonl") {
            check_results(&read(&path).unwrap_or_default());
        }
    }
}

fn check_results(text: &str) {
    for line in text.lines() {
        let Ok(line) = serde_json::from_str(line) else {
            continue;
        };
        assert_valid(Document::ResultLine, &line);
    }
}

fn read(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

#[track_caller]
fn assert_no_spaces(document: &Value) {
    match document {
        Value::Object(fields) => {
            for (key, value) in fields {
                assert!(!key.contains(' '), "a key with a space: {key:?}");
                assert_no_spaces(value);
            }
        }
        Value::Array(values) => values.iter().for_each(assert_no_spaces),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
