//! Lists and creates the pool's groups, and lists those of a user. Signed.

use aws_sdk_cognitoidentityprovider::types::GroupType;

use super::Cognito;
use super::bounds::{MAX_NAME, fits};
use super::failure::{Failure, FailureKind, Operation};
use super::pages::next_token;

/// The maximum number of groups in a pool (Cognito's developer guide, "Quotas on resource number
/// and size").
pub const MAX_GROUPS: usize = 10_000;

/// The IAM action that lists groups.
pub const LIST_GROUPS_ACTION: &str = "cognito-idp:ListGroups";

/// The IAM action that creates a group.
pub const CREATE_GROUP_ACTION: &str = "cognito-idp:CreateGroup";

/// The maximum number of groups per page (the service's model).
const PAGE_SIZE: i32 = 60;

/// A page of groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupsPage {
    pub names: Vec<String>,
    /// The token of the next page, `None` on the last one.
    pub next: Option<String>,
}

/// The effect of a successful `CreateGroup`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateGroup {
    Created,
    Existed,
}

impl Cognito {
    /// Sends `ListGroups` once, signed. Without a token, returns the first page.
    ///
    /// # Errors
    /// See [`super::failure`]. The advice is `GiveUp` if this run signs no requests.
    pub async fn groups(&self, token: Option<&str>) -> Result<GroupsPage, Failure> {
        let answer = self
            .signing()?
            .list_groups()
            .user_pool_id(&self.user_pool_id)
            .limit(PAGE_SIZE)
            .set_next_token(token.map(str::to_owned))
            .send()
            .await
            .map_err(|error| Failure::of(Operation::Read, &error))?;
        page(answer.groups.as_deref(), answer.next_token())
    }

    /// Sends `AdminListGroupsForUser` once, signed, with a username or a `sub`. Without a token,
    /// returns the first page.
    ///
    /// # Errors
    /// See [`super::failure`]. The kind is `UserNotFound` if the user does not exist.
    pub async fn groups_of_user(
        &self,
        name: &str,
        token: Option<&str>,
    ) -> Result<GroupsPage, Failure> {
        let answer = self
            .signing()?
            .admin_list_groups_for_user()
            .user_pool_id(&self.user_pool_id)
            .username(name)
            .limit(PAGE_SIZE)
            .set_next_token(token.map(str::to_owned))
            .send()
            .await
            .map_err(|error| Failure::of(Operation::Read, &error))?;
        page(answer.groups.as_deref(), answer.next_token())
    }

    /// Sends `CreateGroup` once, signed. An existing group is not a failure.
    ///
    /// # Errors
    /// See [`super::failure`]. The advice is `GiveUp` if this run signs no requests.
    pub async fn create_group(&self, name: &str) -> Result<CreateGroup, Failure> {
        let answer = self
            .signing()?
            .create_group()
            .user_pool_id(&self.user_pool_id)
            .group_name(name)
            .send()
            .await;
        match answer.map_err(|error| Failure::of(Operation::Write, &error)) {
            Ok(answer) if answer.group().is_none() => {
                Err(Failure::unreadable("the answer does not name a group"))
            }
            Err(failure) if failure.kind() == FailureKind::GroupExists => Ok(CreateGroup::Existed),
            answer => answer.map(|_| CreateGroup::Created),
        }
    }
}

fn page(groups: Option<&[GroupType]>, next: Option<&str>) -> Result<GroupsPage, Failure> {
    let groups = groups.ok_or_else(|| Failure::unreadable("the answer does not list groups"))?;
    let names: Vec<String> = groups
        .iter()
        .filter_map(|group| group.group_name().map(str::to_owned))
        .collect();
    if !names.iter().all(|name| fits(name, MAX_NAME)) {
        return Err(Failure::unreadable(
            "the answer has a group whose name is longer than 128 characters",
        ));
    }
    Ok(GroupsPage {
        names,
        next: next_token(next),
    })
}

#[cfg(test)]
mod tests {
    use super::{GroupType, page};

    #[test]
    fn an_empty_token_ends_the_listing() {
        let staff = [GroupType::builder().group_name("staff").build()];
        for (token, next) in [(None, None), (Some(""), None), (Some("t"), Some("t"))] {
            let page = page(Some(&staff), token).unwrap();
            assert_eq!(page.names, ["staff"]);
            assert_eq!(page.next.as_deref(), next, "{token:?}");
        }
    }
}
