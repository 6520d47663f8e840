//! Preflight refusals: each suggests a fix, sends nothing and leaves no files, and the fix works.

use cognito_import::rehearsal::{PoolSettings, PreSignUp};

use crate::harness::{Pool, ProcessOutput, ProgramCommand, TestDir, codes, quick, silent, users};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Asserts that the command is refused, names these data, sends nothing and creates no run.
#[track_caller]
fn assert_refused(dir: &TestDir, pool: &Pool, cli: ProgramCommand, data: &[&str]) -> ProcessOutput {
    let before = pool.requests("SignUp");
    let output = cli.run().exits(3).names(data);
    assert_eq!(pool.requests("SignUp"), before, "nothing was sent");
    assert!(!dir.path("run").exists(), "no run was created");
    output
}

/// Asserts that every row is created.
#[track_caller]
fn assert_created(dir: &TestDir, cli: ProgramCommand, rows: usize) -> ProcessOutput {
    let output = cli.run().exits(0);
    assert_eq!(dir.results().count("created"), rows);
    output
}

#[test]
fn a_pool_with_admin_only_sign_up_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        admin_create_only: true,
        ..quick()
    });
    let list = dir.file("users.csv", users(3));
    let data = [
        "[sign_up_not_permitted]",
        "AdminCreateUserConfig.AllowAdminCreateUserOnly",
    ];
    assert_refused(&dir, &pool, dir.import(&pool, list), &data);
    let pool = pool.restart_with(|settings| settings.admin_create_only = false);
    assert_created(&dir, dir.import(&pool, list), 3);
}

#[test]
fn a_missing_client_secret_is_refused() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(3));
    let secret = "s3cr3t-of-the-client";
    dir.file("secret", secret);
    let pool = Pool::start(PoolSettings {
        client_secret: Some(secret.to_owned()),
        ..quick()
    });
    let data = ["[secret_missing]", "--client-secret-file FILE"];
    let output = assert_refused(&dir, &pool, dir.import(&pool, list), &data);
    assert!(!output.stderr.contains(secret));
    let with_secret = dir
        .import(&pool, list)
        .args(["--client-secret-file", "secret"]);
    assert_created(&dir, with_secret, 3);
}

#[test]
fn users_without_passwords_are_refused_in_a_password_only_pool() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", "username,email\nann,ann@example.com\n");
    let import = |from| dir.import(&pool, list).args(["--password", from]);
    let data = ["[password_needed]", "--password generate"];
    assert_refused(&dir, &pool, import("none"), &data);
    assert_created(&dir, import("generate"), 1);
}

#[test]
fn unsupported_attributes_are_all_refused_at_once() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        write_attributes: Some(names(&["email", "custom:legacy_id"])),
        ..quick()
    });
    let list = dir.file(
        "users.csv",
        "username,password,Mail,Shoe,nickname,custom:legacy_id\nann,Passw0rd!,ann@example.com,38,annie,7\n",
    );
    let import = || dir.import(&pool, list).args(["--map", "Shoe=custom:shoe"]);
    let data = [
        "custom:shoe",
        "[attribute_unknown]",
        "nickname [attribute_not_writable]",
        "email [attribute_required]",
    ];
    let without_mail = import().args(["--ignore-column", "Mail"]);
    assert_refused(&dir, &pool, without_mail, &data);
    let data = ["[attribute_name]"];
    let long = "Mail=custom:a-name-that-is-much-too-long";
    assert_refused(&dir, &pool, import().args(["--map", long]), &data);
    let accepted = dir
        .import(&pool, list)
        .args(["--map", "Mail=email", "--ignore-column", "Shoe"])
        .args(["--ignore-column", "nickname"]);
    assert_created(&dir, accepted, 1);
    assert_eq!(pool.users()["ann"].attributes["custom:legacy_id"], "7");
}

