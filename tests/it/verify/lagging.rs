//! Listings that lag behind: users are looked up before they are reported.

use serde_json::{Value, json};

use super::changes::{delete, disable, remove_from_group, set, sign_up_with_address};
use super::{problems, settings};
use crate::harness::{Pool, ProgramCommand, ReceivedRequest, TestDir, TestEndpoint, TestReply};
use cognito_import::rehearsal::PoolSettings;

const LIST: &str = "username,password,email,name\nann,Passw0rd!1,ann@example.com,Ann\n\
                    bob,Passw0rd!2,bob@example.com,Bob\n";

/// Replaces the value of an attribute in a page of users.
fn replace(page: &mut Value, attribute: &str, value: &str) {
    for user in page["Users"].as_array_mut().unwrap() {
        for found in user["Attributes"].as_array_mut().unwrap() {
            if found["Name"] == attribute {
                found["Value"] = json!(value);
            }
        }
    }
}

fn is_listing(request: &ReceivedRequest) -> bool {
    request.operation == "ListUsers"
}

fn verify(dir: &TestDir, pool: &Pool, endpoint: &TestEndpoint) -> ProgramCommand {
    let verify = dir.verify(pool).without_flag("--endpoint-url");
    verify.args(["--endpoint-url", &endpoint.url()])
}

#[test]
fn attributes_are_looked_up_before_they_differ() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&[]));
    let list = dir.file("users.csv", LIST);
    dir.import(&pool, list).run().exits(0);
    let before = pool.requests("AdminGetUser");
    dir.verify(&pool).arg(list).run().exits(0);
    assert_eq!(pool.requests("AdminGetUser"), before, "nothing differs");
    // The listing still has the names of yesterday.
    let endpoint = TestEndpoint::start(&pool, |request| match is_listing(request) {
        true => TestReply::ForwardEdited(Box::new(|page| replace(page, "name", "Old"))),
        false => TestReply::Forward,
    });
    verify(&dir, &pool, &endpoint).arg(list).run().exits(0);
    assert_eq!(endpoint.requests("AdminGetUser"), 2);
    // Without the list, nothing looks different.
    verify(&dir, &pool, &endpoint).run().exits(0);
    assert_eq!(endpoint.requests("AdminGetUser"), 2);
    set(&pool, "bob", &[("name", "Robert")]);
    verify(&dir, &pool, &endpoint).arg(list).run().exits(1);
    assert_eq!(problems(&dir), ["bob attribute_differs name"]);
}

#[test]
fn users_that_existed_are_looked_up_if_the_run_compared_them() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&[]));
    let list = dir.file("users.csv", LIST);
    dir.import(&pool, list)
        .args(["--run-dir", "first"])
        .run()
        .exits(0);
    let endpoint = TestEndpoint::start(&pool, |request| match is_listing(request) {
        true => TestReply::ForwardEdited(Box::new(|page| replace(page, "name", "Old"))),
        false => TestReply::Forward,
    });
    dir.import(&pool, list)
        .args(["--prescan", "never"])
        .run()
        .exits(0);
    assert_eq!(dir.results().row(1)["differs"], "none");
    verify(&dir, &pool, &endpoint).arg(list).run().exits(0);
    assert_eq!(endpoint.requests("AdminGetUser"), 2);
    // Each lookup counts the user as active, so a run that compared nothing looks up nothing.
    std::fs::remove_dir_all(dir.path("run")).unwrap();
    let import = dir
        .import(&pool, list)
        .args(["--no-lookup", "--no-preflight"]);
    import.run().exits(0);
    verify(&dir, &pool, &endpoint).arg(list).run().exits(1);
    assert_eq!(endpoint.requests("AdminGetUser"), 2);
    let expected = ["ann", "bob"].map(|name| format!("{name} attribute_differs name"));
    assert_eq!(problems(&dir), expected);
}

#[test]
fn a_list_that_can_be_read_once_is_compared_with_the_listing_alone() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&[]));
    let list = dir.file("users.csv", LIST);
    dir.import(&pool, list).run().exits(0);
    let endpoint = TestEndpoint::start(&pool, |request| match is_listing(request) {
        true => TestReply::ForwardEdited(Box::new(|page| replace(page, "name", "Old"))),
        false => TestReply::Forward,
    });
    let piped = verify(&dir, &pool, &endpoint).arg("-").input(LIST);
    piped.run().exits(1);
    let expected = ["ann", "bob"].map(|name| format!("{name} attribute_differs name"));
    assert_eq!(problems(&dir), expected);
    assert_eq!(endpoint.requests("AdminGetUser"), 0);
}

#[test]
fn a_failed_lookup_does_not_blame_the_listing() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&[]));
    let list = dir.file("users.csv", LIST);
    dir.import(&pool, list).run().exits(0);
    let endpoint = TestEndpoint::start(&pool, |request| match request.operation.as_str() {
        "ListUsers" => TestReply::ForwardEdited(Box::new(|page| replace(page, "name", "Old"))),
        "AdminGetUser" if request.username() == "ann" => {
            TestReply::error("InvalidParameterException", "no")
        }
        _ => TestReply::Forward,
    });
    verify(&dir, &pool, &endpoint).arg(list).run().exits(1);
    assert_eq!(problems(&dir), ["ann not_checked"]);
}

#[test]
fn a_failed_lookup_of_groups_does_not_hide_other_problems() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&["staff"]));
    let list = dir.file("users.csv", LIST);
    dir.import(&pool, list)
        .args(["--group", "staff"])
        .run()
        .exits(0);
    for username in ["ann", "bob"] {
        remove_from_group(&pool, username, "staff");
    }
    disable(&pool, "ann");
    let endpoint = TestEndpoint::start(&pool, |request| match request.operation.as_str() {
        "AdminListGroupsForUser" if request.username() == "ann" => {
            TestReply::error("InvalidParameterException", "no")
        }
        _ => TestReply::Forward,
    });
    let document = verify(&dir, &pool, &endpoint).json().run().exits(1);
    let expected = ["ann disabled", "ann not_checked", "bob missing_group staff"];
    assert_eq!(problems(&dir), expected);
    assert_eq!(document.document()["as_reported"], 0);
}

#[test]
fn groups_are_looked_up_by_the_name_in_the_pool() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        username_attributes: vec!["email".to_owned()],
        ..settings(&["staff"])
    });
    let list = dir.file(
        "users.csv",
        "username,password\nann@example.com,Passw0rd!1\n",
    );
    dir.import(&pool, list)
        .args(["--group", "staff"])
        .run()
        .exits(0);
    // Her address has changed, and another user has the old one.
    set(&pool, "ann@example.com", &[("email", "ann@example.org")]);
    sign_up_with_address(&pool, "ann@example.com");
    let endpoint = TestEndpoint::start(&pool, |request| match request.operation.as_str() {
        "ListUsersInGroup" => TestReply::ForwardEdited(Box::new(|page| page["Users"] = json!([]))),
        _ => TestReply::Forward,
    });
    verify(&dir, &pool, &endpoint).run().exits(0);
    assert_eq!(endpoint.requests("AdminListGroupsForUser"), 1);
    delete(&pool, "ann@example.org");
    verify(&dir, &pool, &endpoint).run().exits(1);
    assert_eq!(problems(&dir), ["ann@example.com other_sub"]);
}
