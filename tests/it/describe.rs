//! `describe`, `template` and `iam-policy`.

use std::fs;

use cognito_import::rehearsal::{
    AttributeType, PasswordRules, PoolSettings, PreSignUp, SchemaAttribute,
};
use serde_json::Value;

use crate::harness::{Emulator, Pool, TestDir, quick, users};

const SECRET: &str = "s3cr3t-of-the-client";

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Pools that differ in every setting that `check` uses.
fn pools() -> [PoolSettings; 6] {
    let level = SchemaAttribute {
        name: "custom:level".to_owned(),
        data_type: AttributeType::Number,
        min_value: Some(-3),
        max_value: Some(9),
        ..SchemaAttribute::default()
    };
    [
        quick(),
        PoolSettings {
            schema: vec![level, SchemaAttribute::string("custom:id", 3)],
            write_attributes: Some(names(&["email", "custom:id", "custom:level"])),
            password_policy: PasswordRules {
                minimum_length: 12,
                require_symbols: false,
                ..PasswordRules::default()
            },
            ..quick()
        },
        PoolSettings {
            username_attributes: names(&["email"]),
            auto_verified_attributes: names(&["email"]),
            daily_messages: Some(50),
            ..quick()
        },
        PoolSettings {
            alias_attributes: names(&["email", "preferred_username"]),
            pre_sign_up: PreSignUp::AutoConfirm,
            auto_verified_attributes: names(&["email", "phone_number"]),
            ..quick()
        },
        PoolSettings {
            case_sensitive: true,
            admin_create_only: true,
            ..quick()
        },
        PoolSettings {
            client_secret: Some(SECRET.to_owned()),
            ..quick()
        },
    ]
}

const LIST: &str = "username,password,email,custom:id,custom:level,preferred_username\n\
     ann,Passw0rd!1,ann@example.com,1,1,\n\
     Ann,Passw0rd!1,ann@example.com,1,1,\n\
     bob@example.com,Passw0rd1234,,12345,12,b.o.b\n\
     cy,passw0rd!1,no-address,1,many,\n\
     dee,Passw0rd!1,dee@example.com,,,\n\
     eve@example.com,Passw0rd!12345,eve@example.com,123,-4,eve\n";

#[test]
fn check_with_a_description_agrees_with_the_pool() {
    for settings in pools() {
        let dir = TestDir::new();
        let secret = settings.client_secret.clone().unwrap_or_default();
        let pool = Pool::start(settings);
        let described = dir.read_only("describe", &pool).run().exits(0);
        assert!(!described.stdout.contains(SECRET), "{}", described.stdout);
        assert_eq!(described.stderr, "");
        dir.file("pool.toml", &described.stdout);
        let list = dir.file("users.csv", LIST);
        // The file does not contain the account's quotas.
        let rates = ["--rate", "40", "--lookup-rate", "96"];
        let queried = dir
            .check(&pool, list)
            .env("COGNITO_CLIENT_SECRET", &secret)
            .args(rates)
            .run();
        let findings = fs::read(dir.path("findings.csv")).unwrap();
        let offline = dir
            .cli("check")
            .args([list, "--pool", "pool.toml"])
            .args(rates)
            .run();
        assert_eq!(queried.stderr, offline.stderr);
        assert_eq!(queried.code, offline.code);
        assert_eq!(fs::read(dir.path("findings.csv")).unwrap(), findings);
        assert!(!queried.stderr.contains(SECRET));
        // An import with the file applies the same rules.
        let import = dir.import(&pool, list).args(["--pool", "pool.toml"]);
        let output = import.env("COGNITO_CLIENT_SECRET", &secret).run();
        assert_eq!(
            output.code == Some(3),
            queried.code == Some(3),
            "{}",
            output.stderr
        );
        assert_eq!(pool.requests("SignUp") == 0, output.code == Some(3));
    }
}

