//! Attribute definitions: those of the settings, and the standard ones that every pool has.

use serde::{Deserialize, Serialize};

/// The maximum length of an attribute value, in characters (the service's model).
const MAX_VALUE_LENGTH: u32 = 2_048;
/// The length of `YYYY-MM-DD`.
const BIRTHDATE_LENGTH: u32 = 10;

/// An attribute of the pool's schema: a custom one, or an override of a standard one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SchemaAttribute {
    /// The name as used in requests: `email`, `custom:department`.
    pub name: String,
    /// The type of its values.
    pub data_type: AttributeType,
    /// Whether SignUp must set it.
    pub required: bool,
    /// Whether it can change after SignUp.
    pub mutable: bool,
    /// The minimum length of a string.
    pub min_length: Option<u32>,
    /// The maximum length of a string.
    pub max_length: Option<u32>,
    /// The minimum value of a number.
    pub min_value: Option<i64>,
    /// The maximum value of a number.
    pub max_value: Option<i64>,
}

/// The type of an attribute's values.
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
    /// Defines an optional, mutable string attribute.
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

/// Returns the OpenID Connect attributes that every pool has (AWS: "Working with user attributes").
/// `email` is required unless the schema overrides it.
pub(super) fn standard_attributes() -> Vec<SchemaAttribute> {
    let names = [
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
    let mut all: Vec<_> = names
        .iter()
        .map(|name| SchemaAttribute::string(name, MAX_VALUE_LENGTH))
        .collect();
    let birthdate = SchemaAttribute::string("birthdate", BIRTHDATE_LENGTH);
    all.extend([
        SchemaAttribute {
            required: true,
            ..SchemaAttribute::string("email", MAX_VALUE_LENGTH)
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
            ..SchemaAttribute::string("sub", MAX_VALUE_LENGTH)
        },
    ]);
    all
}
