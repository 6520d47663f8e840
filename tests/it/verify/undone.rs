//! A run that was undone: users that the undo deleted must not exist.

use cognito_import::rehearsal::{ExistingUser, PoolSettings};

use super::changes::{disable, set, sign_up};
use super::{problems, settings};
use crate::harness::{Pool, TestDir, TestEndpoint, TestReply, users};

#[test]
fn deleted_users_must_not_exist() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&[]));
    let list = dir.file("users.csv", users(4));
    dir.import(&pool, list).run().exits(0);
    let before = pool.users();
    dir.undo(&pool)
        .args(["--delete-rate", "1000"])
        .run()
        .exits(0);
    dir.verify(&pool).arg("--extra").run().exits(0);
    // A new owner of a username is not the user that was deleted.
    sign_up(&pool, "user0003");
    dir.verify(&pool).run().exits(0);
    assert_eq!(problems(&dir), [""; 0]);

    // The users are back, for example because the pool was restored from a backup.
    let restored = Pool::start(settings(&[]));
    dir.import(&restored, list)
        .args(["--run-dir", "again"])
        .run()
        .exits(0);
    assert_eq!(restored.users()["user0001"].sub, before["user0001"].sub);
    dir.verify(&restored).run().exits(1);
    let expected = [1, 2, 3, 4].map(|number| format!("user000{number} not_deleted"));
    assert_eq!(problems(&dir), expected);
}

#[test]
fn kept_users_must_exist() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&[]));
    let list = dir.file("users.csv", users(3));
    // Confirmed users may have signed in, so they are kept.
    dir.import(&pool, list).arg("--confirm").run().exits(0);
    dir.undo(&pool).run().exits(1);
    dir.verify(&pool).run().exits(0);
    disable(&pool, "user0002");
    dir.verify(&pool).run().exits(1);
    assert_eq!(problems(&dir), ["user0002 disabled"]);
}

#[test]
fn users_of_an_unfinished_undo_are_reported() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&[]));
    let list = dir.file("users.csv", users(20));
    dir.import(&pool, list).run().exits(0);
    let running = dir.undo(&pool).args(["--delete-rate", "5"]).start();
    pool.wait_for_requests("AdminDeleteUser", 3);
    running.signal("INT");
    running.wait().exits(130);
    let left = pool.users().len();
    assert!(left > 0);
    let document = dir.verify(&pool).json().run().exits(1).document();
    assert_eq!(document["checked"], 20);
    assert_eq!(document["as_reported"], 20 - left);
    assert_eq!(document["problems"]["not_undone"], left);
    let expected = pool
        .users()
        .into_keys()
        .map(|name| format!("{name} not_undone"));
    assert_eq!(problems(&dir), expected.collect::<Vec<_>>());
    dir.undo(&pool).run().exits(0);
    dir.verify(&pool).run().exits(0);
}

#[test]
fn users_that_an_undo_could_not_delete_are_reported() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&[]));
    let list = dir.file("users.csv", users(2));
    dir.import(&pool, list).run().exits(0);
    let endpoint = TestEndpoint::start(&pool, |request| match request.operation.as_str() {
        "AdminDeleteUser" => TestReply::error("InvalidParameterException", "no"),
        _ => TestReply::Forward,
    });
    let undo = dir.undo(&pool).without_flag("--endpoint-url");
    undo.args(["--endpoint-url", &endpoint.url()])
        .run()
        .exits(1);
    dir.verify(&pool).run().exits(1);
    let expected = ["user0001 not_undone", "user0002 not_undone"];
    assert_eq!(problems(&dir), expected);
}

#[test]
fn restored_users_must_have_their_previous_attributes() {
    let dir = TestDir::new();
    let attributes = [
        ("email", "ann@old.example"),
        ("email_verified", "false"),
        ("name", "Ann"),
    ];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let pool = Pool::start(PoolSettings {
        existing: vec![ExistingUser {
            username: "ann".to_owned(),
            attributes: attributes.into(),
            ..ExistingUser::default()
        }],
        ..settings(&[])
    });
    let list = "username,password,email,email_verified,name,nickname\n\
                ann,Passw0rd!,ann@new.example,yes,Ann Lee,Annie\n";
    let list = dir.file("users.csv", list);
    dir.import(&pool, list)
        .args([
            "--verify",
            "email",
            "--update-existing",
            "--follow-up-existing",
        ])
        .run()
        .exits(0);
    let verify = || dir.verify(&pool).arg(list).run();
    verify().exits(0);
    dir.undo(&pool).arg("--allow-messages").run().exits(0);
    assert_eq!(pool.users()["ann"].attributes["email"], "ann@old.example");
    verify().exits(0);
    assert_eq!(problems(&dir), [""; 0]);
    dir.verify(&pool).run().exits(0);
    // The attributes of the list are no longer expected.
    set(&pool, "ann", &[("name", "Ann Lee"), ("nickname", "Annie")]);
    verify().exits(1);
    let names = ["name", "nickname"].map(|name| format!("ann attribute_differs {name}"));
    assert_eq!(problems(&dir), names);
}
