//! Undoing a run that updated users.

use std::collections::BTreeMap;

use cognito_import::rehearsal::{ExistingUser, PoolSettings};

use super::{results, undo};
use crate::harness::{Pool, TestDir, quick};

fn existing(username: &str, attributes: &[(&str, &str)]) -> ExistingUser {
    let attributes = attributes.iter();
    let attributes = attributes.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    ExistingUser {
        username: username.to_owned(),
        attributes: attributes.collect(),
        created: Some(1_714_979_289),
        ..ExistingUser::default()
    }
}

fn pool() -> Pool {
    let ann = [
        ("email", "ann@old.example"),
        ("email_verified", "true"),
        ("name", "Ann"),
    ];
    let bob = [("email", "bob@example.com"), ("name", "Bob")];
    Pool::start(PoolSettings {
        existing: vec![existing("ann", &ann), existing("bob", &bob)],
        ..quick()
    })
}

const LIST: &str = "username,password,email,email_verified,name,nickname\n\
    new,Passw0rd!,new@example.com,no,New,\n\
    ann,Passw0rd!,ann@new.example,no,Ann Lee,Annie\n\
    bob,Passw0rd!,bob@example.com,no,Robert,\n";

fn attributes(pool: &Pool, username: &str) -> BTreeMap<String, String> {
    pool.users()[username].attributes.clone()
}

#[test]
fn previous_values_are_restored_where_ours_are_still_there() {
    let dir = TestDir::new();
    let pool = pool();
    let before = attributes(&pool, "ann");
    let list = dir.file("users.csv", LIST);
    dir.import(&pool, list)
        .args(["--verify", "email", "--update-existing"])
        .run()
        .exits(0);
    assert_eq!(attributes(&pool, "ann")["email_verified"], "false");
    let sdk = pool.sdk();
    let changed = aws_sdk_cognitoidentityprovider::types::AttributeType::builder()
        .name("name")
        .value("Bobby")
        .build()
        .unwrap();
    let update = sdk
        .client
        .admin_update_user_attributes()
        .user_pool_id(&pool.settings().pool_id)
        .username("bob")
        .user_attributes(changed);
    sdk.wait(update.send()).unwrap();

    undo(&dir, &pool)
        .without_flag("--yes-delete")
        .arg("--dry-run")
        .run()
        .exits(1);
    assert_eq!(attributes(&pool, "ann")["name"], "Ann Lee");
    undo(&dir, &pool).run().exits(1);
    assert_eq!(attributes(&pool, "ann"), before);
    assert_eq!(attributes(&pool, "bob")["name"], "Bobby");
    let outcomes = [
        ("new", "deleted"),
        ("ann", "restored"),
        ("bob", "kept: changed"),
    ];
    let outcomes = outcomes.map(|(name, undone)| (name.to_owned(), undone.to_owned()));
    assert_eq!(results(&dir), outcomes.into());
    assert!(!pool.users().contains_key("new"));
}
