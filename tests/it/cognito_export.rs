//! Exports of another user pool: columns only Cognito sets, federated users and disabled users.

use serde_json::Value;

use crate::harness::{Cli, Pool, TestDir, quick};

const EXPORT: &str = "\
Username,email,email_verified,identities,cognito:user_status,Enabled
ann,ann@example.com,true,,CONFIRMED,true
google_100,gg@example.com,false,\"[{\"\"userId\"\":\"\"100\"\",\"\"providerName\"\":\"\"Google\"\"}]\",EXTERNAL_PROVIDER,true
bob,bob@example.com,true,,CONFIRMED,false
";

/// The code and hint of each notice of a command.
fn notices(cli: Cli) -> Vec<(String, String)> {
    let output = cli.json().run().exits(0);
    let document = output.document();
    let notices = document["notices"].as_array().unwrap();
    let text = |notice: &Value, field: &str| notice[field].as_str().unwrap().to_owned();
    notices
        .iter()
        .map(|notice| (text(notice, "code"), text(notice, "what_to_do")))
        .collect()
}

fn hint<'n>(notices: &'n [(String, String)], code: &str) -> Option<&'n str> {
    let found = notices.iter().find(|(other, _)| other == code)?;
    Some(&found.1)
}

#[test]
fn federated_users_are_noted_with_a_flag_that_skips_them() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", EXPORT);
    let check = || dir.check(&pool, list).args(["--password", "generate"]);
    let all = notices(check());
    let flag = "--skip-where cognito:user_status=EXTERNAL_PROVIDER";
    assert!(
        hint(&all, "rows.federated").unwrap().contains(flag),
        "{all:?}"
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
    let all = notices(check().args(flags));
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
        let all = notices(dir.check(&pool, list));
        let found: Vec<&str> = all
            .iter()
            .map(|(code, _)| code.as_str())
            .filter(|code| code.starts_with("rows."))
            .collect();
        assert_eq!(found.join(" "), code, "{status}, {identities}: {all:?}");
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
