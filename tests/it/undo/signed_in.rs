//! Users who have signed in, or may have, are kept.

use cognito_import::rehearsal::{ExistingUser, PoolSettings, PreSignUp, UserStatus};

use super::{import, names, results, settings, undo};
use crate::harness::{Pool, TestDir, TestEndpoint, TestReply, users};

#[test]
fn users_who_signed_in_are_kept_if_the_pool_records_sign_ins() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        pre_sign_up: PreSignUp::AutoConfirm,
        threat_protection: true,
        ..settings()
    });
    let list = dir.file("users.csv", users(4));
    import(&dir, &pool, list).run().exits(0);
    let sdk = pool.sdk();
    let sign_in =
        |name: &str, password: &str| sdk.sign_in(&pool.settings().client_id, name, password);
    assert_eq!(sign_in("user0001", "Passw0rd!1"), Ok(()));
    // A first page of failed attempts does not hide a sign-in.
    assert_eq!(sign_in("user0002", "Passw0rd!2"), Ok(()));
    for _ in 0..70 {
        assert!(sign_in("user0002", "Wr0ng-passw0rd!").is_err());
    }
    // A failed attempt is not a sign-in.
    assert!(sign_in("user0003", "Wr0ng-passw0rd!").is_err());
    undo(&dir, &pool).run().exits(1);
    assert_eq!(names(&pool), ["user0001", "user0002"]);
    let of = |name: &str| results(&dir)[name].clone();
    assert_eq!(
        (of("user0001"), of("user0003")),
        ("kept: used".into(), "deleted".into())
    );

    undo(&dir, &pool).arg("--even-if-used").run().exits(0);
    assert!(pool.users().is_empty());
    assert_eq!(of("user0001"), "deleted");
}

#[test]
fn an_empty_token_ends_the_record_of_sign_ins() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        pre_sign_up: PreSignUp::AutoConfirm,
        threat_protection: true,
        ..settings()
    });
    let list = dir.file("users.csv", users(1));
    import(&dir, &pool, list).run().exits(0);
    let endpoint = TestEndpoint::start(&pool, |request| match request.operation.as_str() {
        "AdminListUserAuthEvents" => {
            TestReply::ForwardEdited(Box::new(|page| page["NextToken"] = "".into()))
        }
        _ => TestReply::Forward,
    });
    let undo = undo(&dir, &pool).without_flag("--endpoint-url");
    undo.args(["--endpoint-url", &endpoint.url()])
        .run()
        .exits(0);
    assert_eq!(endpoint.requests("AdminListUserAuthEvents"), 1);
    assert!(pool.users().is_empty());
}

#[test]
fn users_who_may_have_signed_in_are_kept() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        pre_sign_up: PreSignUp::AutoConfirm,
        ..settings()
    });
    let list = dir.file("users.csv", users(12));
    import(&dir, &pool, list).run().exits(0);
    // At this rate few requests are in flight at a time.
    let few = undo(&dir, &pool).args(["--delete-rate", "1"]);
    few.run().exits(1).names(["--even-if-used"]);
    assert_eq!(
        (pool.users().len(), pool.requests("AdminDeleteUser")),
        (12, 0)
    );
    assert!(
        results(&dir)
            .values()
            .all(|outcome| outcome == "kept: maybe used")
    );
    let queries = pool.requests("AdminListUserAuthEvents");
    assert!(
        (1..12).contains(&queries),
        "a pool without threat protection is not queried for every user: {queries}"
    );

    undo(&dir, &pool).arg("--even-if-used").run().exits(0);
    assert!(pool.users().is_empty());
    assert_eq!(pool.requests("AdminListUserAuthEvents"), queries);
}

#[test]
fn users_confirmed_later_and_existing_users_are_kept() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        existing: vec![ExistingUser {
            username: "user0002".to_owned(),
            status: UserStatus::Unconfirmed,
            ..ExistingUser::default()
        }],
        ..settings()
    });
    let list = dir.file("users.csv", users(3));
    dir.import(&pool, list)
        .args(["--confirm", "--follow-up-existing", "--update-rate", "1000"])
        .run()
        .exits(0);
    let all = pool.users();
    assert!(
        all.values()
            .all(|user| user.status == UserStatus::Confirmed)
    );
    undo(&dir, &pool).run().exits(1);
    undo(&dir, &pool).arg("--even-if-used").run().exits(0);
    assert_eq!(names(&pool), ["user0002"]);
}
