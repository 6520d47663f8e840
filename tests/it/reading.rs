//! Reading lists: dialects, and every way a list can be broken.

use std::collections::BTreeMap;

use crate::harness::{Pool, TestDir, assert_only_described, quick, users};
use crate::main_job::sample;

/// Every row of `users-broken.csv`: username, outcome, error code, and a datum that the message
/// names.
const BROKEN: [(&str, &str, &str, &str); 24] = [
    ("good.one", "created", "", ""),
    ("", "invalid", "row.cell_count", "3 cells"),
    ("", "invalid", "row.cell_count", "8 cells"),
    ("", "invalid", "username.missing", "column username"),
    (
        "with space",
        "invalid",
        "username.characters",
        "\"with space\"",
    ),
    ("nnn", "invalid", "username.characters", "129"),
    ("bell[U+0007]", "invalid", "username.characters", "U+0007"),
    (
        "no.password",
        "invalid",
        "password.missing",
        "column password",
    ),
    (
        "spaced.password",
        "invalid",
        "password.characters",
        "column password",
    ),
    ("long.password", "invalid", "password.characters", "256"),
    ("long.value", "invalid", "attribute.length", "2052"),
    ("latin.one", "invalid", "row.encoding", "column given_name"),
    ("short.password", "rejected", "InvalidPasswordException", ""),
    ("plain.password", "rejected", "InvalidPasswordException", ""),
    (
        "tiny.password",
        "rejected",
        "InvalidParameterException",
        "'password'",
    ),
    ("no.email", "rejected", "InvalidParameterException", "email"),
    (
        "bad.email",
        "rejected",
        "InvalidParameterException",
        "email",
    ),
    (
        "bad.phone",
        "rejected",
        "InvalidParameterException",
        "phone",
    ),
    (
        "bad.birthdate",
        "rejected",
        "InvalidParameterException",
        "birthdate",
    ),
    (
        "long.custom",
        "rejected",
        "InvalidParameterException",
        "custom:legacy_id",
    ),
    ("good.one", "duplicate", "", ""),
    ("Good.One", "duplicate", "", ""),
    ("good.two", "created", "", ""),
    ("", "invalid", "row.open_quote", "25 to 26"),
];

#[test]
fn broken_rows_are_reported_and_valid_ones_created() {
    let dir = TestDir::new();
    dir.rehearse(sample("users-broken.csv"))
        .arg("--no-preflight")
        .run()
        .exits(1);
    let results = dir.results();
    assert_eq!(results.rows.len(), BROKEN.len());
    let mut codes: BTreeMap<&str, u64> = BTreeMap::new();
    for (row, (username, outcome, code, datum)) in results.rows.iter().zip(BROKEN) {
        let number = &row["row"];
        assert!(
            row["username"].starts_with(username),
            "row {number}: {row:?}"
        );
        assert_eq!(
            row["username"].is_empty(),
            username.is_empty(),
            "row {number}"
        );
        assert_eq!(row["outcome"], outcome, "row {number}");
        assert_eq!(row["error_code"], code, "row {number}");
        assert!(
            row["error_message"].contains(datum),
            "row {number}: {row:?}"
        );
        let sent = if ["invalid", "duplicate"].contains(&outcome) {
            "0"
        } else {
            "1"
        };
        assert_eq!(row["attempts"], sent, "row {number}");
        if !code.is_empty() {
            *codes.entry(code).or_default() += 1;
        }
    }
    assert_eq!(results.row(21)["same_as_row"], "1");
    assert_eq!(results.row(22)["same_as_row"], "1");
    for (code, count) in codes {
        assert_eq!(results.summary["errors"][code], count, "{code}");
    }
}

#[test]
fn broken_rows_are_not_sent() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    dir.import(&pool, sample("users-broken.csv"))
        .arg("--no-preflight")
        .run()
        .exits(1);
    // 24 rows minus 12 invalid ones and 2 duplicates.
    assert_eq!(pool.requests("SignUp"), 10);
    let users: Vec<String> = pool.users().into_keys().collect();
    assert_eq!(users, ["good.one", "good.two"]);
}

#[test]
fn a_byte_order_mark_windows_line_ends_quotes_and_blank_lines_are_read() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "users.csv",
        "\u{feff}Password,EMAIL,cognito:username,Address,CUSTOM:legacy_id\r\n\
         Passw0rd!,ann@example.com,ann,\"1, High St\r\nLondon\",\"a \"\"b\"\"\"\r\n\
         \r\n\
         Passw0rd!,bob@example.com,bob,,\r\n",
    );
    dir.import(&pool, list).run().exits(0);
    let users = pool.users();
    assert_eq!(users["ann"].attributes["address"], "1, High St\r\nLondon");
    assert_eq!(users["ann"].attributes["custom:legacy_id"], "a \"b\"");
    assert!(!users["bob"].attributes.contains_key("address"));
    let results = dir.results();
    assert_eq!(results.for_user("ann")["line"], "2");
    assert_eq!(results.for_user("bob")["line"], "5");
}

