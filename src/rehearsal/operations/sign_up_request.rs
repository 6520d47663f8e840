//! A SignUp request, and everything that can be wrong with it before the pool looks whether the
//! user exists.
//!
//! The order is AWS's as far as it is known: the model's constraints, the client and its secret,
//! the pool's rules for usernames, attributes, the password.

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

/// Most characters of `ClientId` and `Username`, by the service's model.
const LONGEST_NAME: usize = 128;
/// Most characters of a password.
const LONGEST_PASSWORD: usize = 256;
/// Most characters of an attribute's name and of its value.
const LONGEST_ATTRIBUTE: (usize, usize) = (32, 2_048);
/// Most characters of a key or value of `ClientMetadata`.
const LONGEST_METADATA: usize = 131_072;
/// The pattern of usernames and attribute names.
const VISIBLE: &str = r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+";

/// The members of SignUp that the pool reads. It cannot be printed, for it holds a password.
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

/// An attribute as requests carry it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::rehearsal) struct AttributeInput {
    pub(in crate::rehearsal) name: String,
    pub(in crate::rehearsal) value: Option<String>,
}

impl SignUpRequest {
    /// The username, if it is one that could be counted by: within the model's length.
    pub(in crate::rehearsal) fn countable_name(&self) -> Option<&str> {
        self.username
            .as_deref()
            .filter(|name| (1..=LONGEST_NAME).contains(&name.chars().count()))
    }

    /// Checks it against the pool.
    pub(in crate::rehearsal) fn check(self, pool: &PoolState) -> Result<Candidate, ServiceError> {
        constraints(&self.violations())?;
        let is_vouched_for = self.is_vouched_for(&pool.settings.pre_sign_up);
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
        let sub = pool.sub_of(&name);
        let password = match self.password {
            Some(password) => {
                pool.settings.password_policy.check(&password)?;
                Some(PasswordDigest::of(&password, sub))
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
            is_vouched_for,
        })
    }

    /// Whether the request has the pair that the trigger looks for.
    fn is_vouched_for(&self, trigger: &PreSignUp) -> bool {
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

    /// The constraints of the service's model that the request breaks. They show no value.
    fn violations(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut check = |member: &str, holds: bool, constraint: &str| {
            if !holds {
                found.push(violation(member, constraint));
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
                value.chars().count() <= LONGEST_NAME,
                &at_most(LONGEST_NAME),
            );
        }
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '+';
        check(
            "clientId",
            self.client_id.iter().all(|id| id.chars().all(word)),
            &matches(r"[\w+]+"),
        );
        check(
            "username",
            self.username.iter().all(|name| format::is_visible(name)),
            &matches(VISIBLE),
        );
        if let Some(password) = &self.password {
            check(
                "password",
                password.chars().count() <= LONGEST_PASSWORD,
                &at_most(LONGEST_PASSWORD),
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
                text.chars().count() <= LONGEST_METADATA,
                &at_most(LONGEST_METADATA),
            );
        }
        found.extend(list_violations("userAttributes", &self.user_attributes));
        found.extend(list_violations("validationData", &self.validation_data));
        found
    }
}

/// The constraints that a list of attributes breaks. `ValidationData` is one as well.
fn list_violations(list: &str, attributes: &Option<Vec<AttributeInput>>) -> Vec<String> {
    let mut found = Vec::new();
    for (at, attribute) in attributes.iter().flatten().enumerate() {
        let mut check = |part: &str, holds: bool, constraint: &str| {
            if !holds {
                let member = format!("{list}.{}.member.{part}", at + 1);
                found.push(violation(&member, constraint));
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
            name.chars().count() <= LONGEST_ATTRIBUTE.0,
            &at_most(LONGEST_ATTRIBUTE.0),
        );
        check("name", format::is_visible(name), &matches(VISIBLE));
        check(
            "value",
            value.chars().count() <= LONGEST_ATTRIBUTE.1,
            &at_most(LONGEST_ATTRIBUTE.1),
        );
    }
    found
}

fn violation(member: &str, constraint: &str) -> String {
    format!("Value at '{member}' failed to satisfy constraint: {constraint}")
}

fn at_most(most: usize) -> String {
    format!("Member must have length less than or equal to {most}")
}

fn matches(pattern: &str) -> String {
    format!("Member must satisfy regular expression pattern: {pattern}")
}

/// Whether users can sign in without a password.
fn is_passwordless(pool: &PoolState) -> bool {
    pool.settings
        .allowed_first_auth_factors
        .iter()
        .any(|factor| factor != "PASSWORD")
}

/// Attributes as pairs; one without a value has an empty one.
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

/// Whether the hash is base64 of HMAC-SHA256 over username and client id, by the client's secret;
/// and is absent where there is no secret.
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

/// Whether the pool's settings allow such a username.
fn check_username(pool: &PoolState, name: &str) -> Result<(), ServiceError> {
    let lists = |names: &[String], attribute: &str| names.iter().any(|name| name == attribute);
    let usernames = &pool.settings.username_attributes;
    let (email, phone) = (format::is_email(name), format::is_phone_number(name));
    let refusal = match (lists(usernames, "email"), lists(usernames, "phone_number")) {
        (true, true) if !email && !phone => {
            Some("Username should be either an email or a phone number.")
        }
        (true, false) if !email => Some("Username should be an email."),
        (false, true) if !phone => Some("Username should be a phone number."),
        _ => None,
    };
    let aliases = &pool.settings.alias_attributes;
    let refusal = refusal.or(match () {
        () if email && lists(aliases, "email") => {
            Some("Username cannot be of email format, since user pool is configured for email alias.")
        }
        () if phone && lists(aliases, "phone_number") => {
            Some("Username cannot be of phone number format, since user pool is configured for phone number alias.")
        }
        () => None,
    });
    refusal.map_or(Ok(()), |sentence| {
        Err(ServiceError::invalid_parameter(sentence))
    })
}

/// The attributes the user will have, if the client may set them so.
fn check_attributes(
    pool: &PoolState,
    name: &str,
    given: Vec<(String, String)>,
) -> Result<Vec<StoredAttribute>, ServiceError> {
    let from_username = pool.attribute_of_username(name);
    pool.schema
        .check_sign_up(&given, from_username.as_slice())?;
    let preferred = pool
        .settings
        .alias_attributes
        .iter()
        .any(|alias| alias == "preferred_username");
    if preferred && given.iter().any(|(name, _)| name == "preferred_username") {
        // AWS: as an alias, it can be set only once the user is confirmed.
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
                let sentence = format!("The {attribute} attribute is not the username");
                return Err(ServiceError::invalid_parameter(sentence));
            }
            Some(_) => {}
            None => attributes.push(pool.schema.attribute(attribute, name)),
        }
    }
    Ok(attributes)
}
