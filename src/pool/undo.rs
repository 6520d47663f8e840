//! What an undo asks of the pool: a user by its name or its `sub`, what the user has done since it was made, and its deletion.

use aws_sdk_cognitoidentityprovider::operation::admin_delete_user::AdminDeleteUserError;
use aws_sdk_cognitoidentityprovider::types::{EventResponseType, EventType};

use super::failure::{Failure, Operation};
use super::{Cognito, FoundUser};

/// Events of a page, at most (API reference of `AdminListUserAuthEvents`).
const LARGEST_PAGE: i32 = 60;

/// The answer to a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// The user is deleted.
    Deleted,
    /// There is no such user.
    NoSuchUser,
}

/// A page of what threat protection remembers of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Doings {
    /// The user's own sign-up is remembered: so all that came after it is, too.
    pub sign_up: bool,
    /// Events of the page.
    pub events: usize,
    /// It has done something else, or another attempt at something was not refused.
    pub used: bool,
    /// What to ask for the next page with; none: this is the last one.
    pub next: Option<String>,
}

impl Cognito {
    /// `AdminGetUser`, once, signed, by a username, an alias or a `sub`: whoever is found has to be compared. None: nobody is found.
    /// Cognito counts a user that it finds as active this month.
    ///
    /// # Errors
    /// See [`super::failure`].
    pub async fn find(&self, name: &str) -> Result<Option<FoundUser>, Failure> {
        self.get_user(name, None).await
    }

    /// `AdminDeleteUser`, once, signed, by a username or a `sub`.
    ///
    /// # Errors
    /// See [`super::failure`]. It may be sent again: a user is deleted once.
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

    /// `AdminListUserAuthEvents`, once, signed: the page that `token` leads to, or the first one.
    ///
    /// # Errors
    /// See [`super::failure`]. `UserPoolAddOnNotEnabledException`: the pool has no threat protection, and remembers nothing.
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
                // A sign-in, a new password, a code asked for, or what Cognito calls by a name that is not known here.
                doings.used = true;
            }
        }
        Ok(doings)
    }
}