#[test]
fn messages_to_users_must_be_allowed() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        auto_verified_attributes: names(&["email"]),
        ..quick()
    });
    let list = dir.file("users.csv", users(60));
    let import = || dir.import(&pool, list);
    assert_refused(&dir, &pool, import(), &["[messages]", "--allow-messages"]);
    let document = import().json().run().exits(3).document();
    assert_eq!(document["plan"]["messages"]["emails"], 60);
    assert_eq!(document["plan"]["messages"]["sms"], 0);
    // Pools that send through SES have no limit of 50 a day.
    assert_created(&dir, import().arg("--allow-messages"), 60);
}

#[test]
fn exceeding_the_daily_email_limit_must_be_allowed() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        auto_verified_attributes: names(&["email"]),
        daily_messages: Some(50),
        ..quick()
    });
    // A duplicate gets no second email.
    let fifty = users(50) + "USER0007,Passw0rd!7,user0007@example.com\n";
    let few = dir.file("few.csv", fifty);
    let import = |list| dir.import(&pool, list).arg("--allow-messages");
    import(few).args(["--run-dir", "few"]).run().exits(1);
    let pool = Pool::start(pool.settings().clone());
    let many = dir.file("many.csv", users(51));
    let import = || dir.import(&pool, many).arg("--allow-messages");
    let data = ["51", "[message_limit]", "--ignore-message-limit"];
    assert_refused(&dir, &pool, import(), &data);
    assert_created(&dir, import().arg("--ignore-message-limit"), 51);
}

#[test]
fn usernames_that_are_addresses_get_messages_too() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        username_attributes: names(&["email", "phone_number"]),
        auto_verified_attributes: names(&["email", "phone_number"]),
        ..quick()
    });
    let list = dir.file(
        "users.csv",
        "username,password,email\n\
         ann@example.com,Passw0rd!1,\n\
         bob@example.com,Passw0rd!1,bob@example.com\n\
         +4930901820,Passw0rd!1,cy@example.com\n",
    );
    let import = || dir.import(&pool, list);
    let document = import().json().run().exits(3).document();
    assert_eq!(codes(&document, "refusals"), ["messages"]);
    assert_eq!(document["plan"]["messages"]["emails"], 2);
    assert_eq!(document["plan"]["messages"]["sms"], 1);
    assert_created(&dir, import().arg("--allow-messages"), 3);
}

#[test]
fn a_phone_number_username_does_not_replace_an_email() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        username_attributes: names(&["email", "phone_number"]),
        ..quick()
    });
    let list = dir.file(
        "users.csv",
        "username,password\nann@example.com,Passw0rd!1\n+4930901820,Passw0rd!1\n",
    );
    let import = |run| dir.import(&pool, list).args(["--run-dir", run]);
    import("run").run().exits(1);
    assert_eq!(dir.results().row(2)["error_code"], "attribute.required");
    // The pool agrees.
    import("unchecked").arg("--no-preflight").run().exits(1);
    assert_eq!(
        dir.results_in("unchecked").outcomes(),
        ["existed", "rejected"]
    );
}

#[test]
fn an_address_differing_from_the_username_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        username_attributes: names(&["email"]),
        ..quick()
    });
    let list = dir.file(
        "users.csv",
        "username,password,email\n\
         ann@example.com,Passw0rd!1,Ann@example.com\n\
         bob@example.com,Passw0rd!1,rob@example.com\n",
    );
    let import = |run| dir.import(&pool, list).args(["--run-dir", run]);
    import("run").run().exits(1);
    assert_eq!(dir.results().outcomes(), ["created", "invalid"]);
    assert_eq!(dir.results().row(2)["error_code"], "attribute.value");
    import("unchecked").arg("--no-preflight").run().exits(1);
    let unchecked = dir.results_in("unchecked");
    assert_eq!(unchecked.outcomes(), ["existed", "rejected"]);
}

#[test]
fn trigger_verification_is_noted_and_alias_moves_must_be_allowed() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        auto_verified_attributes: names(&["email"]),
        alias_attributes: names(&["email"]),
        pre_sign_up: PreSignUp::AutoConfirmAndVerify,
        ..quick()
    });
    let list = dir.file("users.csv", users(3));
    let data = [
        "[messages_by_trigger]",
        "[alias_moves]",
        "--allow-alias-moves",
    ];
    assert_refused(&dir, &pool, dir.import(&pool, list), &data);
    assert_created(&dir, dir.import(&pool, list).arg("--allow-alias-moves"), 3);

    let untriggered = pool.restart_with(|settings| {
        settings.pre_sign_up = PreSignUp::Absent;
        settings.auto_verified_attributes.clear();
        settings.existing.clear();
    });
    dir.import(&untriggered, list)
        .args(["--run-dir", "doubles"])
        .run()
        .exits(0)
        .names(["[alias_duplicates]"]);
}

