//! Whether a value is one that an attribute takes: its type, its length, its range.
//!
//! What an e-mail address or a phone number looks like is `format`'s.

use super::schema_settings::{AttributeType, SchemaAttribute};

impl SchemaAttribute {
    /// What is wrong with a value of this attribute, if something is.
    pub(super) fn fault_of(&self, value: &str) -> Option<String> {
        if value.is_empty() {
            return Some("The attribute value is empty".to_owned());
        }
        match self.data_type {
            AttributeType::String => self.fault_of_length(value.chars().count()),
            AttributeType::Number => match value.parse::<i64>() {
                Err(_) => Some("The attribute value is not a number".to_owned()),
                Ok(number) if self.min_value.is_some_and(|least| number < least) => {
                    Some("The attribute value is below the minimum".to_owned())
                }
                Ok(number) if self.max_value.is_some_and(|most| number > most) => {
                    Some("The attribute value is above the maximum".to_owned())
                }
                Ok(_) => None,
            },
            AttributeType::Boolean
                if !["true", "false"].contains(&value.to_ascii_lowercase().as_str()) =>
            {
                Some("The attribute value is neither true nor false".to_owned())
            }
            AttributeType::Boolean | AttributeType::DateTime => None,
        }
    }

    fn fault_of_length(&self, length: usize) -> Option<String> {
        let is = |bound: Option<u32>, broken: fn(usize, usize) -> bool| {
            bound.is_some_and(|bound| {
                usize::try_from(bound).is_ok_and(|bound| broken(length, bound))
            })
        };
        if is(self.min_length, |length, least| length < least) {
            return Some("String length is below the minimum".to_owned());
        }
        is(self.max_length, |length, most| length > most)
            .then(|| "String length is above the maximum".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_range() {
        let level = SchemaAttribute {
            name: "custom:level".to_owned(),
            data_type: AttributeType::Number,
            min_value: Some(1),
            max_value: Some(9),
            ..SchemaAttribute::default()
        };
        for (value, taken) in [
            ("1", true),
            ("9", true),
            ("0", false),
            ("10", false),
            ("1.5", false),
        ] {
            assert_eq!(level.fault_of(value).is_none(), taken, "{value}");
        }
    }

    #[test]
    fn lengths_count_characters() {
        let short = SchemaAttribute::string("custom:short", 3);
        for (value, taken) in [("abc", true), ("äöü", true), ("abcd", false), ("", false)] {
            assert_eq!(short.fault_of(value).is_none(), taken, "{value}");
        }
    }
}
