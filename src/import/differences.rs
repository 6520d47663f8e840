//! Compares users that existed with their rows. The answers that settle the rows contain the users'
//! attributes, so this needs no request.

use clap::ValueEnum;

use crate::outcome::{Difference, DifferentValues};
use crate::pool::without_password;
use crate::user::{Attribute, NewUser, ValueRules};

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
}

impl UserComparison {
    /// Returns the attributes of the row whose value in the pool is another one. `value` returns
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
