//! Which attributes the columns give, and in which form.

use std::sync::Arc;

use super::meanings::Meanings;
use crate::mapping::attribution::{Attribution, Origin};
use crate::mapping::columns::Target;
use crate::mapping::options::{Lowercase, MappingOptions};
use crate::mapping::transform::Form;
use crate::user::rules;
use crate::visible::shell_word;

/// All of them: those of columns in the order of the columns, then those that are joined, then those that are the same for
/// every row.
pub(super) fn all(meanings: &mut Meanings<'_>) -> Vec<Attribution> {
    let mut attributes = of_columns(meanings);
    joined(meanings, &mut attributes);
    constants(meanings, &mut attributes);
    dates(meanings, &mut attributes);
    attributes
}

fn of_columns(meanings: &mut Meanings<'_>) -> Vec<Attribution> {
    let mut attributes: Vec<Attribution> = Vec::new();
    for place in 0..meanings.count() {
        let Some(Target::Attribute(name)) = meanings.target(place).cloned() else {
            continue;
        };
        if attributes.iter().any(|earlier| earlier.name == name) {
            continue;
        }
        meanings.only(&Target::Attribute(Arc::clone(&name)));
        attributes.push(Attribution {
            label: meanings.name(place).to_owned(),
            origin: Origin::Column(place),
            form: form(&name, meanings.options),
            name,
        });
    }
    attributes
}

fn form(attribute: &str, options: &MappingOptions) -> Form {
    match (attribute, options.phone_region) {
        ("email", _) if options.lowercase.contains(&Lowercase::Email) => Form::Lowercase,
        ("phone_number", Some(region)) => Form::Phone(region),
        _ => Form::AsItIs,
    }
}

fn joined(meanings: &mut Meanings<'_>, attributes: &mut Vec<Attribution>) {
    let options = meanings.options;
    let joins = std::mem::take(&mut meanings.joins);
    for (asked, places) in options.join.iter().zip(joins) {
        let Some(places) = places else { continue };
        let name = Arc::clone(&asked.what.attribute);
        if is_new(meanings, &name, &asked.by, attributes) {
            let names: Vec<&str> = places.iter().map(|place| meanings.name(*place)).collect();
            attributes.push(Attribution {
                label: names.join("+"),
                origin: Origin::Joined(places),
                form: form(&name, options),
                name,
            });
        }
    }
}

fn constants(meanings: &mut Meanings<'_>, attributes: &mut Vec<Attribution>) {
    let options = meanings.options;
    for asked in &options.set {
        let name = Arc::clone(&asked.what.attribute);
        // Once for the list, so that not every row of it is found broken.
        if let Some(finding) = rules::too_long(&name, &asked.what.value) {
            meanings
                .problems
                .push(format!("{}: {}", asked.by, finding.message));
        }
        if is_new(meanings, &name, &asked.by, attributes) {
            attributes.push(Attribution {
                label: name.to_string(),
                origin: Origin::Constant(asked.what.value.clone()),
                form: Form::AsItIs,
                name,
            });
        }
    }
}

/// Whether nothing else gives the attribute. What does is named.
fn is_new(
    meanings: &mut Meanings<'_>,
    name: &Arc<str>,
    by: &str,
    attributes: &[Attribution],
) -> bool {
    let Some(earlier) = attributes.iter().find(|earlier| earlier.name == *name) else {
        return true;
    };
    meanings.problems.push(match &earlier.origin {
        Origin::Column(place) => format!(
            "{by}: column {}, {}, gives {name} too; `--ignore-column {}` drops it",
            place + 1,
            earlier.label,
            shell_word(&earlier.label)
        ),
        Origin::Joined(_) | Origin::Constant(_) => {
            format!("{by}: {name} has a value already: give it one")
        }
    });
    false
}

fn dates(meanings: &mut Meanings<'_>, attributes: &mut [Attribution]) {
    let options = meanings.options;
    for asked in &options.dates {
        let name = &asked.what.attribute;
        let from_cells = attributes
            .iter_mut()
            .find(|attribution| attribution.name == *name && attribution.constant().is_none());
        let Some(attribution) = from_cells else {
            meanings
                .problems
                .push(format!("{}: no column gives {name}", asked.by));
            continue;
        };
        let format = asked.what.format.clone();
        match (&**name, &attribution.form) {
            ("email" | "phone_number", _) => meanings
                .problems
                .push(format!("{}: {name} is no date", asked.by)),
            (_, Form::Day(_) | Form::EpochSeconds(_)) => meanings.problems.push(format!(
                "{}: {name} has a date format already: give it one",
                asked.by
            )),
            ("updated_at", _) => attribution.form = Form::EpochSeconds(format),
            (_, Form::AsItIs | Form::Lowercase | Form::Phone(_)) => {
                attribution.form = Form::Day(format);
            }
        }
    }
}
