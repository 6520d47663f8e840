//! Compares the attributes of a row of the list with those of its user.

use crate::ledger::verification::SeenUser;
use crate::outcome::{Discrepancy, UserDiscrepancy};
use crate::user::{NewUser, ValueRules};

/// How attributes are compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttributeComparison {
    /// Whether the pool ignores the case of usernames.
    pub case_insensitive: bool,
}

impl AttributeComparison {
    /// Returns the attributes of the row whose value in the pool is another one. An attribute that
    /// the row leaves empty is not compared.
    #[must_use]
    pub fn problems(&self, listed: &NewUser, found: &SeenUser) -> Vec<UserDiscrepancy> {
        listed
            .attributes
            .iter()
            .filter(|attribute| {
                let in_pool = found.attributes.get(&*attribute.name);
                !in_pool.is_some_and(|in_pool| {
                    self.are_same(&attribute.name, &attribute.value, in_pool)
                })
            })
            .map(|attribute| {
                UserDiscrepancy::of(Discrepancy::AttributeDiffers).with_item(&*attribute.name)
            })
            .collect()
    }

    fn are_same(&self, attribute: &str, one: &str, other: &str) -> bool {
        ValueRules::new(self.case_insensitive, None).are_same(attribute, one, other)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{AttributeComparison, NewUser, SeenUser};
    use crate::user::Attribute;

    fn problems(case_insensitive: bool) -> Vec<String> {
        let attribute = |(name, value): (&str, &str)| Attribute {
            name: name.into(),
            value: value.to_owned(),
        };
        let listed = NewUser {
            username: "ann".to_owned(),
            password: None,
            attributes: [
                ("email", "Ann@Example.com"),
                ("name", "Ann"),
                ("nickname", "annie"),
            ]
            .map(attribute)
            .to_vec(),
            follow_up: Vec::new(),
        };
        let found = SeenUser {
            username: "ann".to_owned(),
            sub: None,
            status: None,
            enabled: true,
            attributes: BTreeMap::from([
                ("email".to_owned(), "ann@example.com".to_owned()),
                ("name".to_owned(), "Anna".to_owned()),
                ("locale".to_owned(), "de".to_owned()),
            ]),
        };
        let comparison = AttributeComparison { case_insensitive };
        let problems = comparison.problems(&listed, &found).into_iter();
        problems.map(|problem| problem.item.unwrap()).collect()
    }

    #[test]
    fn attributes_of_the_row_are_compared_as_the_pool_does() {
        assert_eq!(problems(true), ["name", "nickname"]);
        assert_eq!(problems(false), ["email", "name", "nickname"]);
    }
}
