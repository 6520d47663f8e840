//! Undo: what is refused, kept and reported.

use cognito_import::rehearsal::{Faults, PoolSettings, PreSignUp};

use super::{Transcript, prepared};
use crate::harness::{Pool, TestDir, quick, users};

#[test]
fn undo() {
    let (dir, pool) = prepared();
    let mut transcript = Transcript::default();
    transcript.run(&dir, "undo run (missing)", dir.undo(&pool));
    let rehearse = dir.rehearse("users.csv").args(["--run-dir", "rehearsed"]);
    rehearse.run().exits(0);
    let rehearsed = dir.undo_in(&pool, "rehearsed");
    transcript.run(&dir, "undo rehearsed", rehearsed);
    dir.import(&pool, "users.csv").run().exits(0);
    let unconfirmed = dir.undo(&pool).without_flag("--yes-delete");
    transcript.run(&dir, "undo run (without --yes-delete)", unconfirmed);
    let wrong = dir.undo(&pool).args(["--yes-delete", "us-east-1_Other"]);
    transcript.run(&dir, "undo run --yes-delete us-east-1_Other", wrong);
    transcript.run(&dir, "undo run --dry-run", dir.dry_undo(&pool));
    let undo = dir.undo(&pool).args(["--delete-rate", "auto"]);
    transcript.run(&dir, "undo run", undo);
    transcript.run(&dir, "undo run (again)", dir.undo(&pool));
    let import = dir.import(&pool, "users.csv");
    transcript.run(&dir, "import users.csv (undone)", import);
    transcript.run(&dir, "report run (undone)", dir.cli("report").arg("run"));
    assert_messages!("undo", transcript.0);
}

#[test]
fn kept_users() {
    let mut transcript = Transcript::default();
    let mut undo = |title: &str, settings: PoolSettings| {
        let dir = TestDir::new();
        let pool = Pool::start(settings);
        let list = dir.file("users.csv", users(3));
        dir.import(&pool, list)
            .args(["--no-lookup", "--no-preflight", "--max-failures", "0"])
            .run();
        transcript.run(&dir, title, dir.undo(&pool));
    };
    undo(
        "confirmed users",
        PoolSettings {
            pre_sign_up: PreSignUp::AutoConfirm,
            ..quick()
        },
    );
    undo(
        "rows in doubt",
        PoolSettings {
            faults: Faults {
                commit_then_drop: 1.0,
                ..Faults::default()
            },
            ..quick()
        },
    );
    assert_messages!("kept_users", transcript.0);
}
