//! Compares the attributes of users with the list.

use std::sync::Arc;

use super::list::{ComparedList, VerifyReportError};
use crate::import::differences::UserComparison;
use crate::ledger::verification::{Presence, Restoration, RowState, SeenUser, UnknownPart};
use crate::outcome::{
    AttributeChange, Difference, Discrepancy, RowResult, UserDiscrepancy, UserUpdate,
};
use crate::user::{Attribute, NewUser};

/// Compares users with the list of the run.
pub(super) struct AttributeCheck {
    pub(super) list: ComparedList,
    pub(super) comparison: UserComparison,
}

/// How the attributes of a user compare with its row.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct AttributeFindings {
    pub(super) problems: Vec<UserDiscrepancy>,
    /// Whether attributes differ as the run itself recorded.
    pub(super) known_to_differ: bool,
}

impl AttributeCheck {
    /// Compares a user. Rows must be requested in the list's order.
    pub(super) fn findings(
        &mut self,
        row: &RowResult,
        state: &RowState,
    ) -> Result<AttributeFindings, VerifyReportError> {
        let is_unknown = state.failure.as_ref().is_some_and(|failure| {
            // What the listing showed may be out of date.
            failure.unknown == UnknownPart::User
        });
        let (Presence::Present, Some(found), false) = (state.presence, &state.user, is_unknown)
        else {
            return Ok(AttributeFindings::default());
        };
        let Some(listed) = self.list.user(row)? else {
            return Ok(AttributeFindings::default());
        };
        let changes = row
            .outcome
            .update
            .as_ref()
            .map_or(&[][..], UserUpdate::changes);
        let expected = match state.restoration {
            Restoration::None => listed,
            Restoration::InPart => without_written(listed, changes),
            Restoration::Complete => with_previous_values(listed, changes, found),
        };
        Ok(findings(&self.comparison, row, &expected, found))
    }
}

fn findings(
    comparison: &UserComparison,
    row: &RowResult,
    expected: &NewUser,
    found: &SeenUser,
) -> AttributeFindings {
    let value = |name: &str| found.attributes.get(name).map(String::as_str);
    let differences = comparison.differences(expected, value);
    let (known, new): (Vec<_>, Vec<_>) = differences
        .into_iter()
        .partition(|difference| is_recorded(row, &difference.name));
    AttributeFindings {
        problems: new.into_iter().map(attribute_problem).collect(),
        known_to_differ: !known.is_empty(),
    }
}

/// Returns whether the attribute differed when the run ended, as its results say.
fn is_recorded(row: &RowResult, attribute: &str) -> bool {
    let mut recorded = row.outcome.differs.iter().flatten();
    recorded.any(|difference| difference.name == attribute)
        && row.updated().all(|updated| updated != attribute)
}

/// Returns the user without the attributes that the run wrote, of which an undo restored some.
fn without_written(mut user: NewUser, changes: &[AttributeChange]) -> NewUser {
    let is_written = |name: &str| changes.iter().any(|change| change.name == name);
    user.attributes.retain(|listed| !is_written(&listed.name));
    user
}

/// Returns the user as an undo left it: the attributes that the run wrote have their previous
/// values.
fn with_previous_values(
    mut user: NewUser,
    changes: &[AttributeChange],
    found: &SeenUser,
) -> NewUser {
    for change in changes.iter().filter(|change| !change.is_flag()) {
        user.attributes.retain(|listed| *listed.name != change.name);
        let now = found
            .attributes
            .get(&change.name)
            .map_or("", String::as_str);
        let previous = change.previous.as_deref().unwrap_or_default();
        if !(now.is_empty() && previous.is_empty()) {
            user.attributes.push(Attribute {
                name: Arc::from(change.name.as_str()),
                value: previous.to_owned(),
            });
        }
    }
    user
}

