//! What stands against a run because of the attributes that it sets.

use super::{Problem, RunIntent};
use crate::mapping::nearest;
use crate::sanitize::shell_word;
use crate::user::pool_rules::PoolRules;

/// A name with its column, as a message shows it.
fn told(attribute: &(String, Option<String>)) -> String {
    match attribute {
        (name, Some(column)) if column.eq_ignore_ascii_case(name) => name.clone(),
        (name, Some(column)) => format!("{name} (column {column})"),
        (name, None) => format!("{name} (--set)"),
    }
}

pub(super) fn told_all<'a>(
    attributes: impl Iterator<Item = &'a (String, Option<String>)>,
) -> Option<String> {
    let names: Vec<String> = attributes.map(told).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Attributes that the pool does not have, that may not be written, and that are missing.
pub(super) fn attributes(rules: &PoolRules, meant: RunIntent<'_>, found: &mut Vec<Problem>) {
    let set = meant.attributes;
    let is_known = |name: &str| !rules.knows_schema() || rules.attribute(name).is_some();
    let unknown: Vec<&(String, Option<String>)> =
        set.iter().filter(|(name, _)| !is_known(name)).collect();
    if let Some(names) = told_all(unknown.iter().copied()) {
        found.push(Problem::refusal(
            "attribute_unknown",
            format!("not in the pool's schema: {names}"),
            instead(rules, set, &unknown),
        ));
    }
    let refused = |name: &str| is_known(name) && !rules.is_writable(name);
    if let Some(names) = told_all(set.iter().filter(|(name, _)| refused(name))) {
        found.push(Problem::refusal(
            "attribute_not_writable",
            format!("the app client may not write: {names}"),
            "add them to the app client's WriteAttributes, or drop the columns with --ignore-column",
        ));
    }
    let missing: Vec<&str> = rules
        .schema
        .iter()
        .filter(|rule| rule.required && rule.name != "sub" && !rules.username_is(&rule.name))
        .filter(|rule| !set.iter().any(|(name, _)| *name == rule.name))
        .map(|rule| rule.name.as_str())
        .collect();
    if !missing.is_empty() {
        found.push(Problem::refusal(
            "attribute_required",
            format!("the pool requires attributes that the list does not set: {}", missing.join(", ")),
            "add the columns, map existing ones with --map COLUMN=ATTRIBUTE, or set them for all users with --set",
        ));
    }
}

/// What to do about attributes that the pool does not have. Adding them comes last, because it cannot be undone.
fn instead(
    rules: &PoolRules,
    set: &[(String, Option<String>)],
    unknown: &[&(String, Option<String>)],
) -> String {
    let flags: Vec<String> = unknown
        .iter()
        .filter_map(|(name, column)| flag(rules, set, name, column.as_deref()?))
        .collect();
    let all_have_flags = flags.len() == unknown.len();
    let mut ways = Vec::new();
    if !flags.is_empty() {
        ways.push(format!("add {}", flags.join(" ")));
    }
    if !all_have_flags {
        ways.push(
            "use attributes that the pool has (--map COLUMN=ATTRIBUTE, --set, --join), or omit these"
                .to_owned(),
        );
    }
    format!(
        "{}; or add the attributes to the pool's schema, which cannot be undone",
        ways.join("; ")
    )
}

/// The flag for a column that has its meaning by its name; another meaning was asked for, and has to be changed there.
fn flag(
    rules: &PoolRules,
    set: &[(String, Option<String>)],
    name: &str,
    column: &str,
) -> Option<String> {
    if !column.eq_ignore_ascii_case(name) {
        return None;
    }
    let is_set = |name: &str| set.iter().any(|(other, _)| other == name);
    let free = rules
        .schema
        .iter()
        .map(|rule| rule.name.as_str())
        .filter(|name| rules.is_writable(name) && !is_set(name));
    Some(match nearest(name, free) {
        Some(near) => format!("--map {}", shell_word(&format!("{column}={near}"))),
        None => format!("--ignore-column {}", shell_word(column)),
    })
}
