//! Extracts users from responses. Rejects responses with a field that is too long or malformed, and
//! removes the row's password.

use aws_sdk_cognitoidentityprovider::operation::sign_up::SignUpOutput;
use aws_sdk_cognitoidentityprovider::primitives::DateTime;
use aws_sdk_cognitoidentityprovider::types::{
    AttributeType, CodeDeliveryDetailsType, UserStatusType,
};

use super::bounds::{MAX_ATTRIBUTE, MAX_NAME, date_ms, fits, is_identifier};
use super::{SignedUp, echo};
use crate::user::{Attribute, Password};

/// A user of the pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundUser {
    /// The stored username.
    pub username: String,
    /// `sub`.
    pub sub: Option<String>,
    /// `UserStatus`, verbatim.
    pub status: Option<String>,
    /// `Enabled`.
    pub enabled: bool,
    /// `UserCreateDate`: milliseconds since the Unix epoch on the service's clock.
    pub created_ms: Option<i64>,
    /// Whether the date has a fraction of a second and is therefore exact to the millisecond.
    pub created_has_fraction: bool,
    /// `UserLastModifiedDate`, like `created_ms`.
    pub modified_ms: Option<i64>,
    /// `UserAttributes`.
    pub attributes: Vec<Attribute>,
}

impl FoundUser {
    /// Returns the value of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|attribute| &*attribute.name == name)
            .map(|attribute| attribute.value.as_str())
    }

    /// Returns whether this is the user's username. If addresses are usernames, the stored username
    /// is the `sub`.
    #[must_use]
    pub fn is_named(&self, username: &str) -> bool {
        self.username.to_lowercase() == username.to_lowercase()
            || self.sub.as_deref() == Some(self.username.as_str())
    }
}

/// The fields of a user in a response.
pub(super) struct UserDescription<'a> {
    pub(super) username: &'a str,
    pub(super) status: Option<&'a UserStatusType>,
    pub(super) enabled: bool,
    pub(super) created: Option<&'a DateTime>,
    pub(super) modified: Option<&'a DateTime>,
    pub(super) attributes: &'a [AttributeType],
}

impl UserDescription<'_> {
    /// Returns the user, or why the response cannot come from Cognito.
    pub(super) fn user(self, password: Option<&Password>) -> Result<FoundUser, &'static str> {
        // The SDK fills in missing fields.
        if self.username.is_empty() {
            return Err("an answer without a Username did not come from Cognito");
        }
        if !fits(self.username, MAX_NAME) {
            return Err("an answer whose Username is longer than 128 characters");
        }
        let attributes: Vec<Attribute> = self.attributes.iter().map(attribute).collect();
        let sub = attributes
            .iter()
            .find(|attribute| &*attribute.name == "sub")
            .map(|attribute| attribute.value.as_str());
        if !sub.is_none_or(|sub| fits(sub, MAX_ATTRIBUTE)) {
            return Err("an answer whose sub is longer than 2,048 characters");
        }
        let sub = sub
            .filter(|sub| !sub_repeats(sub, password))
            .map(str::to_owned);
        let status = self.status.map(UserStatusType::as_str);
        if !status.is_none_or(is_identifier) {
            return Err("an answer whose UserStatus is not a name of the protocol");
        }
        let is_unknown_status = matches!(self.status, Some(status) if !UserStatusType::values().contains(&status.as_str()));
        Ok(FoundUser {
            username: self.username.to_owned(),
            status: status
                .filter(|status| !(is_unknown_status && repeats(status, password)))
                .map(str::to_owned),
            enabled: self.enabled,
            created_ms: self.created.and_then(date_ms),
            created_has_fraction: self
                .created
                .is_some_and(|created| created.subsec_nanos() != 0),
            modified_ms: self.modified.and_then(date_ms),
            sub,
            attributes,
        })
    }
}

/// Returns the fields of a response to `SignUp`, or why it cannot come from Cognito.
pub(super) fn signed_up(
    answer: &SignUpOutput,
    password: Option<&Password>,
) -> Result<SignedUp, &'static str> {
    let sub = answer.user_sub();
    // The SDK fills in missing fields. Every response from Cognito has a sub.
    if sub.is_empty() {
        return Err("an answer without a UserSub did not come from Cognito");
    }
    if !fits(sub, MAX_ATTRIBUTE) {
        return Err("an answer whose UserSub is longer than 2,048 characters");
    }
    if sub_repeats(sub, password) {
        return Err("an answer whose UserSub repeats the password");
    }
    Ok(SignedUp {
        sub: sub.to_owned(),
        confirmed: answer.user_confirmed(),
        message: answer
            .code_delivery_details()
            .map(|details| delivery(details, password))
            .transpose()?,
    })
}

/// Returns the medium and the destination of a message.
fn delivery(
    details: &CodeDeliveryDetailsType,
    password: Option<&Password>,
) -> Result<(String, String), &'static str> {
    let medium = details
        .delivery_medium()
        .map_or("", |medium| medium.as_str());
    let is_known = ["", "EMAIL", "SMS"].contains(&medium);
    if !is_known && (!is_identifier(medium) || repeats(medium, password)) {
        return Err("an answer whose DeliveryMedium is not a name of the protocol");
    }
    let destination = details.destination().unwrap_or_default();
    if !fits(destination, MAX_ATTRIBUTE) {
        return Err("an answer whose Destination is longer than 2,048 characters");
    }
    let destination = match password {
        Some(password) => echo::without(destination, password.expose()),
        None => destination.to_owned(),
    };
    Ok((medium.to_owned(), destination))
}

fn attribute(attribute: &AttributeType) -> Attribute {
    Attribute {
        name: attribute.name().into(),
        value: attribute.value().unwrap_or_default().to_owned(),
    }
}

fn repeats(text: &str, password: Option<&Password>) -> bool {
    password.is_some_and(|password| echo::repeats(text, password.expose()))
}

/// Returns whether a `sub` repeats the password. A few digits can occur in a UUID by chance, and it
/// has no escapes.
fn sub_repeats(sub: &str, password: Option<&Password>) -> bool {
    const MIN_LENGTH_IN_UUID: usize = 12;
    let is_digit = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    if sub.len() == 36 && sub.bytes().all(is_digit) {
        return password.is_some_and(|password| {
            password.expose().len() >= MIN_LENGTH_IN_UUID && sub.contains(password.expose())
        });
    }
    repeats(sub, password)
}
