//! Which attributes the columns give, and in which form.

use std::sync::Arc;

use super::column_resolver::ColumnResolver;
use crate::mapping::attribute_source::{AttributeSource, ValueOrigin};
use crate::mapping::columns::Target;
use crate::mapping::options::{Lowercase, MappingOptions};
use crate::mapping::transform::ValueForm;
use crate::sanitize::shell_word;
use crate::user::rules;

/// All of them: those of columns in the order of the columns, then those that are joined, then those that are the same for
/// every row.
pub(super) fn all(columns: &mut ColumnResolver<'_>) -> Vec<AttributeSource> {
    let mut attributes = of_columns(columns);
    joined(columns, &mut attributes);
    constants(columns, &mut attributes);
    dates(columns, &mut attributes);
    attributes
}

fn of_columns(columns: &mut ColumnResolver<'_>) -> Vec<AttributeSource> {
    let mut attributes: Vec<AttributeSource> = Vec::new();
    for place in 0..columns.count() {
        let Some(Target::Attribute(name)) = columns.target(place).cloned() else {
            continue;
        };
        if attributes.iter().any(|earlier| earlier.name == name) {
            continue;
        }
        columns.only(&Target::Attribute(Arc::clone(&name)));
        attributes.push(AttributeSource {
            label: columns.name(place).to_owned(),
            origin: ValueOrigin::Column(place),
            form: form(&name, columns.options),
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

fn joined(columns: &mut ColumnResolver<'_>, attributes: &mut Vec<AttributeSource>) {
    let options = columns.options;
    let joins = std::mem::take(&mut columns.joins);
    for (asked, places) in options.join.iter().zip(joins) {
        let Some(places) = places else { continue };
        let name = Arc::clone(&asked.value.attribute);
        if is_new(columns, &name, &asked.origin, attributes) {
            let names: Vec<&str> = places.iter().map(|place| columns.name(*place)).collect();
            attributes.push(AttributeSource {
                label: names.join("+"),
                origin: ValueOrigin::Joined(places),
                form: form(&name, options),
                name,
            });
        }
    }
}

fn constants(columns: &mut ColumnResolver<'_>, attributes: &mut Vec<AttributeSource>) {
    let options = columns.options;
    for asked in &options.set {
        let name = Arc::clone(&asked.value.attribute);
        // Once for the list, so that not every row of it is found broken.
        if let Some(finding) = rules::too_long(&name, &asked.value.value) {
            columns
                .problems
                .push(format!("{}: {}", asked.origin, finding.message));
        }
        if is_new(columns, &name, &asked.origin, attributes) {
            attributes.push(AttributeSource {
                label: name.to_string(),
                origin: ValueOrigin::Constant(asked.value.value.clone()),
                form: ValueForm::AsItIs,
                name,
            });
        }
    }
}

/// Whether nothing else gives the attribute. What does is named.
fn is_new(
    columns: &mut ColumnResolver<'_>,
    name: &Arc<str>,
    by: &str,
    attributes: &[AttributeSource],
) -> bool {
    let Some(earlier) = attributes.iter().find(|earlier| earlier.name == *name) else {
        return true;
    };
    columns.problems.push(match &earlier.origin {
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

fn dates(columns: &mut ColumnResolver<'_>, attributes: &mut [AttributeSource]) {
    let options = columns.options;
    for asked in &options.dates {
        let name = &asked.value.attribute;
        let from_cells = attributes
            .iter_mut()
            .find(|attribution| attribution.name == *name && attribution.constant().is_none());
        let Some(attribution) = from_cells else {
            columns
                .problems
                .push(format!("{}: no column gives {name}", asked.origin));
            continue;
        };
        let format = asked.value.format.clone();
        match (&**name, &attribution.form) {
            ("email" | "phone_number", _) => columns
                .problems
                .push(format!("{}: {name} is not a date", asked.origin)),
            (_, ValueForm::Day(_) | ValueForm::EpochSeconds(_)) => columns.problems.push(format!(
                "{}: {name} already has a date format",
                asked.origin
            )),
            ("updated_at", _) => attribution.form = ValueForm::EpochSeconds(format),
            (_, ValueForm::AsItIs | ValueForm::Lowercase | ValueForm::Phone(_)) => {
                attribution.form = ValueForm::Day(format);
            }
        }
    }
}
