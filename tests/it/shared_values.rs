//! Rows that share an alias address, or a username except for its case.

use serde_json::Value;

use cognito_import::rehearsal::PoolSettings;

use crate::harness::{Pool, ProgramCommand, TestDir, quick, with_code};

fn with_aliases() -> Pool {
    Pool::start(PoolSettings {
        alias_attributes: vec!["email".to_owned(), "phone_number".to_owned()],
        ..quick()
    })
}

#[track_caller]
fn problem(cli: ProgramCommand, exit: i32, kind: &str, code: &str) -> Option<Value> {
    let output = cli.json().run().exits(exit);
    with_code(&output.document(), kind, code).cloned()
}

const REPEATS: &str = "username,password,email,phone_number\n\
     u1,Passw0rd!1,bob@example.com,+4930901820\n\
     u2,Passw0rd!2,Bob@example.com,\n\
     u3,Passw0rd!3,eve@example.com,+4930901820\n\
     U3,Passw0rd!4,eve@example.com,+4930901820\n\
     u5,Passw0rd!5,fay@example.com,\n";

#[test]
fn a_shared_address_is_reported_and_not_verified_unless_allowed() {
    let dir = TestDir::new();
    let pool = with_aliases();
    let list = dir.file("users.csv", REPEATS);
    let note = problem(dir.check(&pool, list), 1, "notices", "alias_repeats").unwrap();
    assert_eq!(note["count"], 2);
    let example = note["examples"][0]["found"].as_str().unwrap();
    assert!(example.contains("2 rows") && example.contains("bob@example.com"));
    let lines = dir.findings();
    let of_notes: Vec<(&str, &str)> = lines
        .iter()
        .filter(|line| line["rule"] == "alias_repeats")
        .map(|line| (&*line["row"], &*line["column"]))
        .collect();
    assert_eq!(of_notes, [("2", "email"), ("3", "phone_number")]);
    // The duplicate of u3 is not a separate user.
    let steps = ["--confirm", "--verify", "email"];
    let verify = || dir.import(&pool, list).args(steps);
    let refusal = problem(verify(), 3, "refusals", "alias_repeats").unwrap();
    assert!(
        refusal["what_to_do"]
            .as_str()
            .unwrap()
            .contains("--allow-alias-repeats")
    );
    assert_eq!(pool.requests("SignUp"), 0);
    // The shared phone numbers are not verified.
    assert_eq!(
        problem(verify(), 3, "notices", "alias_repeats").unwrap()["count"],
        2
    );
    verify().arg("--allow-alias-repeats").run().exits(1);
    let results = dir.results();
    let outcomes = ["created", "created", "created", "duplicate", "created"];
    assert_eq!(results.outcomes(), outcomes);
}

#[test]
fn addresses_that_are_not_aliases_may_be_shared() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", REPEATS);
    let check = || {
        dir.check(&pool, list)
            .args(["--confirm", "--verify", "email"])
    };
    assert_eq!(problem(check(), 1, "notices", "alias_repeats"), None);
    assert_eq!(problem(check(), 1, "refusals", "alias_repeats"), None);
}

#[test]
fn usernames_differing_only_in_case_are_reported_if_distinct() {
    let list = "username,password,email\n\
         Ann@example.com,Passw0rd!1,Ann@example.com\n\
         bob,Passw0rd!2,bob@example.com\n\
         ann@example.com,Passw0rd!3,ann@example.com\n\
         ann@example.com,Passw0rd!4,ann@example.com\n";
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        case_sensitive: true,
        ..quick()
    });
    let list = dir.file("users.csv", list);
    let note = problem(dir.check(&pool, list), 1, "notices", "usernames.case").unwrap();
    assert_eq!(note["count"], 2);
    assert!(
        note["examples"][0]["found"]
            .as_str()
            .unwrap()
            .contains("row 1")
    );
    let small = dir.check(&pool, list).args(["--lowercase", "username"]);
    assert_eq!(problem(small, 1, "notices", "usernames.case"), None);
    dir.import(&pool, list).run().exits(1);
    let outcomes = ["created", "created", "created", "duplicate"];
    assert_eq!(dir.results().outcomes(), outcomes);
    // If case is ignored, they are duplicates.
    let pool = Pool::start(quick());
    let note = problem(dir.check(&pool, list), 1, "notices", "usernames.case");
    assert_eq!(note, None);
}
