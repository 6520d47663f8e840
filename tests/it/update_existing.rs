//! `--update-existing`: attributes of users that existed are written where they differ.

mod resumed;

use cognito_import::rehearsal::{ExistingUser, PoolSettings};
use serde_json::json;

use crate::harness::{Pool, ProgramCommand, TestDir, quick};

/// 2024-05-06T07:08:09Z
const CREATED: i64 = 1_714_979_289;

fn existing(username: &str, attributes: &[(&str, &str)]) -> ExistingUser {
    let attributes = attributes.iter();
    let attributes = attributes.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    ExistingUser {
        username: username.to_owned(),
        attributes: attributes.collect(),
        created: Some(CREATED),
        ..ExistingUser::default()
    }
}

fn settings() -> PoolSettings {
    let user = |username: &str, email: &str, name: &str| {
        let attributes = [("email", email), ("email_verified", "true"), ("name", name)];
        existing(username, &attributes)
    };
    PoolSettings {
        existing: vec![
            user("same", "same@example.com", "Same"),
            user("moved", "moved@old.example", "Moved"),
            user("renamed", "renamed@example.com", "Old"),
            user("dated", "dated@example.com", "Old"),
        ],
        ..quick()
    }
}

const LIST: &str = "username,password,email,email_verified,name,nickname\n\
    new,Passw0rd!,new@example.com,yes,New,\n\
    same,Passw0rd!,SAME@example.com,no,Same,\n\
    moved,Passw0rd!,moved@new.example,yes,Moved,M\n\
    renamed,Passw0rd!,renamed@example.com,no,Renamed,\n";

/// The row of `renamed` in a list with one more column.
fn renamed_with(column: &str, cell: &str) -> String {
    format!(
        "username,password,email,name,{column}\n\
         renamed,Passw0rd!,renamed@example.com,Renamed,{cell}\n"
    )
}

fn update(dir: &TestDir, pool: &Pool, attributes: &str) -> ProgramCommand {
    let list = dir.file("users.csv", LIST);
    let import = dir.import(pool, list).args(["--verify", "email"]);
    if attributes.is_empty() {
        import.args(["--update-existing"])
    } else {
        import.args(["--update-existing", attributes])
    }
}

fn value(pool: &Pool, username: &str, attribute: &str) -> Option<String> {
    pool.users()[username].attributes.get(attribute).cloned()
}

#[test]
fn only_attributes_that_differ_are_written_with_one_call_per_user() {
    for prescan in ["never", "always"] {
        let dir = TestDir::new();
        let pool = Pool::start(settings());
        let import = update(&dir, &pool, "").args(["--prescan", prescan]);
        import.run().exits(0);
        let results = dir.results();
        let updated = results.rows.iter().map(|row| row["updated"].as_str());
        assert_eq!(
            updated.collect::<Vec<_>>(),
            ["", "", "email nickname", "name"]
        );
        assert_eq!(results.row(3)["differs"], "email nickname");
        assert_eq!(results.row(3)["follow_up"], "done");
        assert_eq!(results.lines[2]["updated"], json!(["email", "nickname"]));
        let steps = json!({"done": 2, "failed": 0, "pending": 0});
        assert_eq!(results.summary["follow_up"]["update"], steps);
        assert_eq!(value(&pool, "moved", "email").unwrap(), "moved@new.example");
        assert_eq!(value(&pool, "moved", "email_verified").unwrap(), "true");
        assert_eq!(value(&pool, "moved", "nickname").unwrap(), "M");
        assert_eq!(value(&pool, "renamed", "name").unwrap(), "Renamed");
        assert_eq!(value(&pool, "renamed", "email_verified").unwrap(), "true");
        assert_eq!(value(&pool, "same", "email").unwrap(), "same@example.com");
        assert_eq!(results.summary["requests"]["UserUpdate"]["sent"], 3);
        // The next night has nothing to write.
        let again = update(&dir, &pool, "").args(["--run-dir", "again"]);
        again.run().exits(0);
        let results = dir.results_in("again");
        assert_eq!(results.summary["existing_users"]["same"], 4);
        assert_eq!(results.summary["requests"]["UserUpdate"]["sent"], 0);
    }
}

