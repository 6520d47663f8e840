//! The confirmation prompt of an undo, and what is refused.

use super::{import, settings, undo};
use crate::harness::{CTRL_C, Pool, TestDir, users};

/// Part of the prompt.
const QUESTION: &str = "Type the ID";

#[test]
fn only_the_pool_id_confirms() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let list = dir.file("users.csv", users(3));
    import(&dir, &pool, list).run().exits(0);
    let undo_with_answer = |keys: &str| {
        let undo = undo(&dir, &pool).without_flag("--yes-delete");
        Some(undo.in_terminal(QUESTION, keys)?.run())
    };
    for wrong in [
        "y\n",
        "\n",
        "us-east-1_Other\n",
        "US-EAST-1_REHEARSAL\n",
        "\u{4}",
    ] {
        let Some(output) = undo_with_answer(wrong) else {
            return;
        };
        output.exits(3);
    }
    undo_with_answer(CTRL_C).unwrap().exits(130);
    assert_eq!(
        (pool.users().len(), pool.requests("AdminDeleteUser")),
        (3, 0)
    );
    assert!(!dir.path("run").join("undo.db").exists());
    let before = pool.stats().operations;
    import(&dir, &pool, list).run().exits(0);
    assert_eq!(pool.stats().operations, before, "the run was finished");

    undo_with_answer("us-east-1_Rehearsal\n").unwrap().exits(0);
    assert!(pool.users().is_empty());
}

#[test]
fn a_run_without_users_has_a_complete_document() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let list = dir.file(
        "users.csv",
        "username,password,email\na,short,a@example.com\n",
    );
    import(&dir, &pool, list).run().exits(1);
    let document = undo(&dir, &pool).json().run().exits(0).document();
    assert_eq!(document["run_directory"], "run");
    assert_eq!(document["users"]["deleted"], 0);
    assert!(document["results"].is_null());
}

#[test]
fn a_damaged_ledger_is_not_to_be_started_over() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let list = dir.file("users.csv", users(3));
    import(&dir, &pool, list).run().exits(0);
    dir.file("run/ledger.db", "damaged");
    let output = undo(&dir, &pool).run().exits(3);
    let output = output.names(["run/ledger.db", "results.csv", "user_sub"]);
    assert!(!output.stderr.contains("--restart"), "{}", output.stderr);
}

#[test]
fn a_missing_terminal_and_a_wrong_id_are_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let list = dir.file("users.csv", users(3));
    import(&dir, &pool, list).run().exits(0);
    undo(&dir, &pool)
        .without_flag("--yes-delete")
        .run()
        .exits(3)
        .names(["--yes-delete us-east-1_Rehearsal"]);
    undo(&dir, &pool)
        .args(["--yes-delete", "us-east-1_Other"])
        .run()
        .exits(3)
        .names(["--yes-delete us-east-1_Other", "us-east-1_Rehearsal"]);
    undo(&dir, &pool)
        .args(["--yes-delete", "us-east-1_Rehearsal", "--dry-run"])
        .run()
        .exits(2);
    assert_eq!((pool.users().len(), pool.requests("AdminGetUser")), (3, 0));
    assert!(!dir.path("run").join("undo.db").exists());
}

#[test]
fn refuses_a_directory_without_a_run_and_a_rehearsal() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    undo(&dir, &pool).run().exits(3).names(["run/ledger.db"]);
    assert!(!dir.path("run").exists());
    std::fs::create_dir(dir.path("run")).unwrap();
    undo(&dir, &pool).run().exits(3).names(["run/ledger.db"]);
    let list = dir.file("users.csv", users(2));
    dir.rehearse(list).run().exits(0);
    undo(&dir, &pool).run().exits(3);
    assert_eq!(pool.requests("AdminGetUser"), 0);
}

#[test]
fn prints_the_policy_for_an_undo() {
    let dir = TestDir::new();
    let policy = |more: &[&str]| {
        let cli = dir
            .cli("iam-policy")
            .args(["--user-pool-id", "eu-west-1_Ab1"])
            .args(more);
        cli.run().exits(0).stdout
    };
    let with = policy(&["--undo"]);
    for action in ["AdminDeleteUser", "AdminGetUser", "AdminListUserAuthEvents"] {
        assert!(with.contains(&format!("cognito-idp:{action}")), "{with}");
    }
    assert!(!policy(&[]).contains("AdminDeleteUser"));
}
