//! Compares users that existed with their rows. The answers that settle the rows contain the users'
//! attributes, so this needs no request.

use clap::ValueEnum;

use crate::outcome::{AttributeChange, Difference, DifferentValues, UserUpdate};
use crate::pool::without_password;
use crate::user::pool_rules::Contact;
use crate::user::{Attribute, FollowUpStep, NewUser, ValueRules};

/// What a run records about the attributes that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum DifferenceDetail {
    /// Their names
    #[default]
    Names,
    /// Also both values, in results.jsonl or verify.csv
    Values,
}

/// How users that existed are compared with their rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserComparison {
    pub rules: ValueRules,
    pub detail: DifferenceDetail,
    /// `None` if the run does not update users.
    pub updates: Option<UpdatePolicy>,
}

/// Which attributes of existing users the run updates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdatePolicy {
    pub attributes: Vec<String>,
    /// Leave users alone that were modified later than their row, or whose row has no date.
    pub only_older: bool,
}

impl UserComparison {
    /// Returns the attributes of the row whose value in the pool differs. `value` returns
    /// the pool's value of an attribute. An attribute that the row leaves empty never differs.
    #[must_use]
    pub fn differences<'v>(
        &self,
        user: &NewUser,
        value: impl Fn(&str) -> Option<&'v str>,
    ) -> Vec<Difference> {
        user.attributes
            .iter()
            .filter_map(|listed| {
                let pool = value(&listed.name);
                let is_same = |pool: &str| self.rules.are_same(&listed.name, &listed.value, pool);
                (!pool.is_some_and(is_same)).then(|| self.difference(user, listed, pool))
            })
            .collect()
    }

    /// Returns whether the user has every attribute of the row. It may have others, which triggers
    /// can add.
    #[must_use]
    pub fn agrees<'v>(&self, user: &NewUser, value: impl Fn(&str) -> Option<&'v str>) -> bool {
        user.attributes.iter().all(|listed| {
            value(&listed.name)
                .is_some_and(|pool| self.rules.are_same(&listed.name, &listed.value, pool))
        })
    }

    /// Returns what to do about the attributes that differ; `None` if there is nothing to do.
    /// `modified_ms` is when the user was modified last.
    #[must_use]
    pub fn update<'v>(
        &self,
        user: &NewUser,
        modified_ms: Option<i64>,
        value: impl Fn(&str) -> Option<&'v str>,
    ) -> Option<UserUpdate> {
        let policy = self.updates.as_ref()?;
        let mut changes = Vec::new();
        for listed in &user.attributes {
            let pool = value(&listed.name);
            let is_same = |pool: &str| self.rules.are_same(&listed.name, &listed.value, pool);
            if !policy.attributes.iter().any(|name| **name == *listed.name)
                || pool.is_some_and(is_same)
                || repeats_password(user, [Some(listed.value.as_str()), pool])
            {
                continue;
            }
            changes.push(change(&listed.name, &listed.value, pool));
            if let Some(contact) = Contact::from_attribute(&listed.name) {
                // Without its flag, Cognito would mark the new address as unverified.
                let flag = contact.verified_attribute();
                let is_verified = if verifies(user, contact) {
                    "true"
                } else {
                    "false"
                };
                changes.push(change(flag, is_verified, value(flag)));
            }
        }
        let is_older = || {
            let dates = user.dated_ms.zip(modified_ms);
            dates.is_some_and(|(dated, modified)| modified <= dated)
        };
        if changes.is_empty() {
            None
        } else if policy.only_older && !is_older() {
            Some(UserUpdate::Newer)
        } else {
            Some(UserUpdate::Changes(changes))
        }
    }

    fn difference(&self, user: &NewUser, listed: &Attribute, pool: Option<&str>) -> Difference {
        // No password may be recorded, wherever it appears.
        let recorded = |value: &str| match &user.password {
            Some(password) => without_password(value, password),
            None => value.to_owned(),
        };
        Difference {
            name: listed.name.to_string(),
            values: match self.detail {
                DifferenceDetail::Names => None,
                DifferenceDetail::Values => Some(DifferentValues {
                    list: recorded(&listed.value),
                    pool: pool.map(recorded),
                }),
            },
        }
    }
}

fn change(name: &str, value: &str, previous: Option<&str>) -> AttributeChange {
    AttributeChange {
        name: name.to_owned(),
        value: value.to_owned(),
        previous: previous.map(str::to_owned),
    }
}

/// Returns whether the row says that the address is verified.
fn verifies(user: &NewUser, contact: Contact) -> bool {
    user.follow_up.iter().any(|step| match step {
        FollowUpStep::Verify(addresses) => addresses.contacts().contains(&contact),
        FollowUpStep::Update
        | FollowUpStep::Confirm
        | FollowUpStep::AddToGroup(_)
        | FollowUpStep::Disable => false,
    })
}

/// Returns whether the ledger would contain the password with these values. `undo` needs them, so
/// they can be recorded unchanged or not at all.
fn repeats_password(user: &NewUser, values: [Option<&str>; 2]) -> bool {
    user.password.as_ref().is_some_and(|password| {
        let mut values = values.into_iter().flatten();
        values.any(|value| without_password(value, password) != value)
    })
}
