//! Cells from real systems: each reaches the pool unchanged, or its row is invalid.

use crate::harness::{Pool, TestDir, quick};

#[test]
fn whitespace_inside_a_password_is_sent_and_around_it_is_invalid() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "users.csv",
        "username,password,email\n\
         ann,correct horse Battery 9,ann@example.com\n\
         bob, Passw0rd!1,bob@example.com\n\
         cy,Passw0rd 1x,cy@example.com\n\
         dee,Passw0rd!1 ,dee@example.com\n\
         eve,Pass\tw0rd!1,eve@example.com\n\
         fay,Passw0rd 1x\u{a0},fay@example.com\n",
    );
    // --trim does not change passwords, so these stay invalid.
    for (run, flags) in [("plain", vec![]), ("trimmed", vec!["--trim"])] {
        let cli = dir
            .import(&pool, list)
            .args(["--run-dir", run, "--confirm"]);
        let cli = cli.args(flags);
        let output = cli.run().exits(1);
        assert!(!output.stderr.contains("--trim"), "{}", output.stderr);
        let results = dir.results_in(run);
        let made = if run == "plain" { "created" } else { "existed" };
        let outcomes = [made, "invalid", made, "invalid", made, "invalid"];
        assert_eq!(results.outcomes(), outcomes);
        for row in [2, 4, 6] {
            assert_eq!(results.row(row)["error_code"], "password.characters");
        }
    }
    let (sdk, client) = (pool.sdk(), &pool.settings().client_id);
    for (name, password) in [
        ("ann", "correct horse Battery 9"),
        ("cy", "Passw0rd 1x"),
        ("eve", "Pass\tw0rd!1"),
    ] {
        assert_eq!(sdk.sign_in(client, name, password), Ok(()), "{name}");
    }
}

#[test]
fn the_pool_agrees_about_whitespace_in_passwords() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "users.csv",
        "username,password,email\nann,Passw0rd 1,ann@example.com\nbob,Passw0rd1,bob@example.com\n",
    );
    dir.import(&pool, list).arg("--no-preflight").run().exits(1);
    assert_eq!(dir.results().outcomes(), ["created", "rejected"]);
}

#[test]
fn padded_values_are_quoted_and_trim_suggested() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "users.csv",
        "username,password,email\n\
         ann,Passw0rd!1,ann@example.com \n\
         bob,Passw0rd!1, bob@example.com\n\
         \u{a0}cy,Passw0rd!1,cy@example.com\n\
         d ee,Passw0rd!1,dee@example.com\n",
    );
    dir.check(&pool, list).run().exits(3);
    let findings = dir.findings();
    let found = |row: usize| findings[row]["found"].as_str();
    for (row, value) in [
        (0, "\"ann@example.com \""),
        (1, "\" bob@example.com\""),
        (2, "cy\""),
    ] {
        assert!(found(row).contains(value), "{}", found(row));
        assert!(found(row).contains("--trim"), "{}", found(row));
    }
    assert!(
        !found(3).contains("--trim"),
        "it would not help: {}",
        found(3)
    );
    dir.import(&pool, list).arg("--trim").run().exits(1);
    let results = dir.results();
    assert_eq!(
        results.outcomes(),
        ["created", "created", "created", "invalid"]
    );
    assert!(!results.row(4)["error_message"].contains("--trim"));
    assert!(pool.users().contains_key("cy"));
}

#[test]
fn whitespace_unknown_to_value_tables_and_dates_suggests_trim() {
    let dir = TestDir::new();
    let list = dir.file(
        "users.csv",
        "username,password,birthdate,custom:department\n\
         ann,Passw0rd!1, 01.02.1990,sales\n\
         bob,Passw0rd!1,01.02.1990,sales \n\
         cy,Passw0rd!1,01.02.1990,gone \n",
    );
    let flags = [
        "--date-format",
        "birthdate=%d.%m.%Y",
        "--value",
        "custom:department:sales=Sales",
    ];
    let check = |dir: &TestDir| dir.cli("check").arg(list).args(flags);
    check(&dir).run().exits(3);
    let suggested: Vec<bool> = dir
        .findings()
        .iter()
        .map(|line| line["found"].contains("--trim"))
        .collect();
    assert_eq!(suggested, [true, true, false]);
    check(&dir).arg("--trim").run().exits(1);
    assert_eq!(dir.findings().len(), 1);
}

#[test]
fn phone_numbers_turned_into_decimals_are_restored_or_invalid() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "users.csv",
        "username,password,email,phone_number\n\
         ann,Passw0rd!1,ann@example.com,4930901820.0\n\
         bob,Passw0rd!1,bob@example.com,030 901820\n\
         cy,Passw0rd!1,cy@example.com,+4930901820.0\n\
         dee,Passw0rd!1,dee@example.com,030901820.0\n\
         eve,Passw0rd!1,eve@example.com,4930901820.5\n\
         fay,Passw0rd!1,fay@example.com,4930901820.00\n\
         gus,Passw0rd!1,gus@example.com,4.93E+09\n\
         hal,Passw0rd!1,hal@example.com,\"4,93E+09\"\n\
         ivy,Passw0rd!1,ivy@example.com,030 1 / 030 2\n\
         joe,Passw0rd!1,joe@example.com,0800-FLOWERS\n",
    );
    let flags = ["--phone-region", "DE", "--max-failures", "0"];
    dir.import(&pool, list).args(flags).run().exits(3);
    let lines = std::fs::read_to_string(dir.path(list)).unwrap();
    let list = dir.file(
        "users.csv",
        lines.clone()
            + &crate::harness::users(9)
                .replace("username,password,email\n", "")
                .replace(".com\n", ".com,\n"),
    );
    dir.import(&pool, list).args(flags).run().exits(1);
    let results = dir.results();
    assert_eq!(results.count("invalid"), 6);
    let users = pool.users();
    for name in ["ann", "bob", "cy", "dee"] {
        assert_eq!(
            users[name].attributes["phone_number"], "+4930901820",
            "{name}"
        );
    }
    // Without --phone-region nothing is changed.
    let other = TestDir::new();
    let list = other.file("users.csv", lines);
    other.cli("check").arg(list).run().exits(3);
    assert_eq!(
        other
            .findings()
            .iter()
            .filter(|line| line["rule"] == "phone_number.format")
            .count(),
        10
    );
}
