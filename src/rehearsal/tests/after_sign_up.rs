//! What can follow a sign-up: signing in, being disabled, deleted, put into a new group.

use aws_sdk_cognitoidentityprovider::types::{AuthFlowType, EventResponseType, EventType};

use super::*;

/// A pool whose users are confirmed and can sign in.
fn open() -> PoolSettings {
    PoolSettings {
        pre_sign_up: PreSignUp::AutoConfirm,
        ..quick()
    }
}

/// What a sign-in is refused with, if it is.
fn sign_in(rehearsed: &Rehearsed, name: &str, password: &str) -> Option<String> {
    let request = rehearsed
        .client
        .initiate_auth()
        .client_id(&rehearsed.settings.client_id)
        .auth_flow(AuthFlowType::UserPasswordAuth)
        .auth_parameters("USERNAME", name)
        .auth_parameters("PASSWORD", password);
    let refused = rehearsed.runtime.block_on(request.send()).err()?;
    Some(refused.message().unwrap_or("no message").to_owned())
}

#[test]
fn a_disabled_user_signs_in_again_once_enabled() {
    let rehearsed = Rehearsed::with(open());
    rehearsed.sign_up("jane").unwrap();
    assert_eq!(sign_in(&rehearsed, "jane", PASSWORD), None);
    assert_eq!(rehearsed.call("disable", "jane"), "success");
    assert_eq!(
        sign_in(&rehearsed, "jane", PASSWORD).as_deref(),
        Some("User is disabled.")
    );
    assert_eq!(
        rehearsed.call("disable", "jane"),
        "success",
        "it is so already"
    );
    let truth = rehearsed.truth("jane");
    assert_eq!((truth.enabled, truth.signed_in), (false, 1));
    assert_eq!(rehearsed.call("enable", "jane"), "success");
    assert_eq!(sign_in(&rehearsed, "jane", PASSWORD), None);
    let truth = rehearsed.truth("jane");
    assert_eq!((truth.enabled, truth.signed_in), (true, 2));
    for operation in ["disable", "enable", "delete"] {
        let refused = rehearsed.call(operation, "nobody");
        assert_eq!(refused, "UserNotFoundException", "{operation}");
    }
    assert_eq!(rehearsed.pool.stats().categories["UserUpdate"].requests, 6);
}

#[test]
fn a_deleted_user_is_gone_and_its_name_and_alias_are_free() {
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
        (with_alias(open()), "jane"),
        (by_email(open()), "jane@example.com"),
    ] {
        let rehearsed = Rehearsed::with(settings);
        let first = rehearsed.sign_up(name).unwrap();
        assert_eq!(rehearsed.call("delete", "jane@example.com"), "success");
        for gone in [name, "jane@example.com", first.user_sub()] {
            assert_eq!(rehearsed.status(gone).unwrap_err(), "UserNotFoundException");
        }
        assert_eq!(
            sign_in(&rehearsed, name, PASSWORD).as_deref(),
            Some("Incorrect username or password.")
        );
        assert_eq!(rehearsed.pool.stats_users(), []);
        let second = rehearsed.sign_up(name).unwrap();
        assert_ne!(first.user_sub(), second.user_sub(), "it is another user");
        let audit = rehearsed.pool.stats_users();
        assert_eq!(audit.len(), 1);
        assert_eq!(
            (audit[0].sign_ups_asked, audit[0].sign_ups_accepted),
            (2, 1)
        );
        let stats = rehearsed.pool.stats();
        assert_eq!(
            (stats.users, stats.created_by_sign_up, stats.deleted),
            (1, 2, 1)
        );
        let list = rehearsed.client.list_users();
        let list = list.user_pool_id(&rehearsed.settings.pool_id);
        for filter in ["", "email = \"jane@example.com\""] {
            let found = rehearsed
                .runtime
                .block_on(list.clone().filter(filter).send());
            let found = found.unwrap();
            let usernames: Vec<_> = found.users().iter().map(|user| user.username()).collect();
            assert_eq!(usernames, [Some(audit[0].username.as_str())], "{filter}");
        }
    }
}

