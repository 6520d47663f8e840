//! Data for the pool's triggers in every `SignUp`: `ValidationData` and `ClientMetadata`.

use std::fmt;

use aws_sdk_cognitoidentityprovider::error::BuildError;
use aws_sdk_cognitoidentityprovider::operation::sign_up::builders::SignUpInputBuilder;
use aws_sdk_cognitoidentityprovider::types::AttributeType;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use crate::user::rules::{MAX_ATTRIBUTE_NAME, MAX_VALUE};

/// The maximum length of a key or a value of `ClientMetadata` (the service's model, `StringType`).
const MAX_METADATA: usize = 131_072;

/// The length of the digest: 32 bits reveal a change, but are too few to guess a value from.
const DIGEST_BYTES: usize = 4;

/// The pairs, with unique and sorted keys. `Debug` shows no values.
#[derive(Clone, Default)]
pub struct TriggerData {
    validation: Vec<(String, SecretString)>,
    metadata: Vec<(String, String)>,
}

impl TriggerData {
    /// Adds a pair of `ValidationData`, unless its key already has a value.
    ///
    /// # Errors
    /// Fails if Cognito would not accept it. The message does not contain the value.
    pub fn add_validation(&mut self, key: &str, value: SecretString) -> Result<(), String> {
        let limits = (MAX_ATTRIBUTE_NAME, MAX_VALUE);
        check(key, value.expose_secret(), limits)?;
        // The key is an attribute name, which contains no whitespace (the service's model,
        // `AttributeNameType`).
        if key.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(format!(
                "the key `{}` contains whitespace, which Cognito does not accept",
                key.escape_debug()
            ));
        }
        insert_new(&mut self.validation, key, value);
        Ok(())
    }

    /// Adds a pair of `ClientMetadata`, unless its key already has a value.
    ///
    /// # Errors
    /// Fails if Cognito would not accept it.
    pub fn add_metadata(&mut self, key: &str, value: String) -> Result<(), String> {
        check(key, &value, (MAX_METADATA, MAX_METADATA))?;
        insert_new(&mut self.metadata, key, value);
        Ok(())
    }

    /// Returns the keys and a digest of the values, to which a run is bound: with other values, a
    /// trigger could treat the rest of the list differently. The values are not stored, because one
    /// may be a secret that the trigger checks. `None` without data.
    #[must_use]
    pub fn identity(&self) -> Option<String> {
        if self.validation.is_empty() && self.metadata.is_empty() {
            return None;
        }
        let mut digest = Sha256::new();
        let mut names = Vec::new();
        let validation = self.validation.iter();
        let validation =
            validation.map(|(key, value)| ("ValidationData", key, value.expose_secret()));
        let metadata = self.metadata.iter();
        let metadata = metadata.map(|(key, value)| ("ClientMetadata", key, value.as_str()));
        for (list, key, value) in validation.chain(metadata) {
            names.push(format!("{list} {key}"));
            for part in [list, key, value] {
                digest.update((part.len() as u64).to_le_bytes());
                digest.update(part);
            }
        }
        let digest: String = digest
            .finalize()
            .iter()
            .take(DIGEST_BYTES)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Some(format!("{} ({digest})", names.join(", ")))
    }

    /// Adds the pairs to a `SignUp` request.
    pub(super) fn add_to(
        &self,
        mut request: SignUpInputBuilder,
    ) -> Result<SignUpInputBuilder, BuildError> {
        for (key, value) in &self.validation {
            let pair = AttributeType::builder()
                .name(key)
                .value(value.expose_secret())
                .build()?;
            request = request.validation_data(pair);
        }
        for (key, value) in &self.metadata {
            request = request.client_metadata(key, value);
        }
        Ok(request)
    }
}

impl fmt::Debug for TriggerData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys =
            |mut list: fmt::DebugList<'_, '_>, keys: Vec<&String>| list.entries(keys).finish();
        f.write_str("TriggerData ")?;
        keys(
            f.debug_list(),
            self.validation.iter().map(|(key, _)| key).collect(),
        )?;
        keys(
            f.debug_list(),
            self.metadata.iter().map(|(key, _)| key).collect(),
        )
    }
}

fn check(key: &str, value: &str, (max_key, max_value): (usize, usize)) -> Result<(), String> {
    if key.is_empty() || value.is_empty() {
        return Err("has an empty key or an empty value".to_owned());
    }
    for (part, text, max) in [("key", key, max_key), ("value", value, max_value)] {
        if text.chars().count() > max {
            return Err(format!(
                "the {part} is longer than {max} characters, Cognito's limit"
            ));
        }
    }
    Ok(())
}

fn insert_new<T>(pairs: &mut Vec<(String, T)>, key: &str, value: T) {
    if let Err(index) = pairs.binary_search_by(|(other, _)| other.as_str().cmp(key)) {
        pairs.insert(index, (key.to_owned(), value));
    }
}

#[cfg(test)]
mod tests {
    use super::TriggerData;

    fn with_validation(pairs: &[(&str, &str)]) -> TriggerData {
        let mut data = TriggerData::default();
        for (key, value) in pairs {
            data.add_validation(key, (*value).into()).unwrap();
        }
        data
    }

    #[test]
    fn digest_ignores_the_order_of_pairs() {
        assert_eq!(TriggerData::default().identity(), None);
        let one = with_validation(&[("key", "Hidden-42"), ("batch", "7")]);
        let other = with_validation(&[("batch", "7"), ("key", "Hidden-42")]);
        let identity = one.identity().unwrap();
        assert_eq!(Some(&identity), other.identity().as_ref());
        assert!(
            identity.starts_with("ValidationData batch, ValidationData key (")
                && !identity.contains("Hidden"),
            "{identity}"
        );
        assert!(!format!("{one:?}").contains("Hidden"), "{one:?}");
        for changed in [
            with_validation(&[("key", "Hidden-43"), ("batch", "7")]),
            with_validation(&[("key", "Hidden-42")]),
            with_validation(&[("keyH", "idden-42"), ("batch", "7")]),
        ] {
            assert_ne!(Some(&identity), changed.identity().as_ref());
        }
        let mut metadata = TriggerData::default();
        metadata.add_metadata("key", "Hidden-42".into()).unwrap();
        assert_ne!(
            with_validation(&[("key", "Hidden-42")]).identity(),
            metadata.identity()
        );
    }

    #[test]
    fn first_value_of_a_key_wins() {
        assert_eq!(
            with_validation(&[("key", "1"), ("key", "2")]).identity(),
            with_validation(&[("key", "1")]).identity()
        );
    }

    #[test]
    fn rejects_invalid_data_without_repeating_values() {
        let mut data = TriggerData::default();
        let long = "v".repeat(2_049);
        for (key, value) in [
            ("", "Hidden"),
            ("key", ""),
            ("a key", "Hidden"),
            ("k".repeat(33).as_str(), "Hidden"),
            ("key", long.as_str()),
        ] {
            let error = data.add_validation(key, value.into()).unwrap_err();
            assert!(
                !error.contains("Hidden") && !error.contains("vvv"),
                "{error}"
            );
        }
        assert!(data.add_metadata("", "7".into()).is_err());
        assert!(data.add_metadata("a key", "7".into()).is_ok());
        assert!(data.add_metadata("long", "v".repeat(131_073)).is_err());
    }
}
