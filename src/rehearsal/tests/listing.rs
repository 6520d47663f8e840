//! ListUsers.

use super::*;

fn existing(username: &str, attributes: &[(&str, &str)]) -> ExistingUser {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    ExistingUser {
        username: username.to_owned(),
        attributes: attributes.iter().map(owned).collect(),
        ..ExistingUser::default()
    }
}

fn pool_of(existing: Vec<ExistingUser>) -> TestPool {
    TestPool::with(PoolSettings {
        existing,
        ..quick()
    })
}

/// Returns the usernames on one page and the token of the next page.
fn page(test_pool: &TestPool, filter: &str, token: Option<&str>) -> (Vec<String>, Option<String>) {
    let request = test_pool
        .client
        .list_users()
        .user_pool_id(&test_pool.settings.pool_id)
        .filter(filter)
        .limit(2)
        .set_pagination_token(token.map(str::to_owned));
    let response = test_pool.runtime.block_on(request.send()).unwrap();
    let names = response.users().iter().filter_map(|user| user.username());
    (
        names.map(str::to_owned).collect(),
        response.pagination_token().map(str::to_owned),
    )
}

/// Returns the usernames of a listing that fits on one page.
fn listed(test_pool: &TestPool, filter: &str) -> Vec<String> {
    let (names, token) = page(test_pool, filter, None);
    assert_eq!(token, None, "{filter}");
    names
}

#[test]
fn lists_users_page_by_page() {
    let user = |n: usize| ExistingUser {
        username: format!("user-{n}"),
        ..ExistingUser::default()
    };
    let test_pool = TestPool::with(PoolSettings {
        existing: (0..130).map(user).collect(),
        ..quick()
    });
    let pages = test_pool
        .client
        .list_users()
        .user_pool_id(&test_pool.settings.pool_id)
        .into_paginator()
        .send();
    let pages = test_pool
        .runtime
        .block_on(pages.collect::<Result<Vec<_>, _>>())
        .unwrap();
    assert_eq!(
        pages
            .iter()
            .map(|page| page.users().len())
            .collect::<Vec<_>>(),
        [60, 60, 10]
    );
    assert_eq!(pages[2].users()[9].username(), Some("user-129"));
}

#[test]
fn filters_respect_case_sensitivity() {
    let jane = existing(
        "Jane",
        &[("email", "Jane@Example.com"), ("family_name", "Doe")],
    );
    let cases = [
        ("username = \"jANE\"", true),
        ("username = \"Jane\"", false),
        ("email = \"jane@example.COM\"", true),
        ("username ^= \"Ja\"", false),
        ("family_name = \"Doe\"", false),
        ("cognito:user_status = \"confirmed\"", false),
    ];
    for case_sensitive in [false, true] {
        let test_pool = TestPool::with(PoolSettings {
            existing: vec![jane.clone()],
            case_sensitive,
            ..quick()
        });
        for (filter, folds) in cases {
            let is_match = !listed(&test_pool, filter).is_empty();
            assert_eq!(
                is_match,
                !(folds && case_sensitive),
                "{filter}, {case_sensitive}"
            );
        }
        for filter in [
            "family_name = \"doe\"",
            "username ^= \"ja\"",
            "status = \"enabled\"",
        ] {
            assert!(listed(&test_pool, filter).is_empty(), "{filter}");
        }
    }
}

