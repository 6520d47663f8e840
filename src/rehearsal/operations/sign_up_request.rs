//! A SignUp request and its validation, apart from whether the user exists.
//!
//! The order of checks follows AWS as far as it is known: the model's constraints, the client and
//! its secret, username, attributes, password.

use std::collections::BTreeMap;

use base64::Engine as _;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

use crate::rehearsal::format;
use crate::rehearsal::password::PasswordDigest;
use crate::rehearsal::protocol::{ServiceError, constraints};
use crate::rehearsal::settings::PreSignUp;
use crate::rehearsal::state::{Candidate, PoolState};
use crate::rehearsal::user::StoredAttribute;

/// The maximum length of `ClientId` and `Username` (the service's model).
const MAX_NAME_LENGTH: usize = 128;
/// The maximum length of a password.
const MAX_PASSWORD_LENGTH: usize = 256;
/// The maximum lengths of an attribute's name and value.
const MAX_ATTRIBUTE_LENGTHS: (usize, usize) = (32, 2_048);
/// The maximum length of a key or value in `ClientMetadata`.
const MAX_METADATA_LENGTH: usize = 131_072;
/// The pattern of usernames and attribute names.
const NAME_PATTERN: &str = r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+";

/// The members of SignUp that the pool reads. Not `Debug`, because it contains a password.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::rehearsal) struct SignUpRequest {
    client_id: Option<String>,
    username: Option<String>,
    password: Option<String>,
    secret_hash: Option<String>,
    user_attributes: Option<Vec<AttributeInput>>,
    validation_data: Option<Vec<AttributeInput>>,
    client_metadata: Option<BTreeMap<String, String>>,
}

/// An attribute in a request.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::rehearsal) struct AttributeInput {
    pub(in crate::rehearsal) name: String,
    pub(in crate::rehearsal) value: Option<String>,
}

impl SignUpRequest {
    /// Returns the username to count the request by, if its length is valid.
    pub(in crate::rehearsal) fn countable_name(&self) -> Option<&str> {
        self.username
            .as_deref()
            .filter(|name| (1..=MAX_NAME_LENGTH).contains(&name.chars().count()))
    }

    /// Checks the request against the pool.
    pub(in crate::rehearsal) fn check(self, pool: &PoolState) -> Result<Candidate, ServiceError> {
        constraints(&self.violations())?;
        let matches_trigger = self.matches_trigger(&pool.settings.pre_sign_up);
        let name = self.username.unwrap_or_default();
        pool.check_client_id(self.client_id.as_deref())?;
        check_secret_hash(pool, &name, self.secret_hash.as_deref())?;
        if pool.settings.admin_create_only {
            return Err(ServiceError::not_authorized(
                "SignUp is not permitted for this user pool",
            ));
        }
        check_username(pool, &name)?;
        let given = into_pairs(self.user_attributes);
        let attributes = check_attributes(pool, &name, given)?;
        let sub = pool.next_sub(&name);
        let password = match self.password {
            Some(password) => {
                pool.settings.password_policy.check(&password)?;
                Some(PasswordDigest::new(&password, sub))
            }
            None if is_passwordless(pool) => None,
            None => {
                return Err(ServiceError::invalid_parameter(
                    "Missing required parameter PASSWORD",
                ));
            }
        };
        Ok(Candidate {
            password,
            name,
            sub,
            attributes,
            matches_trigger,
        })
    }

    /// Returns whether the request contains the pair that the trigger looks for.
    fn matches_trigger(&self, trigger: &PreSignUp) -> bool {
        match trigger {
            PreSignUp::OnValidationData(pair) => {
                self.validation_data.iter().flatten().any(|given| {
                    given.name == pair.key && given.value.as_ref() == Some(&pair.value)
                })
            }
            PreSignUp::OnClientMetadata(pair) => {
                let metadata = self.client_metadata.as_ref();
                metadata.and_then(|given| given.get(&pair.key)) == Some(&pair.value)
            }
            PreSignUp::Absent
            | PreSignUp::AutoConfirm
            | PreSignUp::AutoConfirmAndVerify
            | PreSignUp::Refuse { .. } => false,
        }
    }

