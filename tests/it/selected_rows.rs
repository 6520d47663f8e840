//! Rows that `--where` selects from the list of several tenants.

mod combined;

use std::fs;
use std::path::Path;

use crate::harness::{Pool, ProgramCommand, TestDir, assert_only_described, quick};

/// The rows of three tenants. Each cell of a row names its tenant.
const LIST: &str = "\
username,password,email,Tenant
ann-acme,Passw0rd!acme,ann@acme.example,acme
bob-globex,Passw0rd!globex,bob@globex.example,globex
cy-acme,Passw0rd!acme,cy@acme.example, ACME 
dan-initech,Passw0rd!initech,dan@initech.example,initech
bob-globex,Passw0rd!globex,again@globex.example,globex
weak-globex,globex,not at globex,globex
weak-acme,acme,not at acme,acme
eve-acme,Passw0rd!acme,eve@acme.example,acme
eve-globex,Passw0rd!globex,eve@globex.example,globex
";

const TENANTS: [&str; 3] = ["acme", "globex", "initech"];

/// A run of one tenant in a directory and a pool of its own.
fn tenant(dir: &TestDir, pool: &Pool, name: &str) -> ProgramCommand {
    let list = dir.file("users.csv", LIST);
    dir.import(pool, list)
        .args(["--where", &format!("tenant={name}")])
}

/// Asserts that no file of the directory contains any of the texts.
fn assert_nowhere(directory: &Path, texts: &[&str]) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_nowhere(&path, texts);
            continue;
        }
        let content = fs::read(&path).unwrap();
        let content = String::from_utf8_lossy(&content).to_lowercase();
        for text in texts {
            assert!(!content.contains(text), "{text} in {}", path.display());
        }
    }
}

#[test]
fn each_tenant_is_a_run_of_its_own_without_the_rows_of_the_others() {
    let expected: [&[(usize, &str, &str)]; 3] = [
        &[
            (1, "ann-acme", "created"),
            (3, "cy-acme", "created"),
            (7, "weak-acme", "invalid"),
            (8, "eve-acme", "created"),
        ],
        &[
            (2, "bob-globex", "created"),
            (5, "bob-globex", "duplicate"),
            (6, "weak-globex", "invalid"),
            (9, "eve-globex", "created"),
        ],
        &[(4, "dan-initech", "created")],
    ];
    for (name, expected) in TENANTS.into_iter().zip(expected) {
        let (dir, pool) = (TestDir::new(), Pool::start(quick()));
        let has_failures = expected.iter().any(|(.., outcome)| *outcome != "created");
        tenant(&dir, &pool, name)
            .run()
            .exits(i32::from(has_failures));
        let results = dir.selected_results();
        let rows: Vec<(usize, &str, &str)> = results
            .numbers()
            .into_iter()
            .zip(&results.rows)
            .map(|(number, row)| (number, &*row["username"], &*row["outcome"]))
            .collect();
        assert_eq!(rows, expected);
        for row in &results.rows {
            let number: usize = row["row"].parse().unwrap();
            assert_eq!(row["line"], (number + 1).to_string());
        }
        let created = expected.iter().filter(|row| row.2 == "created").count();
        assert_eq!(pool.requests("SignUp"), created as u64);
        assert_eq!(pool.users().len(), created);
        assert_eq!(dir.path("run/rejects.csv").exists(), has_failures);
        let others = TENANTS.into_iter().filter(|other| *other != name);
        assert_nowhere(&dir.path("run"), &others.collect::<Vec<_>>());
    }
}

#[test]
fn check_and_plan_count_the_selected_rows_only() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", LIST);
    let check = |conditions: &[&str]| {
        let flags = conditions.iter().flat_map(|text| ["--where", *text]);
        dir.cli("check").arg(list).args(flags).json().run()
    };
    let document = check(&["Tenant=globex"]).exits(1).document();
    assert_eq!(document["rows"]["rows"], 4);
    assert_eq!(document["rows"]["to_send"], 2);
    assert_eq!(document["rows"]["duplicates"], 1);
    assert_eq!(document["rows"]["skipped"], 0);
    assert_eq!(document["rows"]["left_out"], 5);
    // Values of one column are alternatives, and all columns must match.
    let document = check(&["Tenant=initech", "Tenant=Acme"])
        .exits(1)
        .document();
    assert_eq!(document["rows"]["rows"], 5);
    let both = ["Tenant=initech", "Tenant=acme", "email=eve@acme.example"];
    let document = check(&both).exits(0).document();
    assert_eq!(document["rows"]["rows"], 1);
}

