//! Problems with the attributes that the list sets.

use super::{Problem, RunIntent};
use crate::mapping::nearest;
use crate::sanitize::shell_word;
use crate::user::pool_rules::PoolRules;

/// Formats an attribute with its column.
fn with_column(attribute: &(String, Option<String>)) -> String {
    match attribute {
        (name, Some(column)) if column.eq_ignore_ascii_case(name) => name.clone(),
        (name, Some(column)) => format!("{name} (column {column})"),
        (name, None) => format!("{name} (--set)"),
    }
}

/// Returns the attributes with their columns, separated by commas, or `None` if there are none.
pub(super) fn list_names<'a>(
    attributes: impl Iterator<Item = &'a (String, Option<String>)>,
) -> Option<String> {
    let names: Vec<String> = attributes.map(with_column).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Reports attributes that the pool does not have, that the client may not write, and that are
/// missing.
pub(super) fn attributes(rules: &PoolRules, intent: RunIntent<'_>, problems: &mut Vec<Problem>) {
    let set = intent.attributes;
    let is_known = |name: &str| !rules.knows_schema() || rules.attribute(name).is_some();
    let unknown: Vec<&(String, Option<String>)> =
        set.iter().filter(|(name, _)| !is_known(name)).collect();
    if let Some(names) = list_names(unknown.iter().copied()) {
        problems.push(Problem::refusal(
            "attribute_unknown",
            format!("not in the pool's schema: {names}"),
            unknown_hint(rules, set, &unknown),
        ));
    }
    let is_read_only = |name: &str| is_known(name) && !rules.is_writable(name);
    if let Some(names) = list_names(set.iter().filter(|(name, _)| is_read_only(name))) {
        problems.push(Problem::refusal(
            "attribute_not_writable",
            format!("the app client may not write: {names}"),
            "add them to the app client's WriteAttributes, or drop the columns with \
             --ignore-column",
        ));
    }
    let missing: Vec<&str> = rules
        .schema
        .iter()
        .filter(|rule| {
            rule.required && rule.name != "sub" && !rules.is_username_attribute(&rule.name)
        })
        .filter(|rule| !set.iter().any(|(name, _)| *name == rule.name))
        .map(|rule| rule.name.as_str())
        .collect();
    if !missing.is_empty() {
        problems.push(Problem::refusal(
            "attribute_required",
            format!(
                "the pool requires attributes that the list does not set: {}",
                missing.join(", ")
            ),
            "add the columns, map existing ones with --map COLUMN=ATTRIBUTE, or set them for all \
             users with --set",
        ));
    }
}

/// Suggests what to do about attributes that the pool does not have. Adding them to the schema
/// comes last, because it cannot be undone.
fn unknown_hint(
    rules: &PoolRules,
    set: &[(String, Option<String>)],
    unknown: &[&(String, Option<String>)],
) -> String {
    let flags: Vec<String> = unknown
        .iter()
        .filter_map(|(name, column)| flag_for(rules, set, name, column.as_deref()?))
        .collect();
    let all_have_flags = flags.len() == unknown.len();
    let mut hints = Vec::new();
    if !flags.is_empty() {
        hints.push(format!("add {}", flags.join(" ")));
    }
    if !all_have_flags {
        hints.push(
            "use attributes that the pool has (--map COLUMN=ATTRIBUTE, --set, --join), or omit \
             these"
                .to_owned(),
        );
    }
    format!(
        "{}; or add the attributes to the pool's schema, which cannot be undone",
        hints.join("; ")
    )
}

/// Returns the flag that maps or ignores this column. Returns `None` if the column was mapped
/// explicitly, because then that mapping has to be changed.
fn flag_for(
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
        Some(similar) => format!("--map {}", shell_word(&format!("{column}={similar}"))),
        None => format!("--ignore-column {}", shell_word(column)),
    })
}
