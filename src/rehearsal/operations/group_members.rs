//! ListUsersInGroup, AdminListGroupsForUser and AdminRemoveUserFromGroup.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::admin;
use super::groups::{find, page_size};
use super::list::{from_token, to_token, visible};
use crate::rehearsal::protocol::ServiceError;
use crate::rehearsal::request::parse;
use crate::rehearsal::state::PoolState;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MembersRequest {
    user_pool_id: Option<String>,
    group_name: Option<String>,
    username: Option<String>,
    limit: Option<usize>,
    next_token: Option<String>,
}

/// Handles ListUsersInGroup. It lags behind like ListUsers.
pub(in crate::rehearsal) fn list_users(
    pool: &PoolState,
    at: Duration,
    body: &[u8],
) -> Result<Value, ServiceError> {
    let request: MembersRequest = parse(body)?;
    pool.check_pool_id(request.user_pool_id.as_deref())?;
    let size = page_size(request.limit)?;
    let first = request.next_token.as_deref().map_or(Ok(0), from_token)?;
    let (group, _) = find(pool, request.group_name.as_deref())?;
    let mut members = visible(pool, first, at).filter(|(_, user)| user.groups.contains(&group));
    let page: Vec<Value> = members
        .by_ref()
        .take(size)
        .map(|(_, user)| {
            let mut entry = admin::summary(pool, user);
            entry["Attributes"] = admin::attributes(user, |_| true);
            entry
        })
        .collect();
    let mut response = json!({ "Users": page });
    if let Some((next, _)) = members.next() {
        response["NextToken"] = to_token(next).into();
    }
    Ok(response)
}

/// Handles AdminListGroupsForUser.
pub(in crate::rehearsal) fn list_groups(
    pool: &PoolState,
    body: &[u8],
) -> Result<Value, ServiceError> {
    let request: MembersRequest = parse(body)?;
    pool.check_pool_id(request.user_pool_id.as_deref())?;
    let size = page_size(request.limit)?;
    let first = request.next_token.as_deref().map_or(Ok(0), from_token)?;
    let index = pool.find_user(request.username.as_deref())?;
    let user = pool.user(index)?;
    let groups = user.groups.iter().skip(first).take(size);
    let page: Vec<Value> = groups
        .filter_map(|group| Some(pool.groups.get(usize::from(*group))?.describe(pool)))
        .collect();
    let next = first + page.len();
    let mut response = json!({ "Groups": page });
    if next < user.groups.len() {
        response["NextToken"] = to_token(next).into();
    }
    Ok(response)
}

/// Handles AdminRemoveUserFromGroup. Succeeds if the user is not in the group.
pub(in crate::rehearsal) fn remove_user(
    pool: &mut PoolState,
    body: &[u8],
) -> Result<Value, ServiceError> {
    let request: MembersRequest = parse(body)?;
    pool.check_pool_id(request.user_pool_id.as_deref())?;
    let index = pool.find_user(request.username.as_deref())?;
    let (group, _) = find(pool, request.group_name.as_deref())?;
    let user = pool.user_mut(index)?;
    user.groups.retain(|other| *other != group);
    Ok(json!({}))
}
