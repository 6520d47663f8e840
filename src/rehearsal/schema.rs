//! The pool's schema: which attributes exist, which the client may write, and which values are
//! valid.
//!
//! Error messages begin like AWS's ("Attributes did not conform to the schema: "). The rest of the
//! message is only partly documented, so clients should not rely on it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::format;
use super::protocol::ServiceError;
use super::schema_settings::{SchemaAttribute, standard_attributes};
use super::settings::PoolSettings;
use super::user::StoredAttribute;

/// Attributes that only an administrator or the pool itself may set.
const NEVER_WRITABLE: [&str; 3] = ["sub", "email_verified", "phone_number_verified"];
/// The maximum number of custom attributes (AWS: "Quotas in Amazon Cognito").
const MAX_CUSTOM_ATTRIBUTES: usize = 50;

/// An attribute of the pool.
#[derive(Debug)]
struct SchemaEntry {
    name: Arc<str>,
    rule: SchemaAttribute,
    /// Whether the app client may write it.
    writable: bool,
}

/// The attributes of the pool, by name.
#[derive(Debug)]
pub(super) struct Schema(BTreeMap<Arc<str>, SchemaEntry>);

impl Schema {
    /// Builds the schema from the settings, or reports an error in them.
    pub(super) fn new(settings: &PoolSettings) -> Result<Schema, String> {
        let mut entries = BTreeMap::new();
        let standard = standard_attributes();
        for rule in &settings.schema {
            let is_standard = standard.iter().any(|known| known.name == rule.name);
            if !is_standard && !rule.name.starts_with("custom:") {
                return Err(format!(
                    "schema: {:?} is not a standard attribute and does not start with custom:",
                    rule.name
                ));
            }
        }
        if settings
            .schema
            .iter()
            .filter(|rule| rule.name.starts_with("custom:"))
            .count()
            > MAX_CUSTOM_ATTRIBUTES
        {
            return Err(format!(
                "schema: a pool has at most {MAX_CUSTOM_ATTRIBUTES} custom attributes"
            ));
        }
        for rule in standard.into_iter().chain(settings.schema.iter().cloned()) {
            let listed = settings
                .write_attributes
                .as_ref()
                .is_none_or(|names| names.contains(&rule.name));
            let writable = listed && !NEVER_WRITABLE.contains(&rule.name.as_str());
            let name: Arc<str> = Arc::from(rule.name.as_str());
            entries.insert(
                Arc::clone(&name),
                SchemaEntry {
                    name,
                    rule,
                    writable,
                },
            );
        }
        for name in settings.write_attributes.iter().flatten() {
            if !entries.contains_key(name.as_str()) {
                return Err(format!("write_attributes: {name:?} is not in the schema"));
            }
        }
        Ok(Schema(entries))
    }

    /// Iterates over the attribute definitions.
    pub(super) fn rules(&self) -> impl Iterator<Item = &SchemaAttribute> {
        self.0.values().map(|entry| &entry.rule)
    }

    /// Iterates over the attributes that the client may write.
    pub(super) fn writable(&self) -> impl Iterator<Item = &str> {
        self.0
            .values()
            .filter(|entry| entry.writable)
            .map(|entry| &*entry.name)
    }

    /// Creates a stored attribute. Its name is shared with the schema if it is part of it.
    pub(super) fn attribute(&self, name: &str, value: &str) -> StoredAttribute {
        let name = self
            .0
            .get(name)
            .map_or_else(|| Arc::from(name), |entry| Arc::clone(&entry.name));
        StoredAttribute {
            name,
            value: Box::from(value),
        }
    }

    /// Checks whether SignUp may set these attributes to these values.
    ///
    /// `given_as_username` are the attributes whose value is the username itself.
    pub(super) fn check_sign_up(
        &self,
        given: &[(String, String)],
        given_as_username: &[&str],
    ) -> Result<(), ServiceError> {
        self.check_known(given)?;
        if given.iter().any(|(name, _)| {
            self.0
                .get(name.as_str())
                .is_some_and(|entry| !entry.writable)
        }) {
            return Err(ServiceError::not_authorized(
                "A client attempted to write unauthorized attribute",
            ));
        }
        let missing: Vec<_> = self
            .0
            .values()
            .filter(|entry| entry.rule.required && &*entry.name != "sub")
            .filter(|entry| !given_as_username.contains(&&*entry.name))
            .filter(|entry| !given.iter().any(|(name, _)| name == &*entry.name))
            .map(|entry| format!("{}: The attribute is required\n", entry.name))
            .collect();
        if !missing.is_empty() {
            return Err(nonconforming(&missing.concat()));
        }
        self.check_values(given)
    }

    /// Checks whether an administrator may set these attributes of an existing user to these
    /// values.
    pub(super) fn check_update(&self, given: &[(String, String)]) -> Result<(), ServiceError> {
        self.check_known(given)?;
        let is_immutable = |name: &str| self.0.get(name).is_some_and(|entry| !entry.rule.mutable);
        match given.iter().find(|(name, _)| is_immutable(name)) {
            Some((name, _)) => {
                let message = format!("user.{name}: Attribute cannot be updated.\n");
                Err(ServiceError::invalid_parameter(message))
            }
            None => self.check_values(given),
        }
    }