#[test]
fn the_plan_says_how_many_rows_are_left_out() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    let list = dir.file("users.csv", LIST);
    let check = || dir.cli("check").arg(list);
    let output = check().args(["--where", "Tenant=acme"]).run();
    output.exits(1).names(["(--where)"]);
    let output = check().arg("--ignore-unknown").run().exits(1);
    assert!(!output.stderr.contains("--where"));
    // A part shows the number of the whole list, too.
    tenant(&dir, &pool, "acme")
        .args(["--part", "0/2"])
        .run()
        .names(["(--where)"]);
}

#[test]
fn a_broken_row_is_reported_in_the_run_of_every_tenant() {
    let list = "username,password,email,Tenant\n\
                ann,Passw0rd!1,ann@example.com,acme\n\
                short,Passw0rd!1,short@example.com\n\
                bob,Passw0rd!1,bob@example.com,globex\n\
                cy,Passw0rd!1,cy@example.com,\"acme\" co\n\
                dan,Passw0rd!1,dan@example.com,globex\n\
                eve,Passw0rd!1,eve@example.com,=\"acme\"\n\
                fay,Passw0rd!1,fay@example.com,acme\n\
                gus,Passw0rd!1,gus@example.com,acme\n\
                hal,Passw0rd!1,hal@example.com,globex\n";
    for (name, own) in [("acme", [1, 7, 8]), ("globex", [3, 5, 9])] {
        let (dir, pool) = (TestDir::new(), Pool::start(quick()));
        let list = dir.file("users.csv", list);
        dir.import(&pool, list)
            .args(["--where", &format!("Tenant={name}")])
            .run()
            .exits(1);
        let results = dir.selected_results();
        let mut numbers = [own.as_slice(), &[2, 4, 6]].concat();
        numbers.sort_unstable();
        assert_eq!(results.numbers(), numbers);
        for (number, row) in results.numbers().into_iter().zip(&results.rows) {
            let (outcome, code) = match number {
                2 => ("invalid", "row.cell_count"),
                4 => ("invalid", "row.quotes"),
                6 => ("invalid", "value.formula"),
                _ => ("created", ""),
            };
            assert_eq!((&*row["outcome"], &*row["error_code"]), (outcome, code));
        }
    }
}

#[test]
fn an_empty_selection_is_refused_before_anything_is_sent() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    let list = dir.file("users.csv", LIST);
    let commands = [
        dir.cli("check").arg(list),
        dir.rehearse(list),
        dir.import(&pool, list),
        dir.import(&pool, list).arg("--no-preflight"),
    ];
    for command in commands {
        command
            .args(["--where", "Tenant=acne"])
            .run()
            .exits(3)
            .names(["users.csv", "Tenant=acne"])
            .names(TENANTS);
        assert!(!dir.path("run").exists());
    }
    // Each value occurs, but not together.
    dir.import(&pool, list)
        .args(["--where", "Tenant=acme", "--where", "username=bob-globex"])
        .run()
        .exits(3)
        .names(["Tenant=acme", "username=bob-globex"]);
    // A broken row is not one that the tenant has.
    dir.file(
        "broken.csv",
        "username,password,Tenant\nann,Passw0rd!1,acme\nshort\n",
    );
    dir.import(&pool, "broken.csv")
        .args(["--where", "Tenant=globex"])
        .run()
        .exits(3)
        .names(["acme"]);
    assert!(pool.stats().operations.is_empty());
}

#[test]
fn a_column_that_does_not_exist_is_refused() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    let list = dir.file("users.csv", LIST);
    let import = |condition| dir.import(&pool, list).args(["--where", condition]);
    for (condition, columns) in [
        ("Tenat=acme", vec!["Tenant"]),
        ("Customer=acme", vec!["username", "email", "Tenant"]),
    ] {
        let document = import(condition).json().run().exits(3).document();
        let error = document["error"]["message"].as_str().unwrap();
        assert!(error.contains(&format!("--where {condition}")));
        let hints = document["error"]["what_to_do"].to_string();
        assert!(columns.iter().all(|column| hints.contains(column)));
        assert!(!error.contains("--ignore-column") && !hints.contains("--ignore-column"));
    }
    assert_only_described(&pool);
}

