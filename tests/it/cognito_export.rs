//! Exports of another user pool: columns only Cognito sets, federated users and disabled users.

use serde_json::Value;

use crate::harness::{Pool, ProgramCommand, TestDir, codes, quick, with_code};

const EXPORT: &str = "\
Username,email,email_verified,identities,cognito:user_status,Enabled
ann,ann@example.com,true,,CONFIRMED,true
google_100,gg@example.com,false,\"[{\"\"userId\"\":\"\"100\"\",\"\"providerName\"\":\"\"Google\"\"}]\",EXTERNAL_PROVIDER,true
bob,bob@example.com,true,,CONFIRMED,false
";

/// The document of a command that succeeds.
fn document(cli: ProgramCommand) -> Value {
    cli.json().run().exits(0).document()
}

/// The hint of the notice with this code.
fn hint<'d>(document: &'d Value, code: &str) -> Option<&'d str> {
    with_code(document, "notices", code)?["what_to_do"].as_str()
}

#[test]
fn federated_users_are_noted_with_a_flag_that_skips_them() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", EXPORT);
    let check = || dir.check(&pool, list).args(["--password", "generate"]);
    let all = document(check());
    let flag = "--skip-where cognito:user_status=EXTERNAL_PROVIDER";
    assert!(
        hint(&all, "rows.federated").unwrap().contains(flag),
        "{all:#}"
    );
    assert!(
        hint(&all, "rows.disabled")
            .unwrap()
            .contains("--disable-where Enabled=false")
    );
    let ignored = hint(&all, "cognito_columns_ignored").unwrap();
    assert!(
        ignored.contains("--disable-where Enabled=false"),
        "{ignored}"
    );
    assert!(
        hint(&all, "verified_ignored")
            .unwrap()
            .contains("--verify email")
    );

    let flags = ["--skip-where", "cognito:user_status=EXTERNAL_PROVIDER"];
    let all = document(check().args(flags));
    assert_eq!(hint(&all, "rows.federated"), None);
    dir.import(&pool, list)
        .args(["--password", "generate", "--disable-where", "Enabled=false"])
        .args(["--confirm", "--verify", "email"])
        .args(flags)
        .run()
        .exits(0);
    assert_eq!(dir.results().outcomes(), ["created", "skipped", "created"]);
    let users = pool.users();
    assert_eq!(users.keys().collect::<Vec<_>>(), ["ann", "bob"]);
    assert!(users["ann"].enabled && !users["bob"].enabled);
    assert_eq!(users["ann"].attributes["email_verified"], "true");
}

#[test]
fn a_user_with_identities_is_federated_unless_its_status_says_otherwise() {
    let pool = Pool::start(quick());
    for (status, identities, code) in [
        ("", "[{}]", "rows.federated"),
        ("EXTERNAL_PROVIDER", "", "rows.federated"),
        ("external_provider", "[{}]", "rows.federated"),
        ("CONFIRMED", "[{}]", "rows.linked"),
        ("CONFIRMED", "[]", ""),
        ("CONFIRMED", "NULL", ""),
        ("CONFIRMED", "", ""),
        ("", "", ""),
    ] {
        let dir = TestDir::new();
        let list = format!(
            "username,password,email,UserStatus,identities\nann,Passw0rd!1,ann@example.com,{status},{identities}\n"
        );
        let list = dir.file("users.csv", list);
        let all = document(dir.check(&pool, list));
        let mut found = codes(&all, "notices");
        found.retain(|code| code.starts_with("rows."));
        assert_eq!(found.join(" "), code, "{status}, {identities}: {all:#}");
        // The suggested flag skips the row.
        let Some(hint) = hint(&all, code) else {
            continue;
        };
        let condition = hint.split("--skip-where ").nth(1).unwrap();
        let condition = condition.split(' ').next().unwrap().trim_matches('\'');
        dir.rehearse(list)
            .args(["--skip-where", condition])
            .run()
            .exits(0);
        assert_eq!(dir.results().outcomes(), ["skipped"], "{hint}");
    }
}
