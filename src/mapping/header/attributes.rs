//! Resolves the attributes that the list sets, and the forms of their values.

use std::sync::Arc;

use super::column_resolver::ColumnResolver;
use crate::mapping::columns::Target;
use crate::mapping::options::{Lowercase, MappingOptions};
use crate::mapping::transform::{AttributeSource, ValueForm, ValueOrigin};
use crate::sanitize::shell_word;
use crate::user::rules;

/// Returns all attributes: from columns in the order of the columns, then joined ones, then
/// constants.
pub(super) fn all(columns: &mut ColumnResolver<'_>) -> Vec<AttributeSource> {
    let mut attributes = from_columns(columns);
    add_joined(columns, &mut attributes);
    add_constants(columns, &mut attributes);
    set_date_formats(columns, &mut attributes);
    attributes
}

fn from_columns(columns: &mut ColumnResolver<'_>) -> Vec<AttributeSource> {
    let mut attributes: Vec<AttributeSource> = Vec::new();
    for index in 0..columns.count() {
        let Some(Target::Attribute(name)) = columns.target(index).cloned() else {
            continue;
        };
        if attributes.iter().any(|earlier| earlier.name == name) {
            continue;
        }
        // Reports a second column with the same target.
        columns.column_of(&Target::Attribute(Arc::clone(&name)));
        attributes.push(AttributeSource {
            label: columns.name(index).to_owned(),
            origin: ValueOrigin::Column(index),
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
        _ => ValueForm::Unchanged,
    }
}

fn add_joined(columns: &mut ColumnResolver<'_>, attributes: &mut Vec<AttributeSource>) {
    let options = columns.options;
    let joins = std::mem::take(&mut columns.joins);
    for (option, parts) in options.join.iter().zip(joins) {
        let Some(parts) = parts else { continue };
        let name = Arc::clone(&option.value.attribute);
        if is_new(columns, &name, &option.origin, attributes) {
            let names: Vec<&str> = parts.iter().map(|index| columns.name(*index)).collect();
            attributes.push(AttributeSource {
                label: names.join("+"),
                origin: ValueOrigin::Joined(parts),
                form: form(&name, options),
                name,
            });
        }
    }
}

fn add_constants(columns: &mut ColumnResolver<'_>, attributes: &mut Vec<AttributeSource>) {
    let options = columns.options;
    for option in &options.set {
        let name = Arc::clone(&option.value.attribute);
        // Reported once here, instead of in every row.
        if let Some(finding) = rules::check_value_length(&name, &option.value.value) {
            columns
                .problems
                .push(format!("{}: {}", option.origin, finding.message));
        }
        if is_new(columns, &name, &option.origin, attributes) {
            attributes.push(AttributeSource {
                label: name.to_string(),
                origin: ValueOrigin::Constant(option.value.value.clone()),
                form: ValueForm::Unchanged,
                name,
            });
        }
    }
}

/// Returns whether the attribute has no source yet. Reports an existing one.
fn is_new(
    columns: &mut ColumnResolver<'_>,
    name: &Arc<str>,
    origin: &str,
    attributes: &[AttributeSource],
) -> bool {
    let Some(earlier) = attributes.iter().find(|earlier| earlier.name == *name) else {
        return true;
    };
    columns.problems.push(match &earlier.origin {
        ValueOrigin::Column(index) => format!(
            "{origin}: column {}, {}, is already mapped to {name}; drop it with \
             `--ignore-column {}`",
            index + 1,
            earlier.label,
            shell_word(&earlier.label)
        ),
        ValueOrigin::Joined(_) | ValueOrigin::Constant(_) => {
            format!("{origin}: {name} already has a value")
        }
    });
    false
}

fn set_date_formats(columns: &mut ColumnResolver<'_>, attributes: &mut [AttributeSource]) {
    let options = columns.options;
    for option in &options.dates {
        let (name, origin) = (&option.value.attribute, &option.origin);
        let from_cells = attributes
            .iter_mut()
            .find(|source| source.name == *name && source.constant().is_none());
        let Some(source) = from_cells else {
            columns
                .problems
                .push(format!("{origin}: no column is mapped to {name}"));
            continue;
        };
        let format = option.value.format.clone();
        match (&**name, &source.form) {
            ("email" | "phone_number", _) => columns
                .problems
                .push(format!("{origin}: {name} is not a date")),
            (_, ValueForm::Date(_) | ValueForm::EpochSeconds(_)) => columns
                .problems
                .push(format!("{origin}: {name} already has a date format")),
            ("updated_at", _) => source.form = ValueForm::EpochSeconds(format),
            (_, ValueForm::Unchanged | ValueForm::Lowercase | ValueForm::Phone(_)) => {
                source.form = ValueForm::Date(format);
            }
        }
    }
}
