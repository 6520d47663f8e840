//! Calls after a sign-up: signing in, disabling, deleting, groups, sign-in events.

use aws_sdk_cognitoidentityprovider::types::{AuthFlowType, EventResponseType, EventType};

use super::*;

/// Returns a pool whose users are confirmed and can sign in.
fn auto_confirm() -> PoolSettings {
    PoolSettings {
        pre_sign_up: PreSignUp::AutoConfirm,
        ..quick()
    }
}

/// Signs in; returns the error message, if any.
fn sign_in(test_pool: &TestPool, name: &str, password: &str) -> Option<String> {
    let request = test_pool
        .client
        .initiate_auth()
        .client_id(&test_pool.settings.client_id)
        .auth_flow(AuthFlowType::UserPasswordAuth)
        .auth_parameters("USERNAME", name)
        .auth_parameters("PASSWORD", password);
    let refused = test_pool.runtime.block_on(request.send()).err()?;
    Some(refused.message().unwrap_or("no message").to_owned())
}

#[test]
fn disabled_users_cannot_sign_in_until_enabled() {
    let test_pool = TestPool::with(auto_confirm());
    test_pool.sign_up("jane").unwrap();
    assert_eq!(sign_in(&test_pool, "jane", PASSWORD), None);
    assert_eq!(test_pool.call("disable", "jane"), "success");
    assert_eq!(
        sign_in(&test_pool, "jane", PASSWORD).as_deref(),
        Some("User is disabled.")
    );
    assert_eq!(
        test_pool.call("disable", "jane"),
        "success",
        "already disabled"
    );
    let audited = test_pool.audited("jane");
    assert_eq!((audited.enabled, audited.signed_in), (false, 1));
    assert_eq!(test_pool.call("enable", "jane"), "success");
    assert_eq!(sign_in(&test_pool, "jane", PASSWORD), None);
    let audited = test_pool.audited("jane");
    assert_eq!((audited.enabled, audited.signed_in), (true, 2));
    for operation in ["disable", "enable", "delete"] {
        let refused = test_pool.call(operation, "unknown");
        assert_eq!(refused, "UserNotFoundException", "{operation}");
    }
    assert_eq!(
        test_pool.server.stats().categories["UserUpdate"].requests,
        6
    );
}

#[test]
fn deleting_a_user_frees_its_name_and_alias() {
    let by_email = |settings| PoolSettings {
        username_attributes: vec!["email".to_owned()],
        ..settings
    };
    let with_alias = |settings| PoolSettings {
        alias_attributes: vec!["email".to_owned()],
        pre_sign_up: PreSignUp::AutoConfirmAndVerify,
        ..settings
    };
    for (settings, name) in [
        (with_alias(auto_confirm()), "jane"),
        (by_email(auto_confirm()), "jane@example.com"),
    ] {
        let test_pool = TestPool::with(settings);
        let first = test_pool.sign_up(name).unwrap();
        assert_eq!(test_pool.call("delete", "jane@example.com"), "success");
        for deleted in [name, "jane@example.com", first.user_sub()] {
            assert_eq!(
                test_pool.status(deleted).unwrap_err(),
                "UserNotFoundException"
            );
        }
        assert_eq!(
            sign_in(&test_pool, name, PASSWORD).as_deref(),
            Some("Incorrect username or password.")
        );
        assert_eq!(test_pool.server.stats_users(), []);
        let second = test_pool.sign_up(name).unwrap();
        assert_ne!(first.user_sub(), second.user_sub(), "a different user");
        let audit = test_pool.server.stats_users();
        assert_eq!(audit.len(), 1);
        assert_eq!(
            (audit[0].sign_ups_received, audit[0].sign_ups_accepted),
            (2, 1)
        );
        let stats = test_pool.server.stats();
        assert_eq!(
            (stats.users, stats.created_by_sign_up, stats.deleted),
            (1, 2, 1)
        );
        let list = test_pool.client.list_users();
        let list = list.user_pool_id(&test_pool.settings.pool_id);
        for filter in ["", "email = \"jane@example.com\""] {
            let listed = test_pool
                .runtime
                .block_on(list.clone().filter(filter).send());
            let listed = listed.unwrap();
            let usernames: Vec<_> = listed.users().iter().map(|user| user.username()).collect();
            assert_eq!(usernames, [Some(audit[0].username.as_str())], "{filter}");
        }
    }
}

