//! Which attributes the columns give, and in which form.

use std::sync::Arc;

use super::meanings::ColumnResolver;
use crate::mapping::attribution::{AttributeSource, ValueOrigin};
use crate::mapping::columns::Target;
use crate::mapping::options::{Lowercase, MappingOptions};
use crate::mapping::transform::ValueForm;
use crate::user::rules;
use crate::visible::shell_word;

/// All of them: those of columns in the order of the columns, then those that are joined, then those that are the same for
/// every row.
pub(super) fn all(meanings: &mut ColumnResolver<'_>) -> Vec<AttributeSource> {
    let mut attributes = of_columns(meanings);
    joined(meanings, &mut attributes);
    constants(meanings, &mut attributes);
    dates(meanings, &mut attributes);
    attributes
}

fn of_columns(meanings: &mut ColumnResolver<'_>) -> Vec<AttributeSource> {
    let mut attributes: Vec<AttributeSource> = Vec::new();
    for place in 0..meanings.count() {
        let Some(Target::Attribute(name)) = meanings.target(place).cloned() else {
            continue;
        };
        if attributes.iter().any(|earlier| earlier.name == name) {
            continue;
        }
        meanings.only(&Target::Attribute(Arc::clone(&name)));
        attributes.push(AttributeSource {
            label: meanings.name(place).to_owned(),
            origin: ValueOrigin::Column(place),
            form: form(&name, meanings.options),
            name,
        });
    }
    attributes
}

fn form(attribute: &str, options: &MappingOptions) -> ValueForm {
    match (attribute, options.phone_region) {
        ("email", _) if options.lowercase.contains(&Lowercase::Email) => ValueForm::Lowercase,
        ("phone_number", Some(region)) => ValueForm::Phone(region),
        _ => ValueForm::AsItIs,
    }
}

fn joined(meanings: &mut ColumnResolver<'_>, attributes: &mut Vec<AttributeSource>) {
    let options = meanings.options;
    let joins = std::mem::take(&mut meanings.joins);
    for (asked, places) in options.join.iter().zip(joins) {
        let Some(places) = places else { continue };
        let name = Arc::clone(&asked.what.attribute);
        if is_new(meanings, &name, &asked.by, attributes) {
            let names: Vec<&str> = places.iter().map(|place| meanings.name(*place)).collect();
            attributes.push(AttributeSource {
                label: names.join("+"),
                origin: ValueOrigin::Joined(places),
                form: form(&name, options),
                name,
            });
        }
    }
}

fn constants(meanings: &mut ColumnResolver<'_>, attributes: &mut Vec<AttributeSource>) {
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
            attributes.push(AttributeSource {
                label: name.to_string(),
                origin: ValueOrigin::Constant(asked.what.value.clone()),
                form: ValueForm::AsItIs,
                name,
            });
        }
    }
}

/// Whether nothing else gives the attribute. What does is named.
fn is_new(
    meanings: &mut ColumnResolver<'_>,
    name: &Arc<str>,
    by: &str,
    attributes: &[AttributeSource],
) -> bool {
    let Some(earlier) = attributes.iter().find(|earlier| earlier.name == *name) else {
        return true;
    };
    meanings.problems.push(match &earlier.origin {
        ValueOrigin::Column(place) => format!(
            "{by}: column {}, {}, gives {name} as well; drop it with `--ignore-column {}`",
            place + 1,
            earlier.label,
            shell_word(&earlier.label)
        ),
        ValueOrigin::Joined(_) | ValueOrigin::Constant(_) => {
            format!("{by}: {name} already has a value")
        }
    });
    false
}

fn dates(meanings: &mut ColumnResolver<'_>, attributes: &mut [AttributeSource]) {
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
                .push(format!("{}: {name} is not a date", asked.by)),
            (_, ValueForm::Day(_) | ValueForm::EpochSeconds(_)) => meanings
                .problems
                .push(format!("{}: {name} already has a date format", asked.by)),
            ("updated_at", _) => attribution.form = ValueForm::EpochSeconds(format),
            (_, ValueForm::AsItIs | ValueForm::Lowercase | ValueForm::Phone(_)) => {
                attribution.form = ValueForm::Day(format);
            }
        }
    }
}
