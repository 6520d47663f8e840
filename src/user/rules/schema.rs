//! What the value of one attribute must be.

use super::super::finding::{Finding, Rule};
use super::super::pool_rules::{AttributeRule, Contact, ValueType};
use super::{Strictness, formats};

/// The rule for one of a list's attributes.
#[derive(Debug, Clone, Default)]
pub(super) struct ValueRule {
    contact: Option<Contact>,
    schema: Option<AttributeRule>,
    /// It is an alias that only a confirmed user can have.
    alias_of_the_confirmed: bool,
}

impl ValueRule {
    pub(super) fn new(name: &str, strictness: &Strictness) -> Self {
        match strictness {
            Strictness::Api => Self::default(),
            Strictness::Formats => Self {
                contact: Contact::of_attribute(name),
                ..Self::default()
            },
            Strictness::Pool(pool) => Self {
                contact: Contact::of_attribute(name),
                schema: pool.attribute(name).cloned(),
                alias_of_the_confirmed: pool.is_alias_of_the_confirmed(name),
            },
        }
    }

    pub(super) fn finding(&self, column: &str, value: &str) -> Option<Finding> {
        let found = |rule, message| {
            Some(Finding {
                rule,
                column: Some(column.to_owned()),
                message,
            })
        };
        if let Some(contact) = self.contact
            && !formats::is(contact, value)
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
            return found(rule, message);
        }
        if self.alias_of_the_confirmed {
            let message = "preferred_username is an alias in this pool, and only confirmed users can have one";
            return found(Rule::AttributeValue, message.to_owned());
        }
        let (rule, message) = broken(self.schema.as_ref()?, value)?;
        found(rule, message)
    }
}

fn characters(count: usize) -> String {
    format!("{count} character{}", if count == 1 { "" } else { "s" })
}

/// What of the schema a value breaks.
fn broken(schema: &AttributeRule, value: &str) -> Option<(Rule, String)> {
    match schema.data_type {
        ValueType::String => {
            let (least, most) = (schema.min_length, schema.max_length);
            // No text has more characters than bytes: most need not be counted.
            if least.unwrap_or(0) <= 1 && most.is_none_or(|most| value.len() <= most) {
                return None;
            }
            let length = value.chars().count();
            if most.is_some_and(|most| length > most) || least.is_some_and(|least| length < least) {
                let takes = match (least, most) {
                    (Some(least), Some(most)) if least == most => format!("exactly {most}"),
                    (Some(least @ 1..), Some(most)) => format!("{least} to {most}"),
                    (_, Some(most)) => format!("at most {most}"),
                    (least, None) => format!("at least {}", least.unwrap_or_default()),
                };
                return Some((
                    Rule::ValueLength,
                    format!(
                        "the value has {}; this pool allows {takes}",
                        characters(length)
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
            let below = schema.min_value.filter(|least| number < i128::from(*least));
            let above = schema.max_value.filter(|most| number > i128::from(*most));
            let message = match (below, above) {
                (Some(least), _) => format!("{number} is less than the pool's minimum of {least}"),
                (_, Some(most)) => format!("{number} is more than the pool's maximum of {most}"),
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
        // How Cognito reads a time is not documented: what it takes is left to it.
        ValueType::Boolean | ValueType::DateTime => None,
    }
}