#[test]
fn the_rules_of_another_pool_are_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    let described = dir.read_only("describe", &pool).run().exits(0).stdout;
    let other = |what: &str, other: &str| {
        dir.file("pool.toml", described.replace(what, other));
        let import = dir.import(&pool, list).args(["--pool", "pool.toml"]);
        import.run().exits(3)
    };
    other("us-east-1_Rehearsal", "us-east-1_Production").names([
        "--pool pool.toml",
        "us-east-1_Production",
        "us-east-1_Rehearsal",
    ]);
    other(&pool.settings().client_id, "other-client").names([
        "--pool pool.toml",
        "other-client",
        "rehearsalclient",
    ]);
    assert_eq!(pool.requests("SignUp"), 0);
    // A rehearsal may use the rules of any pool.
    let rehearse = dir.rehearse(list).args(["--pool", "pool.toml"]);
    rehearse.args(["--run-dir", "rehearsal"]).run().exits(0);
}

#[test]
fn an_invalid_pool_file_is_refused_with_the_reason() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(3));
    let check = || dir.cli("check").args([list, "--pool", "pool.toml"]);
    check().run().exits(3).names(["--pool pool.toml"]);
    dir.file("pool.toml", "case_sensitif = true\n");
    check()
        .run()
        .exits(3)
        .names(["--pool pool.toml", "case_sensitif"]);
}

#[test]
fn without_credentials_offline_alternatives_are_suggested() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    dir.file("users.csv", users(1));
    let bare = |command| {
        let cli = dir.read_only(command, &pool);
        cli.without_env("AWS_ACCESS_KEY_ID")
            .without_env("AWS_SECRET_ACCESS_KEY")
    };
    for cli in [
        bare("describe"),
        bare("template"),
        bare("check").arg("users.csv"),
        // The pool is queried even if a run would not look users up.
        bare("check").args(["users.csv", "--no-lookup"]),
    ] {
        cli.run().exits(3).names(["--pool pool.toml"]);
    }
    assert_eq!(pool.stats().operations.len(), 0);
}

#[test]
fn without_the_app_client_unknown_settings_are_reported() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let describe = dir.read_only("describe", &pool).without_flag("--client-id");
    let output = describe.run().exits(0);
    assert!(!output.stdout.contains("[client]"), "{}", output.stdout);
    output.names(["--client-id"]);
    assert_eq!(pool.requests("DescribeUserPoolClient"), 0);
}

#[test]
fn a_template_is_an_empty_list_that_its_pool_accepts() {
    for settings in pools() {
        let dir = TestDir::new();
        // The sign-up settings do not affect the columns.
        let pool = Pool::start(PoolSettings {
            admin_create_only: false,
            client_secret: None,
            ..settings
        });
        for (password, has_column) in [("column", true), ("generate", false)] {
            let from = ["--password", password];
            let header = dir
                .read_only("template", &pool)
                .args(from)
                .run()
                .exits(0)
                .stdout;
            assert_eq!(header.contains(",password,"), has_column, "{header}");
            let list = dir.file("template.csv", &header);
            dir.check(&pool, list)
                .args(from)
                .arg("--allow-alias-moves")
                .run()
                .exits(0);
        }
        let header = dir.read_only("template", &pool).run().exits(0).stdout;
        assert!(header.starts_with("username,password,"), "{header}");
        assert_eq!(header.lines().count(), 1);
    }
    let dir = TestDir::new();
    let any = dir.cli("template").run().exits(0).stdout;
    assert!(
        any.contains("phone_number") && any.contains("birthdate"),
        "{any}"
    );
    dir.file("template.csv", any);
    dir.cli("check").arg("template.csv").run().exits(0);
}

#[test]
fn templates_omit_attributes_only_confirmed_users_can_have() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        alias_attributes: names(&["preferred_username"]),
        ..quick()
    });
    let header = dir.read_only("template", &pool).run().exits(0).stdout;
    assert!(!header.contains("preferred_username"), "{header}");
}

/// Parses the printed policy.
fn policy<const N: usize>(dir: &TestDir, arguments: [&str; N]) -> Value {
    let output = dir.cli("iam-policy").args(arguments).run().exits(0);
    output.document()
}

