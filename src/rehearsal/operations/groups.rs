//! CreateGroup, GetGroup, ListGroups and AdminAddUserToGroup. Groups are never deleted.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::list::{from_token, to_token};
use crate::rehearsal::format;
use crate::rehearsal::protocol::{ServiceError, constraints};
use crate::rehearsal::request::{parse, required};
use crate::rehearsal::state::{PoolGroup, PoolState};

/// The maximum number of groups per pool (AWS: "Quotas on resource number and size").
const MAX_GROUPS: usize = 10_000;
/// The maximum lengths of a group's name and description (the service's model).
const MAX_NAME_LENGTH: usize = 128;
const MAX_DESCRIPTION_LENGTH: usize = 2_048;
/// The maximum number of groups or users per page (the service's model).
const MAX_PAGE_SIZE: usize = 60;

impl PoolGroup {
    pub(super) fn describe(&self, pool: &PoolState) -> Value {
        let mut members = self.members.clone();
        let created = pool.date(self.created_ms);
        for (name, value) in [
            ("GroupName", json!(self.name)),
            ("UserPoolId", json!(pool.settings.pool_id)),
            ("CreationDate", created.clone()),
            ("LastModifiedDate", created),
        ] {
            members.insert(name.to_owned(), value);
        }
        Value::Object(members)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GroupRequest {
    user_pool_id: Option<String>,
    group_name: Option<String>,
    username: Option<String>,
    description: Option<String>,
    precedence: Option<i64>,
    role_arn: Option<String>,
}

/// Handles CreateGroup.
pub(in crate::rehearsal) fn create(
    pool: &mut PoolState,
    at: Duration,
    body: &[u8],
) -> Result<Value, ServiceError> {
    let request: GroupRequest = parse(body)?;
    let name = required("groupName", request.group_name.as_deref())?;
    constraints(&violations(&request, name))?;
    pool.check_pool_id(request.user_pool_id.as_deref())?;
    if pool.groups.iter().any(|group| group.name == name) {
        return Err(ServiceError::bad_request(
            "GroupExistsException",
            "A group with the name already exists.",
        ));
    }
    if pool.groups.len() >= MAX_GROUPS {
        return Err(ServiceError::bad_request(
            "LimitExceededException",
            "The pool has reached the maximum number of groups.",
        ));
    }
    let mut group = PoolGroup::new(name.to_owned(), pool.clock.wall_ms(at));
    let given = [
        ("Description", request.description.map(Value::from)),
        ("Precedence", request.precedence.map(Value::from)),
        ("RoleArn", request.role_arn.map(Value::from)),
    ];
    for (member, value) in given {
        if let Some(value) = value {
            group.members.insert(member.to_owned(), value);
        }
    }
    let described = group.describe(pool);
    pool.groups.push(group);
    Ok(json!({ "Group": described }))
}

/// Returns the violated constraints of the service's model.
fn violations(request: &GroupRequest, name: &str) -> Vec<String> {
    let fits = |text: &str, max: usize| text.chars().count() <= max;
    let description = request.description.as_deref().unwrap_or_default();
    let rules = [
        (
            "groupName",
            !name.is_empty(),
            "Member must have length greater than or equal to 1",
        ),
        (
            "groupName",
            fits(name, MAX_NAME_LENGTH),
            "Member must have length less than or equal to 128",
        ),
        (
            "groupName",
            format::is_visible(name),
            r"Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+",
        ),
        (
            "description",
            fits(description, MAX_DESCRIPTION_LENGTH),
            "Member must have length less than or equal to 2048",
        ),
        (
            "precedence",
            request.precedence.is_none_or(|precedence| precedence >= 0),
            "Member must have value greater than or equal to 0",
        ),
    ];
    let violated = rules.iter().filter(|(_, holds, _)| !holds);
    violated
        .map(|(member, _, rule)| {
            format!("Value at '{member}' failed to satisfy constraint: {rule}")
        })
        .collect()
}

/// Handles GetGroup.
pub(in crate::rehearsal) fn get(pool: &PoolState, body: &[u8]) -> Result<Value, ServiceError> {
    let request: GroupRequest = parse(body)?;
    pool.check_pool_id(request.user_pool_id.as_deref())?;
    let (_, group) = find(pool, request.group_name.as_deref())?;
    Ok(json!({ "Group": group.describe(pool) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListGroupsRequest {
    user_pool_id: Option<String>,
    limit: Option<usize>,
    next_token: Option<String>,
}

/// Handles ListGroups.
pub(in crate::rehearsal) fn list(pool: &PoolState, body: &[u8]) -> Result<Value, ServiceError> {
    let request: ListGroupsRequest = parse(body)?;
    pool.check_pool_id(request.user_pool_id.as_deref())?;
    let size = page_size(request.limit)?;
    let first = request.next_token.as_deref().map_or(Ok(0), from_token)?;
    let page = pool.groups.iter().skip(first).take(size);
    let page: Vec<Value> = page.map(|group| group.describe(pool)).collect();
    let next = first + page.len();
    let mut response = json!({ "Groups": page });
    if next < pool.groups.len() {
        response["NextToken"] = to_token(next).into();
    }
    Ok(response)
}

/// Returns the number of groups or users per page.
pub(super) fn page_size(limit: Option<usize>) -> Result<usize, ServiceError> {
    match limit {
        None | Some(0) => Ok(MAX_PAGE_SIZE),
        Some(size) if size > MAX_PAGE_SIZE => {
            let message = format!("Member must have value less than or equal to {MAX_PAGE_SIZE}");
            Err(ServiceError::constraint("limit", &message))
        }
        Some(size) => Ok(size),
    }
}

/// Handles AdminAddUserToGroup. Succeeds if the user is already in the group.
pub(in crate::rehearsal) fn add_user(
    pool: &mut PoolState,
    body: &[u8],
) -> Result<Value, ServiceError> {
    let request: GroupRequest = parse(body)?;
    pool.check_pool_id(request.user_pool_id.as_deref())?;
    let index = pool.find_user(request.username.as_deref())?;
    let (group, _) = find(pool, request.group_name.as_deref())?;
    let user = pool.user_mut(index)?;
    if !user.groups.contains(&group) {
        user.groups.push(group);
    }
    Ok(json!({}))
}

/// Finds a group by name and returns it with its index.
pub(super) fn find<'p>(
    pool: &'p PoolState,
    name: Option<&str>,
) -> Result<(u16, &'p PoolGroup), ServiceError> {
    let name = required("groupName", name)?;
    (0_u16..)
        .zip(&pool.groups)
        .find(|(_, group)| group.name == name)
        .ok_or_else(|| ServiceError::not_found("Group not found."))
}
