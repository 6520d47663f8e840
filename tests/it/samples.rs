//! The lists in `samples/`: exports of other systems, and the users they become.

mod people;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cognito_import::rehearsal::{AuditedUser, UserStatus};
use serde_json::{Value, json};

use crate::harness::{Pool, ProgramCommand, TestDir, quick};
use crate::main_job::sample;

/// The directories, each with a list and a mapping file.
const FOLDERS: [&str; 6] = [
    "auth0",
    "aws-template",
    "excel",
    "keycloak",
    "okta",
    "wordpress",
];

/// Adds the mapping file of a sample to a command.
fn with_mapping(cli: ProgramCommand, folder: &str) -> ProgramCommand {
    let mapping = sample(folder).join("mapping.toml");
    cli.args(["--mapping", mapping.to_str().unwrap()])
}

fn list(folder: &str) -> PathBuf {
    sample(folder).join("users.csv")
}

fn check(dir: &TestDir, folder: &str) -> ProgramCommand {
    with_mapping(dir.cli("check"), folder).arg(list(folder).to_str().unwrap())
}

/// Imports a sample. Asserts that every row becomes the expected user, in order, with its kept
/// cells next to the new `sub`. Returns the pool's users.
#[track_caller]
fn assert_becomes(folder: &str, kept: &[&str], expected: &Value) -> BTreeMap<String, AuditedUser> {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    with_mapping(dir.import(&pool, list(folder)), folder)
        .run()
        .exits(0);
    let (results, users) = (dir.results(), pool.users());
    assert_eq!(results.header[24..], *kept, "after the other columns");
    let found: Vec<Value> = results
        .rows
        .iter()
        .map(|row| {
            let user = &users[&row["username"]];
            assert_eq!(row["user_sub"], user.sub, "{row:?}");
            let mut attributes = user.attributes.clone();
            attributes.retain(|name, _| !name.ends_with("_verified"));
            let cells: Vec<&str> = kept.iter().map(|name| row[*name].as_str()).collect();
            json!([user.username, cells, attributes])
        })
        .collect();
    let expected = expected.as_array().unwrap();
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len(), "no row is lost");
    assert_eq!(users.len(), expected.len(), "no other user was created");
    users
}

/// The usernames of users with this property.
fn usernames_where(
    users: &BTreeMap<String, AuditedUser>,
    holds: fn(&AuditedUser) -> bool,
) -> Vec<&str> {
    let found = users.values().filter(|user| holds(user));
    found.map(|user| user.username.as_str()).collect()
}

fn is_verified(user: &AuditedUser) -> bool {
    user.attributes
        .get("email_verified")
        .is_some_and(|verified| verified == "true")
}

#[test]
fn imports_the_aws_template() {
    let kept = ["email_verified", "phone_number_verified"];
    assert_becomes("aws-template", &kept, &people::aws_template());
}

#[test]
fn imports_a_german_excel_list() {
    let bytes = fs::read(list("excel")).unwrap();
    assert!(std::str::from_utf8(&bytes).is_err(), "windows-1252");
    assert!(bytes.ends_with(b"\r\n"), "CRLF line ends");
    assert_becomes("excel", &["Kundennr", "Status"], &people::excel());
}

#[test]
fn imports_a_wordpress_export() {
    assert_becomes("wordpress", &["ID", "roles"], &people::wordpress());
}

#[test]
fn imports_an_auth0_export() {
    let kept = ["Id", "Email Verified", "Connection"];
    assert_becomes("auth0", &kept, &people::auth0());
}

#[test]
fn imports_a_keycloak_export() {
    let kept = ["id", "emailVerified", "kept_enabled"];
    let users = assert_becomes("keycloak", &kept, &people::keycloak());
    assert_eq!(
        usernames_where(&users, |user| !user.enabled),
        ["former.user"]
    );
    assert_eq!(
        usernames_where(&users, |user| !is_verified(user)),
        ["m.odonnell"]
    );
    let confirmed = usernames_where(&users, |user| user.status == UserStatus::Confirmed);
    assert_eq!(confirmed.len(), users.len());
}

#[test]
fn imports_an_okta_export() {
    let users = assert_becomes("okta", &["id", "status"], &people::okta());
    assert_eq!(
        usernames_where(&users, |user| !user.enabled),
        ["tom@example.com"]
    );
}

#[test]
fn each_sample_can_be_rehearsed_with_only_its_mapping() {
    for folder in FOLDERS {
        let dir = TestDir::new();
        with_mapping(dir.rehearse(list(folder)), folder)
            .run()
            .exits(0);
        let results = dir.results();
        assert_eq!(results.summary["kind"], "rehearsal");
        assert_eq!(results.count("created"), results.rows.len(), "{folder}");
    }
}

#[test]
fn check_passes_for_each_sample_with_and_without_pool_rules() {
    let dir = TestDir::new();
    let rules = sample("pool.toml");
    for folder in FOLDERS {
        check(&dir, folder).run().exits(0);
        let with_rules = check(&dir, folder).args(["--pool", rules.to_str().unwrap()]);
        let document = with_rules.json().run().exits(0).document();
        assert_eq!(document["rows"]["duplicates"], 0, "{folder}");
        assert_eq!(document["rows"]["invalid"], 0, "{folder}");
        let findings = fs::read_to_string(dir.path("findings.csv")).unwrap();
        assert_eq!(findings.lines().count(), 1, "{folder}: {findings}");
    }
}

#[test]
fn the_sample_pool_file_matches_describe() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let described = dir.read_only("describe", &pool).run().exits(0);
    let written = fs::read_to_string(sample("pool.toml")).unwrap();
    assert_eq!(described.stdout, written);
}

#[test]
fn wordpress_hashes_are_refused_as_passwords() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let as_passwords = ["--password", "column", "--map", "user_pass=password"];
    let imported = with_mapping(dir.import(&pool, list("wordpress")), "wordpress")
        .args(as_passwords)
        .run()
        .exits(3)
        .names(["[mostly_invalid]"]);
    assert_eq!(pool.requests("SignUp"), 0);
    let checked = check(&dir, "wordpress")
        .args(as_passwords)
        .run()
        .exits(3)
        .names(["password.hash", "phpass", "bcrypt", "--password generate"]);
    let findings = fs::read_to_string(dir.path("findings.csv")).unwrap();
    assert_eq!(findings.matches("password.hash").count(), 6, "{findings}");
    for text in [imported.stderr, checked.stderr, findings] {
        assert!(!text.contains("$P$") && !text.contains("$2y$"), "{text}");
    }
}

#[test]
fn auth0_apostrophes_are_refused_unless_dropped() {
    let dir = TestDir::new();
    let mapping = fs::read_to_string(sample("auth0/mapping.toml")).unwrap();
    let kept = mapping.replace("drop_apostrophe = true", "drop_apostrophe = false");
    assert_ne!(kept, mapping);
    let kept = dir.file("mapping.toml", kept);
    dir.rehearse(list("auth0"))
        .args(["--mapping", kept])
        .run()
        .exits(3)
        .names(["[apostrophes]", "--drop-apostrophe"]);
}

/// Collects every file below a directory.
fn files(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.insert(path);
        }
    }
}

#[test]
fn every_sample_file_is_used_by_a_test() {
    let mut tested: BTreeSet<PathBuf> = ["users.csv", "users-broken.csv", "pool.toml"]
        .map(sample)
        .into();
    for folder in FOLDERS {
        tested.extend([list(folder), sample(folder).join("mapping.toml")]);
    }
    let mut existing = BTreeSet::new();
    files(&sample(""), &mut existing);
    assert_eq!(existing, tested);
}
