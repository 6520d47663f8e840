//! The rules for the value of an attribute.

use super::super::finding::{Finding, Rule};
use super::super::pool_rules::{AttributeRule, Contact, ValueType};
use super::{Strictness, formats};
use crate::plural::counted;

/// The rules for one of the list's attributes.
#[derive(Debug, Clone, Default)]
pub(super) struct ValueRule {
    contact: Option<Contact>,
    is_birthdate: bool,
    schema: Option<AttributeRule>,
    /// The attribute is an alias that only confirmed users can have.
    confirmed_only_alias: bool,
}

impl ValueRule {
    pub(super) fn new(name: &str, strictness: &Strictness) -> Self {
        match strictness {
            Strictness::Api => Self::default(),
            Strictness::Formats => Self {
                contact: Contact::from_attribute(name),
                ..Self::default()
            },
            Strictness::Pool(pool) => Self {
                contact: Contact::from_attribute(name),
                is_birthdate: name == "birthdate",
                schema: pool.attribute(name).cloned(),
                confirmed_only_alias: pool.is_confirmed_only_alias(name),
            },
        }
    }

    pub(super) fn check(&self, column: &str, value: &str) -> Option<Finding> {
        let finding = |rule, message| Some(Finding::new(rule, column, message));
        if let Some(contact) = self.contact
            && !formats::matches(contact, value)
        {
            let rule = match contact {
                Contact::Email => Rule::Email,
                Contact::PhoneNumber => Rule::PhoneNumber,
            };
            let message = format!(
                "this is not {}: {}",
                formats::describe(contact),
                formats::quoted(value)
            );
            return finding(rule, message);
        }
        if self.confirmed_only_alias {
            let message = "preferred_username is an alias in this pool, and only confirmed users \
                           can have one";
            return finding(Rule::AttributeValue, message.to_owned());
        }
        let (rule, mut message) = schema_violation(self.schema.as_ref()?, value)?;
        if self.is_birthdate && rule == Rule::ValueLength {
            message.push_str(" (YYYY-MM-DD)");
            if let Some(format) = likely_date_format(value) {
                message.push_str(&format!("; pass --date-format birthdate={format}"));
            }
        }
        finding(rule, message)
    }
}

/// Returns the rule of the schema that a value violates.
fn schema_violation(schema: &AttributeRule, value: &str) -> Option<(Rule, String)> {
    match schema.data_type {
        ValueType::String => {
            let (min, max) = (schema.min_length, schema.max_length);
            // A text has at most as many characters as bytes, so most texts need no counting.
            if min.unwrap_or(0) <= 1 && max.is_none_or(|max| value.len() <= max) {
                return None;
            }
            let length = value.chars().count();
            if max.is_some_and(|max| length > max) || min.is_some_and(|min| length < min) {
                let allowed = match (min, max) {
                    (Some(min), Some(max)) if min == max => format!("exactly {max}"),
                    (Some(min @ 1..), Some(max)) => format!("{min} to {max}"),
                    (_, Some(max)) => format!("at most {max}"),
                    (min, None) => format!("at least {}", min.unwrap_or_default()),
                };
                return Some((
                    Rule::ValueLength,
                    format!(
                        "the value has {}; this pool allows {allowed}",
                        counted(length as u64, "character", "characters")
                    ),
                ));
            }
            None
        }
        ValueType::Number => {
            let number = value.parse().map(i128::from as fn(i64) -> i128);
            let Ok(number) = number.or_else(|_| value.parse::<i128>()) else {
                return Some((
                    Rule::AttributeValue,
                    format!(
                        "this pool expects a whole number: {}",
                        formats::quoted(value)
                    ),
                ));
            };
            let below = schema.min_value.filter(|min| number < i128::from(*min));
            let above = schema.max_value.filter(|max| number > i128::from(*max));
            let message = match (below, above) {
                (Some(min), _) => format!("{number} is less than the pool's minimum of {min}"),
                (_, Some(max)) => format!("{number} is more than the pool's maximum of {max}"),
                (None, None) => return None,
            };
            Some((Rule::NumberRange, message))
        }
        ValueType::Boolean if !["true", "false"].contains(&value.to_ascii_lowercase().as_str()) => {
            Some((
                Rule::AttributeValue,
                format!(
                    "this pool expects true or false: {}",
                    formats::quoted(value)
                ),
            ))
        }
        // Cognito's time formats are not documented, so times are not checked here.
        ValueType::Boolean | ValueType::DateTime => None,
    }
}

/// Guesses the `--date-format` of a date with a four-digit year. Without evidence to the contrary,
/// the day comes before the month.
fn likely_date_format(value: &str) -> Option<String> {
    let separator = value.chars().find(|c| matches!(c, '.' | '/' | '-'))?;
    let parts: Vec<&str> = value.split(separator).collect();
    let numbers: Vec<u16> = parts.iter().filter_map(|part| part.parse().ok()).collect();
    let (&[first, second, third], &[x, y, z]) = (parts.as_slice(), numbers.as_slice()) else {
        return None;
    };
    let directives = match ((first.len(), second.len(), third.len()), (x, y, z)) {
        ((4, 1..=2, 1..=2), (_, 1..=12, 1..=31)) => ["%Y", "%m", "%d"],
        ((1..=2, 1..=2, 4), (1..=31, 1..=12, _)) => ["%d", "%m", "%Y"],
        ((1..=2, 1..=2, 4), (1..=12, 1..=31, _)) => ["%m", "%d", "%Y"],
        _ => return None,
    };
    Some(directives.join(&separator.to_string()))
}

#[cfg(test)]
mod tests {
    use super::likely_date_format;

    #[test]
    fn guesses_the_format_of_dates_with_four_digit_years() {
        for (value, format) in [
            ("1.2.1990", Some("%d.%m.%Y")),
            ("31.12.1990", Some("%d.%m.%Y")),
            ("1/2/1990", Some("%d/%m/%Y")),
            ("2/28/1990", Some("%m/%d/%Y")),
            ("1990-2-1", Some("%Y-%m-%d")),
            ("1990/2/1", Some("%Y/%m/%d")),
            ("31.12.90", None),
            ("19901231", None),
            ("32.13.1990", None),
            ("1 Feb 1990", None),
            ("", None),
        ] {
            assert_eq!(likely_date_format(value).as_deref(), format, "{value}");
        }
    }
}
