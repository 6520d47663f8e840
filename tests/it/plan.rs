//! The plan printed before a run: its content, and its width.

use cognito_import::rehearsal::{PoolSettings, QuotaSetting};

use crate::harness::{Pool, TestDir, quick, users};

fn pool_with_quota(creation: f64) -> Pool {
    let mut settings = quick();
    settings.quotas.user_creation = QuotaSetting::per_second(creation);
    Pool::start(settings)
}

#[test]
fn a_rate_above_the_quota_is_reported_with_its_source() {
    let dir = TestDir::new();
    let pool = pool_with_quota(60.0);
    let list = dir.file("users.csv", users(3));
    let check = |rate| dir.check(&pool, list).args(["--rate", rate]).run().exits(0);
    check("70").names([
        "[rate_above_quota]",
        "--rate 70",
        "60",
        "GetProvisionedLimit",
    ]);
    assert!(!check("60").stderr.contains("rate_above_quota"));
    let import = dir.import(&pool, list).args(["--rate", "70"]);
    import.run().exits(0).names(["[rate_above_quota]"]);
}

#[test]
fn without_a_known_quota_rates_are_compared_with_the_default() {
    let dir = TestDir::new();
    let pool = pool_with_quota(500.0);
    let list = dir.file("users.csv", users(3));
    let import = |rate, run| {
        dir.import(&pool, list)
            .args(["--rate", rate, "--no-lookup", "--run-dir", run])
            .arg("--allow-messages")
            .run()
            .exits(0)
    };
    import("51", "above").names(["[rate_above_quota]", "--rate 51", "50"]);
    assert!(!import("50", "within").stderr.contains("rate_above_quota"));
    assert_eq!(pool.requests("GetProvisionedLimit"), 0);
}

#[test]
fn a_plan_with_nothing_to_send_has_no_requests() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "users.csv",
        "username,password,email\nann,short,ann@example.com\n",
    );
    for cli in [dir.check(&pool, list), dir.import(&pool, list)] {
        let document = cli.json().run().exits(3).document();
        assert_eq!(document["rows"]["to_send"], 0);
        assert_eq!(document["rows"]["invalid"], 1);
        assert_eq!(document["plan"]["requests"]["UserCreation"]["at_most"], 0);
    }
}

#[test]
fn steps_of_duplicates_are_not_counted() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.groups = vec!["crew".to_owned(), "staff".to_owned()];
    let pool = Pool::start(settings);
    let list = dir.file(
        "users.csv",
        "username,password,email,groups\nann,Passw0rd!1,ann@example.com,crew;staff\nbob,Passw0rd!2,bob@example.com,\n\
         ANN,Passw0rd!1,ann@example.com,crew;staff\n",
    );
    let check = dir
        .check(&pool, list)
        .args(["--confirm", "--verify", "email"]);
    let document = check.json().run().exits(1).document();
    assert_eq!(document["rows"]["to_send"], 2);
    assert_eq!(document["rows"]["duplicates"], 1);
    let requests = &document["plan"]["requests"];
    assert_eq!(requests["UserCreation"]["at_most"], 2 + 2);
    assert_eq!(requests["UserUpdate"]["at_most"], 2 + 2);
}

#[test]
fn the_plan_says_that_undo_keeps_confirmed_users() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(3));
    let pool = Pool::start(quick());
    let check = dir.check(&pool, list);
    let check = check.arg("--confirm").run().exits(0);
    check.names(["undo: "]);
    let pool = Pool::start(PoolSettings {
        threat_protection: true,
        ..quick()
    });
    let check = dir.check(&pool, list).arg("--confirm").run().exits(0);
    assert!(!check.stderr.contains("undo:"), "{}", check.stderr);
}

#[test]
fn the_plan_fits_the_terminal_and_is_not_wrapped_elsewhere() {
    let dir = TestDir::new();
    let pool = pool_with_quota(60.0);
    let list = dir.file("users.csv", users(3));
    let check = || dir.check(&pool, list).args(["--rate", "70", "--confirm"]);
    let unwrapped = check().run().exits(0).stderr;
    let words = |text: &str| {
        text.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    for columns in [60, 80, 120] {
        let mut screen = check().on_screen(columns);
        assert_eq!(screen.wait(), Some(0));
        let shown = screen.raw_output();
        for line in shown.lines() {
            assert!(line.len() <= usize::from(columns), "{columns}: {line}");
        }
        assert_eq!(
            words(&shown),
            words(&unwrapped),
            "{columns}: no word is lost"
        );
    }
    let mut screen = check().on_screen(60);
    screen.wait();
    let rows = screen.rows();
    let wrapped = rows
        .iter()
        .position(|row| row.starts_with("      UserRead: "));
    let below = &rows[wrapped.unwrap() + 1];
    assert!(
        below.starts_with("                ") && !below.starts_with("                 "),
        "{rows:#?}"
    );
}
