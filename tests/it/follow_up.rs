//! Follow-up steps after a sign-up: who gets each step, and what is refused before the first call.

mod created_groups;
mod failures;
mod groups;
mod resume;

use std::collections::BTreeMap;

use cognito_import::rehearsal::{ExistingUser, PoolSettings, PreSignUp, UserStatus};

use crate::harness::{CsvRow, Pool, Results, TestDir, quick, users};

/// A pool with these groups.
fn with_groups(groups: &[&str]) -> PoolSettings {
    PoolSettings {
        groups: groups.iter().map(|name| (*name).to_owned()).collect(),
        ..quick()
    }
}

const LIST: &str = "username,password,email,phone_number,email_verified,groups,Status\n\
                    ann,Passw0rd!1,ann@example.com,+4930901820,true,staff; beta,active\n\
                    bob,Passw0rd!2,bob@example.com,+4930901821,no,,Blocked\n\
                    cy,Passw0rd!3,cy@example.com,,1,staff,\n";

#[test]
fn users_are_confirmed_verified_grouped_and_can_sign_in() {
    let dir = TestDir::new();
    let pool = Pool::start(with_groups(&["staff", "beta", "all"]));
    let list = dir.file("users.csv", LIST);
    dir.import(&pool, list)
        .args(["--confirm", "--verify", "email,phone_number"])
        .args(["--group", "all", "--disable-where", "Status=blocked"])
        .run()
        .exits(0);
    let results = dir.results();
    assert_eq!(results.count("created"), 3);
    assert!(results.rows.iter().all(|row| row["follow_up"] == "done"));
    let steps = &results.summary["follow_up"];
    assert_eq!(steps["confirm"]["done"], 3);
    assert_eq!(steps["group_staff"]["done"], 2);
    let flags = ["confirmed", "confirmed_at_sign_up", "enabled"];
    for (name, enabled) in [("ann", ""), ("bob", "false"), ("cy", "")] {
        let row = results.for_user(name);
        let reported = flags.map(|flag| row[flag].as_str());
        assert_eq!(reported, ["true", "false", enabled], "{name}");
    }
    assert_eq!(
        results.summary["created_users"],
        serde_json::json!({"confirmed": 3, "unconfirmed": 0, "unknown": 0, "confirmed_at_sign_up": 0})
    );
    let truth = pool.users();
    for (name, email, phone, groups, enabled) in [
        (
            "ann",
            Some("true"),
            Some("true"),
            &["all", "staff", "beta"] as &[&str],
            true,
        ),
        ("bob", None, Some("true"), &["all"], false),
        ("cy", Some("true"), None, &["all", "staff"], true),
    ] {
        let user = &truth[name];
        let flag = |name: &str| {
            let value = user.attributes.get(name).map(String::as_str);
            value.filter(|value| *value == "true")
        };
        assert_eq!(user.status, UserStatus::Confirmed, "{name}");
        assert_eq!(flag("email_verified"), email, "{name}");
        assert_eq!(flag("phone_number_verified"), phone, "{name}");
        assert_eq!(user.groups, groups, "{name}");
        assert_eq!(user.enabled, enabled, "{name}");
    }
    assert_eq!(
        pool.requests("AdminConfirmSignUp"),
        3 + 1,
        "and the permission probe"
    );
    assert_eq!(pool.requests("AdminUpdateUserAttributes"), 3 + 1);
    let sdk = pool.sdk();
    let (id, client) = (&pool.settings().pool_id, &pool.settings().client_id);
    let sign_in = |name, password| sdk.admin_sign_in(id, client, name, password);
    assert_eq!(sign_in("ann", "Passw0rd!1"), Ok(()));
    assert_eq!(
        sign_in("ann", "Passw0rd!2"),
        Err("NotAuthorizedException".to_owned())
    );
    assert_eq!(
        sign_in("bob", "Passw0rd!2"),
        Err("NotAuthorizedException".to_owned()),
        "disabled"
    );
    assert_eq!(sdk.sign_in(client, "cy", "Passw0rd!3"), Ok(()));
    dir.import(&pool, list)
        .args(["--confirm", "--verify", "email,phone_number"])
        .args(["--group", "all", "--disable-where", "Status=blocked"])
        .run()
        .exits(0);
    assert_eq!(pool.requests("AdminConfirmSignUp"), 4);
}

