//! What a column's name means, and what is said of one that means nothing.

use std::sync::Arc;

use super::MappingOptions;
use crate::rows::Header;

/// The standard attributes that `SignUp` can set (Cognito's developer guide, "User pool attributes").
pub const STANDARD_ATTRIBUTES: [&str; 17] = [
    "address",
    "birthdate",
    "email",
    "family_name",
    "gender",
    "given_name",
    "locale",
    "middle_name",
    "name",
    "nickname",
    "phone_number",
    "picture",
    "preferred_username",
    "profile",
    "updated_at",
    "website",
    "zoneinfo",
];

/// Columns of other tools' lists that `SignUp` cannot set, and what to do instead.
const UNSETTABLE: [(&str, &str); 4] = [
    (
        "email_verified",
        "SignUp cannot set it: a pool verifies an address by its own code or by a PreSignUp trigger",
    ),
    (
        "phone_number_verified",
        "SignUp cannot set it: a pool verifies a number by its own code or by a PreSignUp trigger",
    ),
    (
        "cognito:mfa_enabled",
        "SignUp cannot set it: users enrol for MFA themselves",
    ),
    ("sub", "Cognito gives every user a new one"),
];

/// A name that is this many edits away is not what was meant.
const NEAR: usize = 3;

/// What a column is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    Username,
    Password,
    Attribute(Arc<str>),
    Ignored,
}

/// What the column at this place means; or what is wrong with it.
pub(super) fn meaning(
    place: usize,
    name: &str,
    options: &MappingOptions,
) -> Result<Meaning, String> {
    let column = place + 1;
    if options
        .ignore
        .iter()
        .any(|ignored| ignored.eq_ignore_ascii_case(name))
    {
        return Ok(Meaning::Ignored);
    }
    let lower = name.to_ascii_lowercase();
    if name.is_empty() {
        return Err(format!(
            "column {column} has no name: name it, or remove it"
        ));
    }
    if lower == "username" || lower == "cognito:username" {
        return Ok(Meaning::Username);
    }
    if lower == "password" {
        return Ok(Meaning::Password);
    }
    if STANDARD_ATTRIBUTES.contains(&lower.as_str()) {
        return Ok(Meaning::Attribute(lower.into()));
    }
    if let Some(custom) = lower.strip_prefix("custom:")
        && !custom.is_empty()
    {
        // The case of a custom attribute's own name counts in Cognito; that of the prefix does not here.
        let own = name.get("custom:".len()..).unwrap_or_default();
        return Ok(Meaning::Attribute(format!("custom:{own}").into()));
    }
    if let Some((_, why)) = UNSETTABLE
        .iter()
        .find(|(unsettable, _)| *unsettable == lower)
    {
        return Err(format!(
            "column {column}, {name}: {why}; `--ignore-column {name}` drops it"
        ));
    }
    let near = nearest(&lower, known_names())
        .map_or_else(String::new, |near| format!(" (nearest known name: {near})"));
    Err(format!(
        "column {column}, {name}: unknown{near}; rename it, or `--ignore-column {}` drops it",
        quoted(name)
    ))
}

fn quoted(name: &str) -> String {
    if name
        .chars()
        .all(|c| c.is_alphanumeric() || "_:-.".contains(c))
    {
        name.to_owned()
    } else {
        format!("'{name}'")
    }
}

/// Says that a column is missing, and which one may be meant.
pub(super) fn missing(wanted: &str, header: &Header) -> String {
    let names: Vec<String> = header
        .names()
        .iter()
        .map(|name| name.to_ascii_lowercase())
        .collect();
    let near = nearest(wanted, names.iter().map(String::as_str))
        .filter(|near| *near != wanted)
        .map_or_else(String::new, |near| {
            format!("; column {near} is near: rename it if it is meant")
        });
    format!("there is no column {wanted}{near}")
}

fn known_names() -> impl Iterator<Item = &'static str> {
    ["username", "password"]
        .into_iter()
        .chain(STANDARD_ATTRIBUTES)
}

fn nearest<'a>(name: &str, among: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.replace(['-', ' ', '.'], "_");
    let name = plain(name);
    among
        .map(|known| (strsim::damerau_levenshtein(&name, &plain(known)), known))
        .filter(|(distance, known)| *distance <= NEAR && *distance < known.len().max(2) - 1)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// What a column is for, in a sentence.
pub(super) fn describe(meaning: &Meaning) -> &str {
    match meaning {
        Meaning::Username => "the username",
        Meaning::Password => "the password",
        Meaning::Attribute(name) => name,
        Meaning::Ignored => "nothing",
    }
}
