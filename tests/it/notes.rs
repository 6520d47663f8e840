//! Notes: suspicious cells that do not make a row invalid, reported before the first call.

use serde_json::Value;

use crate::harness::{Pool, ProgramCommand, TestDir, quick, with_code};

#[track_caller]
fn document(cli: ProgramCommand, exit: i32) -> Value {
    cli.json().run().exits(exit).document()
}

fn notice<'d>(document: &'d Value, code: &str) -> Option<&'d Value> {
    with_code(document, "notices", code)
}

/// Missing values as databases export them.
const NULLS: &str = "username,password,email,given_name,birthdate\n\
     ann,Passw0rd!1,ann@example.com,NULL,0000-00-00\n\
     bob,Passw0rd!1,bob@example.com,\\N,1990-02-01\n\
     NULL,Passw0rd!1,cy@example.com,Cy,\n";

#[test]
fn null_markers_are_noted_and_never_become_users() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", NULLS);
    let all = document(dir.check(&pool, list), 1);
    let note = notice(&all, "cells.null_marker").unwrap();
    assert_eq!(note["count"], 3);
    assert!(note["what_to_do"].as_str().unwrap().contains("--null"));
    let examples = note["examples"].as_array().unwrap();
    assert_eq!(
        (&examples[2]["row"], &examples[2]["line"]),
        (&2.into(), &3.into())
    );
    assert!(examples[2]["found"].as_str().unwrap().contains("\"\\N\""));
    // The findings file contains them, distinct from what makes a row invalid.
    let lines: Vec<(String, String, String)> = dir
        .findings()
        .into_iter()
        .map(|line| {
            (
                line["row"].clone(),
                line["rule"].clone(),
                line["kind"].clone(),
            )
        })
        .collect();
    let line =
        |row: &str, rule: &str, kind: &str| (row.to_owned(), rule.to_owned(), kind.to_owned());
    assert_eq!(
        lines,
        [
            line("1", "cells.null_marker", "note"),
            line("1", "cells.null_marker", "note"),
            line("2", "cells.null_marker", "note"),
            line("3", "username.missing", "finding"),
        ]
    );
    dir.import(&pool, list).run().exits(1).names([
        "cells.null_marker",
        "row 1, line 2: column",
        "\"NULL\"",
    ]);
    assert_eq!(dir.results().outcomes(), ["created", "created", "invalid"]);
    assert_eq!(pool.users()["ann"].attributes["given_name"], "NULL");
}

#[test]
fn cells_that_equal_a_null_text_are_empty_everywhere() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", NULLS);
    let flags = ["--null", "NULL", "--null", "\\N", "--null", "0000-00-00"];
    let check = dir.check(&pool, list).args(flags);
    assert_eq!(notice(&document(check, 1), "cells.null_marker"), None);
    dir.import(&pool, list).args(flags).run().exits(1);
    let results = dir.results();
    assert_eq!(results.outcomes(), ["created", "created", "invalid"]);
    assert_eq!(results.row(3)["error_code"], "username.missing");
    let users = pool.users();
    for (name, attribute, expected) in [
        ("ann", "given_name", false),
        ("ann", "birthdate", false),
        ("bob", "given_name", false),
        ("bob", "birthdate", true),
    ] {
        let is_set = users[name].attributes.contains_key(attribute);
        assert_eq!(is_set, expected, "{name} {attribute}");
    }
    // The mapping file can set the same, in any order; it is the same run.
    let mapping = dir.file(
        "mapping.toml",
        "null = [\"0000-00-00\", \"NULL\", \"\\\\N\"]\n",
    );
    let before = pool.requests("SignUp");
    let again = dir.import(&pool, list).args(["--mapping", mapping]);
    again.run().exits(1);
    assert_eq!(pool.requests("SignUp"), before);
    // Without the setting it is a different run.
    dir.import(&pool, list).run().exits(3);
}