#[test]
fn a_mapping_file_can_set_the_steps() {
    let dir = TestDir::new();
    let pool = Pool::start(with_groups(&["staff", "beta", "all"]));
    let list = dir.file("users.csv", LIST.replace("staff; beta", "staff|beta"));
    let mapping = dir.file(
        "mapping.toml",
        "[follow_up]\nconfirm_where = [\"Status=active\"]\nverify = [\"email\"]\ngroups = [\"all\"]\ngroup_separator = \"|\"\n\
         disable_where = [\"Status=blocked\"]\n",
    );
    let import = || dir.import(&pool, list).args(["--mapping", mapping]);
    import().run().exits(0);
    let truth = pool.users();
    assert_eq!(truth["ann"].status, UserStatus::Confirmed);
    assert_eq!(truth["ann"].groups, ["all", "staff", "beta"]);
    assert_eq!(truth["bob"].status, UserStatus::Unconfirmed);
    assert!(!truth["bob"].enabled && truth["cy"].enabled);
    // A flag overrides the file, which makes it a different run.
    import()
        .args(["--run-dir", "run", "--confirm"])
        .run()
        .exits(3)
        .names(["--restart"]);
    let mapping = dir.file(
        "mapping.toml",
        "[follow_up]\nconfirm = true\nconfirm_where = [\"Status=active\"]\n",
    );
    dir.import(&pool, list)
        .args(["--mapping", mapping, "--run-dir", "other"])
        .run()
        .exits(3)
        .names(["line 3, follow_up.confirm_where"]);
}

#[test]
fn a_user_confirmed_by_a_trigger_is_not_confirmed_again() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        pre_sign_up: PreSignUp::AutoConfirm,
        ..quick()
    });
    let list = dir.file("users.csv", users(5));
    dir.import(&pool, list).arg("--confirm").run().exits(0);
    let results = dir.results();
    assert_eq!(results.row(5)["follow_up"], "done");
    for flag in ["confirmed", "confirmed_at_sign_up"] {
        assert_eq!(results.row(5)[flag], "true", "{flag}");
        assert_eq!(results.summary["created_users"][flag], 5, "{flag}");
    }
    assert_eq!(
        pool.requests("AdminConfirmSignUp"),
        1,
        "the permission probe"
    );
}

fn existing_user(username: &str) -> ExistingUser {
    ExistingUser {
        username: username.to_owned(),
        attributes: BTreeMap::from([("email".to_owned(), format!("{username}@example.com"))]),
        status: UserStatus::Unconfirmed,
        ..ExistingUser::default()
    }
}

