//! Quirks of exported lists: escaped quotes, ragged rows, preambles, text written as formulas.

use cognito_import::rehearsal::{PoolSettings, PreSignUp};

use crate::harness::{Pool, TestDir, quick, users};

/// A MySQL export with backslash-escaped quotes.
const ESCAPED: &str = "username,password,email,address\n\
    ann,Passw0rd!1,ann@example.com,\"12 \\\"High\\\" St\"\n\
    bob,\"Pa\\\"ss1wd!\",bob@example.com,x\n\
    cy,\"Pa\"\"ss1wd!\",cy@example.com,y\n";

/// A pool that confirms users so that they can sign in.
fn confirming() -> Pool {
    Pool::start(PoolSettings {
        pre_sign_up: PreSignUp::AutoConfirm,
        ..quick()
    })
}

fn signs_in(pool: &Pool, username: &str, password: &str) -> bool {
    let client = &pool.settings().client_id;
    pool.sdk().sign_in(client, username, password).is_ok()
}

#[test]
fn text_after_a_closing_quote_makes_its_row_invalid() {
    let dir = TestDir::new();
    let pool = confirming();
    let list = dir.file("quotes.csv", ESCAPED);
    dir.import(&pool, list).run().exits(1);
    let results = dir.results();
    assert_eq!(results.outcomes(), ["invalid", "invalid", "created"]);
    for row in [1, 2] {
        assert_eq!(results.row(row)["error_code"], "row.quotes");
        assert_eq!(results.row(row)["username"], "", "cells may have moved");
    }
    assert!(results.row(1)["error_message"].starts_with("column address: "));
    assert!(signs_in(&pool, "cy", "Pa\"ss1wd!"));
    // `check` and the preflight of a run report the same and suggest the flag.
    dir.check(&pool, list).run().exits(1).names(["--escape"]);
    let codes: Vec<String> = dir
        .findings()
        .iter()
        .map(|finding| finding["rule"].clone())
        .collect();
    assert_eq!(codes, ["row.quotes", "row.quotes"]);
}

#[test]
fn escaped_quotes_are_read_with_the_flag_or_mapping_file() {
    let list = ESCAPED.replace("x\n", "\"C:\\\\x\\\\\"\n");
    for (flags, mapping) in [
        (&["--escape", "\\"][..], ""),
        (&["--mapping", "mapping.toml"], "[list]\nescape = '\\'\n"),
    ] {
        let dir = TestDir::new();
        let pool = confirming();
        dir.file("mapping.toml", mapping);
        let list = dir.file("quotes.csv", &list);
        let import = dir.import(&pool, list).args(flags);
        import.run().exits(0);
        let users = pool.users();
        assert_eq!(users["ann"].attributes["address"], "12 \"High\" St");
        assert_eq!(users["bob"].attributes["address"], "C:\\x\\");
        assert!(signs_in(&pool, "bob", "Pa\"ss1wd!"));
        assert!(signs_in(&pool, "cy", "Pa\"ss1wd!"));
        // Without the flag it is a different run.
        dir.import(&pool, list)
            .arg("--no-preflight")
            .run()
            .exits(3)
            .names(["escape=\\\\"]);
    }
}

#[test]
fn invalid_escape_characters_are_refused() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(1));
    for flags in [
        ["--escape", "\""],
        ["--escape", ","],
        ["--quote=none", "--escape=\\"],
    ] {
        let rehearse = dir.rehearse(list).args(flags);
        rehearse.run().exits(3).names(["--escape"]);
    }
    let wide = dir.rehearse(list).args(["--escape", "ab"]);
    wide.run().exits(2).names(["--escape"]);
}

#[test]
fn rejects_with_escaped_quotes_are_imported_with_the_escape_flag() {
    let dir = TestDir::new();
    let pool = confirming();
    let list = dir.file("quotes.csv", ESCAPED);
    let first = dir.import(&pool, list).arg("--no-preflight");
    first.arg("--rejects-with-passwords").run().exits(1);
    let rejects = dir.path("run/rejects.csv");
    // Unchanged, they stay invalid.
    dir.import(&pool, &rejects)
        .args(["--run-dir", "again"])
        .arg("--no-preflight")
        .run()
        .exits(1);
    assert_eq!(dir.results_in("again").outcomes(), ["invalid", "invalid"]);
    dir.import(&pool, &rejects)
        .args(["--run-dir", "escaped", "--escape", "\\"])
        .run()
        .exits(0);
    assert!(signs_in(&pool, "bob", "Pa\"ss1wd!"));
    // Without passwords, no cells of such a row are written.
    let without = dir.rehearse(list).args(["--run-dir", "without"]);
    without.arg("--no-preflight").run().exits(1);
    let text = std::fs::read_to_string(dir.path("without/rejects.csv")).unwrap();
    assert!(!text.contains("ss1wd") && !text.contains("bob@"), "{text}");
}

