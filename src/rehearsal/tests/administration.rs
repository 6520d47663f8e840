//! The administrator's calls, through the SDK.

use super::*;

#[test]
fn a_user_is_confirmed_once() {
    let rehearsed = Rehearsed::with(quick());
    rehearsed.sign_up("jane").unwrap();
    let request = rehearsed
        .client
        .admin_confirm_sign_up()
        .user_pool_id(&rehearsed.settings.pool_id)
        .username("jane");
    rehearsed.runtime.block_on(request.clone().send()).unwrap();
    assert_eq!(rehearsed.status("jane").unwrap(), "CONFIRMED");
    let again = rehearsed.runtime.block_on(request.send()).unwrap_err();
    assert_eq!(
        again.message(),
        Some("User cannot be confirmed. Current status is CONFIRMED")
    );
}

#[test]
fn attributes_change_and_go() {
    let rehearsed = Rehearsed::with(PoolSettings {
        alias_attributes: vec!["email".to_owned()],
        ..quick()
    });
    for name in ["jane", "joe"] {
        rehearsed.sign_up(name).unwrap();
    }
    let update = |name: &str, attributes: &[(&str, &str)]| {
        let attributes = attributes
            .iter()
            .map(|(name, value)| attribute(name, value))
            .collect();
        let request = rehearsed
            .client
            .admin_update_user_attributes()
            .user_pool_id(&rehearsed.settings.pool_id);
        let request = request.username(name).set_user_attributes(Some(attributes));
        rehearsed
            .runtime
            .block_on(request.send())
            .err()
            .map(|error| failure(&error))
    };
    assert_eq!(
        update("jane", &[("email_verified", "true"), ("name", "Jane")]),
        None
    );
    assert_eq!(rehearsed.truth("jane").attributes["email_verified"], "true");
    assert_eq!(
        update("joe", &[("email_verified", "true")]).unwrap(),
        "AliasExistsException"
    );
    assert_eq!(
        update("jane", &[("email", "new@example.com"), ("name", "")]),
        None
    );
    let attributes = rehearsed.truth("jane").attributes;
    assert_eq!(
        attributes["email_verified"], "false",
        "a new address is not verified"
    );
    assert!(!attributes.contains_key("name"));
    assert_eq!(
        update("joe", &[("email_verified", "true")]),
        None,
        "the alias is free again"
    );
    assert_eq!(
        update("jane", &[("custom:none", "1")]).unwrap(),
        "InvalidParameterException"
    );
    assert_eq!(
        update("jane", &[("sub", "1")]).unwrap(),
        "InvalidParameterException"
    );
}

#[test]
fn groups_take_users_if_they_exist() {
    let rehearsed = Rehearsed::with(PoolSettings {
        groups: vec!["staff".to_owned()],
        ..quick()
    });
    rehearsed.sign_up("jane").unwrap();
    let add = |group: &str| {
        let request = rehearsed
            .client
            .admin_add_user_to_group()
            .user_pool_id(&rehearsed.settings.pool_id);
        let request = request.username("jane").group_name(group);
        rehearsed
            .runtime
            .block_on(request.send())
            .err()
            .map(|error| failure(&error))
    };
    assert_eq!((add("staff"), add("staff")), (None, None));
    assert_eq!(add("crew").unwrap(), "ResourceNotFoundException");
    assert_eq!(rehearsed.truth("jane").groups, ["staff"]);
}

#[test]
fn the_pool_and_its_client_describe_their_settings() {
    let rehearsed = Rehearsed::with(PoolSettings {
        admin_create_only: true,
        client_secret: Some("hush".to_owned()),
        daily_messages: Some(50),
        write_attributes: Some(vec!["email".to_owned(), "custom:department".to_owned()]),
        groups: vec!["staff".to_owned()],
        ..quick()
    });
    let (client, id) = (&rehearsed.client, &rehearsed.settings.pool_id);
    let pool = rehearsed
        .runtime
        .block_on(client.describe_user_pool().user_pool_id(id).send())
        .unwrap();
    let pool = pool.user_pool().unwrap();
    assert!(
        pool.admin_create_user_config()
            .unwrap()
            .allow_admin_create_user_only()
    );
    assert_eq!(
        pool.email_configuration()
            .unwrap()
            .email_sending_account()
            .unwrap()
            .as_str(),
        "COGNITO_DEFAULT"
    );
    let department = pool
        .schema_attributes()
        .iter()
        .find(|a| a.name() == Some("custom:department"))
        .unwrap();
    assert_eq!(
        department
            .string_attribute_constraints()
            .unwrap()
            .max_length(),
        Some("256")
    );
    let request = client
        .describe_user_pool_client()
        .user_pool_id(id)
        .client_id(&rehearsed.settings.client_id);
    let described = rehearsed.runtime.block_on(request.send()).unwrap();
    let described = described.user_pool_client().unwrap();
    assert_eq!(described.write_attributes(), ["custom:department", "email"]);
    assert_eq!(described.client_secret(), Some("hush"));
    let managed = Rehearsed::with(PoolSettings {
        client_secret: Some("hush".to_owned()),
        client_secret_managed: true,
        ..quick()
    });
    let request = managed
        .client
        .describe_user_pool_client()
        .user_pool_id(id)
        .client_id(&managed.settings.client_id);
    let described = managed.runtime.block_on(request.send()).unwrap();
    assert_eq!(described.user_pool_client().unwrap().client_secret(), None);
    let group = client.get_group().user_pool_id(id).group_name("crew");
    let missing = rehearsed.runtime.block_on(group.send()).unwrap_err();
    assert_eq!(failure(&missing), "ResourceNotFoundException");
    let other = client.describe_user_pool().user_pool_id("us-east-1_Other");
    let missing = rehearsed.runtime.block_on(other.send()).unwrap_err();
    assert_eq!(
        missing.message(),
        Some("User pool us-east-1_Other does not exist.")
    );
}
