//! Validates attribute values: type, length and range. `format` validates email addresses and phone
//! numbers.

use super::schema_settings::{AttributeType, SchemaAttribute};

impl SchemaAttribute {
    /// Returns what is wrong with a value of this attribute, if anything.
    pub(super) fn violation(&self, value: &str) -> Option<String> {
        if value.is_empty() {
            return Some("The attribute value is empty".to_owned());
        }
        match self.data_type {
            AttributeType::String => self.length_violation(value.chars().count()),
            AttributeType::Number => match value.parse::<i64>() {
                Err(_) => Some("The attribute value is not a number".to_owned()),
                Ok(number) if self.min_value.is_some_and(|min| number < min) => {
                    Some("The attribute value is below the minimum".to_owned())
                }
                Ok(number) if self.max_value.is_some_and(|max| number > max) => {
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

    fn length_violation(&self, length: usize) -> Option<String> {
        let violates = |bound: Option<u32>, is_violation: fn(usize, usize) -> bool| {
            bound.is_some_and(|bound| {
                usize::try_from(bound).is_ok_and(|bound| is_violation(length, bound))
            })
        };
        if violates(self.min_length, |length, min| length < min) {
            return Some("String length is below the minimum".to_owned());
        }
        violates(self.max_length, |length, max| length > max)
            .then(|| "String length is above the maximum".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_the_range_of_numbers() {
        let level = SchemaAttribute {
            name: "custom:level".to_owned(),
            data_type: AttributeType::Number,
            min_value: Some(1),
            max_value: Some(9),
            ..SchemaAttribute::default()
        };
        for (value, valid) in [
            ("1", true),
            ("9", true),
            ("0", false),
            ("10", false),
            ("1.5", false),
        ] {
            assert_eq!(level.violation(value).is_none(), valid, "{value}");
        }
    }

    #[test]
    fn counts_length_in_characters() {
        let short = SchemaAttribute::string("custom:short", 3);
        for (value, valid) in [("abc", true), ("äöü", true), ("abcd", false), ("", false)] {
            assert_eq!(short.violation(value).is_none(), valid, "{value}");
        }
    }
}
