//! Identifies a mapping by a text: the numbers of its columns, and everything else that changes
//! what is sent. The ledger stores the text, so that a run is only resumed with the same mapping.

use std::fmt::Write as _;

use super::Mapping;
use super::condition;
use super::transform::{ValueForm, ValueOrigin};

/// Returns the identity of a mapping.
pub(super) fn text(mapping: &Mapping) -> String {
    let mut text = username(mapping);
    let _ = match (mapping.password, &mapping.generated) {
        (Some(column), None) => write!(text, " password={}", column + 1),
        (Some(column), Some(_)) => write!(text, " password={} or generate", column + 1),
        (None, Some(_)) => write!(text, " password=generate"),
        (None, None) => write!(text, " password=none"),
    };
    for source in &mapping.attributes {
        let _ = write!(text, " {}=", source.name);
        let _ = match &source.origin {
            ValueOrigin::Column(column) => write!(text, "{}", column + 1),
            ValueOrigin::Joined(columns) => {
                let numbers: Vec<String> = columns
                    .iter()
                    .map(|column| (column + 1).to_string())
                    .collect();
                write!(text, "{}", numbers.join("+"))
            }
            ValueOrigin::Constant(value) => write!(text, "{value:?}"),
        };
        let _ = match &source.form {
            ValueForm::Unchanged => Ok(()),
            ValueForm::Lowercase => write!(text, ":lowercase"),
            ValueForm::Phone(region) => write!(text, ":phone({region})"),
            ValueForm::Date(format) | ValueForm::EpochSeconds(format) => {
                write!(text, ":date({:?})", format.pattern())
            }
        };
    }
    let mut regions = mapping
        .username
        .columns
        .iter()
        .filter_map(|from| from.region);
    if let Some(region) = regions.next() {
        let _ = write!(text, " username:phone({region})");
    }
    if mapping.username.lowercase {
        text.push_str(" username:lowercase");
    }
    if mapping.trim {
        text.push_str(" trim");
    }
    if mapping.allow_suspicious_passwords && mapping.password.is_some() {
        text.push_str(" password:suspicious");
    }
    if !mapping.null.is_empty() {
        let _ = write!(text, " null={:?}", mapping.null);
    }
    for (column, table) in (1..).zip(&mapping.tables) {
        if let Some(table) = table {
            let _ = write!(text, " values({column})={:?}", table.0);
        }
    }
    if let Some(selection) = &mapping.selection {
        let _ = write!(text, " only where {}", selection.identity());
    }
    if !mapping.skip.is_empty() {
        let _ = write!(text, " skip where {}", condition::identity(&mapping.skip));
    }
    text
}

fn username(mapping: &Mapping) -> String {
    let numbers = mapping
        .username
        .columns
        .iter()
        .map(|from| (from.column + 1).to_string());
    let numbers = numbers.collect::<Vec<_>>().join(",");
    if mapping.username.uuid {
        format!("username=uuid({numbers})")
    } else {
        format!("username={numbers}")
    }
}