    /// Returns the violated constraints of the service's model. They quote no values.
    fn violations(&self) -> Vec<String> {
        let mut violations = Vec::new();
        let mut check = |member: &str, holds: bool, constraint: &str| {
            if !holds {
                violations.push(violation(member, constraint));
            }
        };
        for (member, value) in [("clientId", &self.client_id), ("username", &self.username)] {
            check(member, value.is_some(), "Member must not be null");
            let Some(value) = value else { continue };
            check(
                member,
                !value.is_empty(),
                "Member must have length greater than or equal to 1",
            );
            check(
                member,
                value.chars().count() <= MAX_NAME_LENGTH,
                &at_most(MAX_NAME_LENGTH),
            );
        }
        let is_word_char = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '+';
        check(
            "clientId",
            self.client_id.iter().all(|id| id.chars().all(is_word_char)),
            &matches(r"[\w+]+"),
        );
        check(
            "username",
            self.username.iter().all(|name| format::is_visible(name)),
            &matches(NAME_PATTERN),
        );
        if let Some(password) = &self.password {
            check(
                "password",
                password.chars().count() <= MAX_PASSWORD_LENGTH,
                &at_most(MAX_PASSWORD_LENGTH),
            );
            check(
                "password",
                !password.starts_with(char::is_whitespace)
                    && !password.ends_with(char::is_whitespace),
                &matches(r"^[\S]+.*[\S]+$"),
            );
        }
        let metadata = self.client_metadata.iter().flatten();
        for (member, text) in metadata.flat_map(|(key, value)| [("key", key), ("value", value)]) {
            check(
                &format!("clientMetadata.{member}"),
                text.chars().count() <= MAX_METADATA_LENGTH,
                &at_most(MAX_METADATA_LENGTH),
            );
        }
        violations.extend(list_violations("userAttributes", &self.user_attributes));
        violations.extend(list_violations("validationData", &self.validation_data));
        violations
    }
}

/// Returns the constraints violated by a list of attributes, such as `ValidationData`.
fn list_violations(list: &str, attributes: &Option<Vec<AttributeInput>>) -> Vec<String> {
    let mut violations = Vec::new();
    for (index, attribute) in attributes.iter().flatten().enumerate() {
        let mut check = |part: &str, holds: bool, constraint: &str| {
            if !holds {
                let member = format!("{list}.{}.member.{part}", index + 1);
                violations.push(violation(&member, constraint));
            }
        };
        let (name, value) = (
            &attribute.name,
            attribute.value.as_deref().unwrap_or_default(),
        );
        check(
            "name",
            !name.is_empty(),
            "Member must have length greater than or equal to 1",
        );
        check(
            "name",
            name.chars().count() <= MAX_ATTRIBUTE_LENGTHS.0,
            &at_most(MAX_ATTRIBUTE_LENGTHS.0),
        );
        check("name", format::is_visible(name), &matches(NAME_PATTERN));
        check(
            "value",
            value.chars().count() <= MAX_ATTRIBUTE_LENGTHS.1,
            &at_most(MAX_ATTRIBUTE_LENGTHS.1),
        );
    }
    violations
}

fn violation(member: &str, constraint: &str) -> String {
    format!("Value at '{member}' failed to satisfy constraint: {constraint}")
}

fn at_most(max: usize) -> String {
    format!("Member must have length less than or equal to {max}")
}

fn matches(pattern: &str) -> String {
    format!("Member must satisfy regular expression pattern: {pattern}")
}

/// Returns whether users can sign in without a password.
fn is_passwordless(pool: &PoolState) -> bool {
    pool.settings
        .allowed_first_auth_factors
        .iter()
        .any(|factor| factor != "PASSWORD")
}

/// Converts attributes to pairs. A missing value becomes an empty one.
pub(in crate::rehearsal) fn into_pairs(
    attributes: Option<Vec<AttributeInput>>,
) -> Vec<(String, String)> {
    let pair = |attribute: AttributeInput| (attribute.name, attribute.value.unwrap_or_default());
    attributes
        .unwrap_or_default()
        .into_iter()
        .map(pair)
        .collect()
}

