//! Administrative calls for one user: get, confirm, update attributes, disable, enable, delete.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::sign_up_request::{AttributeInput, into_pairs};
use crate::rehearsal::protocol::ServiceError;
use crate::rehearsal::request::parse;
use crate::rehearsal::seeded;
use crate::rehearsal::state::PoolState;
use crate::rehearsal::user::{PoolUser, UserStatus};
use crate::rehearsal::users::UserIndex;

/// The members common to these calls, and the one of AdminUpdateUserAttributes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UserRequest {
    user_pool_id: Option<String>,
    username: Option<String>,
    user_attributes: Option<Vec<AttributeInput>>,
}

/// Handles AdminGetUser.
pub(in crate::rehearsal) fn get_user(pool: &PoolState, body: &[u8]) -> Result<Value, ServiceError> {
    let index = target(pool, &parse(body)?)?;
    describe(pool, index)
}

fn target(pool: &PoolState, request: &UserRequest) -> Result<UserIndex, ServiceError> {
    pool.check_pool_id(request.user_pool_id.as_deref())?;
    pool.find_user(request.username.as_deref())
}

fn describe(pool: &PoolState, index: UserIndex) -> Result<Value, ServiceError> {
    let user = pool.user(index)?;
    let mut body = summary(pool, user);
    body["UserAttributes"] = attributes(user, |_| true);
    Ok(body)
}

/// Returns what AdminGetUser and ListUsers have in common: everything except the attributes, whose
/// member has a different name in each.
pub(in crate::rehearsal) fn summary(pool: &PoolState, user: &PoolUser) -> Value {
    json!({
        "Username": user.username,
        "UserCreateDate": pool.date(user.created_ms),
        "UserLastModifiedDate": pool.date(user.modified_ms),
        "Enabled": user.enabled,
        "UserStatus": user.status.name(),
    })
}

/// Returns the user's attributes, including `sub`, in wire format.
pub(in crate::rehearsal) fn attributes(user: &PoolUser, include: impl Fn(&str) -> bool) -> Value {
    let sub = seeded::uuid_text(user.sub);
    let own = user
        .attributes
        .iter()
        .map(|attribute| (&*attribute.name, &*attribute.value));
    let all = own
        .chain([("sub", sub.as_str())])
        .filter(|(name, _)| include(name));
    Value::Array(
        all.map(|(name, value)| json!({ "Name": name, "Value": value }))
            .collect(),
    )
}

/// Handles AdminConfirmSignUp.
pub(in crate::rehearsal) fn confirm_sign_up(
    pool: &mut PoolState,
    at: Duration,
    body: &[u8],
) -> Result<Value, ServiceError> {
    let index = target(pool, &parse(body)?)?;
    let now = pool.clock.wall_ms(at);
    let user = pool.user_mut(index)?;
    if user.status != UserStatus::Unconfirmed {
        let message = format!(
            "User cannot be confirmed. Current status is {}",
            user.status.name()
        );
        return Err(ServiceError::not_authorized(message));
    }
    user.status = UserStatus::Confirmed;
    user.modified_ms = now;
    Ok(json!({}))
}

/// Handles AdminUpdateUserAttributes. As AWS documents, an empty value removes the attribute.
pub(in crate::rehearsal) fn update_attributes(
    pool: &mut PoolState,
    at: Duration,
    body: &[u8],
) -> Result<Value, ServiceError> {
    let mut request: UserRequest = parse(body)?;
    let index = target(pool, &request)?;
    let (set, removed): (Vec<_>, Vec<_>) = into_pairs(request.user_attributes.take())
        .into_iter()
        .partition(|(_, value)| !value.is_empty());
    pool.schema.check_update(&set)?;
    let mut updated = pool.user(index)?.attributes.clone();
    updated.retain(|attribute| !removed.iter().any(|(name, _)| *name == *attribute.name));
    for (name, value) in with_verification_flags(&set) {
        updated.retain(|attribute| *attribute.name != *name);
        updated.push(pool.schema.attribute(&name, &value));
    }
    let value_of = |name: &str| updated.iter().find(|a| &*a.name == name).map(|a| &*a.value);
    for (attribute, flag, label) in [
        ("email", "email_verified", "Email"),
        ("phone_number", "phone_number_verified", "Phone number"),
    ] {
        if set.iter().any(|(name, _)| name == flag) && value_of(attribute).is_none() {
            let noun = attribute.replace('_', " ");
            let message = format!("{label} is required to verify/un-verify a {noun}");
            return Err(ServiceError::invalid_parameter(message));
        }
        let is_alias = pool
            .settings
            .alias_attributes
            .iter()
            .any(|alias| alias == attribute);
        if let Some(value) =
            value_of(attribute).filter(|_| is_alias && value_of(flag) == Some("true"))
            && pool
                .users
                .alias_holder(attribute, value)
                .is_some_and(|holder| holder != index)
        {
            return Err(alias_exists(attribute));
        }
    }
    if let Some(attribute) = pool.users.taken_attribute(&updated, Some(index)) {
        return Err(alias_exists(attribute));
    }
    let now = pool.clock.wall_ms(at);
    pool.users.unindex_attributes(index);
    if let Some(user) = pool.users.get_mut(index) {
        user.attributes = updated;
        user.modified_ms = now;
    }
    pool.users.index_attributes(index);
    Ok(json!({}))
}

/// Adds `false` verification flags for an email address or phone number that is set without one.
fn with_verification_flags(set: &[(String, String)]) -> Vec<(String, String)> {
    let sets = |name: &str| set.iter().any(|(given, _)| given == name);
    let mut all = Vec::new();
    for (attribute, flag) in [
        ("email", "email_verified"),
        ("phone_number", "phone_number_verified"),
    ] {
        if sets(attribute) && !sets(flag) {
            all.push((flag.to_owned(), "false".to_owned()));
        }
    }
    all.extend(set.iter().cloned());
    all
}

fn alias_exists(attribute: &str) -> ServiceError {
    ServiceError::bad_request(
        "AliasExistsException",
        format!("An account with the {attribute} already exists."),
    )
}

/// Handles AdminEnableUser and AdminDisableUser. Succeeds if the user is already in that state.
pub(in crate::rehearsal) fn set_enabled(
    pool: &mut PoolState,
    at: Duration,
    body: &[u8],
    enabled: bool,
) -> Result<Value, ServiceError> {
    let index = target(pool, &parse(body)?)?;
    let now = pool.clock.wall_ms(at);
    if let Some(user) = pool.users.get_mut(index) {
        user.enabled = enabled;
        user.modified_ms = now;
    }
    Ok(json!({}))
}

/// Handles AdminDeleteUser.
pub(in crate::rehearsal) fn delete_user(
    pool: &mut PoolState,
    body: &[u8],
) -> Result<Value, ServiceError> {
    let index = target(pool, &parse(body)?)?;
    pool.users.remove(index);
    pool.sign_ins.remove(&index);
    pool.stats.record_deletion();
    Ok(json!({}))
}