#[test]
fn the_policy_allows_only_the_calls_of_the_run() {
    let dir = TestDir::new();
    let pool = ["--user-pool-id", "eu-west-1_AbC"];
    let actions = |policy: &Value| policy["Statement"][0]["Action"].clone();
    let full = policy(&dir, pool);
    assert_eq!(
        actions(&full),
        serde_json::json!([
            "cognito-idp:AdminGetUser",
            "cognito-idp:DescribeUserPool",
            "cognito-idp:DescribeUserPoolClient",
            "cognito-idp:ListUsers"
        ])
    );
    assert_eq!(
        full["Statement"][0]["Resource"],
        "arn:aws:cognito-idp:eu-west-1:*:userpool/eu-west-1_AbC"
    );
    let unchecked = policy(&dir, [pool[0], pool[1], "--no-preflight"]);
    assert_eq!(
        actions(&unchecked),
        serde_json::json!(["cognito-idp:AdminGetUser", "cognito-idp:DescribeUserPool"])
    );
    assert_eq!(
        full["Statement"][1]["Action"],
        serde_json::json!(["cognito-idp:GetProvisionedLimit"])
    );
    for (look, lists) in [
        (["--prescan", "never"], false),
        (["--lookup", "list"], true),
        (["--prescan", "always"], true),
    ] {
        let output = dir.cli("iam-policy").args(pool).args(look).run().exits(0);
        let last = actions(&output.document())
            .as_array()
            .unwrap()
            .last()
            .cloned();
        assert_eq!(last == Some("cognito-idp:ListUsers".into()), lists);
    }
    let with_numbers = policy(&dir, [pool[0], pool[1], "--named-rates"]);
    assert_eq!(with_numbers["Statement"].as_array().unwrap().len(), 1);
    let bare = dir.cli("iam-policy").args(pool).arg("--no-lookup");
    let bare = bare.run().exits(0);
    assert_eq!(bare.stdout, "");
    dir.cli("iam-policy")
        .args(["--user-pool-id", "MyPool"])
        .run()
        .exits(3)
        .names(["--user-pool-id MyPool"]);
    let local = dir
        .cli("iam-policy")
        .args(pool)
        .args(["--list", "users.csv"]);
    local.run().exits(3).names(["--list users.csv"]);
}

#[test]
fn the_policy_suffices_and_each_missing_permission_is_named() {
    let Some(emulator) = Emulator::with_auth() else {
        return;
    };
    let pool = emulator.pool(None);
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(3));
    let account = ["--user-pool-id", &pool.id, "--account-id", "000000000000"];
    let full = policy(&dir, account);
    let name = "policy-test";
    let (key, secret) = emulator.key_without_permissions(name);
    // By default it does not list a pool smaller than the list.
    let import = || {
        pool.import(&dir, list)
            .env("AWS_ACCESS_KEY_ID", &key)
            .env("AWS_SECRET_ACCESS_KEY", &secret)
            .args(["--prescan", "always"])
    };
    let actions = full["Statement"][0]["Action"].as_array().unwrap().clone();
    assert_eq!(actions.len(), 4);
    for (run, missing) in actions.iter().enumerate() {
        let mut least = full.clone();
        least["Statement"][0]["Action"] = actions
            .iter()
            .filter(|action| *action != missing)
            .cloned()
            .collect();
        emulator.allow(name, &least.to_string());
        let missing = missing.as_str().unwrap();
        let run = format!("without-{run}");
        let output = import().args(["--run-dir", &run]).run().names([missing]);
        // Without lookups, rows could not be settled, so the listing is required. Without its
        // rules, a pool may send messages.
        let needed = [
            "cognito-idp:AdminGetUser",
            "cognito-idp:DescribeUserPool",
            "cognito-idp:ListUsers",
        ];
        let expected = if needed.contains(&missing) { 3 } else { 0 };
        let output = output.exits(expected);
        if missing == "cognito-idp:DescribeUserPool" {
            let allowed = import().args(["--run-dir", "allowed", "--allow-messages"]);
            allowed.run().exits(0);
        }
        for other in actions.iter().filter(|action| *action != missing) {
            let other = other.as_str().unwrap();
            let mut words = output.stderr.split_whitespace();
            assert!(!words.any(|word| word == other), "{}", output.stderr);
        }
    }
    emulator.allow(name, &full.to_string());
    let output = import().run().exits(0);
    assert!(
        !output.stderr.contains("permission_missing"),
        "{}",
        output.stderr
    );
    // It grants no access to other pools.
    let other = emulator.pool(None);
    let import = other
        .import(&dir, list)
        .args(["--run-dir", "other"])
        .env("AWS_ACCESS_KEY_ID", &key)
        .env("AWS_SECRET_ACCESS_KEY", &secret);
    import
        .run()
        .exits(3)
        .names(["permission_missing", "cognito-idp:AdminGetUser"]);
}