#[test]
fn existing_users_are_unchanged_unless_included() {
    for found_by in ["never", "always"] {
        let dir = TestDir::new();
        let pool = Pool::start(PoolSettings {
            existing: vec![existing_user("user0001"), existing_user("user0003")],
            ..with_groups(&["staff"])
        });
        let list = dir.file("users.csv", users(4));
        let import = |run| {
            dir.import(&pool, list)
                .args(["--prescan", found_by, "--list-rate", "100"])
                .args(["--confirm", "--group", "staff", "--run-dir", run])
        };
        import("run").run().exits(0);
        let results = dir.results();
        let follow_ups: Vec<&str> = results
            .rows
            .iter()
            .map(|r| r["follow_up"].as_str())
            .collect();
        assert_eq!(follow_ups, ["", "done", "", "done"], "{found_by}");
        let confirmed = |results: &Results| {
            let of = |row: &CsvRow| {
                [
                    row["confirmed"].clone(),
                    row["confirmed_at_sign_up"].clone(),
                ]
            };
            results.rows.iter().map(of).collect::<Vec<_>>()
        };
        let (existed, created) = (["false", ""], ["true", "false"]);
        assert_eq!(
            confirmed(&results),
            [existed, created, existed, created],
            "{found_by}"
        );
        let truth = pool.users();
        assert_eq!(truth["user0001"].status, UserStatus::Unconfirmed);
        assert_eq!(truth["user0001"].groups, [""; 0]);

        import("run")
            .arg("--follow-up-existing")
            .run()
            .exits(3)
            .names(["--restart"]);
        import("again").arg("--follow-up-existing").run().exits(0);
        let results = dir.results_in("again");
        assert_eq!(results.count("existed"), 4);
        assert!(results.rows.iter().all(|row| row["follow_up"] == "done"));
        assert_eq!(confirmed(&results), [["true", ""]; 4], "{found_by}");
        for user in pool.users().values() {
            assert_eq!(user.status, UserStatus::Confirmed, "{found_by}");
            assert_eq!(user.groups, ["staff"], "{found_by}");
        }
    }
}

#[test]
fn impossible_steps_are_refused_with_a_hint() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(1));
    for (flags, data) in [
        (
            &["--confirm", "--no-lookup"][..],
            &["--confirm", "--no-lookup"][..],
        ),
        (&["--follow-up-existing"], &["--follow-up-existing"]),
        (&["--create-groups"], &["--create-groups"]),
        (
            &["--create-groups", "--group", "a", "--no-preflight"],
            &["--create-groups", "--no-preflight"],
        ),
        (
            &["--disable-where", "State=x"],
            &["--disable-where State=x"],
        ),
    ] {
        let import = dir.import(&pool, list);
        let import = import.args(flags);
        import.run().exits(3).names(data);
    }
    dir.import(&pool, list)
        .args(["--confirm", "--confirm-where", "email=x"])
        .run()
        .exits(2);
    assert_eq!(pool.requests("SignUp"), 0);
}

#[test]
fn a_cell_that_is_neither_yes_nor_no_is_a_finding() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "users.csv",
        "username,password,email,email_verified\nann,Passw0rd!1,ann@example.com,true\nbob,Passw0rd!2,bob@example.com,perhaps\n",
    );
    dir.check(&pool, list)
        .args(["--verify", "email"])
        .run()
        .exits(1);
    let findings = dir.findings();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0]["rule"], "value.yes_or_no");
    assert_eq!(findings[0]["row"], "2");
    assert_eq!(findings[0]["column"], "email_verified");
    dir.import(&pool, list)
        .args(["--verify", "email"])
        .run()
        .exits(1);
    let results = dir.results();
    assert_eq!(results.outcomes(), ["created", "invalid"]);
    assert_eq!(results.row(1)["follow_up"], "done");
}

#[test]
fn an_address_used_as_username_is_verified_too() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        username_attributes: vec!["email".to_owned()],
        ..with_groups(&["staff"])
    });
    let list = dir.file(
        "users.csv",
        "username,password\nann@example.com,Passw0rd!1\nbob@example.com,Passw0rd!2\n",
    );
    dir.import(&pool, list)
        .args(["--confirm", "--verify", "email", "--group", "staff"])
        .run()
        .exits(0);
    for user in pool.users().values() {
        assert_eq!(user.attributes["email_verified"], "true");
        assert_eq!(user.groups, ["staff"]);
    }
}

#[test]
fn rehearse_runs_the_steps_too() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", LIST);
    dir.rehearse(list)
        .args(["--confirm", "--verify", "email", "--create-groups"])
        .args(["--disable-where", "Status=blocked"])
        .run()
        .exits(0);
    let results = dir.results();
    assert_eq!(results.row(2)["follow_up"], "done");
    let steps = &results.summary["follow_up"];
    for step in ["disable", "group_beta"] {
        assert_eq!(steps[step]["done"], 1, "{step}");
    }
}
