//! The requests of an undo: look up a user by username or `sub`, read its events, and delete it.

use aws_sdk_cognitoidentityprovider::operation::admin_delete_user::AdminDeleteUserError;
use aws_sdk_cognitoidentityprovider::types::{EventResponseType, EventType};

use super::failure::{Failure, Operation};
use super::{Cognito, FoundUser};

/// The maximum number of events on a page (API reference of `AdminListUserAuthEvents`).
const LARGEST_PAGE: i32 = 60;

/// The answer to a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// The user is deleted.
    Deleted,
    /// There is no such user.
    NoSuchUser,
}

/// A page of the events that threat protection recorded for a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Doings {
    /// The user's own sign-up is recorded, and therefore all later events are too.
    pub sign_up: bool,
    /// The number of events on the page.
    pub events: usize,
    /// There is another event that was not refused.
    pub used: bool,
    /// The token of the next page, `None` on the last one.
    pub next: Option<String>,
}

impl Cognito {
    /// `AdminGetUser`, once, signed, by a username, an alias or a `sub`, so the caller compares the
    /// user that is found. `None` if there is none. Cognito counts a user that it finds as
    /// active this month.
    ///
    /// # Errors
    /// See [`super::failure`].
    pub async fn find(&self, name: &str) -> Result<Option<FoundUser>, Failure> {
        self.get_user(name, None).await
    }

    /// `AdminDeleteUser`, once, signed, by a username or a `sub`.
    ///
    /// # Errors
    /// See [`super::failure`]. Idempotent.
    pub async fn delete(&self, name: &str) -> Result<Deletion, Failure> {
        let call = self.signing()?.admin_delete_user();
        let call = call.user_pool_id(&self.user_pool_id).username(name);
        match call.send().await {
            Ok(_) => Ok(Deletion::Deleted),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(AdminDeleteUserError::is_user_not_found_exception) =>
            {
                Ok(Deletion::NoSuchUser)
            }
            Err(error) => Err(Failure::of(Operation::Delete, &error)),
        }
    }

    /// `AdminListUserAuthEvents`, once, signed: the page of `token`, or the first one.
    ///
    /// # Errors
    /// See [`super::failure`]. `UserPoolAddOnNotEnabledException`: the pool has no threat
    /// protection and records nothing.
    pub async fn doings(&self, name: &str, token: Option<&str>) -> Result<Doings, Failure> {
        let answer = self
            .signing()?
            .admin_list_user_auth_events()
            .user_pool_id(&self.user_pool_id)
            .username(name)
            .max_results(LARGEST_PAGE)
            .set_next_token(token.map(str::to_owned))
            .send()
            .await
            .map_err(|error| Failure::of(Operation::Read, &error))?;
        let mut doings = Doings {
            events: answer.auth_events().len(),
            next: answer.next_token().map(str::to_owned),
            ..Doings::default()
        };
        for event in answer.auth_events() {
            let refused = event.event_response() == Some(&EventResponseType::Fail);
            if event.event_type() == Some(&EventType::SignUp) {
                doings.sign_up = true;
            } else if !refused {
                // A sign-in, a new password, a requested code, or an event type unknown to this
                // version.
                doings.used = true;
            }
        }
        Ok(doings)
    }
}