#[test]
fn a_list_without_a_final_newline_is_read_completely() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(2).trim_end());
    dir.rehearse(list).run().exits(0);
    assert_eq!(dir.results().count("created"), 2);
}

/// Asserts that a list is refused and nothing sent, and returns standard error.
fn assert_refused(list: impl AsRef<[u8]>) -> String {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let name = dir.file("users.csv", list);
    let output = dir.import(&pool, name).run().exits(3);
    assert_only_described(&pool);
    assert!(!dir.path("run").exists(), "no run was created");
    output.stderr
}

#[test]
fn an_unknown_column_is_refused_with_a_suggestion_and_can_be_dropped() {
    let list = "username,password,emial,shoe\nann,Passw0rd!,ann@example.com,38\n";
    let stderr = assert_refused(list);
    for datum in [
        "column 3, emial",
        "--map emial=email",
        "column 4, shoe",
        "--ignore-column shoe",
    ] {
        assert!(stderr.contains(datum), "all at once: {datum}: {stderr}");
    }

    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let name = dir.file("users.csv", list.replace("emial", "email"));
    dir.import(&pool, name)
        .args(["--ignore-column", "Shoe"])
        .run()
        .exits(0);
    assert_eq!(
        pool.users()["ann"].attributes.len(),
        2,
        "email and whether it is verified"
    );
}

#[test]
fn a_missing_column_is_refused() {
    let stderr = assert_refused("user_name,password\nann,Passw0rd!\n");
    for datum in ["column 1, user_name", "--map user_name=username"] {
        assert!(stderr.contains(datum), "{datum}: {stderr}");
    }
    let stderr = assert_refused("username,email\nann,ann@example.com\n");
    assert!(stderr.contains("--password none"), "{stderr}");
}

#[test]
fn two_columns_for_the_same_attribute_are_refused() {
    let stderr = assert_refused("username,cognito:username,password\nann,ann,Passw0rd!\n");
    assert!(stderr.contains("columns 1 and 2"), "{stderr}");
}

#[test]
fn an_empty_file_is_refused_and_a_header_alone_is_an_empty_list() {
    let stderr = assert_refused("");
    assert!(stderr.contains("users.csv: "), "{stderr}");

    let dir = TestDir::new();
    let list = dir.file("users.csv", "username,password,email\n");
    dir.rehearse(list).run().exits(0);
    let results = dir.results();
    assert_eq!(results.rows.len(), 0);
    assert_eq!(results.summary["state"], "finished");
}

#[test]
fn a_missing_list_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    dir.import(&pool, "nowhere.csv")
        .run()
        .exits(3)
        .names(["nowhere.csv"]);
    dir.import(&pool, ".").run().exits(3);
    assert_eq!(pool.stats().operations.len(), 0);
}

#[test]
fn an_s3_url_without_bucket_or_key_is_refused() {
    let dir = TestDir::new();
    for list in ["s3://", "s3://lists", "s3://lists/", "s3:///users.csv"] {
        dir.rehearse(list).run().exits(3).names([list]);
    }
}

#[test]
fn standard_input_requires_a_run_directory() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    dir.import(&pool, "-")
        .without_flag("--run-dir")
        .input(users(3))
        .run()
        .exits(3)
        .names(["--run-dir"]);
    assert_eq!(pool.requests("SignUp"), 0);
    dir.import(&pool, "-").input(users(3)).run().exits(0);
    assert_eq!(dir.results().count("created"), 3);
    assert!(dir.results().summary["fingerprint"].is_null());
}

#[test]
fn a_list_without_a_header_is_refused_without_printing_its_cells() {
    let dir = TestDir::new();
    let list = dir.file(
        "users.csv",
        "ann,Secret#123,ann@example.com\nbob,Secret#456,bob@example.com\n",
    );
    let output = dir
        .rehearse(list)
        .run()
        .exits(3)
        .names(["users.csv: line 1"]);
    assert!(!output.stderr.contains("Secret"), "{}", output.stderr);
}

#[test]
fn empty_spreadsheet_rows_are_skipped() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "users.csv",
        users(2) + ",,\n , ,\n" + "cy,Passw0rd!,cy@example.com\n,,\n",
    );
    dir.import(&pool, list).run().exits(0);
    let results = dir.results();
    assert_eq!(results.count("created"), 3);
    assert_eq!(
        (
            results.for_user("cy")["row"].as_str(),
            results.for_user("cy")["line"].as_str()
        ),
        ("3", "6")
    );
}

#[test]
fn lists_with_carriage_return_line_ends_are_read() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = users(3) + "bad name,Passw0rd!,bad@example.com\n";
    let list = dir.file("users.csv", list.replace('\n', "\r"));
    dir.import(&pool, list)
        .run()
        .exits(1)
        .names(["row 4 (line 5)"]);
    let results = dir.results();
    let lines: Vec<&str> = results
        .rows
        .iter()
        .map(|row| row["line"].as_str())
        .collect();
    assert_eq!(lines, ["2", "3", "4", "5"]);
}
