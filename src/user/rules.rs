//! The rules for rows: those of the `SignUp` API, which apply to every pool, and those of one pool,
//! if they are known. A row that violates a rule is never sent, so rules reject only what Cognito
//! would reject.

mod api;
mod formats;
mod hashes;
mod password;
mod schema;

use std::sync::Arc;

use super::finding::{Finding, Rule};
use super::fold;
use super::pool_rules::{Contact, PasswordPolicy, PoolRules};
use schema::ValueRule;

pub(crate) use api::check_value_length;
pub use api::{MAX_ATTRIBUTE_NAME, MAX_PASSWORD, MAX_USERNAME, MAX_VALUE};
pub(crate) use formats::{quoted, shown};
pub(crate) use hashes::check as password_hash;
pub(crate) use hashes::{is_hash, is_one_character, looks_like_digest};
pub(crate) use password::SYMBOLS;

/// The rules to check.
#[derive(Debug, Clone, Default)]
pub enum Strictness {
    /// Only the lengths and patterns of the API's requests.
    #[default]
    Api,
    /// Also the formats of email addresses and phone numbers, which are the same in every pool.
    Formats,
    /// Also the rules of a pool.
    Pool(Arc<PoolRules>),
}

impl Strictness {
    /// Returns the password policy of the pool, or the default of new pools if it is not known,
    /// which requires all kinds of characters.
    #[must_use]
    pub fn password_policy(&self) -> PasswordPolicy {
        self.pool()
            .map(|pool| pool.password_policy.clone())
            .unwrap_or_default()
    }

    fn pool(&self) -> Option<&PoolRules> {
        match self {
            Self::Pool(rules) => Some(rules),
            Self::Api | Self::Formats => None,
        }
    }
}

/// The rules for the rows of a list, prepared once from its attributes.
#[derive(Debug, Clone, Default)]
pub struct RowRules {
    policy: Option<PasswordPolicy>,
    /// The pool's `UsernameAttributes`.
    username_attributes: Vec<Contact>,
    /// Whether a username must have the format of one of them.
    checks_username_format: bool,
    /// The index of the pool's only username attribute, if the list also sets it.
    username_attribute_index: Option<usize>,
    /// The pool's aliases, which a username must not look like.
    aliases: Vec<Contact>,
    /// The rule of each attribute that the list sets, in its order.
    values: Vec<ValueRule>,
    /// The required attributes of the pool that the list or the username can provide, each with
    /// its index if the list sets it. Others are not the fault of a row.
    required: Vec<(String, Option<usize>)>,
}

