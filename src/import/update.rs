//! The update of a user that existed. Users change while a run waits, stops and resumes, so a
//! lookup immediately before each update decides what it writes.

use std::sync::Arc;
use std::time::Duration;

use super::differences::UserComparison;
use super::follow_up::{NextAttempt, StepAttempts, StepDone, StepEnd, StepJob};
use super::request::{RequestContext, Requested, count, permit_unless_stopped};
use super::run_log;
use crate::outcome::{AttributeChange, UserUpdate};
use crate::pace::Category;
use crate::pool::failure::{USER_NOT_FOUND, USER_REPLACED};
use crate::pool::{Advice, Failure, FoundUser, Sent};
use crate::user::NewUser;

/// A user that is or was to be updated.
#[derive(Debug, Clone)]
pub(super) struct UserToUpdate {
    pub(super) user: Arc<NewUser>,
    /// The user's `sub` when the row was settled.
    pub(super) sub: Option<String>,
    /// The update in the ledger.
    pub(super) recorded: Option<UserUpdate>,
    /// `None` until the lookup.
    pub(super) prepared: Option<PreparedUpdate>,
}

/// An update that a lookup has decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PreparedUpdate {
    /// Never empty.
    pub(super) to_write: Vec<AttributeChange>,
    /// What earlier attempts wrote.
    pub(super) written: Vec<AttributeChange>,
}

impl PreparedUpdate {
    /// Returns what to record before the request is sent.
    pub(super) fn begun(&self) -> UserUpdate {
        let changes = self.written.iter().chain(&self.to_write);
        UserUpdate::Changes(changes.cloned().collect())
    }

    /// Returns what to record if the request is refused.
    pub(super) fn refused(&self) -> UserUpdate {
        if self.written.is_empty() {
            UserUpdate::Planned
        } else {
            UserUpdate::Changes(self.written.clone())
        }
    }
}

/// Looks the user up and decides what to write.
pub(super) async fn prepare_update(shared: Arc<RequestContext>, job: StepJob) -> StepDone {
    let mut sent = Requested::default();
    let end = match &job.update {
        Some(user) => look_up(&shared, &job, user, &mut sent).await,
        None => StepEnd::LeftPending,
    };
    StepDone {
        job,
        end,
        requests: sent.requests,
        latency: None,
    }
}

async fn look_up(
    shared: &RequestContext,
    job: &StepJob,
    user: &UserToUpdate,
    requested: &mut Requested,
) -> StepEnd {
    let mut stopping = shared.stopping.clone();
    let mut attempts = StepAttempts::new(shared.rules.retry);
    let mut wait = Duration::ZERO;
    loop {
        let permit = permit_unless_stopped(shared, Category::UserRead, &mut stopping, wait).await;
        let Some(permit) = permit else {
            return StepEnd::LeftPending;
        };
        let pool = &shared.pool;
        let found = pool.look_up_for_row(&job.username, job.password.as_deref());
        let found = found.await;
        run_log::response(&shared.span, job.row, "AdminGetUser", found.as_ref().err());
        count(shared, &permit, found.as_ref().err(), requested);
        let failure = match found {
            Ok(found) => return decide(&shared.rules.comparison, user, found.as_ref()),
            Err(failure) => failure,
        };
        match attempts.next(Err(failure), fastrand::f64()) {
            NextAttempt::End(end) => return end,
            NextAttempt::Retry(next) => wait = next,
        }
    }
}

/// Decides about a user that was just looked up.
fn decide(comparison: &UserComparison, user: &UserToUpdate, found: Option<&FoundUser>) -> StepEnd {
    let Some(found) = found else {
        return not_the_user(USER_NOT_FOUND, "the user no longer exists");
    };
    if user.sub.is_some() && found.sub.is_some() && user.sub != found.sub {
        return not_the_user(
            USER_REPLACED,
            "the user was deleted, and a different user has the username now",
        );
    }
    let value = |name: &str| found.attribute(name);
    let update = comparison.update(&user.user, found.modified_ms, value);
    let to_write = update.as_ref().map_or(&[][..], UserUpdate::changes);
    let recorded = user.recorded.as_ref().map_or(&[][..], UserUpdate::changes);
    let is_written = |change: &&AttributeChange| {
        let has_value = value(&change.name)
            .is_some_and(|pool| comparison.rules.are_same(&change.name, &change.value, pool));
        has_value && !to_write.iter().any(|write| write.name == change.name)
    };
    let written: Vec<_> = recorded.iter().filter(is_written).cloned().collect();
    match update {
        Some(UserUpdate::Changes(to_write)) => {
            StepEnd::Prepared(PreparedUpdate { to_write, written })
        }
        update if written.is_empty() => StepEnd::NothingToWrite(update),
        Some(UserUpdate::Planned | UserUpdate::Newer) | None => {
            StepEnd::NothingToWrite(Some(UserUpdate::Changes(written)))
        }
    }
}