#[test]
fn null_texts_are_compared_after_trimming_except_for_passwords() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "users.csv",
        "username,password,email,given_name,custom:department\n\
         ann,Passw0rd!1,ann@example.com, NULL ,none\n\
         bob,NULL,bob@example.com,,sales\n\
         cy,Gone#NULL1,cy@example.com,,NULL\n",
    );
    let flags = [
        "--trim",
        "--null",
        "NULL",
        "--value",
        "custom:department:none=x",
    ];
    let values = ["--value", "custom:department:*=y"];
    dir.import(&pool, list)
        .args(flags)
        .args(values)
        .run()
        .exits(1);
    let results = dir.results();
    assert_eq!(results.outcomes(), ["created", "invalid", "created"]);
    assert_eq!(results.row(2)["error_code"], "password.missing");
    let users = pool.users();
    assert!(!users["ann"].attributes.contains_key("given_name"));
    assert_eq!(users["ann"].attributes["custom:department"], "x");
    assert!(!users["cy"].attributes.contains_key("custom:department"));
}

#[test]
fn garbled_text_is_noted_and_invalid_in_usernames_and_passwords() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "users.csv",
        "username,password,email,given_name\n\
         ann,Passw0rd!1,ann@example.com,JÃ¼rgen\n\
         bob,Passw0rd!2,bob@example.com,Ren\u{fffd}\n\
         cy\u{fffd},Passw0rd!3,cy@example.com,Cy\n\
         dee,Passw\u{fffd}rd!4,dee@example.com,Zoë\n\
         eve,PÃ¤ssw0rd!5,eve@example.com,Oâ€™Neil\n",
    );
    let check = dir.check(&pool, list);
    let all = document(check, 1);
    let note = notice(&all, "cells.encoding").unwrap();
    assert_eq!(note["count"], 4);
    assert_eq!(note["examples"].as_array().unwrap().len(), 3);
    assert!(note["what_to_do"].as_str().unwrap().contains("--encoding"));
    let rules: Vec<(String, String)> = dir
        .findings()
        .into_iter()
        .filter(|line| line["kind"] == "finding")
        .map(|line| (line["row"].clone(), line["rule"].clone()))
        .collect();
    let finding = |row: &str, rule: &str| (row.to_owned(), rule.to_owned());
    assert_eq!(
        rules,
        [
            finding("3", "username.characters"),
            finding("4", "password.characters")
        ]
    );
    let written = std::fs::read_to_string(dir.path("findings.csv")).unwrap();
    for part in ["ssw0rd", "w\u{fffd}rd"] {
        assert!(!written.contains(part), "no password: {written}");
    }
    dir.import(&pool, list).run().exits(1);
    let results = dir.results();
    let outcomes = ["created", "created", "invalid", "invalid", "created"];
    assert_eq!(results.outcomes(), outcomes);
    // A flag already given is not suggested.
    let check = dir.check(&pool, list).args(["--encoding", "utf-8"]);
    let all = document(check, 1);
    let hint = notice(&all, "cells.encoding").unwrap()["what_to_do"].clone();
    assert!(
        !hint.as_str().unwrap().contains("with --encoding"),
        "{hint}"
    );
}

#[test]
fn numbers_and_dates_changed_by_a_spreadsheet_are_noted() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "users.csv",
        "username,password,email,birthdate,custom:legacy_id\n\
         1001.0,Passw0rd!1,ann@example.com,1990-02-30,4.93E+09\n\
         bob,Passw0rd!2,bob@example.com,01/02/1990,17\n\
         cy,Passw0rd!3,cy@example.com,0000-00-00,18.0\n\
         dee,Passw0rd!4,dee@example.com,1990-02-01,v1.0\n\
         eve,Passw0rd!5,eve@example.com,,\n",
    );
    let all = document(dir.check(&pool, list), 0);
    let count = |code: &str| notice(&all, code).map(|note| note["count"].clone());
    assert_eq!(count("cells.birthdate"), Some(2.into()));
    assert_eq!(count("cells.float"), Some(3.into()));
    assert_eq!(count("cells.null_marker"), Some(1.into()));
    dir.import(&pool, list).run().exits(0);
    assert_eq!(pool.users()["1001.0"].attributes["birthdate"], "1990-02-30");
}

#[test]
fn a_list_without_odd_cells_has_no_notes() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", crate::harness::users(3));
    let all = document(dir.check(&pool, list), 0);
    let mut notices = all["notices"].as_array().unwrap().iter();
    let is_note = |notice: &Value| notice.get("count").is_some();
    assert!(!notices.any(is_note), "{all:#}");
}