#[test]
fn trailing_empty_cells_are_ignored_and_missing_cells_can_be() {
    let list = "username,password,email,given_name\n\
        ann,Passw0rd!,ann@example.com,Ann,\n\
        bob,Passw0rd!,bob@example.com,Bob,,\n\
        cy,Passw0rd!,cy@example.com\n\
        dee,Passw0rd!,dee@example.com,Dee,x\n";
    let dir = TestDir::new();
    let list = dir.file("users.csv", list);
    dir.rehearse(list).run().exits(1);
    let results = dir.results();
    let expected = ["created", "created", "invalid", "invalid"];
    assert_eq!(results.outcomes(), expected);
    assert_eq!(results.row(4)["error_code"], "row.cell_count");
    let flexible = dir.rehearse(list).args(["--run-dir", "flexible"]);
    flexible.arg("--flexible").run().exits(1);
    let expected = ["created", "created", "created", "invalid"];
    assert_eq!(dir.results_in("flexible").outcomes(), expected);

    // The rejects of the first run, including passwords.
    let again = dir.rehearse(list).args(["--run-dir", "passwords"]);
    again.arg("--rejects-with-passwords").run().exits(1);
    let rejects = dir.path("passwords/rejects.csv");
    let strict = dir.rehearse(&rejects).args(["--run-dir", "strict"]);
    strict.arg("--no-preflight").run().exits(1);
    assert_eq!(dir.results_in("strict").outcomes(), ["invalid", "invalid"]);
    let flexible = dir.rehearse(&rejects).args(["--run-dir", "filled"]);
    flexible.arg("--flexible").run().exits(1);
    assert_eq!(dir.results_in("filled").outcomes(), ["created", "invalid"]);
}

#[test]
fn an_unnamed_column_may_be_empty_but_its_values_are_not_dropped() {
    let dir = TestDir::new();
    let list = "username,password,email,,\nann,Passw0rd!,ann@example.com,,\n\
        bob,Passw0rd!,bob@example.com\ncy,Passw0rd!,cy@example.com,,x\n";
    let list = dir.file("users.csv", list);
    dir.rehearse(list).run().exits(1);
    let results = dir.results();
    assert_eq!(results.outcomes(), ["created", "created", "invalid"]);
    let row = results.row(3);
    assert_eq!(row["error_code"], "row.unnamed_column");
    assert_eq!(row["username"], "cy");
    let rejects = std::fs::read_to_string(dir.path("run/rejects.csv")).unwrap();
    assert!(rejects.starts_with("username,password,email,,,reason_outcome"));
    assert!(rejects.contains("cy,,cy@example.com,,x,invalid"));
    let dropped = dir.rehearse(list).args(["--run-dir", "dropped"]);
    dropped.args(["--ignore-column", ""]).run().exits(0);
}

#[test]
fn text_written_as_a_formula_is_refused_until_unwrapped() {
    let dir = TestDir::new();
    let pool = confirming();
    let list = "username,password,email\n\
        \"=\"\"dan\"\"\",\"=\"\"Passw0rd!1\"\"\",dan@example.com\n\
        eve,=\"Passw0rd!2\",=\"eve@example.com\"\n\
        fay,\"=\"\"Pass\"\"&\"\"w0rd!3\"\"\",fay@example.com\n";
    let list = dir.file("formulas.csv", list);
    dir.import(&pool, list)
        .run()
        .exits(3)
        .names(["value.formula"]);
    let check = || dir.check(&pool, list);
    check().run().exits(3).names(["--unwrap-formulas"]);
    let output = check().arg("--unwrap-formulas").run().exits(1);
    assert!(!output.stderr.contains("--unwrap"), "{}", output.stderr);
    assert_eq!(pool.requests("SignUp"), 0);
    let unwrapped = dir.import(&pool, list).arg("--unwrap-formulas");
    let output = unwrapped.run().exits(1);
    assert!(!output.stderr.contains("Passw0rd"), "{}", output.stderr);
    let results = dir.results();
    assert_eq!(results.outcomes(), ["created", "created", "invalid"]);
    assert_eq!(results.row(3)["error_code"], "value.formula");
    assert!(signs_in(&pool, "dan", "Passw0rd!1"));
    assert!(signs_in(&pool, "eve", "Passw0rd!2"));
    assert_eq!(pool.users()["eve"].attributes["email"], "eve@example.com");
    dir.import(&pool, list)
        .arg("--no-preflight")
        .run()
        .exits(3)
        .names(["formulas=unwrapped"]);
}

#[test]
fn a_formula_in_a_decisive_cell_is_refused() {
    let dir = TestDir::new();
    let list = "username,password,email,Status\n\
        ann,Passw0rd!,ann@example.com,active\nbob,Passw0rd!,bob@example.com,\"=\"\"blocked\"\"\"\n";
    let list = dir.file("users.csv", list);
    for flag in ["--disable-where", "--skip-where"] {
        let run = format!("run{flag}");
        let rehearse = dir.rehearse(list).args([flag, "Status=blocked"]);
        rehearse.args(["--run-dir", &run]).run().exits(1);
        let results = dir.results_in(&run);
        assert_eq!(results.outcomes(), ["created", "invalid"], "{flag}");
        assert_eq!(results.row(2)["error_code"], "value.formula");
    }
}

#[test]
fn a_header_of_formulas_is_refused_until_unwrapped() {
    let dir = TestDir::new();
    for header in [
        "=\"username\",=\"password\",=\"email\"",
        "username,password,=\"email\"",
    ] {
        let list = format!("{header}\nann,Passw0rd!1,ann@example.com\n");
        let list = dir.file("users.csv", list);
        let refused = dir.rehearse(list).run().exits(3);
        refused.names(["--unwrap-formulas"]);
        let unwrapped = dir.rehearse(list).arg("--unwrap-formulas");
        let run = format!("run-{}", header.len());
        unwrapped.args(["--run-dir", &run]).run().exits(0);
    }
}
