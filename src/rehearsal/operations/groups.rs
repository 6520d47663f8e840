//! The pool's groups: made, described, listed, joined. Nothing here takes one away.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::list::{from_token, to_token};
use crate::rehearsal::format;
use crate::rehearsal::protocol::{ServiceError, constraints};
use crate::rehearsal::request::{parse, required};
use crate::rehearsal::state::{PoolGroup, PoolState};

/// Most groups of a pool (AWS: "Quotas on resource number and size").
const MOST_GROUPS: usize = 10_000;
/// Most characters of a group's name and of its description, by the service's model.
const LONGEST_NAME: usize = 128;
const LONGEST_DESCRIPTION: usize = 2_048;
/// Most groups of a page, by the service's model.
const LARGEST_PAGE: usize = 60;

impl PoolGroup {
    fn describe(&self, pool: &PoolState) -> Value {
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

/// CreateGroup.
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
    if pool.groups.len() >= MOST_GROUPS {
        return Err(ServiceError::bad_request(
            "LimitExceededException",
            "The pool has as many groups as it can have.",
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

/// The constraints of the service's model that the request breaks.
fn violations(request: &GroupRequest, name: &str) -> Vec<String> {
    let shorter = |text: &str, most: usize| text.chars().count() <= most;
    let description = request.description.as_deref().unwrap_or_default();
    let rules = [
        (
            "groupName",
            !name.is_empty(),
            "Member must have length greater than or equal to 1",
        ),
        (
            "groupName",
            shorter(name, LONGEST_NAME),
            "Member must have length less than or equal to 128",
        ),
        (
            "groupName",
            format::is_visible(name),
            r"Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+",
        ),
        (
            "description",
            shorter(description, LONGEST_DESCRIPTION),
            "Member must have length less than or equal to 2048",
        ),
        (
            "precedence",
            request.precedence.is_none_or(|precedence| precedence >= 0),
            "Member must have value greater than or equal to 0",
        ),
    ];
    let broken = rules.iter().filter(|(_, holds, _)| !holds);
    broken
        .map(|(member, _, rule)| {
            format!("Value at '{member}' failed to satisfy constraint: {rule}")
        })
        .collect()
}

/// GetGroup.
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

/// ListGroups.
pub(in crate::rehearsal) fn list(pool: &PoolState, body: &[u8]) -> Result<Value, ServiceError> {
    let request: ListGroupsRequest = parse(body)?;
    pool.check_pool_id(request.user_pool_id.as_deref())?;
    let size = request.limit.unwrap_or(LARGEST_PAGE);
    if size > LARGEST_PAGE {
        let sentence = format!("Member must have value less than or equal to {LARGEST_PAGE}");
        return Err(ServiceError::constraint("limit", &sentence));
    }
    let first = request.next_token.as_deref().map_or(Ok(0), from_token)?;
    let page = pool.groups.iter().skip(first).take(size);
    let page: Vec<Value> = page.map(|group| group.describe(pool)).collect();
    let next = first + page.len();
    let mut answer = json!({ "Groups": page });
    if let (true, Some(members)) = (next < pool.groups.len(), answer.as_object_mut()) {
        members.insert("NextToken".to_owned(), Value::String(to_token(next)));
    }
    Ok(answer)
}

/// AdminAddUserToGroup. Adding twice is no error.
pub(in crate::rehearsal) fn add_user(
    pool: &mut PoolState,
    body: &[u8],
) -> Result<Value, ServiceError> {
    let request: GroupRequest = parse(body)?;
    pool.check_pool_id(request.user_pool_id.as_deref())?;
    let index = pool.find_user(request.username.as_deref())?;
    let (group, _) = find(pool, request.group_name.as_deref())?;
    let user = pool
        .users
        .get_mut(index)
        .ok_or_else(ServiceError::no_such_user)?;
    if !user.groups.contains(&group) {
        user.groups.push(group);
    }
    Ok(json!({}))
}

/// The group of this name, and its place among the pool's.
fn find<'p>(pool: &'p PoolState, name: Option<&str>) -> Result<(u16, &'p PoolGroup), ServiceError> {
    let name = required("groupName", name)?;
    (0_u16..)
        .zip(&pool.groups)
        .find(|(_, group)| group.name == name)
        .ok_or_else(|| ServiceError::not_found("Group not found."))
}