#[test]
fn filters_by_shared_and_changing_values() {
    let test_pool = pool_of(vec![
        existing("a", &[("phone_number", "+14155550100")]),
        existing("b", &[("email", "shared@example.com")]),
        existing("c", &[("email", "shared@example.com")]),
        existing("d", &[("email", "shared@example.com")]),
    ]);
    let shared = "email = \"shared@example.com\"";
    let (first, token) = page(&test_pool, shared, None);
    let (second, end) = page(&test_pool, shared, token.as_deref());
    assert_eq!(
        (first, second, end),
        (vec!["b".into(), "c".into()], vec!["d".into()], None)
    );
    let request = test_pool
        .client
        .admin_update_user_attributes()
        .user_pool_id(&test_pool.settings.pool_id)
        .username("b")
        .user_attributes(attribute("email", "own@example.com"))
        .user_attributes(attribute("phone_number", "+14155550100"));
    test_pool.runtime.block_on(request.send()).unwrap();
    assert_eq!(listed(&test_pool, shared), ["c", "d"]);
    assert_eq!(listed(&test_pool, "email = \"own@example.com\""), ["b"]);
    assert_eq!(
        listed(&test_pool, "phone_number = \"+14155550100\""),
        ["a", "b"]
    );
    let sub = test_pool.audited("d").sub;
    assert_eq!(listed(&test_pool, &format!("sub = \"{sub}\"")), ["d"]);
}

#[test]
fn lists_the_sub_as_username_if_email_addresses_are_usernames() {
    let test_pool = TestPool::with(PoolSettings {
        existing: vec![existing("jane@example.com", &[])],
        username_attributes: vec!["email".to_owned()],
        ..quick()
    });
    let sub = test_pool.server.stats_users().remove(0).sub;
    for filter in [
        "email = \"JANE@example.com\"".to_owned(),
        format!("username = \"{sub}\""),
    ] {
        assert_eq!(listed(&test_pool, &filter), [sub.as_str()], "{filter}");
    }
    assert!(listed(&test_pool, "username = \"jane@example.com\"").is_empty());
}

#[test]
fn requested_attributes_must_be_set_for_all_users() {
    let test_pool = pool_of(vec![
        existing("jane", &[("name", "Jane"), ("email", "jane@example.com")]),
        existing("joe", &[("email", "joe@example.com")]),
    ]);
    let list = |attributes: &[&str], filter: Option<&str>| {
        let request = test_pool
            .client
            .list_users()
            .user_pool_id(&test_pool.settings.pool_id)
            .set_attributes_to_get(Some(
                attributes.iter().map(|name| (*name).to_owned()).collect(),
            ))
            .set_filter(filter.map(str::to_owned));
        let response = test_pool.runtime.block_on(request.send());
        let response = response.map_err(|error| failure(&error))?;
        let names = |user: &aws_sdk_cognitoidentityprovider::types::UserType| {
            let names = user.attributes().iter().map(|attribute| attribute.name());
            names.collect::<Vec<_>>().join(" ")
        };
        Ok::<_, String>(response.users().iter().map(names).collect::<Vec<_>>())
    };
    let invalid = Err("InvalidParameterException".to_owned());
    assert_eq!(
        list(&["sub", "email"], None).unwrap(),
        ["email sub", "email sub"]
    );
    assert_eq!(list(&["name"], None), invalid);
    assert_eq!(
        list(&["name"], Some("username = \"jane\"")).unwrap(),
        ["name"]
    );
    assert_eq!(
        list(&["custom:none"], Some("username = \"unknown\"")),
        invalid
    );
}

#[test]
fn lists_new_users_after_the_lag() {
    let pool = |list_lag_ms| {
        let settings = quick();
        let quotas = Quotas {
            user_list: QuotaSetting::per_second(100_000.0),
            ..settings.quotas.clone()
        };
        let test_pool = TestPool::with(PoolSettings {
            existing: vec![existing("old", &[("email", "jane@example.com")])],
            list_lag_ms,
            quotas,
            ..settings
        });
        test_pool.sign_up("new").unwrap();
        test_pool
    };
    let at_once = pool(0);
    let never = pool(3_600_000);
    let soon = pool(20);
    for filter in ["", "email = \"jane@example.com\""] {
        assert_eq!(listed(&at_once, filter), ["old", "new"]);
        assert_eq!(listed(&never, filter), ["old"]);
        while listed(&soon, filter) != ["old", "new"] {}
    }
    assert_eq!(
        never.status("new").unwrap(),
        "UNCONFIRMED",
        "lookups have no lag"
    );
}
