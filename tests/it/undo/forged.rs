//! A forged ledger with valid checksums: users that the run did not create are kept.

use cognito_import::rehearsal::{ExistingUser, PoolSettings, UserStatus};
use rusqlite::Connection;
use rusqlite::types::Value;

use super::{import, results, settings, undo};
use crate::harness::{Pool, TestDir, users};

/// Recomputes the checksum of a modified row over all of its columns, in order.
fn reseal(database: &Connection, table: &str, row: i64) {
    let types: Vec<String> = database
        .prepare("SELECT type FROM pragma_table_info(?1) ORDER BY cid")
        .unwrap()
        .query_map([table], |column| column.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let query = format!("SELECT * FROM {table} WHERE row = {row}");
    let mut statement = database.prepare(&query).unwrap();
    let mut bytes = Vec::new();
    statement
        .query_row([], |line| {
            for (at, kind) in types.iter().enumerate().take(types.len() - 1) {
                match (kind.as_str(), line.get::<_, Value>(at)?) {
                    ("TEXT", Value::Text(text)) => {
                        bytes.extend((text.len() as u64).to_le_bytes());
                        bytes.extend(text.into_bytes());
                    }
                    ("TEXT", _) => bytes.extend(u64::MAX.to_le_bytes()),
                    (_, Value::Integer(number)) => {
                        bytes.push(1);
                        bytes.extend(number.to_le_bytes());
                    }
                    (_, _) => {
                        bytes.push(0);
                        bytes.extend(0_i64.to_le_bytes());
                    }
                }
            }
            Ok(())
        })
        .unwrap();
    let seal = crc32fast::hash(&bytes);
    let update = format!("UPDATE {table} SET seal = {seal} WHERE row = {row}");
    database.execute(&update, []).unwrap();
}

/// Replaces a created user in the ledger with this one.
fn forge(dir: &TestDir, row: i64, username: &str, sub: &str) {
    let database = Connection::open(dir.path("run/ledger.db")).unwrap();
    for (table, column, value) in [("rows", "username", username), ("results", "user_sub", sub)] {
        let update = format!("UPDATE {table} SET {column} = ?1 WHERE row = ?2");
        database
            .execute(&update, rusqlite::params![value, row])
            .unwrap();
        reseal(&database, table, row);
    }
}

#[test]
fn users_created_outside_the_run_are_kept_despite_a_forged_ledger() {
    let dir = TestDir::new();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let hour = 3_600;
    let now = i64::try_from(now.as_secs()).unwrap();
    let existing = [
        ("long.ago", None),
        ("older", Some(now - hour)),
        ("newer", Some(now + hour)),
    ]
    .map(|(username, created)| ExistingUser {
        username: username.to_owned(),
        created,
        status: UserStatus::Unconfirmed,
        ..ExistingUser::default()
    });
    let pool = Pool::start(PoolSettings {
        existing: existing.to_vec(),
        ..settings()
    });
    let list = dir.file("users.csv", users(5));
    import(&dir, &pool, list).run().exits(0);
    let truth = pool.users();
    for (row, username) in [(1, "long.ago"), (2, "older"), (3, "newer")] {
        forge(&dir, row, username, &truth[username].sub);
    }
    // The change cannot be detected.
    dir.cli("report").arg("run").run().exits(0);
    undo(&dir, &pool).arg("--even-if-used").run().exits(1);
    let outcomes = results(&dir);
    for username in ["long.ago", "older", "newer"] {
        assert_eq!(outcomes[username], "kept: outside the run");
        assert!(pool.users().contains_key(username));
    }
    assert_eq!(outcomes["user0004"], "deleted");
    assert_eq!(pool.requests("AdminDeleteUser"), 2);
    let csv = std::fs::read_to_string(dir.path("run/undo-results.csv")).unwrap();
    assert!(csv.contains("created 2"), "{csv}");
}

#[test]
fn users_of_every_session_are_deleted_despite_clock_skew() {
    for offset in [0, -7_200_000, 5_400_000] {
        let dir = TestDir::new();
        let mut started = settings();
        started.date_offset_ms = offset;
        started.faults.lost_pool_after = Some(12);
        let pool = Pool::start(started);
        let list = dir.file("users.csv", users(20));
        import(&dir, &pool, list)
            .args(["--concurrency", "1"])
            .run()
            .exits(4);
        let pool = pool.restart_with(|pool| pool.faults.lost_pool_after = None);
        import(&dir, &pool, list).run().exits(0);
        undo(&dir, &pool).run().exits(0);
        assert!(pool.users().is_empty(), "{offset}");
    }
}