#[test]
fn only_named_attributes_are_written_and_addresses_need_their_flag() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    update(&dir, &pool, "name").run().exits(0);
    assert_eq!(value(&pool, "renamed", "name").unwrap(), "Renamed");
    assert_eq!(value(&pool, "moved", "email").unwrap(), "moved@old.example");
    assert_eq!(dir.results().row(3)["updated"], "");
    let list = dir.file("users.csv", LIST);
    dir.import(&pool, list)
        .args(["--update-existing", "email", "--run-dir", "unverified"])
        .args(["--ignore-column", "email_verified"])
        .run()
        .exits(3)
        .names(["update_unverified", "--verify email"]);
    dir.import(&pool, list)
        .args(["--update-existing", "custom:team", "--run-dir", "unset"])
        .run()
        .exits(3)
        .names(["--update-existing custom:team"]);
    dir.import(&pool, "x.csv")
        .args(["--update-existing", list])
        .run()
        .exits(2);
}

#[test]
fn an_address_that_the_row_calls_unverified_is_written_as_such() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let list = LIST.replace("moved@new.example,yes", "moved@new.example,no");
    let list = dir.file("users.csv", list);
    let import = || {
        dir.import(&pool, list)
            .args(["--verify", "email", "--update-existing", "email"])
    };
    import().run().exits(0);
    assert_eq!(value(&pool, "moved", "email_verified").unwrap(), "false");
    let sends = Pool::start(PoolSettings {
        auto_verified_attributes: vec!["email".to_owned()],
        pre_sign_up: settings().pre_sign_up,
        ..settings()
    });
    let refused = dir
        .import(&sends, list)
        .args(["--verify", "email", "--update-existing", "email"])
        .args(["--run-dir", "sends"]);
    refused.run().exits(3).names(["update_messages"]);
}

#[test]
fn immutable_attributes_are_refused_by_name_and_left_out_otherwise() {
    let dir = TestDir::new();
    let mut pool = settings();
    let mut rule = cognito_import::rehearsal::SchemaAttribute::string("custom:origin", 256);
    rule.mutable = false;
    pool.schema.push(rule);
    let pool = Pool::start(pool);
    let list = dir.file("users.csv", renamed_with("custom:origin", "hr"));
    let import = || dir.import(&pool, list).args(["--verify", "email"]);
    import()
        .args(["--update-existing", "custom:origin"])
        .run()
        .exits(3)
        .names(["update_immutable"]);
    assert_eq!(pool.requests("SignUp"), 0);
    import().args(["--update-existing"]).run().exits(0);
    let results = dir.results();
    let row = results.row(1);
    assert_eq!(row["differs"], "name custom:origin");
    assert_eq!(row["updated"], "name");
}

#[test]
fn users_modified_later_than_their_row_are_left_alone() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let list = dir.file(
        "users.csv",
        "username,password,email,name,changed\n\
         renamed,Passw0rd!,renamed@example.com,Renamed,2024-05-06\n\
         moved,Passw0rd!,moved@old.example,New,2024-05-06T09:08:09+01:00\n\
         same,Passw0rd!,same@example.com,New,\n\
         dated,Passw0rd!,dated@example.com,New,20240506\n",
    );
    let import = || {
        dir.import(&pool, list)
            .args(["--update-existing", "name", "--not-newer-than", "changed"])
    };
    import().run().exits(0);
    let results = dir.results();
    let updated = results.rows.iter().map(|row| row["updated"].as_str());
    assert_eq!(
        updated.collect::<Vec<_>>(),
        ["newer", "name", "newer", "newer"]
    );
    assert_eq!(results.summary["existing_users"]["newer"], 3);
    assert_eq!(value(&pool, "renamed", "name").unwrap(), "Old");
    // Milliseconds, an unknown format, and no date.
    for date in ["1731000000000", "731", "soon"] {
        let list = format!("username,password,email,name,changed\nsame,Passw0rd!,,New,{date}\n");
        let list = dir.file("invalid.csv", list);
        dir.check(&pool, list)
            .args(["--update-existing", "name", "--not-newer-than", "changed"])
            .run()
            .exits(3)
            .names(["--not-newer-than"]);
    }
}

