//! The requests of an undo: looks up a user by username or `sub`, reads its events, deletes it.

use aws_sdk_cognitoidentityprovider::operation::admin_delete_user::AdminDeleteUserError;
use aws_sdk_cognitoidentityprovider::types::{EventResponseType, EventType};

use super::failure::{Failure, Operation};
use super::pages::next_token;
use super::{Cognito, FoundUser};

/// The maximum number of events on a page (API reference of `AdminListUserAuthEvents`).
const PAGE_SIZE: i32 = 60;

/// The result of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// The user is deleted.
    Deleted,
    /// The user does not exist.
    NoSuchUser,
}

/// A page of the events that threat protection recorded for a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserEvents {
    /// The user's sign-up is recorded, and therefore all later events are, too.
    pub sign_up: bool,
    /// The number of events on the page.
    pub events: usize,
    /// There is another event that succeeded.
    pub used: bool,
    /// The token of the next page, `None` on the last one.
    pub next: Option<String>,
}

impl Cognito {
    /// Sends `AdminGetUser` once, signed, with a username, an alias or a `sub`, so the caller must
    /// compare the user that it returns. `None` if the user does not exist. Cognito counts a user
    /// that it finds as active this month.
    ///
    /// # Errors
    /// See [`super::failure`].
    pub async fn find(&self, name: &str) -> Result<Option<FoundUser>, Failure> {
        self.get_user(name, None).await
    }

    /// Sends `AdminDeleteUser` once, signed, with a username or a `sub`. Idempotent.
    ///
    /// # Errors
    /// See [`super::failure`].
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

    /// Sends `AdminListUserAuthEvents` once, signed. Without a token, returns the first page.
    ///
    /// # Errors
    /// See [`super::failure`]. The kind is `ThreatProtectionOff` if the pool records no events.
    pub async fn user_events(
        &self,
        name: &str,
        token: Option<&str>,
    ) -> Result<UserEvents, Failure> {
        let answer = self
            .signing()?
            .admin_list_user_auth_events()
            .user_pool_id(&self.user_pool_id)
            .username(name)
            .max_results(PAGE_SIZE)
            .set_next_token(token.map(str::to_owned))
            .send()
            .await
            .map_err(|error| Failure::of(Operation::Read, &error))?;
        let mut events = UserEvents {
            events: answer.auth_events().len(),
            next: next_token(answer.next_token()),
            ..UserEvents::default()
        };
        for event in answer.auth_events() {
            let is_refused = event.event_response() == Some(&EventResponseType::Fail);
            if event.event_type() == Some(&EventType::SignUp) {
                events.sign_up = true;
            } else if !is_refused {
                // A sign-in, a new password, a requested code, or an event type unknown to this
                // version.
                events.used = true;
            }
        }
        Ok(events)
    }
}
