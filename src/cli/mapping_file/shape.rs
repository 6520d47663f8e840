//! The shape of a mapping file: which keys there are, and what each takes. Looked at before the file is read for what it means, so that
//! what does not fit is told in the words of the file. No value is repeated: it may be a password, or a key for the pool's triggers.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::mapping::nearest;

/// What a key takes.
enum KeyKind {
    Flag,
    /// A whole number that is not negative; an example.
    Number(&'static str),
    /// A text; an example.
    Text(&'static str),
    /// A list of texts; an example.
    Texts(&'static str),
    /// A text, or a list of texts; an example of each.
    TextOrTexts(&'static str),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of these words.
    Words(&'static [&'static str]),
    /// A table of these keys.
    Table(&'static [(&'static str, KeyKind)]),
    /// A table whose keys are names of the list's, the pool's or somebody's own; an example of a line.
    Named(&'static KeyKind, &'static str),
}

use KeyKind::{Flag, Named, Number, Table, Text, TextOrTexts, Texts, Word, Words};

const FOLLOW_UP: &[(&str, KeyKind)] = &[
    ("confirm", Flag),
    ("confirm_where", Texts(r#"["Status=active"]"#)),
    ("verify", Words(&["email", "phone_number"])),
    ("groups", Texts(r#"["staff"]"#)),
    ("group_separator", Text(r#"";""#)),
    ("create_groups", Flag),
    ("disable_where", Texts(r#"["Status=blocked"]"#)),
];

const LIST: &[(&str, KeyKind)] = &[
    ("encoding", Text(r#""windows-1252""#)),
    ("delimiter", Text(r#"";""#)),
    ("quote", Text(r#""none""#)),
    ("escape", Text(r"'\'")),
    ("columns", Texts(r#"["username", "email"]"#)),
    ("skip_lines", Number("2")),
    ("flexible", Flag),
    ("drop_apostrophe", Flag),
    ("unwrap_formulas", Flag),
];

/// All keys of the file.
const KEYS: &[(&str, KeyKind)] = &[
    (
        "username_from",
        TextOrTexts(r#""E-Mail", or ["email", "phone_number"]"#),
    ),
    ("username_uuid", Text(r#""email""#)),
    (
        "password",
        Word(&["column", "generate", "column-or-generate", "none"]),
    ),
    ("ignore_unknown", Flag),
    ("ignore", Texts(r#"["email_verified"]"#)),
    ("keep", Texts(r#"["ID"]"#)),
    ("skip_where", Texts(r#"["Status=deleted"]"#)),
    ("trim", Flag),
    ("null", Texts(r#"["NULL", "\\N"]"#)),
    ("lowercase", Words(&["username", "email"])),
    ("phone_region", Text(r#""DE""#)),
    (
        "columns",
        Named(&Text(r#""email""#), r#""E-Mail" = "email""#),
    ),
    (
        "set",
        Named(&Text(r#""legacy""#), r#""custom:source" = "legacy""#),
    ),
    (
        "join",
        Named(
            &Texts(r#"["First Name", "Last Name"]"#),
            r#"name = ["First Name", "Last Name"]"#,
        ),
    ),
    (
        "dates",
        Named(&Text(r#""%d.%m.%Y""#), r#"birthdate = "%d.%m.%Y""#),
    ),
    (
        "values",
        Named(
            &Named(&Text(r#""true""#), r#"active = "true""#),
            r#"Status = { active = "true" }"#,
        ),
    ),
    ("follow_up", Table(FOLLOW_UP)),
    ("list", Table(LIST)),
    (
        "validation_data",
        Named(&Text(r#""2026-11""#), r#"batch = "2026-11""#),
    ),
    (
        "client_metadata",
        Named(&Text(r#""2026-11""#), r#"batch = "2026-11""#),
    ),
];

/// What does not fit.
pub(super) struct ShapeError {
    /// Where: bytes of the file.
    pub(super) at: Range<usize>,
    /// The key, with its table.
    pub(super) key: String,
    /// What is wrong.
    pub(super) cause: String,
    /// What may stand there.
    pub(super) hint: String,
}

/// Looks at the whole file, and tells what stands first of what does not fit.
pub(super) fn misfit(file: &DeTable<'_>) -> Option<ShapeError> {
    let mut misfits = Vec::new();
    look_at_table(file, KEYS, "", &mut misfits);
    misfits.into_iter().min_by_key(|misfit| misfit.at.start)
}

fn look_at_table(
    table: &DeTable<'_>,
    keys: &[(&str, KeyKind)],
    path: &str,
    to: &mut Vec<ShapeError>,
) {
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        match keys.iter().find(|(known, _)| *known == name) {
            Some((known, kind)) => look_at(value, kind, &format!("{path}{known}"), to),
            None => {
                let (cause, hint) = unknown(name, keys, path);
                to.push(ShapeError {
                    at: key.span(),
                    key: format!("{path}{name}"),
                    cause,
                    hint,
                });
            }
        }
    }
}

fn look_at(value: &Spanned<DeValue<'_>>, kind: &KeyKind, key: &str, to: &mut Vec<ShapeError>) {
    let wrong = |at: Range<usize>, cause: String| ShapeError {
        at,
        key: key.to_owned(),
        cause,
        hint: format!("write {}", expected(kind)),
    };
    match (kind, value.get_ref()) {
        (Flag, DeValue::Boolean(_)) | (Text(_) | TextOrTexts(_), DeValue::String(_)) => {}
        (Number(_), DeValue::Integer(number))
            if u64::from_str_radix(number.as_str(), number.radix()).is_ok() => {}
        (Word(words), DeValue::String(word)) => {
            if let Some(cause) = no_word(word, words) {
                to.push(wrong(value.span(), cause));
            }
        }
        (Texts(_) | TextOrTexts(_), DeValue::Array(array)) => {
            to.extend(
                no_texts(array).map(|(at, found)| wrong(at, format!("{found} stands in its list"))),
            );
        }
        (Words(words), DeValue::Array(array)) => {
            to.extend(
                no_texts(array).map(|(at, found)| wrong(at, format!("{found} stands in its list"))),
            );
            for word in array.iter() {
                let cause = word
                    .get_ref()
                    .as_str()
                    .and_then(|text| no_word(text, words));
                to.extend(cause.map(|cause| wrong(word.span(), cause)));
            }
        }
        (Table(keys), DeValue::Table(table)) => {
            look_at_table(table, keys, &format!("{key}."), to);
        }
        (Named(kind, _), DeValue::Table(table)) => {
            for (name, value) in table {
                look_at(value, kind, &format!("{key}.\"{}\"", name.get_ref()), to);
            }
        }
        (_, other) => to.push(wrong(value.span(), format!("holds {}", called(other)))),
    }
}

/// What a list holds that is no text, and where.
fn no_texts<'a>(array: &'a DeArray<'_>) -> impl Iterator<Item = (Range<usize>, &'static str)> + 'a {
    array
        .iter()
        .filter(|value| !value.get_ref().is_str())
        .map(|value| (value.span(), called(value.get_ref())))
}

fn no_word(word: &str, words: &'static [&str]) -> Option<String> {
    if words.contains(&word) {
        return None;
    }
    let near = nearest(word, words.iter().copied());
    let near = near.map_or_else(String::new, |near| format!(" (nearest: \"{near}\")"));
    Some(format!("holds a word that is not known here{near}"))
}

/// What a key takes, in words.
fn expected(kind: &KeyKind) -> String {
    let listed = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
        words.join(", ")
    };
    match kind {
        Flag => "true or false, without quotes".to_owned(),
        Number(example) => format!("a number of 0 or more, without quotes, such as {example}"),
        Text(example) => format!("a text in quotes, such as {example}"),
        TextOrTexts(examples) => format!("a text in quotes, or a list of them, such as {examples}"),
        Texts(example) => format!("a list of texts in quotes, such as {example}"),
        Word(words) => format!("one of {}", listed(words)),
        Words(words) => format!("a list of one or more of these: [{}]", listed(words)),
        Table(keys) => format!("a table with the keys {}", names(keys)),
        Named(_, example) => format!("a table with lines such as {example}"),
    }
}

fn called(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date without quotes",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// What is said of a key that is not known here, and what to do: where it belongs, or which keys there are.
fn unknown(name: &str, here: &[(&str, KeyKind)], path: &str) -> (String, String) {
    let has = |keys: &[(&str, KeyKind)]| keys.iter().any(|(known, _)| *known == name);
    let no_key = "is no key that may stand here";
    if !path.is_empty() && has(KEYS) {
        let hint = "move it above the first table of the file";
        return (no_key.to_owned(), hint.to_owned());
    }
    for (table, kind) in KEYS {
        if let Table(keys) = kind
            && has(keys)
        {
            return (
                no_key.to_owned(),
                format!("move it into the table [{table}]"),
            );
        }
    }
    let near = nearest(name, here.iter().map(|(known, _)| *known));
    let near = near.map_or_else(String::new, |near| format!(" (nearest known name: {near})"));
    (
        format!("{no_key}{near}"),
        format!("known are {}", names(here)),
    )
}

fn names(keys: &[(&str, KeyKind)]) -> String {
    let names: Vec<&str> = keys.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::{FOLLOW_UP, KEYS, KeyKind, LIST};
    use crate::cli::mapping_file::{ListKeys, MappingFileKeys, follow_up};
    use serde::de::DeserializeOwned;

    /// The keys that the file is read by, out of serde's own words for one that is not known.
    fn read_by<T: DeserializeOwned>() -> Vec<String> {
        let error = toml::from_str::<T>("nothing = 1").err().unwrap();
        let (_, known) = error.message().split_once("expected one of ").unwrap();
        let names = known.split(", ").map(|name| name.trim_matches('`'));
        names.map(str::to_owned).collect()
    }

    fn names(keys: &[(&str, KeyKind)]) -> Vec<String> {
        keys.iter().map(|(name, _)| (*name).to_owned()).collect()
    }

    #[test]
    fn the_keys_are_those_that_the_file_is_read_by() {
        assert_eq!(names(KEYS), read_by::<MappingFileKeys>());
        assert_eq!(names(LIST), read_by::<ListKeys>());
        assert_eq!(names(FOLLOW_UP), read_by::<follow_up::FollowUpKeys>());
    }
}
