//! Hints do not suggest a flag that is already set, on the command line or in the mapping file.

use crate::harness::{Pool, TestDir, quick};

/// The hint that `check` gives for a rule, refusal or notice.
#[track_caller]
fn hint(dir: &TestDir, list: &str, flags: &[&str], code: &str) -> String {
    let cli = dir.cli("check").args([list, "--output", "json"]);
    let output = cli.args(flags).run();
    let document = output.document();
    let all = ["findings_by_rule", "refusals", "notices"].map(|kind| document[kind].as_array());
    let of_code = all
        .into_iter()
        .flatten()
        .flatten()
        .find(|one| one["rule"] == code || one["code"] == code);
    let hint = of_code.map(|one| one["what_to_do"].as_str().unwrap().to_owned());
    assert!(hint.is_some(), "{code}: {document:#}");
    hint.unwrap()
}

#[test]
fn flags_are_suggested_unless_already_given() {
    let dir = TestDir::new();
    let list = |rows: &[u8]| [b"username,password,email,phone_number,groups\n", rows].concat();
    for (rows, code, flags, suggested) in [
        (
            &b"ann,Passw0rd!1,ann@example.com,12,\n"[..],
            "phone_number.format",
            &["--phone-region", "DE"][..],
            "--phone-region",
        ),
        (
            b"ann,Passw0rd!1,''ann@example.com,,\n",
            "apostrophes",
            &["--drop-apostrophe"],
            "pass --drop-apostrophe",
        ),
        (
            b"ann,Passw0rd!1,,,big boss\n",
            "group.name",
            &["--group-separator", ","],
            "--group-separator",
        ),
        (
            b"a nn,Passw0rd!1,,,\n",
            "username.characters",
            &["--username-from", "username"],
            "--username-from",
        ),
        (
            b"a nn,Passw0rd!1,,,\n",
            "username.characters",
            &["--encoding", "utf-8"],
            "--encoding",
        ),
        (
            b"ann,Passw0rd!1,,,J\xc3\x83\xc2\xbcrgen\n",
            "cells.encoding",
            &["--encoding", "utf-8"],
            "with --encoding",
        ),
        (
            b"ann,\"Passw0rd!1,,,\nbob,Passw0rd!2,,,\n",
            "rows_swallowed",
            &["--quote", "\""],
            "--quote",
        ),
    ] {
        let list = dir.file("users.csv", list(rows));
        let without = hint(&dir, list, &[], code);
        assert!(without.contains(suggested), "{code}: {without}");
        let with = hint(&dir, list, flags, code);
        assert!(!with.contains(suggested), "{code}: {with}");
    }
}

#[test]
fn mapping_file_keys_count_as_given() {
    let dir = TestDir::new();
    let list = dir.file(
        "users.csv",
        "username,password,phone_number\nann,Passw0rd!1,12\n",
    );
    let mapping = dir.file("mapping.toml", "phone_region = \"DE\"\n");
    let hint = hint(&dir, list, &["--mapping", mapping], "phone_number.format");
    assert!(!hint.contains("--phone-region"), "{hint}");
}

#[test]
fn the_report_does_not_suggest_flags_of_its_run() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "users.csv",
        "username,password,email,phone_number\n\
         ann,Passw0rd!1,ann@example.com,12\n\
         bob,Passw0rd!2,bob@example.com,\n",
    );
    for (run, flags, suggested) in [
        ("plain", vec![], true),
        ("with-region", vec!["--phone-region", "DE"], false),
    ] {
        let cli = dir.import(&pool, list).args(["--run-dir", run]);
        let cli = cli.args(flags);
        cli.run().exits(1);
        let page = std::fs::read_to_string(dir.path(run).join("report.html")).unwrap();
        assert!(page.contains("phone_number.format"));
        assert_eq!(page.contains("pass --phone-region DE"), suggested, "{run}");
    }
}
