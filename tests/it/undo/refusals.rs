//! The confirmation prompt of an undo, and what is refused.

use super::{import, settings, undo};
use crate::harness::{CTRL_C, Pool, TestDir, users};

const QUESTION: &str =
    "This deletes up to 3 users for good. Type the id of the user pool to go on: ";

#[test]
fn only_the_pool_id_confirms() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let list = dir.file("users.csv", users(3));
    import(&dir, &pool, list).run().exits(0);
    let asked = |keys: &str| {
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
        let Some(output) = asked(wrong) else { return };
        output.exits(3).shows([
            QUESTION,
            "that is not the id of the pool",
            "nothing was deleted",
        ]);
    }
    asked(CTRL_C)
        .unwrap()
        .exits(130)
        .shows(["stopped before anything was deleted"]);
    assert_eq!(
        (pool.users().len(), pool.requests("AdminDeleteUser")),
        (3, 0)
    );
    assert!(!dir.path("run").join("undo.db").exists());
    import(&dir, &pool, list)
        .run()
        .exits(0)
        .says(["already finished"]);

    asked("us-east-1_Rehearsal\n").unwrap().exits(0);
    assert!(pool.users().is_empty());
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
        .says([
            "refusing to delete without confirmation (no terminal)",
            "pass --yes-delete us-east-1_Rehearsal",
        ]);
    undo(&dir, &pool)
        .args(["--yes-delete", "us-east-1_Other"])
        .run()
        .exits(3)
        .says([
            "--yes-delete us-east-1_Other: the run in run was made in the pool us-east-1_Rehearsal",
            "nothing was deleted",
        ]);
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
    undo(&dir, &pool)
        .run()
        .exits(3)
        .says(["run/ledger.db: there is no ledger here"]);
    assert!(!dir.path("run").exists());
    std::fs::create_dir(dir.path("run")).unwrap();
    undo(&dir, &pool)
        .run()
        .exits(3)
        .says(["there is no ledger here"]);
    let list = dir.file("users.csv", users(2));
    dir.rehearse(list).run().exits(0);
    undo(&dir, &pool)
        .run()
        .exits(3)
        .says(["run: this run was a rehearsal: its pool is gone"]);
    assert_eq!(pool.requests("AdminGetUser"), 0);
}

#[test]
fn prints_the_policy_for_an_undo() {
    let dir = TestDir::new();
    let policy = |more: &[&str]| {
        let mut cli = dir
            .cli("iam-policy")
            .args(["--user-pool-id", "eu-west-1_Ab1"]);
        for argument in more {
            cli = cli.arg(argument);
        }
        cli.run().exits(0).stdout
    };
    let with = policy(&["--undo"]);
    for action in ["AdminDeleteUser", "AdminGetUser", "AdminListUserAuthEvents"] {
        assert!(with.contains(&format!("cognito-idp:{action}")), "{with}");
    }
    assert!(!policy(&[]).contains("AdminDeleteUser"));
}
