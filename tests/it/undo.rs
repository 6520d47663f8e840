//! Undo deletes exactly the users of the run, whatever happens meanwhile.

mod endpoints;
mod forged;
mod interrupted;
mod kill;
mod permissions;
mod refusals;
mod signed_in;
mod updated;

use std::collections::BTreeMap;

use cognito_import::rehearsal::{
    ExistingUser, Faults, PoolSettings, PreSignUp, QuotaSetting, Quotas, UserStatus,
};

use crate::harness::{CsvRow, Pool, ProgramCommand, TestDir, quick, users};

/// A pool without throttling.
fn settings() -> PoolSettings {
    let plenty = QuotaSetting::per_second(100_000.0);
    PoolSettings {
        quotas: Quotas {
            user_update: plenty,
            user_resource_read: plenty,
            ..quick().quotas
        },
        ..quick()
    }
}

/// `undo` of `run` with short delays and without a prompt.
fn undo(dir: &TestDir, pool: &Pool) -> ProgramCommand {
    undo_in(dir, pool, "run")
}

/// Like [`undo`], for another run directory.
fn undo_in(dir: &TestDir, pool: &Pool, directory: &str) -> ProgramCommand {
    dir.undo_in(pool, directory)
        .default_flag("--delete-rate", "1000")
        .default_flag("--lookup-rate", "1000")
}

/// An import that needs no server time and therefore starts at once.
fn import(dir: &TestDir, pool: &Pool, list: &str) -> ProgramCommand {
    dir.import(pool, list)
        .args(["--no-lookup", "--no-preflight"])
}

/// The outcomes in a report of an undo, by username.
fn report_outcomes(dir: &TestDir, file: &str) -> BTreeMap<String, String> {
    let mut csv = csv::Reader::from_path(dir.path("run").join(file)).unwrap();
    let rows: Vec<CsvRow> = csv.deserialize().map(Result::unwrap).collect();
    rows.into_iter()
        .map(|mut row| {
            (
                row.remove("username").unwrap(),
                row.remove("undone").unwrap(),
            )
        })
        .collect()
}

fn results(dir: &TestDir) -> BTreeMap<String, String> {
    report_outcomes(dir, "undo-results.csv")
}

fn names(pool: &Pool) -> Vec<String> {
    pool.users().into_keys().collect()
}

fn delete(pool: &Pool, username: &str) {
    let sdk = pool.sdk();
    let call = sdk.client.admin_delete_user();
    let call = call.user_pool_id(&pool.settings().pool_id);
    sdk.wait(call.username(username).send()).unwrap();
}

/// A user signs up independently.
fn sign_up(pool: &Pool, username: &str) {
    let sdk = pool.sdk();
    let email = aws_sdk_cognitoidentityprovider::types::AttributeType::builder()
        .name("email")
        .value("other@example.com")
        .build()
        .unwrap();
    let call = sdk.client.sign_up().client_id(&pool.settings().client_id);
    let call = call.username(username).password("Passw0rd!else");
    sdk.wait(call.user_attributes(email).send()).unwrap();
}

#[test]
fn only_users_created_by_the_run_are_deleted() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        existing: ["user0002", "zoe"]
            .map(|name| ExistingUser {
                username: name.to_owned(),
                status: UserStatus::Unconfirmed,
                ..ExistingUser::default()
            })
            .to_vec(),
        ..settings()
    });
    let list = users(6) + "USER0004,Passw0rd!4,again@example.com\nweak,weak,weak@example.com\n";
    let list = dir.file("users.csv", list);
    dir.import(&pool, list).run().exits(1);
    sign_up(&pool, "later");
    assert_eq!(pool.users().len(), 8);

    undo(&dir, &pool)
        .run()
        .exits(0)
        .names(["run/undo-results.csv"]);
    assert_eq!(names(&pool), ["later", "user0002", "zoe"]);
    let expected = [1, 3, 4, 5, 6].map(|number| (format!("user000{number}"), "deleted".to_owned()));
    assert_eq!(results(&dir), BTreeMap::from(expected));
    assert_eq!(pool.requests("AdminDeleteUser"), 5);
    // The run's own results are unchanged.
    assert_eq!(dir.results().count("created"), 5);

    // A second undo has nothing to do.
    let looked = pool.requests("AdminGetUser");
    let other = Pool::start(settings());
    let again = undo(&dir, &other).json().run().exits(0).document();
    assert_eq!(again["users"]["deleted"], 5);
    assert_eq!(other.stats().operations.len(), 0);
    assert_eq!(
        (
            pool.requests("AdminDeleteUser"),
            pool.requests("AdminGetUser")
        ),
        (5, looked)
    );
}

#[test]
fn undo_files_are_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let list = dir.file("users.csv", users(2));
    import(&dir, &pool, list).run().exits(0);
    undo(&dir, &pool).run().exits(0);
    for file in ["undo.db", "undo-results.csv"] {
        let about = std::fs::metadata(dir.path("run").join(file)).unwrap();
        assert_eq!(about.permissions().mode() & 0o777, 0o600, "{file}");
    }
}

#[test]
fn a_new_owner_of_a_username_is_kept_and_missing_users_reported() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let list = dir.file("users.csv", users(4));
    import(&dir, &pool, list).run().exits(0);
    delete(&pool, "user0002");
    delete(&pool, "user0003");
    sign_up(&pool, "user0003");
    undo(&dir, &pool).arg("--even-if-used").run().exits(1);
    assert_eq!(names(&pool), ["user0003"]);
    let results = results(&dir);
    let of = |name: &str| results[name].as_str();
    assert_eq!(of("user0001"), "deleted");
    assert_eq!(of("user0002"), "gone");
    assert_eq!(of("user0003"), "kept: another user");
    assert_eq!(pool.requests("AdminDeleteUser"), 2 + 2);
}

