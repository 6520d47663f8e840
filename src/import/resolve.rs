//! Decides whether this run created a user that was found.
//!
//! `SignUp` has no idempotency token, so creation times decide, on the service's clock where
//! possible. Before its first sign-up a run learns the service's current second S and sends nothing
//! until S is over. A user that existed before the run was therefore created in S or earlier. A
//! user created later was created during the run: by us, if the row was begun by then and the
//! attributes are those we sent. A user with our attributes that was created before the row was
//! begun is in doubt, because the ledger may be an older copy of itself. A run that never learned
//! the service's time (`--no-lookup`) can only recognize users created before the row.

use super::differences::UserComparison;
use crate::ledger::times::{REST_OF_SECOND, latest};
use crate::pool::FoundUser;
use crate::user::NewUser;

/// The times that decide who created a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// The earliest time, on the service's clock, at which this row was begun, in milliseconds
    /// since the Unix epoch. Its first request was sent later. Converted when the row was
    /// begun, so setting the local clock later changes nothing.
    pub begun_ms: i64,
    /// The second, on the service's clock, that ended before the run's first sign-up, in
    /// milliseconds since the Unix epoch. `None` if the service's time is unknown.
    pub second_before_run_ms: Option<i64>,
}

/// Who created a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserOwner {
    /// One of our requests whose response was lost.
    Ours,
    /// Another client.
    Theirs,
    /// The evidence is not conclusive.
    Unsettled(Doubt),
}

/// The reason why the evidence is not conclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// The response has no creation time.
    NoDate,
    /// Created since the run began, with different attributes.
    OtherAttributes,
    /// Created since the run began and before the row was begun, with the row's attributes. This
    /// happens if the ledger is an older copy or another process imports the same list.
    BeforeTheRow,
    /// The service's time is unknown.
    NoTime,
}

impl Doubt {
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::NoDate => "the user was found, but the pool did not return its creation time",
            Self::OtherAttributes => {
                "the user was created since this run began, but its attributes differ from the row's"
            }
            Self::BeforeTheRow => {
                "the user was created since this run began and has the attributes of the row, but \
                 was created before any request for the row that is in the ledger"
            }
            Self::NoTime => {
                "the user was found, but its creation time does not show whether this run created it"
            }
        }
    }
}

#[must_use]
pub fn owner_of(
    found: &FoundUser,
    requested: &NewUser,
    comparison: &UserComparison,
    times: Times,
) -> UserOwner {
    let Some(created) = found.created_ms else {
        return UserOwner::Unsettled(Doubt::NoDate);
    };
    let is_before_run = |second: i64| created <= second.saturating_add(REST_OF_SECOND);
    if times.second_before_run_ms.is_some_and(is_before_run) {
        return UserOwner::Theirs;
    }
    let is_before_row = latest(created, found.created_has_fraction) < times.begun_ms;
    let agrees = comparison.agrees(requested, |name| found.attribute(name));
    match (is_before_row, agrees) {
        (true, true) if times.second_before_run_ms.is_some() => {
            UserOwner::Unsettled(Doubt::BeforeTheRow)
        }
        (true, _) => UserOwner::Theirs,
        (false, false) => UserOwner::Unsettled(Doubt::OtherAttributes),
        (false, true) if times.second_before_run_ms.is_some() => UserOwner::Ours,
        (false, true) => UserOwner::Unsettled(Doubt::NoTime),
    }
}

#[cfg(test)]
mod tests {
    use super::{Doubt, Times, UserOwner, owner_of};
    use crate::import::differences::UserComparison;
    use crate::pool::FoundUser;
    use crate::user::{Attribute, NewUser, ValueRules};

    fn attribute(name: &str, value: &str) -> Attribute {
        Attribute {
            name: name.into(),
            value: value.into(),
        }
    }

    fn requested() -> NewUser {
        NewUser {
            username: "ann".into(),
            password: None,
            attributes: vec![
                attribute("email", "Ann@example.com"),
                attribute("name", "Ann"),
            ],
            follow_up: Vec::new(),
            dated_ms: None,
        }
    }

    fn found(created_ms: i64, name: &str) -> FoundUser {
        FoundUser {
            username: "ann".into(),
            sub: None,
            status: None,
            enabled: true,
            created_ms: Some(created_ms),
            created_has_fraction: created_ms % 1_000 != 0,
            modified_ms: None,
            attributes: vec![
                attribute("sub", "1"),
                attribute("email", "ann@example.com"),
                attribute("name", name),
            ],
        }
    }

    fn comparison() -> UserComparison {
        UserComparison {
            rules: ValueRules::new(true, None),
            ..UserComparison::default()
        }
    }

    /// The row was begun at 160 s on the service's clock.
    fn judge(created_ms: i64, name: &str, second_before_run_ms: Option<i64>) -> UserOwner {
        let times = Times {
            begun_ms: 160_000,
            second_before_run_ms,
        };
        owner_of(&found(created_ms, name), &requested(), &comparison(), times)
    }

    #[test]
    fn users_created_before_the_run_are_theirs() {
        for created in [0, 150_000, 150_999] {
            assert_eq!(
                judge(created, "Ann", Some(150_000)),
                UserOwner::Theirs,
                "{created}"
            );
        }
    }

    #[test]
    fn users_created_between_run_start_and_row_are_unsettled_if_attributes_agree() {
        for created in [152_000, 159_997] {
            let ours = judge(created, "Ann", Some(150_000));
            assert_eq!(ours, UserOwner::Unsettled(Doubt::BeforeTheRow), "{created}");
            assert_eq!(judge(created, "Bob", Some(150_000)), UserOwner::Theirs);
        }
    }

    #[test]
    fn users_created_after_the_row_was_begun_are_ours_if_attributes_agree() {
        for created in [160_000, 160_600, 161_000, 200_000] {
            assert_eq!(
                judge(created, "Ann", Some(150_000)),
                UserOwner::Ours,
                "{created}"
            );
            assert!(matches!(
                judge(created, "Bob", Some(150_000)),
                UserOwner::Unsettled(_)
            ));
        }
    }

    #[test]
    fn whole_second_dates_cover_the_whole_second() {
        // Both the creation and the beginning of the row are in second 160.
        assert_eq!(judge(160_000, "Ann", Some(159_000)), UserOwner::Ours);
        assert_eq!(judge(160_000, "Ann", Some(160_000)), UserOwner::Theirs);
    }

    #[test]
    fn without_service_time_only_users_before_the_row_are_decided() {
        assert_eq!(judge(159_900, "Ann", None), UserOwner::Theirs);
        assert!(matches!(
            judge(160_300, "Ann", None),
            UserOwner::Unsettled(_)
        ));
        let mut undated = found(1, "Ann");
        undated.created_ms = None;
        let times = Times {
            begun_ms: 0,
            second_before_run_ms: Some(0),
        };
        let verdict = owner_of(&undated, &requested(), &comparison(), times);
        assert!(matches!(verdict, UserOwner::Unsettled(_)));
    }
}
