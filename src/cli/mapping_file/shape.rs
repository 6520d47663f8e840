//! The keys of the mapping file and the type of each value. The file is checked against them before
//! it is deserialized, so that errors name key, line and fix. Errors never repeat a value: it may
//! be a password or a secret of the pool's triggers.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::mapping::nearest;

/// The type of a key's value. Strings are examples for hints.
enum KeyKind {
    Bool,
    /// A non-negative integer.
    Integer(&'static str),
    Text(&'static str),
    TextList(&'static str),
    TextOrList(&'static str),
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// A list of these strings.
    ChoiceList(&'static [&'static str]),
    /// A table with these keys.
    Table(&'static [(&'static str, KeyKind)]),
    /// A table with arbitrary keys, such as column names. The example is a line of it.
    Map(&'static KeyKind, &'static str),
}

use KeyKind::{Bool, Choice, ChoiceList, Integer, Map, Table, Text, TextList, TextOrList};

const FOLLOW_UP: &[(&str, KeyKind)] = &[
    ("confirm", Bool),
    ("confirm_where", TextList(r#"["Status=active"]"#)),
    ("verify", ChoiceList(&["email", "phone_number"])),
    ("groups", TextList(r#"["staff"]"#)),
    ("group_separator", Text(r#"";""#)),
    ("create_groups", Bool),
    ("disable_where", TextList(r#"["Status=blocked"]"#)),
];

const LIST: &[(&str, KeyKind)] = &[
    ("encoding", Text(r#""windows-1252""#)),
    ("delimiter", Text(r#"";""#)),
    ("quote", Text(r#""none""#)),
    ("escape", Text(r"'\'")),
    ("columns", TextList(r#"["username", "email"]"#)),
    ("skip_lines", Integer("2")),
    ("flexible", Bool),
    ("drop_apostrophe", Bool),
    ("unwrap_formulas", Bool),
];

/// The top-level keys.
const KEYS: &[(&str, KeyKind)] = &[
    (
        "username_from",
        TextOrList(r#""E-Mail" or ["email", "phone_number"]"#),
    ),
    ("username_uuid", Text(r#""email""#)),
    (
        "password",
        Choice(&["column", "generate", "column-or-generate", "none"]),
    ),
    ("ignore_unknown", Bool),
    ("ignore", TextList(r#"["email_verified"]"#)),
    ("keep", TextList(r#"["ID"]"#)),
    ("where", TextList(r#"["Tenant=acme"]"#)),
    ("skip_where", TextList(r#"["Status=deleted"]"#)),
    ("trim", Bool),
    ("null", TextList(r#"["NULL", "\\N"]"#)),
    ("lowercase", ChoiceList(&["username", "email"])),
    ("phone_region", Text(r#""DE""#)),
    ("columns", Map(&Text(r#""email""#), r#""E-Mail" = "email""#)),
    (
        "set",
        Map(&Text(r#""legacy""#), r#""custom:source" = "legacy""#),
    ),
    (
        "join",
        Map(
            &TextList(r#"["First Name", "Last Name"]"#),
            r#"name = ["First Name", "Last Name"]"#,
        ),
    ),
    (
        "dates",
        Map(&Text(r#""%d.%m.%Y""#), r#"birthdate = "%d.%m.%Y""#),
    ),
    (
        "values",
        Map(
            &Map(&Text(r#""true""#), r#"active = "true""#),
            r#"Status = { active = "true" }"#,
        ),
    ),
    ("follow_up", Table(FOLLOW_UP)),
    ("list", Table(LIST)),
    (
        "validation_data",
        Map(&Text(r#""2026-11""#), r#"batch = "2026-11""#),
    ),
    (
        "client_metadata",
        Map(&Text(r#""2026-11""#), r#"batch = "2026-11""#),
    ),
];

/// An unknown key, or a value of the wrong type.
pub(super) struct ShapeError {
    /// The byte range in the file.
    pub(super) span: Range<usize>,
    /// The key with its table.
    pub(super) key: String,
    pub(super) cause: String,
    pub(super) hint: String,
}

/// Checks the whole file and returns the first error in it.
pub(super) fn first_error(file: &DeTable<'_>) -> Option<ShapeError> {
    let mut errors = Vec::new();
    check_table(file, KEYS, "", &mut errors);
    errors.into_iter().min_by_key(|error| error.span.start)
}

fn check_table(
    table: &DeTable<'_>,
    keys: &[(&str, KeyKind)],
    prefix: &str,
    errors: &mut Vec<ShapeError>,
) {
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        match keys.iter().find(|(known, _)| *known == name) {
            Some((known, kind)) => check_value(value, kind, &format!("{prefix}{known}"), errors),
            None => {
                let (cause, hint) = explain_unknown_key(name, keys, prefix);
                errors.push(ShapeError {
                    span: key.span(),
                    key: format!("{prefix}{name}"),
                    cause,
                    hint,
                });
            }
        }
    }
}

fn check_value(
    value: &Spanned<DeValue<'_>>,
    kind: &KeyKind,
    key: &str,
    errors: &mut Vec<ShapeError>,
) {
    let error = |span: Range<usize>, cause: String| ShapeError {
        span,
        key: key.to_owned(),
        cause,
        hint: format!("write {}", form(kind)),
    };
    match (kind, value.get_ref()) {
        (Bool, DeValue::Boolean(_)) | (Text(_) | TextOrList(_), DeValue::String(_)) => {}
        (Integer(_), DeValue::Integer(number)) => {
            if u64::from_str_radix(number.as_str(), number.radix()).is_err() {
                errors.push(error(value.span(), "integer out of range".to_owned()));
            }
        }
        (Choice(choices), DeValue::String(text)) => {
            let cause = explain_unknown_choice(text, choices);
            errors.extend(cause.map(|cause| error(value.span(), cause)));
        }
        (TextList(_) | TextOrList(_), DeValue::Array(array)) => {
            errors.extend(non_strings(array).map(|(span, cause)| error(span, cause)));
        }
        (ChoiceList(choices), DeValue::Array(array)) => {
            errors.extend(non_strings(array).map(|(span, cause)| error(span, cause)));
            for element in array.iter() {
                let text = element.get_ref().as_str();
                let cause = text.and_then(|text| explain_unknown_choice(text, choices));
                errors.extend(cause.map(|cause| error(element.span(), cause)));
            }
        }
        (Table(keys), DeValue::Table(table)) => {
            check_table(table, keys, &format!("{key}."), errors);
        }
        (Map(kind, _), DeValue::Table(table)) => {
            for (name, value) in table {
                check_value(
                    value,
                    kind,
                    &format!("{key}.\"{}\"", name.get_ref()),
                    errors,
                );
            }
        }
        (_, other) => {
            let cause = format!("expected {}, found {}", kind_name(kind), type_name(other));
            errors.push(error(value.span(), cause));
        }
    }
}

/// Returns an error for each element that is not a string.
fn non_strings<'a>(array: &'a DeArray<'_>) -> impl Iterator<Item = (Range<usize>, String)> + 'a {
    array
        .iter()
        .filter(|element| !element.get_ref().is_str())
        .map(|element| {
            let found = type_name(element.get_ref());
            let cause = format!("expected a list of strings, found {found} in it");
            (element.span(), cause)
        })
}

fn explain_unknown_choice(text: &str, choices: &'static [&str]) -> Option<String> {
    if choices.contains(&text) {
        return None;
    }
    let near = nearest(text, choices.iter().copied());
    let near = near.map_or_else(String::new, |near| format!(" (nearest: \"{near}\")"));
    Some(format!("unknown value{near}"))
}

/// Describes how to write a value of this kind.
fn form(kind: &KeyKind) -> String {
    let quoted = |choices: &[&str]| {
        let choices: Vec<String> = choices.iter().map(|text| format!("\"{text}\"")).collect();
        choices.join(", ")
    };
    match kind {
        Bool => "true or false, without quotes".to_owned(),
        Integer(example) => format!("an integer of 0 or more, without quotes, such as {example}"),
        Text(example) => format!("a string in quotes, such as {example}"),
        TextOrList(examples) => format!("a string or a list of strings, such as {examples}"),
        TextList(example) => format!("a list of strings, such as {example}"),
        Choice(choices) => format!("one of {}", quoted(choices)),
        ChoiceList(choices) => format!("a list of one or more of {}", quoted(choices)),
        Table(keys) => format!("a table with the keys {}", names(keys)),
        Map(_, example) => format!("a table with lines such as {example}"),
    }
}

fn kind_name(kind: &KeyKind) -> &'static str {
    match kind {
        Bool => "true or false",
        Integer(_) => "an integer",
        Text(_) | Choice(_) => "a string",
        TextList(_) | ChoiceList(_) => "a list of strings",
        TextOrList(_) => "a string or a list of strings",
        Table(_) | Map(..) => "a table",
    }
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a floating-point number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "an unquoted date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// Returns cause and hint for an unknown key: the table it belongs to, or the known keys.
fn explain_unknown_key(name: &str, keys: &[(&str, KeyKind)], prefix: &str) -> (String, String) {
    let has = |keys: &[(&str, KeyKind)]| keys.iter().any(|(known, _)| *known == name);
    let misplaced = "misplaced key".to_owned();
    if !prefix.is_empty() && has(KEYS) {
        return (misplaced, "move it above the first table".to_owned());
    }
    for (table, kind) in KEYS {
        if let Table(keys) = kind
            && has(keys)
        {
            return (misplaced, format!("move it into the table [{table}]"));
        }
    }
    let near = nearest(name, keys.iter().map(|(known, _)| *known));
    let near = near.map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"));
    (
        format!("unknown key{near}"),
        format!("known keys: {}", names(keys)),
    )
}

fn names(keys: &[(&str, KeyKind)]) -> String {
    let names: Vec<&str> = keys.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::{FOLLOW_UP, KEYS, KeyKind, LIST};
    use crate::cli::mapping_file::keys::{FollowUpKeys, ListKeys, MappingFileKeys};
    use serde::de::DeserializeOwned;

    /// Returns the fields of a struct, from serde's error for an unknown one.
    fn serde_fields<T: DeserializeOwned>() -> Vec<String> {
        let error = toml::from_str::<T>("nothing = 1").err().unwrap();
        let (_, known) = error.message().split_once("expected one of ").unwrap();
        let names = known.split(", ").map(|name| name.trim_matches('`'));
        names.map(str::to_owned).collect()
    }

    fn names(keys: &[(&str, KeyKind)]) -> Vec<String> {
        keys.iter().map(|(name, _)| (*name).to_owned()).collect()
    }

    #[test]
    fn keys_match_the_deserialized_fields() {
        assert_eq!(names(KEYS), serde_fields::<MappingFileKeys>());
        assert_eq!(names(LIST), serde_fields::<ListKeys>());
        assert_eq!(names(FOLLOW_UP), serde_fields::<FollowUpKeys>());
    }
}
