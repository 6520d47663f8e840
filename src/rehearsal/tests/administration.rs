//! Administrative calls.

use super::*;

#[test]
fn confirms_a_user_once() {
    let test_pool = TestPool::with(quick());
    test_pool.sign_up("jane").unwrap();
    let request = test_pool
        .client
        .admin_confirm_sign_up()
        .user_pool_id(&test_pool.settings.pool_id)
        .username("jane");
    test_pool.runtime.block_on(request.clone().send()).unwrap();
    assert_eq!(test_pool.status("jane").unwrap(), "CONFIRMED");
    let again = test_pool.runtime.block_on(request.send()).unwrap_err();
    assert_eq!(
        again.message(),
        Some("User cannot be confirmed. Current status is CONFIRMED")
    );
}

#[test]
fn updates_and_removes_attributes() {
    let test_pool = TestPool::with(PoolSettings {
        alias_attributes: vec!["email".to_owned()],
        ..quick()
    });
    for name in ["jane", "joe"] {
        test_pool.sign_up(name).unwrap();
    }
    let update = |name: &str, attributes: &[(&str, &str)]| {
        let attributes = attributes
            .iter()
            .map(|(name, value)| attribute(name, value))
            .collect();
        let request = test_pool
            .client
            .admin_update_user_attributes()
            .user_pool_id(&test_pool.settings.pool_id);
        let request = request.username(name).set_user_attributes(Some(attributes));
        test_pool
            .runtime
            .block_on(request.send())
            .err()
            .map(|error| failure(&error))
    };
    assert_eq!(
        update("jane", &[("email_verified", "true"), ("name", "Jane")]),
        None
    );
    assert_eq!(
        test_pool.audited("jane").attributes["email_verified"],
        "true"
    );
    assert_eq!(
        update("joe", &[("email_verified", "true")]).unwrap(),
        "AliasExistsException"
    );
    assert_eq!(
        update("jane", &[("email", "new@example.com"), ("name", "")]),
        None
    );
    let attributes = test_pool.audited("jane").attributes;
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
fn adds_users_to_existing_groups_only() {
    let test_pool = TestPool::with(PoolSettings {
        groups: vec!["staff".to_owned()],
        ..quick()
    });
    test_pool.sign_up("jane").unwrap();
    let add = |group: &str| {
        let request = test_pool
            .client
            .admin_add_user_to_group()
            .user_pool_id(&test_pool.settings.pool_id);
        let request = request.username("jane").group_name(group);
        test_pool
            .runtime
            .block_on(request.send())
            .err()
            .map(|error| failure(&error))
    };
    assert_eq!((add("staff"), add("staff")), (None, None));
    assert_eq!(add("crew").unwrap(), "ResourceNotFoundException");
    assert_eq!(test_pool.audited("jane").groups, ["staff"]);
}

#[test]
fn describes_pool_and_client() {
    let test_pool = TestPool::with(PoolSettings {
        admin_create_only: true,
        client_secret: Some("hush".to_owned()),
        daily_messages: Some(50),
        write_attributes: Some(vec!["email".to_owned(), "custom:department".to_owned()]),
        groups: vec!["staff".to_owned()],
        ..quick()
    });
    let (client, id) = (&test_pool.client, &test_pool.settings.pool_id);
    let pool = test_pool
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
        .client_id(&test_pool.settings.client_id);
    let described = test_pool.runtime.block_on(request.send()).unwrap();
    let described = described.user_pool_client().unwrap();
    assert_eq!(described.write_attributes(), ["custom:department", "email"]);
    assert_eq!(described.client_secret(), Some("hush"));
    let managed = TestPool::with(PoolSettings {
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
    let missing = test_pool.runtime.block_on(group.send()).unwrap_err();
    assert_eq!(failure(&missing), "ResourceNotFoundException");
    let other = client.describe_user_pool().user_pool_id("us-east-1_Other");
    let missing = test_pool.runtime.block_on(other.send()).unwrap_err();
    assert_eq!(
        missing.message(),
        Some("User pool us-east-1_Other does not exist.")
    );
}
