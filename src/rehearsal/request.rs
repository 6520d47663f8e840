//! Parsing and checks shared by all operations: body, pool ID, client ID, user, dates.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::protocol::{ServiceError, constraints};
use super::settings::DatePrecision;
use super::state::PoolState;
use super::user::PoolUser;
use super::users::UserIndex;

impl PoolState {
    /// Checks that a request refers to this pool.
    pub(super) fn check_pool_id(&self, pool_id: Option<&str>) -> Result<(), ServiceError> {
        let pool_id = required("userPoolId", pool_id)?;
        if pool_id == self.settings.pool_id {
            Ok(())
        } else {
            Err(ServiceError::not_found(format!(
                "User pool {pool_id} does not exist."
            )))
        }
    }

    /// Checks that a request refers to this pool's app client.
    pub(super) fn check_client_id(&self, client_id: Option<&str>) -> Result<(), ServiceError> {
        let client_id = required("clientId", client_id)?;
        if client_id == self.settings.client_id {
            Ok(())
        } else {
            Err(ServiceError::not_found(format!(
                "User pool client {client_id} does not exist."
            )))
        }
    }

    /// Finds the user that an administrative request names.
    pub(super) fn find_user(&self, name: Option<&str>) -> Result<UserIndex, ServiceError> {
        self.users
            .find(required("username", name)?)
            .ok_or_else(ServiceError::no_such_user)
    }

    pub(super) fn user(&self, index: UserIndex) -> Result<&PoolUser, ServiceError> {
        self.users.get(index).ok_or_else(ServiceError::no_such_user)
    }

    pub(super) fn user_mut(&mut self, index: UserIndex) -> Result<&mut PoolUser, ServiceError> {
        self.users
            .get_mut(index)
            .ok_or_else(ServiceError::no_such_user)
    }

    /// Formats a date: Unix seconds, with milliseconds unless the settings say otherwise.
    pub(super) fn date(&self, unix_ms: i64) -> Value {
        match self.settings.create_date_precision {
            DatePrecision::Milliseconds => json!(unix_ms as f64 / 1_000.0),
            DatePrecision::Seconds => json!(unix_ms.div_euclid(1_000)),
        }
    }
}

/// Parses a request's body.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
    // The parser's own message could quote a value, which could be a password.
    serde_json::from_slice(body)
        .map_err(|_| ServiceError::bad_request("SerializationException", "malformed request"))
}

/// Returns a required member, or the error for a missing one.
pub(super) fn required<'a>(member: &str, value: Option<&'a str>) -> Result<&'a str, ServiceError> {
    let violations = || {
        vec![format!(
            "Value null at '{member}' failed to satisfy constraint: Member must not be null"
        )]
    };
    match value {
        Some(value) => Ok(value),
        None => constraints(&violations()).map(|()| ""),
    }
}
