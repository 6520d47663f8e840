//! Sign-in with a password, so that tests can prove that passwords arrive unchanged.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::auth_events;
use super::sign_up_request::check_secret_hash;
use crate::rehearsal::password::PasswordDigest;
use crate::rehearsal::protocol::ServiceError;
use crate::rehearsal::request::{parse, required};
use crate::rehearsal::state::PoolState;
use crate::rehearsal::user::UserStatus;

/// Not `Debug`, because it contains a password.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AuthRequest {
    user_pool_id: Option<String>,
    client_id: Option<String>,
    auth_flow: Option<String>,
    auth_parameters: Option<BTreeMap<String, String>>,
}

/// Handles InitiateAuth with the flow USER_PASSWORD_AUTH.
pub(in crate::rehearsal) fn initiate_auth(
    pool: &mut PoolState,
    at: Duration,
    body: &[u8],
) -> Result<Value, ServiceError> {
    sign_in(pool, at, &parse(body)?, &["USER_PASSWORD_AUTH"])
}

/// Handles AdminInitiateAuth with the flow ADMIN_USER_PASSWORD_AUTH or its older name.
pub(in crate::rehearsal) fn admin_initiate_auth(
    pool: &mut PoolState,
    at: Duration,
    body: &[u8],
) -> Result<Value, ServiceError> {
    let request: AuthRequest = parse(body)?;
    pool.check_pool_id(request.user_pool_id.as_deref())?;
    sign_in(
        pool,
        at,
        &request,
        &["ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"],
    )
}

fn sign_in(
    pool: &mut PoolState,
    at: Duration,
    request: &AuthRequest,
    flows: &[&str],
) -> Result<Value, ServiceError> {
    pool.check_client_id(request.client_id.as_deref())?;
    if !flows.contains(&required("authFlow", request.auth_flow.as_deref())?) {
        return Err(ServiceError::invalid_parameter(
            "Auth flow not enabled for this client",
        ));
    }
    let parameter = |name: &str| {
        request
            .auth_parameters
            .as_ref()?
            .get(name)
            .map(String::as_str)
    };
    let required_parameter = |name: &str| {
        parameter(name).ok_or_else(|| {
            ServiceError::invalid_parameter(format!("Missing required parameter {name}"))
        })
    };
    let (name, password) = (
        required_parameter("USERNAME")?,
        required_parameter("PASSWORD")?,
    );
    check_secret_hash(pool, name, parameter("SECRET_HASH"))?;
    let incorrect = || ServiceError::not_authorized("Incorrect username or password.");
    let index = pool.users.find(name).ok_or_else(incorrect)?;
    let user = pool.users.get(index).ok_or_else(incorrect)?;
    let digest = user.password.as_ref();
    if digest.is_none_or(|digest| *digest != PasswordDigest::new(password, user.sub)) {
        auth_events::record(pool, index, at, false);
        return Err(incorrect());
    }
    if !user.enabled {
        return Err(ServiceError::not_authorized("User is disabled."));
    }
    if user.status == UserStatus::Unconfirmed {
        return Err(ServiceError::bad_request(
            "UserNotConfirmedException",
            "User is not confirmed.",
        ));
    }
    auth_events::record(pool, index, at, true);
    Ok(json!({
        "ChallengeParameters": {},
        "AuthenticationResult": {
            "AccessToken": "rehearsal.access.token",
            "IdToken": "rehearsal.id.token",
            "RefreshToken": "rehearsal.refresh.token",
            "TokenType": "Bearer",
            "ExpiresIn": 3_600,
        },
    }))
}
