//! ListUsersInGroup, AdminListGroupsForUser and AdminRemoveUserFromGroup.

use super::*;

/// A pool with 70 members of `staff` and one user without a group.
fn pool() -> TestPool {
    let user = |name: String| ExistingUser {
        username: name,
        ..ExistingUser::default()
    };
    let unlimited = QuotaSetting::per_second(100_000.0);
    let settings = quick();
    let test_pool = TestPool::with(PoolSettings {
        existing: (0..71).map(|n| user(format!("user-{n}"))).collect(),
        groups: vec!["staff".to_owned(), "beta".to_owned()],
        quotas: Quotas {
            user_list: unlimited,
            user_resource_read: unlimited,
            ..settings.quotas.clone()
        },
        ..settings
    });
    for n in 0..70 {
        assert_eq!(test_pool.call("join", &format!("user-{n}")), "success");
    }
    test_pool
}

fn members(
    test_pool: &TestPool,
    group: &str,
    limit: i32,
    token: Option<String>,
) -> Result<(Vec<String>, Option<String>), String> {
    let request = test_pool
        .client
        .list_users_in_group()
        .user_pool_id(&test_pool.settings.pool_id)
        .group_name(group)
        .limit(limit)
        .set_next_token(token);
    let response = test_pool.runtime.block_on(request.send());
    let response = response.map_err(|error| failure(&error))?;
    let names = response.users().iter().filter_map(|user| user.username());
    Ok((
        names.map(str::to_owned).collect(),
        response.next_token().map(str::to_owned),
    ))
}

fn groups_of(test_pool: &TestPool, username: &str) -> Result<Vec<String>, String> {
    let request = test_pool
        .client
        .admin_list_groups_for_user()
        .user_pool_id(&test_pool.settings.pool_id)
        .username(username);
    let response = test_pool.runtime.block_on(request.send());
    let response = response.map_err(|error| failure(&error))?;
    let names = response
        .groups()
        .iter()
        .filter_map(|group| group.group_name());
    Ok(names.map(str::to_owned).collect())
}

#[test]
fn lists_members_page_by_page() {
    let test_pool = pool();
    let (first, token) = members(&test_pool, "staff", 60, None).unwrap();
    assert_eq!((first.len(), first[59].as_str()), (60, "user-59"));
    let (rest, token) = members(&test_pool, "staff", 60, token).unwrap();
    assert_eq!((rest.len(), token), (10, None));
    assert_eq!(members(&test_pool, "beta", 0, None), Ok((Vec::new(), None)));
    let invalid = Err("InvalidParameterException".to_owned());
    assert_eq!(members(&test_pool, "staff", 61, None), invalid);
    let made_up = Some("made-up".to_owned());
    assert_eq!(members(&test_pool, "staff", 60, made_up), invalid);
    let missing = Err("ResourceNotFoundException".to_owned());
    assert_eq!(members(&test_pool, "crew", 60, None), missing);
}

#[test]
fn lists_the_groups_of_a_user_until_it_leaves() {
    let test_pool = pool();
    assert_eq!(
        groups_of(&test_pool, "user-3"),
        Ok(vec!["staff".to_owned()])
    );
    assert_eq!(groups_of(&test_pool, "user-70"), Ok(Vec::new()));
    let missing = Err("UserNotFoundException".to_owned());
    assert_eq!(groups_of(&test_pool, "joe"), missing);
    for _ in 0..2 {
        let request = test_pool
            .client
            .admin_remove_user_from_group()
            .user_pool_id(&test_pool.settings.pool_id)
            .group_name("staff")
            .username("user-3");
        test_pool.runtime.block_on(request.send()).unwrap();
    }
    assert_eq!(groups_of(&test_pool, "user-3"), Ok(Vec::new()));
    let (first, _) = members(&test_pool, "staff", 5, None).unwrap();
    assert_eq!(first[3], "user-4");
}
