//! Users that change before their update is sent, and runs that stop before it.

use super::{renamed_with, settings, value};
use crate::harness::{Pool, ProgramCommand, TestDir, TestEndpoint, TestReply, head, wait_until};
use crate::verify::changes::{delete, set, sign_up};

const LIST: &str = "username,password,email,name\n\
    renamed,Passw0rd!,renamed@example.com,Renamed\n";

fn import(dir: &TestDir, pool: &Pool, list: &str) -> ProgramCommand {
    let import = dir.import(pool, list);
    import.args(["--update-existing", "name"])
}

/// An endpoint that answers updates of this user in this way.
fn endpoint(pool: &Pool, answer: fn() -> TestReply) -> TestEndpoint {
    TestEndpoint::start(pool, move |request| {
        let is_update = request.operation == "AdminUpdateUserAttributes";
        if is_update && request.username() == "renamed" {
            answer()
        } else {
            TestReply::Forward
        }
    })
}

/// Starts a run and stops it before its update is accepted.
fn stopped_before_the_update(dir: &TestDir, pool: &Pool, list: &str, flags: &[&str]) {
    let throttled = || TestReply::error("TooManyRequestsException", "Rate exceeded");
    let endpoint = endpoint(pool, throttled);
    let running = import(dir, pool, list)
        .without_flag("--endpoint-url")
        .args(["--endpoint-url", &endpoint.url()])
        .args(flags.iter().copied())
        .start();
    wait_until("the update", || {
        // The first request is the probe of the permission.
        (endpoint.requests("AdminUpdateUserAttributes") > 1).then_some(())
    });
    running.signal("INT");
    running.wait().exits(130);
    assert_eq!(value(pool, "renamed", "name").unwrap(), "Old");
    let steps = &dir.results().summary["follow_up"]["update"];
    assert_eq!(steps["pending"], 1);
}

#[test]
fn a_value_that_changed_before_the_resume_is_the_one_that_undo_restores() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let list = dir.file("users.csv", LIST);
    stopped_before_the_update(&dir, &pool, list, &[]);
    set(&pool, "renamed", &[("name", "Own")]);
    import(&dir, &pool, list).run().exits(0);
    assert_eq!(dir.results().row(1)["updated"], "name");
    assert_eq!(value(&pool, "renamed", "name").unwrap(), "Renamed");
    dir.undo(&pool).run().exits(0);
    assert_eq!(value(&pool, "renamed", "name").unwrap(), "Own");
}

#[test]
fn a_user_who_changed_before_the_resume_is_newer_than_the_row() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let list = dir.file("users.csv", renamed_with("changed", "2024-05-07"));
    let flags = ["--not-newer-than", "changed"];
    stopped_before_the_update(&dir, &pool, list, &flags);
    set(&pool, "renamed", &[("name", "Own")]);
    import(&dir, &pool, list).args(flags).run().exits(0);
    let results = dir.results();
    assert_eq!(results.row(1)["updated"], "newer");
    assert_eq!(results.summary["existing_users"]["newer"], 1);
    assert_eq!(results.summary["existing_users"]["updated"], 0);
    assert_eq!(value(&pool, "renamed", "name").unwrap(), "Own");
}

#[test]
fn a_user_who_has_the_value_already_is_not_written() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let list = dir.file("users.csv", LIST);
    stopped_before_the_update(&dir, &pool, list, &[]);
    set(&pool, "renamed", &[("name", "Renamed")]);
    let sent = pool.requests("AdminUpdateUserAttributes");
    import(&dir, &pool, list).run().exits(0);
    // The probe of the permission.
    assert_eq!(pool.requests("AdminUpdateUserAttributes"), sent + 1);
    assert_eq!(dir.results().row(1)["follow_up"], "done");
}

#[test]
fn a_different_user_with_the_same_name_is_not_updated() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let list = dir.file("users.csv", LIST);
    stopped_before_the_update(&dir, &pool, list, &[]);
    delete(&pool, "renamed");
    sign_up(&pool, "renamed");
    import(&dir, &pool, list).run().exits(1);
    assert_eq!(
        dir.results().row(1)["follow_up"],
        "failed: update UserReplaced"
    );
    assert_eq!(value(&pool, "renamed", "name"), None);
    delete(&pool, "renamed");
    let again = import(&dir, &pool, list).args(["--retry", "follow-up"]);
    again.run().exits(1);
    assert_eq!(
        dir.results().row(1)["follow_up"],
        "failed: update UserNotFoundException"
    );
}

#[test]
fn previous_values_are_known_after_a_kill_during_the_update() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let list = dir.file("users.csv", LIST);
    let unanswered = || {
        let drip = TestReply::Drip(head(200, "x: y"));
        TestReply::ForwardThen(Box::new(drip))
    };
    let endpoint = endpoint(&pool, unanswered);
    let running = import(&dir, &pool, list)
        .without_flag("--endpoint-url")
        .args(["--endpoint-url", &endpoint.url()])
        .start();
    wait_until("the update", || {
        (value(&pool, "renamed", "name")? == "Renamed").then_some(())
    });
    running.signal("KILL");
    running.wait();
    import(&dir, &pool, list).run().exits(0);
    assert_eq!(dir.results().row(1)["updated"], "name");
    dir.undo(&pool).run().exits(0);
    assert_eq!(value(&pool, "renamed", "name").unwrap(), "Old");
}

#[test]
fn a_refused_update_is_not_undone() {
    let dir = TestDir::new();
    let mut settings = settings();
    settings.alias_attributes = vec!["email".to_owned()];
    let pool = Pool::start(settings);
    let list = dir.file(
        "users.csv",
        "username,password,email\nmoved,Passw0rd!,same@example.com\n",
    );
    dir.import(&pool, list)
        .args(["--verify", "email", "--update-existing"])
        .run()
        .exits(1);
    let results = dir.results();
    assert_eq!(
        results.row(1)["follow_up"],
        "failed: update AliasExistsException"
    );
    assert_eq!(results.summary["existing_users"]["updated"], 0);
    delete(&pool, "same");
    set(&pool, "moved", &[("email", "same@example.com")]);
    dir.undo(&pool).run().exits(0);
    assert_eq!(value(&pool, "moved", "email").unwrap(), "same@example.com");
}

#[test]
fn only_the_address_of_the_row_is_marked_as_verified() {
    let dir = TestDir::new();
    let mut settings = settings();
    for user in &mut settings.existing {
        let attributes = &mut user.attributes;
        attributes.insert("email_verified".to_owned(), "false".to_owned());
    }
    let pool = Pool::start(settings);
    let list = dir.file(
        "users.csv",
        "username,password,email\n\
         same,Passw0rd!,same@example.com\n\
         moved,Passw0rd!,moved@new.example\n",
    );
    dir.import(&pool, list)
        .args(["--verify", "email", "--follow-up-existing"])
        .run()
        .exits(0);
    assert_eq!(value(&pool, "same", "email_verified").unwrap(), "true");
    assert_eq!(value(&pool, "moved", "email_verified").unwrap(), "false");
    assert_eq!(dir.results().row(2)["follow_up"], "");
}

#[test]
fn without_preflight_addresses_need_their_flag_too() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let list = dir.file("users.csv", LIST);
    dir.import(&pool, list)
        .args(["--update-existing", "--no-preflight"])
        .run()
        .exits(3)
        .names(["--verify email"]);
    assert_eq!(pool.requests("SignUp"), 0);
}