#[test]
fn creates_a_group_once() {
    let test_pool = TestPool::with(PoolSettings {
        groups: vec!["staff".to_owned()],
        ..quick()
    });
    test_pool.sign_up("jane").unwrap();
    let (client, pool_id) = (&test_pool.client, &test_pool.settings.pool_id);
    let create = |name: &str| {
        let request = client.create_group().user_pool_id(pool_id).group_name(name);
        let response = request
            .description("created by a test")
            .precedence(3)
            .send();
        let response = test_pool.runtime.block_on(response);
        response.map(drop).map_err(|error| failure(&error))
    };
    assert_eq!(create("crew"), Ok(()));
    for taken in ["crew", "staff"] {
        assert_eq!(create(taken).unwrap_err(), "GroupExistsException");
    }
    for wrong in ["", "night shift", &"x".repeat(129)] {
        assert_eq!(
            create(wrong).unwrap_err(),
            "InvalidParameterException",
            "{wrong}"
        );
    }
    let group = client.get_group().user_pool_id(pool_id).group_name("crew");
    let group = test_pool.runtime.block_on(group.send()).unwrap();
    let group = group.group().unwrap();
    assert_eq!(
        (group.description(), group.precedence()),
        (Some("created by a test"), Some(3))
    );
    let join = client.admin_add_user_to_group().user_pool_id(pool_id);
    let join = join.username("jane").group_name("crew");
    test_pool.runtime.block_on(join.send()).unwrap();
    assert_eq!(test_pool.audited("jane").groups, ["crew"]);
    let stats = test_pool.server.stats();
    assert_eq!(stats.categories["UserPoolResourceUpdate"].requests, 6);
}

#[test]
fn lists_groups_page_by_page() {
    let test_pool = TestPool::with(PoolSettings {
        groups: (0..130).map(|n| format!("group-{n:03}")).collect(),
        ..quick()
    });
    let page = |token: Option<String>| {
        let request = test_pool.client.list_groups().limit(60);
        let request = request.user_pool_id(&test_pool.settings.pool_id);
        let response = request.set_next_token(token).send();
        test_pool.runtime.block_on(response).unwrap()
    };
    let (mut names, mut token) = (Vec::new(), None);
    let mut pages = 0;
    loop {
        let response = page(token);
        let groups = response.groups().iter();
        names.extend(groups.map(|group| group.group_name().unwrap().to_owned()));
        pages += 1;
        token = response.next_token().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    assert_eq!(pages, 3);
    assert_eq!(names, test_pool.settings.groups);
}

#[test]
fn limits_the_number_of_groups() {
    let test_pool = TestPool::with(PoolSettings {
        groups: (0..10_000).map(|n| format!("group-{n}")).collect(),
        ..quick()
    });
    let request = test_pool.client.create_group().group_name("one-more");
    let request = request.user_pool_id(&test_pool.settings.pool_id);
    let refused = test_pool.runtime.block_on(request.send()).unwrap_err();
    assert_eq!(failure(&refused), "LimitExceededException");
}

#[test]
fn lists_sign_in_events_only_with_threat_protection() {
    let mut settings = auto_confirm();
    settings.existing.push(ExistingUser {
        username: "old".to_owned(),
        ..ExistingUser::default()
    });
    let unprotected = TestPool::with(settings.clone());
    let protected = TestPool::with(PoolSettings {
        threat_protection: true,
        ..settings
    });
    let events = |test_pool: &TestPool, name: &str, token: Option<&str>| {
        let request = test_pool.client.admin_list_user_auth_events();
        let request = request.user_pool_id(&test_pool.settings.pool_id);
        let request = request.username(name).max_results(2);
        let request = request.set_next_token(token.map(str::to_owned));
        let response = test_pool.runtime.block_on(request.send());
        response.map_err(|error| failure(&error))
    };
    let refused = events(&unprotected, "old", None).unwrap_err();
    assert_eq!(refused, "UserPoolAddOnNotEnabledException");
    assert!(
        events(&protected, "old", None)
            .unwrap()
            .auth_events()
            .is_empty()
    );
    assert_eq!(
        events(&protected, "unknown", None).unwrap_err(),
        "UserNotFoundException"
    );
    protected.sign_up("jane").unwrap();
    assert!(sign_in(&protected, "jane", "Wr0ng-Secret").is_some());
    assert_eq!(sign_in(&protected, "jane", PASSWORD), None);
    assert_eq!(protected.audited("jane").signed_in, 1);
    let first = events(&protected, "jane", None).unwrap();
    let second = events(&protected, "jane", first.next_token()).unwrap();
    assert_eq!(second.next_token(), None);
    let all = first.auth_events().iter().chain(second.auth_events());
    let all: Vec<_> = all
        .map(|event| {
            (
                event.event_type().unwrap().clone(),
                event.event_response().unwrap().clone(),
            )
        })
        .collect();
    assert_eq!(
        all,
        [
            (EventType::SignIn, EventResponseType::Pass),
            (EventType::SignIn, EventResponseType::Fail),
            (EventType::SignUp, EventResponseType::Pass),
        ]
    );
    let described = protected.client.describe_user_pool();
    let described = described.user_pool_id(&protected.settings.pool_id).send();
    let described = protected.runtime.block_on(described).unwrap();
    let pool = described.user_pool().unwrap();
    assert_eq!(pool.user_pool_tier().unwrap().as_str(), "PLUS");
    assert!(pool.user_pool_add_ons().is_some());
    assert_eq!(
        protected.server.stats().categories["UserResourceRead"].requests,
        4
    );
}