#[test]
fn an_interrupted_update_is_resumed_with_the_values_of_the_ledger() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let slow = update(&dir, &pool, "name,nickname").args(["--update-rate", "1"]);
    let running = slow.start();
    // The probe of the permission, and the first of three steps.
    pool.wait_for_requests("AdminUpdateUserAttributes", 2);
    running.signal("INT");
    running.wait().exits(130);
    assert_ne!(dir.results().summary["follow_up"]["update"]["pending"], 0);
    // Another set of attributes is another run.
    update(&dir, &pool, "name").run().exits(3);
    update(&dir, &pool, "name,nickname").run().exits(0);
    assert_eq!(value(&pool, "renamed", "name").unwrap(), "Renamed");
    assert_eq!(value(&pool, "moved", "nickname").unwrap(), "M");
    let results = dir.results();
    assert_eq!(results.for_user("renamed")["updated"], "name");
    assert_eq!(results.summary["follow_up"]["update"]["done"], 2);
}

#[test]
fn an_address_of_another_user_fails_the_step_of_its_row() {
    let dir = TestDir::new();
    let mut settings = settings();
    settings.alias_attributes = vec!["email".to_owned()];
    let pool = Pool::start(settings);
    let list = dir.file(
        "users.csv",
        "username,password,email,name\nmoved,Passw0rd!,same@example.com,New\n",
    );
    dir.import(&pool, list)
        .args(["--verify", "email", "--update-existing"])
        .run()
        .exits(1);
    let results = dir.results();
    let row = results.row(1);
    assert_eq!(row["follow_up"], "failed: update AliasExistsException");
    assert_eq!(
        (row["outcome"].as_str(), row["updated"].as_str()),
        ("existed", "")
    );
    assert_eq!(value(&pool, "moved", "name").unwrap(), "Moved");
}

#[test]
fn an_attribute_that_contains_the_password_is_not_updated() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let secret = "Correct-Horse-7";
    let list = format!(
        "username,password,email,name,nickname\n\
         renamed,{secret},renamed@example.com,{secret},R\n"
    );
    let list = dir.file("users.csv", list);
    dir.import(&pool, list)
        .args(["--update-existing", "name,nickname"])
        .run()
        .exits(0);
    let results = dir.results();
    assert_eq!(results.row(1)["differs"], "name nickname");
    assert_eq!(results.row(1)["updated"], "nickname");
    let ledger = std::fs::read(dir.path("run").join("ledger.db")).unwrap();
    let has_secret = ledger
        .windows(secret.len())
        .any(|bytes| bytes == secret.as_bytes());
    assert!(!has_secret);
}

#[test]
fn lookups_are_required_and_the_plan_counts_at_most_all_rows() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    update(&dir, &pool, "name")
        .args(["--no-lookup"])
        .run()
        .exits(3);
    let list = dir.file("users.csv", LIST);
    let check = dir.check(&pool, list);
    let check = check.args(["--verify", "email", "--update-existing", "name"]);
    let plan = check.json().run().exits(0).document()["plan"].clone();
    assert_eq!(plan["updated_attributes"], json!(["name"]));
    // Four users to update at most, and two new addresses to verify at most.
    assert_eq!(plan["requests"]["UserUpdate"]["at_most"], 6);
}