#[test]
fn mostly_invalid_lists_are_refused_and_strict_allows_no_invalid_row() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let half = dir.file("half.csv", users(2) + "no mail,,\nnor this,,\n");
    let most = dir.file("most.csv", users(2) + "no mail,,\nnor this,,\nnor that,,\n");
    let import = || dir.import(&pool, most);
    assert_refused(&dir, &pool, import(), &["[mostly_invalid]"]);
    let strict = dir.import(&pool, half).arg("--strict");
    assert_refused(&dir, &pool, strict, &["[strict]"]);
    dir.import(&pool, half).run().exits(1);
    assert_eq!(
        dir.results().outcomes(),
        ["created", "created", "invalid", "invalid"]
    );
}

#[test]
fn standard_input_is_not_counted_but_the_pool_is_checked() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        auto_verified_attributes: names(&["email"]),
        ..quick()
    });
    let import = || dir.import(&pool, "-").input(users(3));
    let data = ["[messages]"];
    assert_refused(&dir, &pool, import(), &data);
    let strict = import().args(["--strict", "--allow-messages"]);
    assert_refused(&dir, &pool, strict, &["[strict_needs_a_file]"]);
    // Mostly invalid, which cannot be known in advance.
    let broken = "username,password,email\nann,Passw0rd!1,ann@example.com\nno mail,,\nnor this,,\n";
    dir.import(&pool, "-")
        .input(broken)
        .arg("--allow-messages")
        .run()
        .exits(1);
    assert_eq!(dir.results().outcomes(), ["created", "invalid", "invalid"]);
}

#[test]
fn without_preflight_only_the_pool_rejects_rows() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        auto_verified_attributes: names(&["email"]),
        ..quick()
    });
    let list = dir.file(
        "users.csv",
        users(2) + "weak,weakpassword,weak@example.com\nno mail,,\nnor this,,\nnor that,,\n",
    );
    dir.import(&pool, list).arg("--no-preflight").run().exits(1);
    assert_eq!(
        dir.results().counts(),
        [("created", 2), ("invalid", 3), ("rejected", 1)].into()
    );
    assert_eq!(pool.requests("DescribeUserPoolClient"), 0);
}

#[test]
fn a_resumed_run_is_checked_again_and_keeps_begun_rows() {
    let dir = TestDir::new();
    let pool = Pool::start(silent());
    let list = dir.file("users.csv", users(40));
    let import = |pool: &Pool| {
        dir.import(pool, list)
            .args(["--concurrency", "4", "--rate", "20"])
    };
    let running = import(&pool).start();
    pool.wait_for_requests("SignUp", 4);
    drop(running);
    // The pool changes to one that the preflight would have refused.
    let pool = pool.restart_with(|settings| {
        settings.faults = quick().faults;
        settings.auto_verified_attributes = names(&["email"]);
        settings.password_policy.minimum_length = 20;
    });
    // The effects on users are checked again, the rows are not.
    import(&pool).run().exits(3).names(["--allow-messages"]);
    assert_eq!(pool.requests("SignUp"), 0);
    import(&pool).arg("--allow-messages").run().exits(1);
    let results = dir.results();
    // Rows are begun in groups: sent rows were created, and begun rows are left to the pool.
    assert!(
        results
            .outcomes()
            .iter()
            .take(4)
            .all(|outcome| *outcome == "created")
    );
    for row in &results.rows {
        let begun_or_not = match row["outcome"].as_str() {
            "created" => "",
            "rejected" => "InvalidPasswordException",
            _ => "password.policy",
        };
        assert_eq!(row["error_code"], begun_or_not, "{row:?}");
    }
    assert!(results.count("invalid") > 0, "{:?}", results.counts());
}