#[test]
fn a_group_is_made_once_and_can_be_joined() {
    let rehearsed = Rehearsed::with(PoolSettings {
        groups: vec!["staff".to_owned()],
        ..quick()
    });
    rehearsed.sign_up("jane").unwrap();
    let (client, pool_id) = (&rehearsed.client, &rehearsed.settings.pool_id);
    let create = |name: &str| {
        let request = client.create_group().user_pool_id(pool_id).group_name(name);
        let answer = request.description("made by a test").precedence(3).send();
        let answer = rehearsed.runtime.block_on(answer);
        answer.map(drop).map_err(|error| failure(&error))
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
    let group = rehearsed.runtime.block_on(group.send()).unwrap();
    let group = group.group().unwrap();
    assert_eq!(
        (group.description(), group.precedence()),
        (Some("made by a test"), Some(3))
    );
    let join = client.admin_add_user_to_group().user_pool_id(pool_id);
    let join = join.username("jane").group_name("crew");
    rehearsed.runtime.block_on(join.send()).unwrap();
    assert_eq!(rehearsed.truth("jane").groups, ["crew"]);
    let stats = rehearsed.pool.stats();
    assert_eq!(stats.categories["UserPoolResourceUpdate"].requests, 6);
}

#[test]
fn groups_are_listed_page_by_page() {
    let rehearsed = Rehearsed::with(PoolSettings {
        groups: (0..130).map(|n| format!("group-{n:03}")).collect(),
        ..quick()
    });
    let page = |token: Option<String>| {
        let request = rehearsed.client.list_groups().limit(60);
        let request = request.user_pool_id(&rehearsed.settings.pool_id);
        let answer = request.set_next_token(token).send();
        rehearsed.runtime.block_on(answer).unwrap()
    };
    let (mut names, mut token) = (Vec::new(), None);
    let mut pages = 0;
    loop {
        let answer = page(token);
        let groups = answer.groups().iter();
        names.extend(groups.map(|group| group.group_name().unwrap().to_owned()));
        pages += 1;
        token = answer.next_token().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    assert_eq!(pages, 3);
    assert_eq!(names, rehearsed.settings.groups);
}

#[test]
fn a_pool_has_so_many_groups_at_most() {
    let rehearsed = Rehearsed::with(PoolSettings {
        groups: (0..10_000).map(|n| format!("group-{n}")).collect(),
        ..quick()
    });
    let request = rehearsed.client.create_group().group_name("one-more");
    let request = request.user_pool_id(&rehearsed.settings.pool_id);
    let refused = rehearsed.runtime.block_on(request.send()).unwrap_err();
    assert_eq!(failure(&refused), "LimitExceededException");
}

#[test]
fn a_users_sign_ins_are_told_only_with_threat_protection() {
    let mut settings = open();
    settings.existing.push(ExistingUser {
        username: "old".to_owned(),
        ..ExistingUser::default()
    });
    let plain = Rehearsed::with(settings.clone());
    let watched = Rehearsed::with(PoolSettings {
        threat_protection: true,
        ..settings
    });
    let events = |rehearsed: &Rehearsed, name: &str, token: Option<&str>| {
        let request = rehearsed.client.admin_list_user_auth_events();
        let request = request.user_pool_id(&rehearsed.settings.pool_id);
        let request = request.username(name).max_results(2);
        let request = request.set_next_token(token.map(str::to_owned));
        let answer = rehearsed.runtime.block_on(request.send());
        answer.map_err(|error| failure(&error))
    };
    let refused = events(&plain, "old", None).unwrap_err();
    assert_eq!(refused, "UserPoolAddOnNotEnabledException");
    assert!(
        events(&watched, "old", None)
            .unwrap()
            .auth_events()
            .is_empty()
    );
    assert_eq!(
        events(&watched, "nobody", None).unwrap_err(),
        "UserNotFoundException"
    );
    watched.sign_up("jane").unwrap();
    assert!(sign_in(&watched, "jane", "Wr0ng-Secret").is_some());
    assert_eq!(sign_in(&watched, "jane", PASSWORD), None);
    assert_eq!(watched.truth("jane").signed_in, 1);
    let first = events(&watched, "jane", None).unwrap();
    let second = events(&watched, "jane", first.next_token()).unwrap();
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
    let described = watched.client.describe_user_pool();
    let described = described.user_pool_id(&watched.settings.pool_id).send();
    let described = watched.runtime.block_on(described).unwrap();
    let pool = described.user_pool().unwrap();
    assert_eq!(pool.user_pool_tier().unwrap().as_str(), "PLUS");
    assert!(pool.user_pool_add_ons().is_some());
    assert_eq!(
        watched.pool.stats().categories["UserResourceRead"].requests,
        4
    );
}
