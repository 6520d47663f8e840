//! The rules that a row is held to before anything is sent: those of the `SignUp` API, which hold for every pool, and those of
//! one pool, where they are known. What they refuse is never sent, so a rule refuses only what Cognito would.

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

pub(crate) use api::value as too_long;
pub use api::{MAX_ATTRIBUTE_NAME, MAX_PASSWORD, MAX_USERNAME, MAX_VALUE};
pub(crate) use formats::{quoted, shown};
pub(crate) use hashes::finding as password_hash;
pub(crate) use hashes::{is_hash, is_one_character, looks_like_digest};
pub(crate) use password::SYMBOLS;

/// How much a row is held to.
#[derive(Debug, Clone, Default)]
pub enum Strictness {
    /// The lengths and patterns of the API's requests alone.
    #[default]
    Api,
    /// Also what addresses and numbers look like, which no pool decides.
    Formats,
    /// Also one pool's rules.
    Pool(Arc<PoolRules>),
}

impl Strictness {
    /// The policy that passwords have to meet; Cognito's own for new pools where the pool's is not known, which asks for every kind.
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

/// The rules for the rows of one list: worked out once from its attributes.
#[derive(Debug, Clone, Default)]
pub struct RowRules {
    policy: Option<PasswordPolicy>,
    /// The pool's `UsernameAttributes`.
    username_is: Vec<Contact>,
    /// The attribute that every username of the pool is, where the list sets it as well: its place among the list's attributes.
    username_again: Option<usize>,
    /// The pool's aliases that a username must not look like.
    username_is_not: Vec<Contact>,
    /// One for each attribute that the list sets, in its order.
    values: Vec<ValueRule>,
    /// What every user of the pool must have, and the list or the username can give: the name, and its place among the list's
    /// attributes where it has one. What neither can give is no row's fault.
    required: Vec<(String, Option<usize>)>,
}

impl RowRules {
    /// The rules for a list that sets these attributes.
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
            username_is: pool.username_attributes.clone(),
            username_again: match pool.username_attributes.as_slice() {
                [only] => names.iter().position(|name| *name == only.attribute()),
                _ => None,
            },
            username_is_not: aliases.collect(),
            values,
            required: required
                .filter_map(|rule| {
                    let place = names.iter().position(|name| *name == rule.name);
                    let can_be_given = place.is_some() || pool.username_is(&rule.name);
                    can_be_given.then(|| (rule.name.clone(), place))
                })
                .collect(),
        }
    }

    /// The addresses that are aliases in the pool.
    pub fn aliases(&self) -> &[Contact] {
        &self.username_is_not
    }

    /// What is wrong with a username that is not empty.
    pub fn username(&self, column: &str, value: &str, findings: &mut Vec<Finding>) {
        if let Some(finding) = api::username(column, value) {
            findings.push(finding);
            return;
        }
        let is = |contact: &Contact| formats::is(*contact, value);
        if !self.username_is.is_empty() && !self.username_is.iter().any(is) {
            let names: Vec<&str> = self
                .username_is
                .iter()
                .map(|contact| formats::describe(*contact))
                .collect();
            findings.push(Finding {
                rule: Rule::UsernameFormat,
                column: Some(column.to_owned()),
                message: format!(
                    "this pool requires {} as the username: {}",
                    names.join(" or "),
                    formats::quoted(value)
                ),
            });
        }
        if let Some(contact) = self.username_is_not.iter().copied().find(is) {
            findings.push(Finding {
                rule: Rule::UsernameFormat,
                column: Some(column.to_owned()),
                message: format!(
                    "{} is an alias in this pool, so the username must not look like one: {}",
                    contact.attribute(),
                    formats::quoted(value)
                ),
            });
        }
    }

    /// What is wrong with a password that is not empty. Says nothing of the password itself.
    pub fn password(&self, column: &str, value: &str, findings: &mut Vec<Finding>) {
        let finding = api::password(column, value)
            .or_else(|| password::finding(self.policy.as_ref()?, column, value));
        findings.extend(finding);
    }

    /// What is wrong with the value of an attribute, which is not empty. `place` is the attribute's among those of the list.
    pub fn value(&self, place: usize, column: &str, value: &str, findings: &mut Vec<Finding>) {
        if let Some(finding) = api::value(column, value) {
            findings.push(finding);
        } else if let Some(rule) = self.values.get(place) {
            findings.extend(rule.finding(column, value));
        }
    }

    /// What is wrong with the attribute that the username stands for. Cognito: "User email should be empty or same as username, since
    /// username attribute is email". Whether it tells upper from lower case there is not known, so only other letters are refused.
    pub fn same_as_username(
        &self,
        username: &str,
        place: usize,
        column: &str,
        value: &str,
        findings: &mut Vec<Finding>,
    ) {
        let Some(contact) = self.username_is.first() else {
            return;
        };
        if self.username_again != Some(place) || username == value {
            return;
        }
        // What is no address is told as such.
        let are_addresses = formats::is(*contact, username) && formats::is(*contact, value);
        if are_addresses && fold(username) != fold(value) {
            findings.push(Finding {
                rule: Rule::AttributeValue,
                column: Some(column.to_owned()),
                message: format!(
                    "the username is the {} in this pool, so the cell must be empty or equal to the username: {}",
                    contact.attribute(),
                    formats::quoted(value)
                ),
            });
        }
    }

    /// What is missing. `given` says whether the row has the attribute at that place, `column` where it comes from.
    pub fn missing(
        &self,
        username: &str,
        given: impl Fn(usize) -> bool,
        column: impl Fn(usize) -> Option<String>,
        findings: &mut Vec<Finding>,
    ) {
        for (name, place) in &self.required {
            let is_given = match place {
                Some(place) => given(*place),
                // What is wrong with a username is said of the username.
                None => !self.username_is.iter().any(|is| formats::is(*is, username)),
            };
            if !is_given && !self.username_stands_for(name, username) {
                findings.push(Finding {
                    rule: Rule::AttributeMissing,
                    column: place.and_then(&column),
                    message: format!("{name} is missing, and this pool requires it"),
                });
            }
        }
    }

    /// Whether this username is the attribute in the pool, so that the attribute need not be given.
    #[must_use]
    pub fn username_stands_for(&self, attribute: &str, username: &str) -> bool {
        match self.username_is.as_slice() {
            [] => false,
            [only] => only.attribute() == attribute,
            several => several
                .iter()
                .any(|contact| contact.attribute() == attribute && formats::is(*contact, username)),
        }
    }
}

#[cfg(test)]
mod tests;
