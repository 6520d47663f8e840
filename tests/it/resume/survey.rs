//! A resumed run uses the survey of an earlier session only if it still describes the rows that
//! remain.

use std::fs;

use cognito_import::rehearsal::PoolSettings;

use crate::harness::{Pool, TestDir, quick, users};

/// An invalid row of any pool.
const BAD_NAME: &str = "bad name,Passw0rd!,a@example.com\n";

#[test]
fn a_list_is_surveyed_once_by_the_same_rules() {
    // The pool's rules judge the rows of a first session, and those of the API all others.
    let valid = ("", "\"invalid\":0,\"rows\":6,\"to_send\":6");
    let one_invalid = (BAD_NAME, "\"invalid\":1,\"rows\":7,\"to_send\":6");
    let cases = [(valid, [1, 0, 0], 0), (one_invalid, [1, 1, 0], 1)];
    for ((last_row, counts), surveys, exit) in cases {
        let dir = TestDir::new();
        let pool = Pool::start(quick());
        let list = dir.file("users.csv", users(6) + last_row);
        let surveys_of = |flags: &[&str], exit| {
            let import = dir.import(&pool, list).args(flags.iter().copied());
            let import = import.args(["--log-file", "run.log", "--log-format", "json"]);
            import.run().exits(exit);
            let log = fs::read_to_string(dir.path("run.log")).unwrap();
            fs::remove_file(dir.path("run.log")).unwrap();
            log.matches(counts).count()
        };
        let stopped = ["--stop-after", "2"];
        assert_eq!(surveys_of(&stopped, 4), surveys[0]);
        assert_eq!(surveys_of(&stopped, 4), surveys[1]);
        assert_eq!(surveys_of(&[], exit), surveys[2]);
        assert_eq!(dir.results().count("created"), 6);
    }
}

#[test]
fn the_refusal_of_a_resumed_run_has_the_findings_of_its_rows() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(6) + BAD_NAME);
    let stopped = dir.import(&pool, list).args(["--stop-after", "2"]);
    stopped.run().exits(4);
    let pool = pool.restart_with(|pool| pool.auto_verified_attributes = vec!["email".to_owned()]);
    let refused = dir.import(&pool, list).json().run().exits(3);
    let document = refused.document();
    assert_eq!(document["findings_by_rule"][0]["findings"], 1, "{document}");
}

/// Rows that the pool refuses, and accepts after its policy has changed.
fn weak_rows(last_cell: &str) -> String {
    (1..=3)
        .map(|row| format!("weak{row},Passw0rd,a@example.com,{last_cell}\n"))
        .collect()
}

/// Imports a list with weak rows, relaxes the pool's policy, and retries them.
fn retry_with_relaxed_policy(dir: &TestDir, settings: PoolSettings, list: String) -> Pool {
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", list);
    dir.import(&pool, list).run().exits(1);
    assert_eq!(dir.results().count("invalid"), 3);
    let pool = pool.restart_with(|pool| pool.password_policy.require_symbols = false);
    let retry = dir.import(&pool, list).args(["--retry", "invalid"]);
    retry.run().exits(3);
    pool
}

#[test]
fn messages_to_rows_that_were_invalid_need_permission() {
    let dir = TestDir::new();
    let settings = PoolSettings {
        auto_verified_attributes: vec!["phone_number".to_owned()],
        ..quick()
    };
    let valid: String = (1..=20)
        .map(|row| format!("user{row},Passw0rd!{row},a@example.com,\n"))
        .collect();
    let list = format!(
        "username,password,email,phone_number\n{valid}{}",
        weak_rows("+15555550100")
    );
    let pool = retry_with_relaxed_policy(&dir, settings, list);
    assert_eq!(pool.requests("SignUp"), 0);
}

#[test]
fn groups_of_rows_that_were_invalid_must_exist() {
    let dir = TestDir::new();
    let valid: String = (1..=20)
        .map(|row| format!("user{row},Passw0rd!{row},a@example.com,\n"))
        .collect();
    let list = format!(
        "username,password,email,groups\n{valid}{}",
        weak_rows("staff")
    );
    let pool = retry_with_relaxed_policy(&dir, quick(), list);
    assert_eq!(pool.requests("SignUp"), 0);
}

#[test]
fn messages_to_usernames_that_are_addresses_need_permission_when_the_pool_starts_to_send_them() {
    for last_row in ["", ",Passw0rd!\n"] {
        let dir = TestDir::new();
        let pool = Pool::start(PoolSettings {
            username_attributes: vec!["email".to_owned()],
            ..quick()
        });
        let rows: String = (1..=6)
            .map(|row| format!("user{row}@example.com,Passw0rd!{row}\n"))
            .collect();
        let list = dir.file("users.csv", format!("username,password\n{rows}{last_row}"));
        let import = || dir.import(&pool, list);
        import().args(["--stop-after", "2"]).run().exits(4);
        let pool =
            pool.restart_with(|pool| pool.auto_verified_attributes = vec!["email".to_owned()]);
        dir.import(&pool, list).run().exits(3);
        assert_eq!(pool.requests("SignUp"), 0);
        dir.import(&pool, list).arg("--allow-messages").run();
        assert_eq!(pool.requests("SignUp"), 4);
    }
}