fn attribute_problem(difference: Difference) -> UserDiscrepancy {
    let problem = UserDiscrepancy::of(Discrepancy::AttributeDiffers).with_item(difference.name);
    match difference.values {
        Some(values) => problem.with_values(Some(&values.list), values.pool.as_deref()),
        None => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Arc, Attribute, AttributeChange, NewUser, RowResult, SeenUser, UserComparison, UserUpdate,
        findings, with_previous_values, without_written,
    };
    use crate::outcome::{Difference, FollowUp, Outcome, RowOutcome, StepResult, StepState};

    fn listed(attributes: &[(&str, &str)]) -> NewUser {
        let attributes = attributes.iter().map(|(name, value)| Attribute {
            name: Arc::from(*name),
            value: (*value).to_owned(),
        });
        NewUser {
            username: "ann".to_owned(),
            password: None,
            attributes: attributes.collect(),
            follow_up: Vec::new(),
            dated_ms: None,
        }
    }

    fn found(attributes: &[(&str, &str)]) -> SeenUser {
        let attributes = attributes.iter();
        SeenUser {
            username: "ann".to_owned(),
            sub: None,
            status: None,
            enabled: true,
            attributes: attributes
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    /// A user that existed, with these differences and this update.
    fn row(differs: &[&str], update: Option<UserUpdate>, state: StepState) -> RowResult {
        let mut outcome = RowOutcome::of(Outcome::Existed);
        outcome.differs = Some(
            differs
                .iter()
                .map(|name| Difference {
                    name: (*name).to_owned(),
                    values: None,
                })
                .collect(),
        );
        outcome.update = update;
        RowResult {
            username: Some("ann".to_owned()),
            follow_up: Some(FollowUp {
                steps: vec![StepResult {
                    step: "update".to_owned(),
                    state,
                }],
            }),
            ..RowResult::sample(1, outcome)
        }
    }

    fn change(name: &str, value: &str, previous: Option<&str>) -> AttributeChange {
        AttributeChange {
            name: name.to_owned(),
            value: value.to_owned(),
            previous: previous.map(str::to_owned),
        }
    }

    /// The attributes that are problems, and whether others are known to differ.
    fn compared(row: &RowResult, listed: &NewUser, found: &SeenUser) -> (Vec<String>, bool) {
        let findings = findings(&UserComparison::default(), row, listed, found);
        let problems = findings.problems.into_iter();
        let problems = problems.filter_map(|problem| problem.item).collect();
        (problems, findings.known_to_differ)
    }

    #[test]
    fn differences_that_the_run_recorded_are_no_problems() {
        let list = listed(&[("name", "Ann"), ("locale", "de"), ("zoneinfo", "x")]);
        let pool = found(&[("name", "Anna"), ("locale", "fr"), ("zoneinfo", "x")]);
        let changes = UserUpdate::Changes(vec![change("name", "Ann", None)]);
        let cases = [
            (&["name", "locale"][..], None, StepState::Done, &[][..]),
            (&["locale"], None, StepState::Done, &["name"]),
            (
                &["name", "locale"],
                Some(UserUpdate::Newer),
                StepState::Done,
                &[],
            ),
            // The run wrote the name, so that it was the list's.
            (
                &["name", "locale"],
                Some(changes.clone()),
                StepState::Done,
                &["name"],
            ),
            (&["name", "locale"], Some(changes), StepState::Pending, &[]),
        ];
        for (differs, update, state, problems) in cases {
            let row = row(differs, update, state);
            let problems = problems.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(compared(&row, &list, &pool), (problems, true), "{row:?}");
        }
        let same = found(&[("name", "Ann"), ("locale", "de"), ("zoneinfo", "x")]);
        let row = row(&["name"], None, StepState::Done);
        assert_eq!(compared(&row, &list, &same), (Vec::new(), false));
    }

    #[test]
    fn restored_attributes_are_compared_with_their_previous_values() {
        let list = listed(&[("name", "Ann"), ("locale", "de")]);
        let changes = [
            change("name", "Ann", Some("Anna")),
            change("locale", "de", None),
            change("email_verified", "false", Some("true")),
        ];
        let update = UserUpdate::Changes(changes.to_vec());
        let row = row(&["name", "locale"], Some(update), StepState::Done);
        let compare = |pool: &[(&str, &str)]| {
            let pool = found(pool);
            let expected = with_previous_values(list.clone(), &changes, &pool);
            compared(&row, &expected, &pool).0
        };
        assert_eq!(compare(&[("name", "Anna")]), [""; 0]);
        assert_eq!(compare(&[("name", "Anna"), ("locale", "")]), [""; 0]);
        assert_eq!(
            compare(&[("name", "Ann"), ("locale", "de")]),
            ["name", "locale"]
        );
        assert_eq!(compare(&[]), ["name"]);
        let list = listed(&[("name", "Ann"), ("zoneinfo", "x")]);
        let expected = without_written(list, &changes);
        let in_part = compared(&row, &expected, &found(&[("name", "Other")]));
        assert_eq!(in_part.0, ["zoneinfo"]);
    }
}
