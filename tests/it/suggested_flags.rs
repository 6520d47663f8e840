//! The suggested flags at the end of a header refusal, which import the list when pasted into a
//! shell.

use std::process::Command;

use crate::harness::{Pool, ProgramCommand, TestDir, quick};
use cognito_import::rehearsal::{PoolSettings, SchemaAttribute};

/// Splits a line as a shell does.
fn words(line: &str) -> Vec<String> {
    let script = format!("printf '%s\\0' {line}");
    let printed = Command::new("sh").args(["-c", &script]).output().unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    printed
        .trim_end_matches('\0')
        .split('\0')
        .map(str::to_owned)
        .collect()
}

/// Runs a command with a refused header and returns its last line of output.
#[track_caller]
fn suggested(cli: ProgramCommand) -> String {
    let refused = cli.run().exits(3);
    refused
        .stderr
        .trim_end()
        .lines()
        .last()
        .unwrap()
        .trim()
        .to_owned()
}

#[test]
fn the_suggested_flags_import_the_list() {
    let hashed = "User Name,Pass word,E-mail Address,First Name,Mobile Phone,encrypted_password\n\
                  ann,Passw0rd!1,ann@example.com,Ann,+4930901820,x\n";
    let without_prefix =
        "username,password,email,Department\nann,Passw0rd!1,ann@example.com,Sales\n";
    let odd = "Login,Kennwort,Mail,\"it's, = $HOME `x`\",-dash,Département\n\
               ann,Passw0rd!1,ann@example.com,1,2,3\n";
    for (list, expected) in [
        (
            hashed,
            "--map 'User Name=username' --map 'Pass word=password' --map 'E-mail Address=email' --map 'First Name=given_name' \
             --map 'Mobile Phone=phone_number' --ignore-column encrypted_password",
        ),
        (without_prefix, "--map Department=custom:department"),
        (
            odd,
            "--map Login=username --map Kennwort=password --map Mail=email --ignore-column 'it'\\''s, = $HOME `x`' \
             --ignore-column=-dash --ignore-column Département",
        ),
        (
            "email\nann@example.com\n",
            "--username-from email --password generate",
        ),
    ] {
        let dir = TestDir::new();
        let pool = Pool::start(quick());
        let list = dir.file("users.csv", list);
        for line in [
            suggested(dir.import(&pool, list)),
            suggested(dir.rehearse(list)),
            suggested(dir.check(&pool, list)),
        ] {
            assert_eq!(line, expected);
        }
        assert_eq!(pool.requests("SignUp"), 0);
        dir.import(&pool, list).args(words(expected)).run().exits(0);
        assert_eq!(dir.results().outcomes(), ["created"]);
    }
}

#[test]
fn custom_attributes_come_from_the_pool_or_pool_file() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        schema: vec![SchemaAttribute::string("custom:Shoe_Size", 3)],
        ..quick()
    });
    let list = dir.file(
        "users.csv",
        "username,password,email,shoe size\nann,Passw0rd!1,ann@example.com,38\n",
    );
    let expected = "--map 'shoe size=custom:Shoe_Size'";
    assert_eq!(suggested(dir.check(&pool, list)), expected);
    let described = dir.read_only("describe", &pool).run().exits(0);
    let rules = dir.file("pool.toml", described.stdout);
    let check = || dir.cli("check").arg(list);
    assert_eq!(suggested(check().args(["--pool", rules])), expected);
    assert_eq!(suggested(check()), "--ignore-column 'shoe size'");
    dir.import(&pool, list).args(words(expected)).run().exits(0);
    assert_eq!(pool.users()["ann"].attributes["custom:Shoe_Size"], "38");
}

#[test]
fn the_username_column_depends_on_the_pool_sign_in_options() {
    for (settings, expected) in [
        (
            PoolSettings {
                alias_attributes: vec!["email".to_owned()],
                ..quick()
            },
            "--map Mail=email --username-uuid Mail --password generate",
        ),
        (
            PoolSettings {
                username_attributes: vec!["email".to_owned()],
                ..quick()
            },
            "--map Mail=email --username-from Mail --password generate",
        ),
    ] {
        let dir = TestDir::new();
        let pool = Pool::start(settings);
        let list = dir.file("users.csv", "Mail\nann@example.com\n");
        let line = suggested(dir.import(&pool, list));
        assert_eq!(line, expected);
        dir.import(&pool, list).args(words(&line)).run().exits(0);
        assert_eq!(dir.results().outcomes(), ["created"]);
    }
}

#[test]
fn the_json_document_has_the_flags_even_if_the_pool_does_not_respond() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "users.csv",
        "username,password,Mail\nann,Passw0rd!1,ann@example.com\n",
    );
    let import = dir.import(&pool, list);
    pool.stop();
    let refused = import.json().run().exits(3);
    let document = refused.document();
    let what_to_do = document["error"]["what_to_do"].as_str().unwrap();
    assert!(what_to_do.ends_with("--map Mail=email"), "{what_to_do}");
}

/// Adding an attribute to a pool cannot be undone, so it is suggested last.
#[test]
fn unknown_attributes_are_mapped_or_dropped_first() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "users.csv",
        "username,password,email,custom:Department,custom:shoe\nann,Passw0rd!1,ann@example.com,Sales,38\n",
    );
    let what_to_do = |flags: [&str; 2]| {
        let import = dir.import(&pool, list).args(flags);
        let refused = import.json().run().exits(3);
        let document = refused.document();
        let refusal = &document["refusals"][0];
        assert_eq!(refusal["code"], "attribute_unknown");
        refusal["what_to_do"].as_str().unwrap().to_owned()
    };
    let suggestion = what_to_do(["--prescan", "never"]);
    let line = "--map custom:Department=custom:department --ignore-column custom:shoe";
    for suggestion in [suggestion, what_to_do(["--set", "custom:hat=7"])] {
        let (first, rest) = suggestion.split_once("; ").unwrap();
        assert!(first.ends_with(line), "{suggestion}");
        assert!(!rest.is_empty());
    }
    dir.import(&pool, list).args(words(line)).run().exits(0);
    let users = pool.users();
    assert_eq!(users["ann"].attributes["custom:department"], "Sales");
}