fn not_the_user(code: &str, message: &str) -> StepEnd {
    StepEnd::Failed(Failure::new(Sent::Answered, Advice::GiveUp, code, message))
}

#[cfg(test)]
mod tests {
    use super::{PreparedUpdate, StepEnd, UserToUpdate, decide};
    use crate::import::differences::{UpdatePolicy, UserComparison};
    use crate::outcome::{AttributeChange, UserUpdate};
    use crate::pool::FoundUser;
    use crate::user::{Attribute, NewUser};
    use std::sync::Arc;

    /// Milliseconds since the Unix epoch.
    const DATED: i64 = 1_000;

    fn change(name: &str, value: &str, previous: &str) -> AttributeChange {
        AttributeChange {
            name: name.to_owned(),
            value: value.to_owned(),
            previous: Some(previous.to_owned()),
        }
    }

    fn attribute((name, value): (&str, &str)) -> Attribute {
        Attribute {
            name: name.into(),
            value: value.to_owned(),
        }
    }

    /// Decides about a row with the name Ann and the nickname A, after an attempt that recorded
    /// these changes, if the pool has these values.
    fn decided(recorded: &[AttributeChange], pool: [(&str, &str); 2], modified_ms: i64) -> StepEnd {
        let comparison = UserComparison {
            updates: Some(UpdatePolicy {
                attributes: vec!["name".to_owned(), "nickname".to_owned()],
                only_older: true,
            }),
            ..UserComparison::default()
        };
        let user = UserToUpdate {
            user: Arc::new(NewUser {
                username: "ann".to_owned(),
                password: None,
                attributes: [("name", "Ann"), ("nickname", "A")].map(attribute).to_vec(),
                follow_up: Vec::new(),
                dated_ms: Some(DATED),
            }),
            sub: None,
            recorded: Some(UserUpdate::Changes(recorded.to_vec())),
            prepared: None,
        };
        let found = FoundUser {
            username: "ann".to_owned(),
            sub: None,
            status: None,
            enabled: true,
            created_ms: None,
            created_has_fraction: false,
            modified_ms: Some(modified_ms),
            attributes: pool.map(attribute).to_vec(),
        };
        decide(&comparison, &user, Some(&found))
    }

    #[test]
    fn values_that_an_earlier_attempt_wrote_stay_recorded() {
        let recorded = [change("name", "Ann", "Old"), change("nickname", "A", "O")];
        let end = decided(&recorded, [("name", "Ann"), ("nickname", "New")], DATED);
        let StepEnd::Prepared(prepared) = end else {
            panic!("{end:?}");
        };
        let to_write = change("nickname", "A", "New");
        let written = change("name", "Ann", "Old");
        assert_eq!(
            prepared,
            PreparedUpdate {
                to_write: vec![to_write.clone()],
                written: vec![written.clone()],
            }
        );
        let begun = UserUpdate::Changes(vec![written.clone(), to_write]);
        assert_eq!(prepared.begun(), begun);
        assert_eq!(prepared.refused(), UserUpdate::Changes(vec![written]));
    }

    #[test]
    fn a_user_modified_later_keeps_what_an_earlier_attempt_wrote() {
        let recorded = [change("name", "Ann", "Old")];
        let later = DATED + 1;
        let left = decided(&recorded, [("name", "Ann"), ("nickname", "New")], later);
        let StepEnd::NothingToWrite(Some(UserUpdate::Changes(kept))) = left else {
            panic!("{left:?}");
        };
        assert_eq!(kept, recorded);
        let left = decided(&[], [("name", "Own"), ("nickname", "New")], later);
        assert!(
            matches!(left, StepEnd::NothingToWrite(Some(UserUpdate::Newer))),
            "{left:?}"
        );
        let same = decided(&[], [("name", "Ann"), ("nickname", "A")], later);
        assert!(matches!(same, StepEnd::NothingToWrite(None)), "{same:?}");
    }
}
