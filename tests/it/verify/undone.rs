//! A run that was undone: users that the undo deleted must not exist.

use super::changes::{disable, sign_up};
use super::{problems, settings};
use crate::harness::{Pool, TestDir, users};

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
