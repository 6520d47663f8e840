//! How `verify` finds the user of a row.

use cognito_import::rehearsal::{ExistingUser, PoolSettings};

use super::changes::{delete, set, sign_up_with_address};
use super::{problems, settings};
use crate::harness::{Pool, TestDir, users};

#[test]
fn addresses_as_usernames_are_matched_by_sub() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        username_attributes: vec!["email".to_owned()],
        ..settings(&["staff"])
    });
    let list = "username,password\nann@example.com,Passw0rd!1\nbob@example.com,Passw0rd!2\n\
                cy@example.com,Passw0rd!3\n";
    let list = dir.file("users.csv", list);
    dir.import(&pool, list)
        .args(["--group", "staff"])
        .run()
        .exits(0);
    let looked_up = pool.requests("AdminGetUser");
    dir.verify(&pool).arg("--extra").run().exits(0);
    // Her address has changed, and another user has the old one.
    set(&pool, "ann@example.com", &[("email", "ann@example.org")]);
    sign_up_with_address(&pool, "ann@example.com");
    dir.verify(&pool).run().exits(0);
    assert_eq!(pool.requests("AdminGetUser"), looked_up);
    delete(&pool, "bob@example.com");
    sign_up_with_address(&pool, "bob@example.com");
    delete(&pool, "cy@example.com");
    dir.verify(&pool).run().exits(1);
    assert_eq!(
        problems(&dir),
        ["bob@example.com other_sub", "cy@example.com missing"]
    );
}

#[test]
fn rows_without_a_sub_are_matched_by_name() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        existing: vec![ExistingUser {
            username: "USER0002".to_owned(),
            ..ExistingUser::default()
        }],
        ..settings(&[])
    });
    let list = dir.file("users.csv", users(3));
    dir.import(&pool, list)
        .args(["--no-lookup", "--no-preflight"])
        .run()
        .exits(0);
    assert_eq!(dir.results().row(2)["user_sub"], "");
    dir.verify(&pool).arg("--extra").run().exits(0);
    delete(&pool, "user0002");
    dir.verify(&pool).run().exits(1);
    assert_eq!(problems(&dir), ["user0002 missing"]);
}

#[test]
fn an_unverified_address_of_a_row_is_not_extra() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        username_attributes: vec!["email".to_owned(), "phone_number".to_owned()],
        ..settings(&[])
    });
    let list = "username,password,phone_number\nann@example.com,Passw0rd!1,+4930111\n";
    let list = dir.file("users.csv", list);
    dir.import(&pool, list).run().exits(0);
    let existed = dir
        .import(&pool, list)
        .args(["--no-lookup", "--no-preflight"]);
    existed.args(["--run-dir", "again"]).run().exits(0);
    let row = dir.results_in("again").row(1).clone();
    assert_eq!(
        (row["outcome"].as_str(), row["user_sub"].as_str()),
        ("existed", "")
    );
    sign_up_with_address(&pool, "zoe@example.com");
    let verify = dir.cli("verify").args(["again", "--extra"]);
    let verify = verify.args(["--endpoint-url", &pool.url()]);
    verify
        .env("AWS_ACCESS_KEY_ID", "AKIAMADEUP")
        .env("AWS_SECRET_ACCESS_KEY", "made-up")
        .run()
        .exits(1);
    let report = std::fs::read_to_string(dir.path("again/verify.csv")).unwrap();
    assert_eq!(report.matches(",extra,").count(), 1, "{report}");
    assert!(!report.contains("missing"), "{report}");
    let ann = pool.users().into_values();
    let mut ann = ann.filter(|user| user.attributes["email"] == "ann@example.com");
    assert!(!report.contains(&ann.next().unwrap().sub), "{report}");
}
