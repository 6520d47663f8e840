//! ListUsers, through the SDK.

use super::*;

/// A user that is there beforehand.
fn existing(username: &str, attributes: &[(&str, &str)]) -> ExistingUser {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    ExistingUser {
        username: username.to_owned(),
        attributes: attributes.iter().map(owned).collect(),
        ..ExistingUser::default()
    }
}

fn pool_of(existing: Vec<ExistingUser>) -> Rehearsed {
    Rehearsed::with(PoolSettings {
        existing,
        ..quick()
    })
}

/// The usernames that one page lists by this filter, and whether more pages follow.
fn page(rehearsed: &Rehearsed, filter: &str, token: Option<&str>) -> (Vec<String>, Option<String>) {
    let request = rehearsed
        .client
        .list_users()
        .user_pool_id(&rehearsed.settings.pool_id)
        .filter(filter)
        .limit(2)
        .set_pagination_token(token.map(str::to_owned));
    let answer = rehearsed.runtime.block_on(request.send()).unwrap();
    let names = answer.users().iter().filter_map(|user| user.username());
    (
        names.map(str::to_owned).collect(),
        answer.pagination_token().map(str::to_owned),
    )
}

/// The usernames of a single page.
fn listed(rehearsed: &Rehearsed, filter: &str) -> Vec<String> {
    let (names, more) = page(rehearsed, filter, None);
    assert_eq!(more, None, "{filter}");
    names
}

#[test]
fn users_are_listed_page_by_page() {
    let user = |n: usize| ExistingUser {
        username: format!("user-{n}"),
        ..ExistingUser::default()
    };
    let rehearsed = Rehearsed::with(PoolSettings {
        existing: (0..130).map(user).collect(),
        ..quick()
    });
    let pages = rehearsed
        .client
        .list_users()
        .user_pool_id(&rehearsed.settings.pool_id)
        .into_paginator()
        .send();
    let pages = rehearsed
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
fn filters_fold_case_where_the_pool_does() {
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
        let rehearsed = Rehearsed::with(PoolSettings {
            existing: vec![jane.clone()],
            case_sensitive,
            ..quick()
        });
        for (filter, folds) in cases {
            let found = !listed(&rehearsed, filter).is_empty();
            assert_eq!(
                found,
                !(folds && case_sensitive),
                "{filter}, {case_sensitive}"
            );
        }
        for filter in [
            "family_name = \"doe\"",
            "username ^= \"ja\"",
            "status = \"enabled\"",
        ] {
            assert!(listed(&rehearsed, filter).is_empty(), "{filter}");
        }
    }
}

#[test]
fn a_filter_finds_all_who_share_a_value_as_it_changes() {
    let rehearsed = pool_of(vec![
        existing("a", &[("phone_number", "+14155550100")]),
        existing("b", &[("email", "shared@example.com")]),
        existing("c", &[("email", "shared@example.com")]),
        existing("d", &[("email", "shared@example.com")]),
    ]);
    let shared = "email = \"shared@example.com\"";
    let (first, token) = page(&rehearsed, shared, None);
    let (second, end) = page(&rehearsed, shared, token.as_deref());
    assert_eq!(
        (first, second, end),
        (vec!["b".into(), "c".into()], vec!["d".into()], None)
    );
    let request = rehearsed
        .client
        .admin_update_user_attributes()
        .user_pool_id(&rehearsed.settings.pool_id)
        .username("b")
        .user_attributes(attribute("email", "own@example.com"))
        .user_attributes(attribute("phone_number", "+14155550100"));
    rehearsed.runtime.block_on(request.send()).unwrap();
    assert_eq!(listed(&rehearsed, shared), ["c", "d"]);
    assert_eq!(listed(&rehearsed, "email = \"own@example.com\""), ["b"]);
    assert_eq!(
        listed(&rehearsed, "phone_number = \"+14155550100\""),
        ["a", "b"]
    );
    let sub = rehearsed.truth("d").sub;
    assert_eq!(listed(&rehearsed, &format!("sub = \"{sub}\"")), ["d"]);
}

#[test]
fn where_addresses_are_usernames_the_sub_is_listed_as_the_username() {
    let rehearsed = Rehearsed::with(PoolSettings {
        existing: vec![existing("jane@example.com", &[])],
        username_attributes: vec!["email".to_owned()],
        ..quick()
    });
    let sub = rehearsed.pool.stats_users().remove(0).sub;
    for filter in [
        "email = \"JANE@example.com\"".to_owned(),
        format!("username = \"{sub}\""),
    ] {
        assert_eq!(listed(&rehearsed, &filter), [sub.as_str()], "{filter}");
    }
    assert!(listed(&rehearsed, "username = \"jane@example.com\"").is_empty());
}

#[test]
fn an_attribute_is_given_only_if_everybody_on_the_page_has_it() {
    let rehearsed = pool_of(vec![
        existing("jane", &[("name", "Jane"), ("email", "jane@example.com")]),
        existing("joe", &[("email", "joe@example.com")]),
    ]);
    let ask = |wanted: &[&str], filter: Option<&str>| {
        let request = rehearsed
            .client
            .list_users()
            .user_pool_id(&rehearsed.settings.pool_id)
            .set_attributes_to_get(Some(wanted.iter().map(|name| (*name).to_owned()).collect()))
            .set_filter(filter.map(str::to_owned));
        let answer = rehearsed.runtime.block_on(request.send());
        let answer = answer.map_err(|error| failure(&error))?;
        let names = |user: &aws_sdk_cognitoidentityprovider::types::UserType| {
            let names = user.attributes().iter().map(|attribute| attribute.name());
            names.collect::<Vec<_>>().join(" ")
        };
        Ok::<_, String>(answer.users().iter().map(names).collect::<Vec<_>>())
    };
    let invalid = Err("InvalidParameterException".to_owned());
    assert_eq!(
        ask(&["sub", "email"], None).unwrap(),
        ["email sub", "email sub"]
    );
    assert_eq!(ask(&["name"], None), invalid);
    assert_eq!(
        ask(&["name"], Some("username = \"jane\"")).unwrap(),
        ["name"]
    );
    assert_eq!(
        ask(&["custom:none"], Some("username = \"nobody\"")),
        invalid
    );
}

#[test]
fn a_new_user_is_listed_late_and_an_old_one_at_once() {
    let pool = |list_lag_ms| {
        let settings = quick();
        let quotas = Quotas {
            user_list: QuotaSetting::per_second(100_000.0),
            ..settings.quotas.clone()
        };
        let rehearsed = Rehearsed::with(PoolSettings {
            existing: vec![existing("old", &[("email", "jane@example.com")])],
            list_lag_ms,
            quotas,
            ..settings
        });
        rehearsed.sign_up("new").unwrap();
        rehearsed
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
        "a look-up sees it"
    );
}
