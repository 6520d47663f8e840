//! A resumed run skips the settled rows at the start of its list.

use std::fs;

use crate::harness::{Pool, TestDir, quick, users, users_numbered};

const LIST_ROWS: usize = 40;

#[test]
fn rows_after_the_skipped_ones_are_those_of_an_uninterrupted_run() {
    // Cells with line breaks, blank lines, and a duplicate of a row that is skipped.
    let rows: String = (1..=LIST_ROWS)
        .map(|row| {
            format!("user{row},Passw0rd!{row},user{row}@example.com,\"x\r\ny{row}\"\r\n\r\n")
        })
        .collect();
    let list = format!(
        "username,password,email,given_name\r\n{rows}USER3,Passw0rd!,other@example.com,\r\n"
    );
    let columns = ["row", "line", "username", "outcome", "error_code"];
    let results = |sessions: &[&str]| {
        let dir = TestDir::new();
        let pool = Pool::start(quick());
        let list = dir.file("users.csv", &list);
        for rows in sessions {
            let stopped = dir.import(&pool, list).args(["--stop-after", rows]);
            stopped.run().exits(4);
        }
        let import = dir.import(&pool, list).args(["--log-file", "run.log"]);
        import.run().exits(1);
        let log = fs::read_to_string(dir.path("run.log")).unwrap();
        assert_eq!(
            log.contains("skipped the settled rows"),
            !sessions.is_empty(),
            "{log}"
        );
        assert_eq!(pool.requests("SignUp"), LIST_ROWS as u64);
        let results = dir.results();
        (1..=LIST_ROWS + 1)
            .map(|row| columns.map(|column| results.row(row)[column].clone()))
            .collect::<Vec<_>>()
    };
    let expected = results(&[]);
    assert_eq!(expected[LIST_ROWS][3], "duplicate");
    assert_eq!(results(&["17"]), expected);
    assert_eq!(results(&["17", "20"]), expected);
}

#[test]
fn a_row_to_retry_is_not_skipped() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let weak = "weak,Passw0rd,weak@example.com\n";
    let list = dir.file(
        "users.csv",
        users(3) + weak + users_numbered(4..=20).split_once('\n').unwrap().1,
    );
    let import = |pool: &Pool| dir.import(pool, list).arg("--no-preflight");
    import(&pool).args(["--stop-after", "10"]).run().exits(4);
    assert_eq!(dir.results().row(4)["outcome"], "rejected");
    let pool = pool.restart_with(|pool| pool.password_policy.require_symbols = false);
    let retry = import(&pool).args(["--retry", "rejected"]);
    retry.run().exits(0);
    assert_eq!(dir.results().count("created"), 21);
    assert_eq!(pool.requests("SignUp"), 12, "11 new rows and the weak one");
}