#[test]
fn throttling_and_broken_responses_do_not_change_the_result() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        faults: Faults {
            write_drop_before: 0.15,
            write_commit_then_drop: 0.2,
            write_500: 0.15,
            write_throttle: 0.2,
            read_drop: 0.1,
            read_500: 0.1,
            read_throttle: 0.1,
            ..Faults::default()
        },
        seed: 5,
        ..settings()
    });
    let list = dir.file("users.csv", users(60));
    import(&dir, &pool, list).run().exits(0);
    undo(&dir, &pool).run().exits(0);
    assert!(pool.users().is_empty());
    assert!(results(&dir).values().all(|outcome| outcome == "deleted"));
    let stats = pool.stats();
    for fault in ["write_commit_then_drop", "write_drop_before", "write_500"] {
        assert!(
            stats.faults.contains_key(fault),
            "{fault}: {:?}",
            stats.faults
        );
    }
    assert!(stats.operations["AdminDeleteUser"].throttled > 0);
}

#[test]
fn users_created_with_a_lost_answer_are_undone_too() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        faults: Faults {
            commit_then_drop: 0.5,
            ..Faults::default()
        },
        seed: 3,
        ..settings()
    });
    let list = dir.file("users.csv", users(12));
    dir.import(&pool, list).run().exits(0);
    let imported = dir.results();
    assert!(imported.rows.iter().any(|row| row["evidence"] == "lookup"));
    undo(&dir, &pool).run().exits(0);
    assert!(pool.users().is_empty());
}

#[test]
fn users_are_found_by_sub_if_addresses_are_usernames() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        username_attributes: vec!["email".to_owned()],
        ..settings()
    });
    let list = dir.file(
        "users.csv",
        "username,password\nann@example.com,Passw0rd!1\nbob@example.com,Passw0rd!2\n",
    );
    import(&dir, &pool, list).run().exits(0);
    // Her address has changed, and another user now has the original one.
    let sdk = pool.sdk();
    let other = aws_sdk_cognitoidentityprovider::types::AttributeType::builder()
        .name("email")
        .value("ann@example.org")
        .build()
        .unwrap();
    let call = sdk.client.admin_update_user_attributes();
    let call = call.user_pool_id(&pool.settings().pool_id);
    sdk.wait(
        call.username("ann@example.com")
            .user_attributes(other)
            .send(),
    )
    .unwrap();
    let call = sdk.client.sign_up().client_id(&pool.settings().client_id);
    let call = call.username("ann@example.com").password("Passw0rd!else");
    sdk.wait(call.send()).unwrap();

    undo(&dir, &pool).run().exits(0);
    let left = pool.users();
    let addresses: Vec<&String> = left
        .values()
        .map(|user| &user.attributes["email"])
        .collect();
    assert_eq!(addresses, ["ann@example.com"]);
}

#[test]
fn a_dry_run_lists_deletions_without_deleting() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        threat_protection: true,
        pre_sign_up: PreSignUp::AutoConfirm,
        ..settings()
    });
    let list = dir.file("users.csv", users(3));
    import(&dir, &pool, list).run().exits(0);
    delete(&pool, "user0002");
    let sdk = pool.sdk();
    sdk.sign_in(&pool.settings().client_id, "user0003", "Passw0rd!3")
        .unwrap();
    let before = pool.requests("AdminDeleteUser");
    let dry = || {
        undo(&dir, &pool)
            .without_flag("--yes-delete")
            .arg("--dry-run")
    };
    dry().run().exits(1).names(["run/undo-dry-run.csv"]);
    let outcomes = report_outcomes(&dir, "undo-dry-run.csv");
    let of = |name: &str| outcomes[name].as_str();
    assert_eq!(
        [of("user0001"), of("user0002"), of("user0003")],
        ["would be deleted", "gone", "kept: used"]
    );
    assert_eq!(pool.requests("AdminDeleteUser"), before);
    assert_eq!(names(&pool), ["user0001", "user0003"]);
    // The run can still be undone.
    assert!(!dir.path("run").join("undo.db").exists());
    let before = pool.stats().operations;
    import(&dir, &pool, list).run().exits(0);
    assert_eq!(pool.stats().operations, before, "the run was finished");
}

#[test]
fn deletions_stay_below_the_quota_and_slow_down_when_throttled() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        quotas: quick().quotas,
        ..settings()
    });
    let list = dir.file("users.csv", users(50));
    import(&dir, &pool, list).run().exits(0);
    let auto = undo(&dir, &pool).args(["--delete-rate", "auto"]).json();
    let output = auto.run().exits(0).names(["AdminDeleteUser", " 20/s"]);
    let requests = &output.document()["requests"]["UserUpdate"];
    assert_eq!(
        (&requests["sent"], &requests["throttled"]),
        (&50.into(), &0.into())
    );
    assert_eq!(pool.stats().operations["AdminDeleteUser"].throttled, 0);

    let pool = pool.restart_with(|settings| {
        settings.quotas.user_update = QuotaSetting {
            rate: 8.0,
            burst: 2.0,
        };
    });
    import(&dir, &pool, list).args(["--restart"]).run().exits(0);
    undo(&dir, &pool)
        .args(["--delete-rate", "20"])
        .run()
        .exits(0);
    assert!(pool.users().is_empty());
    let stats = &pool.stats().operations["AdminDeleteUser"];
    assert!(stats.throttled > 0 && stats.throttled < 25, "{stats:?}");
}