impl RowRules {
    /// Prepares the rules for a list that sets these attributes.
    pub fn new<'a>(strictness: &Strictness, attributes: impl Iterator<Item = &'a str>) -> Self {
        let names: Vec<&str> = attributes.collect();
        let values = names
            .iter()
            .map(|name| ValueRule::new(name, strictness))
            .collect();
        let Some(pool) = strictness.pool() else {
            return Self {
                values,
                ..Self::default()
            };
        };
        let aliases = [Contact::Email, Contact::PhoneNumber]
            .into_iter()
            .filter(|contact| {
                pool.alias_attributes
                    .iter()
                    .any(|alias| alias == contact.attribute())
            });
        let required = pool.schema.iter().filter(|rule| rule.required);
        Self {
            policy: Some(pool.password_policy.clone()),
            username_attributes: pool.username_attributes.clone(),
            checks_username_format: !pool.username_attributes.is_empty(),
            username_attribute_index: match pool.username_attributes.as_slice() {
                [only] => names.iter().position(|name| *name == only.attribute()),
                _ => None,
            },
            aliases: aliases.collect(),
            values,
            required: required
                .filter_map(|rule| {
                    let index = names.iter().position(|name| *name == rule.name);
                    let can_be_provided = index.is_some() || pool.is_username_attribute(&rule.name);
                    can_be_provided.then(|| (rule.name.clone(), index))
                })
                .collect(),
        }
    }

    /// Prepares the rules of the API for a pool with these `UsernameAttributes`, to which some
    /// usernames are addresses that receive messages.
    pub fn of_api<'a>(
        username_attributes: &[Contact],
        attributes: impl Iterator<Item = &'a str>,
    ) -> Self {
        Self {
            username_attributes: username_attributes.to_vec(),
            ..Self::new(&Strictness::Api, attributes)
        }
    }

    pub(crate) fn username_attributes(&self) -> &[Contact] {
        &self.username_attributes
    }

    /// Returns the contacts that are aliases in the pool.
    pub fn aliases(&self) -> &[Contact] {
        &self.aliases
    }

    /// Checks a nonempty username.
    pub fn check_username(&self, column: &str, value: &str, findings: &mut Vec<Finding>) {
        if let Some(finding) = api::check_username(column, value) {
            findings.push(finding);
            return;
        }
        let has_format = |contact: &Contact| formats::matches(*contact, value);
        let allowed = &self.username_attributes;
        if self.checks_username_format && !allowed.iter().any(has_format) {
            let names: Vec<&str> = allowed
                .iter()
                .map(|contact| formats::describe(*contact))
                .collect();
            findings.push(Finding::new(
                Rule::UsernameFormat,
                column,
                format!(
                    "this pool requires {} as the username: {}",
                    names.join(" or "),
                    formats::quoted(value)
                ),
            ));
        }
        if let Some(contact) = self.aliases.iter().copied().find(has_format) {
            findings.push(Finding::new(
                Rule::UsernameFormat,
                column,
                format!(
                    "{} is an alias in this pool, so the username must not look like one: {}",
                    contact.attribute(),
                    formats::quoted(value)
                ),
            ));
        }
    }

    /// Checks a nonempty password. Findings do not contain the password.
    pub fn check_password(&self, column: &str, value: &str, findings: &mut Vec<Finding>) {
        let finding = api::check_password(column, value)
            .or_else(|| password::check(self.policy.as_ref()?, column, value));
        findings.extend(finding);
    }

    /// Checks a nonempty value of the attribute with this index.
    pub fn check_value(
        &self,
        index: usize,
        column: &str,
        value: &str,
        findings: &mut Vec<Finding>,
    ) {
        if let Some(finding) = api::check_value_length(column, value) {
            findings.push(finding);
        } else if let Some(rule) = self.values.get(index) {
            findings.extend(rule.check(column, value));
        }
    }

    /// Returns whether the attribute with this index must equal the username, because it is the
    /// pool's only username attribute.
    #[must_use]
    pub fn must_equal_username(&self, index: usize) -> bool {
        self.username_attribute_index == Some(index)
    }

    /// Checks that the pool's only username attribute equals the username. Cognito: "User email
    /// should be empty or same as username, since username attribute is email". Whether Cognito
    /// compares the case is not known, so a different case is allowed.
    pub fn check_equals_username(
        &self,
        username: &str,
        column: &str,
        value: &str,
        findings: &mut Vec<Finding>,
    ) {
        let Some(contact) = self.username_attributes.first() else {
            return;
        };
        if username == value {
            return;
        }
        // Invalid addresses have their own finding.
        let are_addresses =
            formats::matches(*contact, username) && formats::matches(*contact, value);
        if are_addresses && fold(username) != fold(value) {
            findings.push(Finding::new(
                Rule::AttributeValue,
                column,
                format!(
                    "the username is the {} in this pool, so the cell must be empty or equal to \
                     the username: {}",
                    contact.attribute(),
                    formats::quoted(value)
                ),
            ));
        }
    }

    /// Checks that no required attribute is missing. `has_value` says whether the row has the
    /// attribute with that index, and `column` returns its column.
    pub fn check_required(
        &self,
        username: &str,
        has_value: impl Fn(usize) -> bool,
        column: impl Fn(usize) -> Option<String>,
        findings: &mut Vec<Finding>,
    ) {
        for (name, index) in &self.required {
            let needs_finding = match index {
                Some(index) => !has_value(*index),
                // An invalid username has its own finding.
                None => self
                    .username_attributes
                    .iter()
                    .any(|contact| formats::matches(*contact, username)),
            };
            if needs_finding && !self.username_provides(name, username) {
                findings.push(Finding {
                    rule: Rule::AttributeMissing,
                    column: index.and_then(&column),
                    message: format!("{name} is missing, and this pool requires it"),
                });
            }
        }
    }

    /// Returns whether this username serves as the attribute in the pool.
    #[must_use]
    pub fn username_provides(&self, attribute: &str, username: &str) -> bool {
        match self.username_attributes.as_slice() {
            [] => false,
            [only] => only.attribute() == attribute,
            several => several.iter().any(|contact| {
                contact.attribute() == attribute && formats::matches(*contact, username)
            }),
        }
    }
}

#[cfg(test)]
mod tests;