    fn check_known(&self, given: &[(String, String)]) -> Result<(), ServiceError> {
        for (index, (name, _)) in given.iter().enumerate() {
            if !self.0.contains_key(name.as_str()) {
                return Err(nonconforming(&format!(
                    "Type for attribute {{{name}}} could not be determined"
                )));
            }
            if given.iter().take(index).any(|(other, _)| other == name) {
                return Err(nonconforming(&format!(
                    "{name}: The attribute was given more than once\n"
                )));
            }
        }
        Ok(())
    }

    fn check_values(&self, given: &[(String, String)]) -> Result<(), ServiceError> {
        for (name, value) in given {
            match name.as_str() {
                "email" if !format::is_email(value) => {
                    return Err(ServiceError::invalid_parameter(
                        "Invalid email address format.",
                    ));
                }
                "phone_number" if !format::is_phone_number(value) => {
                    return Err(ServiceError::invalid_parameter(
                        "Invalid phone number format.",
                    ));
                }
                _ => {}
            }
        }
        let violations: Vec<_> = given
            .iter()
            .filter_map(|(name, value)| {
                let violation = self
                    .0
                    .get(name.as_str())
                    .and_then(|entry| entry.rule.violation(value))?;
                Some(format!("{name}: {violation}\n"))
            })
            .collect();
        if violations.is_empty() {
            Ok(())
        } else {
            Err(nonconforming(&violations.concat()))
        }
    }
}

fn nonconforming(details: &str) -> ServiceError {
    ServiceError::invalid_parameter(format!(
        "Attributes did not conform to the schema: {details}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(settings: &PoolSettings, given: &[(&str, &str)]) -> Option<(String, String)> {
        let given: Vec<_> = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let error = Schema::new(settings)
            .unwrap()
            .check_sign_up(&given, &[])
            .err()?;
        Some((error.code.to_owned(), error.message))
    }

    #[test]
    fn checks_attributes_against_the_default_schema() {
        let email = ("email", "jane@example.com");
        let long = "x".repeat(257);
        type Given<'a> = &'a [(&'a str, &'a str)];
        let cases: [(Given<'_>, Option<&str>); 13] = [
            (&[email], None),
            (
                &[
                    email,
                    ("custom:legacy_id", "42"),
                    ("custom:department", "sales"),
                ],
                None,
            ),
            (
                &[("name", "Jane")],
                Some("email: The attribute is required"),
            ),
            (
                &[email, ("custom:shoe", "38")],
                Some("Type for attribute {custom:shoe} could not be determined"),
            ),
            (
                &[email, ("color", "red")],
                Some("Type for attribute {color} could not be determined"),
            ),
            (
                &[email, ("email_verified", "true")],
                Some("unauthorized attribute"),
            ),
            (&[email, ("sub", "1")], Some("unauthorized attribute")),
            (
                &[email, ("custom:legacy_id", &long)],
                Some("above the maximum"),
            ),
            (&[email, ("name", "")], Some("empty")),
            (
                &[email, ("birthdate", "1.2.1990")],
                Some("below the minimum"),
            ),
            (&[email, ("updated_at", "yesterday")], Some("not a number")),
            (&[("email", "jane")], Some("Invalid email address format.")),
            (
                &[email, ("phone_number", "030 123")],
                Some("Invalid phone number format."),
            ),
        ];
        for (given, expected) in cases {
            let error = refusal(&PoolSettings::default(), given);
            match expected {
                None => assert_eq!(error, None),
                Some(text) => assert!(
                    error.as_ref().unwrap().1.contains(text),
                    "{given:?}: {error:?}"
                ),
            }
        }
    }

    #[test]
    fn client_may_write_listed_attributes_only() {
        let only_email = PoolSettings {
            write_attributes: Some(vec!["email".to_owned()]),
            ..PoolSettings::default()
        };
        assert_eq!(refusal(&only_email, &[("email", "jane@example.com")]), None);
        let (code, _) = refusal(
            &only_email,
            &[("email", "jane@example.com"), ("name", "Jane")],
        )
        .unwrap();
        assert_eq!(code, "NotAuthorizedException");
    }

    #[test]
    fn settings_can_override_standard_attributes() {
        let optional = SchemaAttribute {
            required: false,
            ..SchemaAttribute::string("email", 2_048)
        };
        let settings = PoolSettings {
            schema: vec![optional],
            ..PoolSettings::default()
        };
        assert_eq!(refusal(&settings, &[]), None);
    }

    #[test]
    fn rejects_an_invalid_schema() {
        let unnamed = PoolSettings {
            schema: vec![SchemaAttribute::default()],
            ..PoolSettings::default()
        };
        assert!(Schema::new(&unnamed).is_err());
        let unknown = PoolSettings {
            write_attributes: Some(vec!["custom:none".to_owned()]),
            ..PoolSettings::default()
        };
        assert!(Schema::new(&unknown).unwrap_err().contains("custom:none"));
    }
}