#[test]
fn a_password_is_never_a_condition_and_never_shown() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    dir.file("users.csv", LIST);
    let renamed = LIST.replacen("password", "Geheim", 1);
    dir.file("renamed.csv", &renamed);
    dir.file(
        "mapping.toml",
        "where = [\"password=Passw0rd!acme\"]\nskip_where = [\"password=Passw0rd!acme\"]\n",
    );
    let named = ["--where", "password=Passw0rd!acme"];
    let misspelled = ["--where", "pasword=Passw0rd!acme"];
    let temporary = ["--where", "temporary_password=a=Passw0rd!acme"];
    let mapped = [
        "--map",
        "Geheim=password",
        "--where",
        "geheim=Passw0rd!acme",
    ];
    let skipped = ["--skip-where", "password=Passw0rd!acme"];
    let replaced = ["--value", "password:Passw0rd!acme=x"];
    let misspelled_table = ["--value", "pasword:Passw0rd!acme=x"];
    let cases: [(&str, &[&str], &str); 8] = [
        ("users.csv", &named, "password"),
        ("users.csv", &misspelled, "pasword"),
        ("users.csv", &temporary, "temporary_password"),
        ("renamed.csv", &mapped, "Geheim"),
        ("users.csv", &skipped, "password"),
        ("users.csv", &["--mapping", "mapping.toml"], "password"),
        ("users.csv", &replaced, "password"),
        ("users.csv", &misspelled_table, "pasword"),
    ];
    for (list, flags, column) in cases {
        let output = dir
            .import(&pool, list)
            .args(flags)
            .args(["--log-file", "run.log"])
            .json()
            .run();
        let output = output.exits(3).names([column]);
        assert!(!(output.stdout + &output.stderr).contains("Passw0rd!acme"));
        assert!(!dir.path("run").exists());
        let log = fs::read_to_string(dir.path("run.log")).unwrap_or_default();
        assert!(!log.contains("Passw0rd!acme"));
    }
    assert_only_described(&pool);
}

#[test]
fn a_mapped_column_can_be_selected() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    tenant(&dir, &pool, "initech")
        .args([
            "--map",
            "Tenant=custom:legacy_id",
            "--value",
            "Tenant:initech=7",
        ])
        .run()
        .exits(0);
    let users = pool.users();
    assert_eq!(users.len(), 1);
    assert_eq!(users["dan-initech"].attributes["custom:legacy_id"], "7");
}

#[test]
fn an_empty_selection_of_standard_input_is_refused_too() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    let import = |name: &str| {
        dir.import(&pool, "-")
            .args(["--where", &format!("Tenant={name}")])
            .input(LIST)
    };
    import("nobody")
        .run()
        .exits(3)
        .names(["Tenant=nobody"])
        .names(TENANTS);
    assert!(!dir.path("run").exists());
    assert!(pool.stats().operations.is_empty());
    import("initech")
        .args(["--run-dir", "other"])
        .run()
        .exits(0);
    assert_eq!(pool.requests("SignUp"), 1);
    let check = |name: &str| {
        dir.cli("check")
            .args(["-", "--where", &format!("Tenant={name}")])
            .input(LIST)
    };
    check("nobody").run().exits(3).names(["Tenant=nobody"]);
    check("initech").run().exits(0);
    // Whether a broken row is one of the tenant's is known only at the end.
    let broken = "username,password,email,Tenant\nshort\nann,Passw0rd!1,ann@acme.example,acme\n";
    let document = dir
        .import(&pool, "-")
        .args(["--where", "Tenant=globex", "--run-dir", "broken"])
        .input(broken)
        .json()
        .run()
        .exits(3)
        .document();
    let hints = document["error"]["what_to_do"].to_string();
    assert!(hints.contains("--run-dir"), "{document}");
    assert!(!hints.contains("cognito-import"), "{document}");
    assert_eq!(pool.requests("SignUp"), 1);
}

#[test]
fn a_mapping_file_can_select_rows_and_a_flag_replaces_its_values() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", LIST);
    dir.file("mapping.toml", "where = [\"Tenant=globex\"]\n");
    let total = |flags: &[&str]| {
        let check = dir
            .cli("check")
            .arg(list)
            .args(["--mapping", "mapping.toml"]);
        let document = check.args(flags).json().run().document();
        document["rows"]["rows"].as_u64().unwrap()
    };
    assert_eq!(total(&[]), 4);
    assert_eq!(total(&["--where", "tenant=initech"]), 1);
    assert_eq!(total(&["--where", "email=eve@globex.example"]), 1);
}
