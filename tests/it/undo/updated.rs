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

/// An administrator sets an attribute.
fn set(pool: &Pool, username: &str, attribute: &str, value: &str) {
    let sdk = pool.sdk();
    let changed = aws_sdk_cognitoidentityprovider::types::AttributeType::builder()
        .name(attribute)
        .value(value)
        .build()
        .unwrap();
    let update = sdk
        .client
        .admin_update_user_attributes()
        .user_pool_id(&pool.settings().pool_id)
        .username(username)
        .user_attributes(changed);
    sdk.wait(update.send()).unwrap();
}

fn update(dir: &TestDir, pool: &Pool) {
    let list = dir.file("users.csv", LIST);
    let import = dir.import(pool, list);
    let import = import.args(["--verify", "email", "--update-existing"]);
    import.run().exits(0);
}

#[test]
fn previous_values_are_restored_where_ours_are_still_there() {
    let dir = TestDir::new();
    let pool = pool();
    let before = attributes(&pool, "ann");
    update(&dir, &pool);
    assert_eq!(attributes(&pool, "ann")["email_verified"], "false");
    set(&pool, "bob", "name", "Bobby");

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

#[test]
fn a_user_of_whom_only_some_attributes_can_be_restored_is_not_counted_as_restored() {
    let dir = TestDir::new();
    let pool = pool();
    update(&dir, &pool);
    set(&pool, "ann", "name", "Anna");
    let dry = undo(&dir, &pool)
        .without_flag("--yes-delete")
        .arg("--dry-run");
    let document = dry.json().run().exits(1).document();
    assert_eq!(document["users"]["restored_in_part"], 1);
    let document = undo(&dir, &pool).json().run().exits(1).document();
    let users = &document["users"];
    assert_eq!(
        (&users["restored"], &users["restored_in_part"]),
        (&1.into(), &1.into())
    );
    assert_eq!(results(&dir)["ann"], "restored in part");
    let ann = attributes(&pool, "ann");
    assert_eq!(
        (ann["name"].as_str(), ann["email"].as_str()),
        ("Anna", "ann@old.example")
    );
}

#[test]
fn an_unverified_address_is_restored_only_if_messages_are_allowed() {
    for verified in [&[("email_verified", "false")][..], &[]] {
        let dir = TestDir::new();
        let old = [("email", "ann@old.example"), ("name", "Ann")];
        let pool = Pool::start(PoolSettings {
            existing: vec![
                existing("ann", &[&old, verified].concat()),
                existing("bob", &[]),
            ],
            ..quick()
        });
        update(&dir, &pool);
        for dry in [true, false] {
            let mut undo = undo(&dir, &pool);
            if dry {
                undo = undo.without_flag("--yes-delete").arg("--dry-run");
            }
            let ended = undo.json().run().exits(1).names(["--allow-messages"]);
            assert_eq!(ended.document()["users"]["kept_messages"], 1);
        }
        let ann = attributes(&pool, "ann");
        assert_eq!(
            (ann["name"].as_str(), ann["email"].as_str()),
            ("Ann", "ann@new.example")
        );
        let file = std::fs::read_to_string(dir.path("run/undo-results.csv")).unwrap();
        assert!(file.contains("--allow-messages"), "{file}");
        undo(&dir, &pool).arg("--allow-messages").run().exits(0);
        let ann = attributes(&pool, "ann");
        assert_eq!(
            (ann["email"].as_str(), ann["email_verified"].as_str()),
            ("ann@old.example", "false")
        );
        assert_eq!(results(&dir)["ann"], "restored");
    }
}

#[test]
fn an_update_that_the_pool_refused_is_not_undone() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        alias_attributes: vec!["email".to_owned()],
        existing: vec![
            existing("bob", &[("email", "bob@old.example"), ("name", "Bob")]),
            existing(
                "zoe",
                &[("email", "same@example.com"), ("email_verified", "true")],
            ),
        ],
        ..quick()
    });
    let list = "username,password,email,email_verified,name\n\
        bob,Passw0rd!,same@example.com,yes,Robert\n";
    let list = dir.file("users.csv", list);
    dir.import(&pool, list)
        .args(["--verify", "email", "--update-existing"])
        .run()
        .exits(1);
    let results = dir.results();
    let follow_up = &results.row(1)["follow_up"];
    assert_eq!(follow_up, "failed: update AliasExistsException");
    set(&pool, "bob", "name", "Robert");
    let document = undo(&dir, &pool).json().run().exits(0).document();
    assert_eq!(document["results"], serde_json::Value::Null);
    assert_eq!(attributes(&pool, "bob")["name"], "Robert");
}

#[test]
fn a_run_that_only_updated_users_asks_about_no_deletion() {
    const QUESTION: &str = "Type the ID";
    let dir = TestDir::new();
    let bob = existing("bob", &[("email", "bob@example.com"), ("name", "Bob")]);
    let pool = Pool::start(PoolSettings {
        existing: vec![bob],
        ..quick()
    });
    let list = "username,password,email,name\nbob,Passw0rd!,bob@example.com,Robert\n";
    let list = dir.file("users.csv", list);
    dir.import(&pool, list)
        .args(["--update-existing", "name"])
        .run()
        .exits(0);
    let undo = undo(&dir, &pool).without_flag("--yes-delete");
    let Some(asked) = undo.in_terminal(QUESTION, "us-east-1_Rehearsal\n") else {
        return;
    };
    let asked = asked.run().exits(0);
    let shown = &asked.stdout;
    assert!(!shown.contains("AdminDeleteUser"), "{shown}");
    assert_eq!(attributes(&pool, "bob")["name"], "Bob");
}
