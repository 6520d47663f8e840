//! Lists without a username column.

use cognito_import::rehearsal::{PoolSettings, SchemaAttribute};

use crate::harness::{Pool, TestDir, quick};

#[test]
fn addresses_give_the_same_usernames_in_every_run() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        alias_attributes: vec!["email".to_owned()],
        ..quick()
    });
    // The same users in another order and spelling.
    let list = dir.file("users.csv", "email\nann@example.com\nbob@example.com\n");
    let again = dir.file("again.csv", "email\nBob@example.com\nann@example.com\n");
    let flags = ["--username-uuid", "email", "--password", "generate"];
    dir.import(&pool, list).args(flags).run().exits(0);
    let users = pool.users();
    let ann = &users["311c354c-a7bc-5546-b710-07f33a022ea1"];
    assert_eq!(ann.attributes["email"], "ann@example.com");
    assert_eq!(users.len(), 2);

    let mapping = "username_uuid = \"email\"\npassword = \"generate\"\n";
    let mapping = dir.file("mapping.toml", mapping);
    dir.import(&pool, again)
        .args(["--mapping", mapping, "--run-dir", "again"])
        .run()
        .exits(0);
    assert_eq!(dir.results_in("again").outcomes(), ["existed", "existed"]);
    let names = |run: &str| {
        let results = dir.results_in(run);
        let mut names: Vec<String> = results
            .rows
            .iter()
            .map(|row| row["username"].clone())
            .collect();
        names.sort_unstable();
        names
    };
    assert_eq!(names("run"), names("again"));
}

#[test]
fn a_row_without_its_uuid_source_has_no_username() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", "email,name\nann@example.com,Ann\n,Bob\n");
    dir.rehearse(list)
        .args(["--username-uuid", "email", "--password", "generate"])
        .run()
        .exits(1);
    let results = dir.results();
    assert_eq!(results.outcomes(), ["created", "invalid"]);
    assert_eq!(results.row(2)["error_code"], "username.missing");
}

#[test]
fn users_sign_up_with_the_address_or_number_they_have() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        username_attributes: vec!["email".to_owned(), "phone_number".to_owned()],
        schema: vec![SchemaAttribute::string("email", 200)],
        ..quick()
    });
    let list = dir.file(
        "users.csv",
        "email,phone_number,password\n\
         ann@example.com,+4930901820,Passw0rd!1\n\
         ,+4930901821,Passw0rd!1\n\
         cy@example.com,,Passw0rd!1\n",
    );
    dir.import(&pool, list)
        .args(["--username-from", "email,phone_number"])
        .run()
        .exits(0);
    let results = dir.results();
    assert_eq!(results.count("created"), 3);
    let names: Vec<&str> = results.rows.iter().map(|row| &*row["username"]).collect();
    // The apostrophe keeps spreadsheets from treating it as a formula.
    assert_eq!(names, ["ann@example.com", "'+4930901821", "cy@example.com"]);
    let mapping = dir.file(
        "mapping.toml",
        "username_from = [\"email\", \"phone_number\"]\n",
    );
    dir.import(&pool, list)
        .args(["--mapping", mapping])
        .run()
        .exits(0);
    assert_eq!(pool.requests("SignUp"), 3, "the same run");
}