/// Checks that the hash is the base64 of an HMAC-SHA256 over username and client ID, keyed with the
/// client's secret, and that it is absent if the client has no secret.
pub(in crate::rehearsal) fn check_secret_hash(
    pool: &PoolState,
    name: &str,
    hash: Option<&str>,
) -> Result<(), ServiceError> {
    let client = &pool.settings.client_id;
    let (secret, hash) = match (&pool.settings.client_secret, hash) {
        (None, None) => return Ok(()),
        (None, Some(_)) => {
            return Err(ServiceError::invalid_parameter(format!(
                "App client {client} is not configured for secret but secret hash was received"
            )));
        }
        (Some(_), None) => {
            return Err(ServiceError::not_authorized(format!(
                "Client {client} is configured with secret but SECRET_HASH was not received"
            )));
        }
        (Some(secret), Some(hash)) => (secret, hash),
    };
    let decoded = base64::engine::general_purpose::STANDARD
        .decode(hash)
        .unwrap_or_default();
    let verified = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).is_ok_and(|mac| {
        mac.chain_update(name)
            .chain_update(client)
            .verify_slice(&decoded)
            .is_ok()
    });
    if verified {
        Ok(())
    } else {
        Err(ServiceError::not_authorized(format!(
            "Unable to verify secret hash for client {client}"
        )))
    }
}

/// Checks the format of the username against the pool's settings.
fn check_username(pool: &PoolState, name: &str) -> Result<(), ServiceError> {
    let contains = |names: &[String], attribute: &str| names.iter().any(|name| name == attribute);
    let usernames = &pool.settings.username_attributes;
    let (is_email, is_phone) = (format::is_email(name), format::is_phone_number(name));
    let refusal = match (
        contains(usernames, "email"),
        contains(usernames, "phone_number"),
    ) {
        (true, true) if !is_email && !is_phone => {
            Some("Username should be either an email or a phone number.")
        }
        (true, false) if !is_email => Some("Username should be an email."),
        (false, true) if !is_phone => Some("Username should be a phone number."),
        _ => None,
    };
    let aliases = &pool.settings.alias_attributes;
    let refusal = refusal.or(match () {
        () if is_email && contains(aliases, "email") => {
            Some("Username cannot be of email format, since user pool is configured for email alias.")
        }
        () if is_phone && contains(aliases, "phone_number") => {
            Some("Username cannot be of phone number format, since user pool is configured for phone number alias.")
        }
        () => None,
    });
    refusal.map_or(Ok(()), |message| {
        Err(ServiceError::invalid_parameter(message))
    })
}

/// Returns the attributes of the new user, or an error if the client may not set them.
fn check_attributes(
    pool: &PoolState,
    name: &str,
    given: Vec<(String, String)>,
) -> Result<Vec<StoredAttribute>, ServiceError> {
    let from_username = pool.username_attribute(name);
    pool.schema
        .check_sign_up(&given, from_username.as_slice())?;
    let is_alias = pool
        .settings
        .alias_attributes
        .iter()
        .any(|alias| alias == "preferred_username");
    if is_alias && given.iter().any(|(name, _)| name == "preferred_username") {
        // AWS: if it is an alias, it can only be set after the user is confirmed.
        return Err(ServiceError::invalid_parameter(
            "preferred_username cannot be set before the user is confirmed",
        ));
    }
    let mut attributes: Vec<_> = given
        .iter()
        .map(|(name, value)| pool.schema.attribute(name, value))
        .collect();
    if let Some(attribute) = from_username {
        match given.iter().find(|(given, _)| given == attribute) {
            Some((_, value)) if pool.users.key(value) != pool.users.key(name) => {
                let message = format!("The {attribute} attribute is not the username");
                return Err(ServiceError::invalid_parameter(message));
            }
            Some(_) => {}
            None => attributes.push(pool.schema.attribute(attribute, name)),
        }
    }
    Ok(attributes)
}
