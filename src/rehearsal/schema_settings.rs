//! A pool's attributes as settings name them, and the standard ones that every pool has.

use serde::{Deserialize, Serialize};

/// The longest value of any attribute, in characters (the service's model).
const LONGEST_VALUE: u32 = 2_048;
/// A birthdate is written `YYYY-MM-DD`.
const BIRTHDATE_LENGTH: u32 = 10;

/// An attribute of the pool's schema: a custom one, or a standard one that differs from the usual.
///
/// The default has no name: give it one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SchemaAttribute {
    /// The name as requests use it: `email`, `custom:department`.
    pub name: String,
    /// What its values are.
    pub data_type: AttributeType,
    /// Whether SignUp must set it.
    pub required: bool,
    /// Whether it can change after SignUp.
    pub mutable: bool,
    /// Fewest characters of a string.
    pub min_length: Option<u32>,
    /// Most characters of a string; 2,048 when unset.
    pub max_length: Option<u32>,
    /// Least value of a number.
    pub min_value: Option<i64>,
    /// Greatest value of a number.
    pub max_value: Option<i64>,
}

/// What an attribute's values are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttributeType {
    /// Any text.
    #[default]
    String,
    /// A whole number.
    Number,
    /// A time.
    DateTime,
    /// `true` or `false`.
    Boolean,
}

impl AttributeType {
    pub(super) fn name(self) -> &'static str {
        match self {
            AttributeType::String => "String",
            AttributeType::Number => "Number",
            AttributeType::DateTime => "DateTime",
            AttributeType::Boolean => "Boolean",
        }
    }
}

impl Default for SchemaAttribute {
    fn default() -> SchemaAttribute {
        SchemaAttribute {
            name: String::new(),
            data_type: AttributeType::String,
            required: false,
            mutable: true,
            min_length: None,
            max_length: None,
            min_value: None,
            max_value: None,
        }
    }
}

impl SchemaAttribute {
    /// A mutable string attribute of this name that nobody must set, of at most so many characters.
    #[must_use]
    pub fn string(name: &str, max_length: u32) -> SchemaAttribute {
        SchemaAttribute {
            name: name.to_owned(),
            min_length: Some(0),
            max_length: Some(max_length),
            ..Self::default()
        }
    }

    fn boolean(name: &str) -> SchemaAttribute {
        SchemaAttribute {
            name: name.to_owned(),
            data_type: AttributeType::Boolean,
            ..Self::default()
        }
    }
}

/// The attributes of OpenID Connect that every pool has (AWS: "Working with user attributes"); of
/// these a pool here requires `email` unless its schema says otherwise.
pub(super) fn standard_attributes() -> Vec<SchemaAttribute> {
    let texts = [
        "name",
        "given_name",
        "family_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "gender",
        "zoneinfo",
        "locale",
        "phone_number",
        "address",
    ];
    let mut all: Vec<_> = texts
        .iter()
        .map(|name| SchemaAttribute::string(name, LONGEST_VALUE))
        .collect();
    let birthdate = SchemaAttribute::string("birthdate", BIRTHDATE_LENGTH);
    all.extend([
        SchemaAttribute {
            required: true,
            ..SchemaAttribute::string("email", LONGEST_VALUE)
        },
        SchemaAttribute {
            min_length: Some(BIRTHDATE_LENGTH),
            ..birthdate
        },
        SchemaAttribute::boolean("email_verified"),
        SchemaAttribute::boolean("phone_number_verified"),
        SchemaAttribute {
            name: "updated_at".to_owned(),
            data_type: AttributeType::Number,
            min_value: Some(0),
            ..SchemaAttribute::default()
        },
        SchemaAttribute {
            min_length: Some(1),
            mutable: false,
            required: true,
            ..SchemaAttribute::string("sub", LONGEST_VALUE)
        },
    ]);
    all
}
