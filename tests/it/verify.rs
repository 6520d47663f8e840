//! `verify` finds every user that is not in the pool as the run reports it, and no other.

pub(crate) mod changes;
mod emulator;
mod identification;
mod interrupted;
mod lagging;
mod recorded;
mod refusals;
mod stored;
mod undone;

use std::collections::BTreeMap;

use cognito_import::rehearsal::{ExistingUser, PoolSettings, QuotaSetting, Quotas, UserStatus};

use crate::harness::{CsvRow, Pool, TestDir, quick, users};
use changes::{delete, disable, enable, remove_from_group, set, sign_up};

/// A pool with these groups and without throttling.
fn settings(groups: &[&str]) -> PoolSettings {
    let plenty = QuotaSetting::per_second(100_000.0);
    PoolSettings {
        groups: groups.iter().map(|name| (*name).to_owned()).collect(),
        quotas: Quotas {
            user_resource_read: plenty,
            ..quick().quotas
        },
        ..quick()
    }
}

/// The problems in `verify.csv`: username, problem and item.
fn problems(dir: &TestDir) -> Vec<String> {
    let mut csv = csv::Reader::from_path(dir.path("run/verify.csv")).unwrap();
    let rows: Vec<CsvRow> = csv.deserialize().map(Result::unwrap).collect();
    let text = |row: &CsvRow| format!("{} {} {}", row["username"], row["problem"], row["item"]);
    rows.iter().map(|row| text(row).trim().to_owned()).collect()
}

const LIST: &str = "username,password,email,groups,Status\n\
                    ann,Passw0rd!1,ann@example.com,staff;beta,\n\
                    bob,Passw0rd!2,bob@example.com,staff,\n\
                    cy,Passw0rd!3,cy@example.com,,blocked\n\
                    dan,Passw0rd!4,dan@example.com,staff,\n\
                    eve,Passw0rd!5,eve@example.com,,\n\
                    fay,Passw0rd!6,fay@example.com,,\n\
                    weak,weak,weak@example.com,,\n";

/// Imports [`LIST`], with every kind of step.
fn import(dir: &TestDir, pool: &Pool) {
    let list = dir.file("users.csv", LIST);
    dir.import(pool, list)
        .args(["--confirm", "--verify", "email"])
        .args(["--disable-where", "Status=blocked"])
        .run()
        .exits(1);
}

#[test]
fn an_untouched_run_is_verified_with_one_page_for_sixty_users() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&["staff"]));
    let list = dir.file("users.csv", users(130));
    dir.import(&pool, list)
        .args(["--confirm", "--group", "staff"])
        .run()
        .exits(0);
    let looked_up = pool.requests("AdminGetUser");
    let verified = dir.verify(&pool).json().run().exits(0);
    let document = verified.document();
    assert_eq!(
        (&document["checked"], &document["as_reported"]),
        (&130.into(), &130.into())
    );
    assert_eq!(document["requests"]["UserList"]["sent"], 3 + 3);
    assert_eq!(problems(&dir), [""; 0]);
    assert_eq!(pool.requests("AdminGetUser"), looked_up);
    assert!(!dir.path("run/verify.db").exists());
}

#[test]
fn every_change_behind_the_back_of_a_run_is_found() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&["staff", "beta"]));
    import(&dir, &pool);
    dir.verify(&pool).run().exits(0);

    remove_from_group(&pool, "ann", "beta");
    disable(&pool, "bob");
    set(&pool, "bob", &[("email_verified", "false")]);
    enable(&pool, "cy");
    delete(&pool, "dan");
    delete(&pool, "eve");
    sign_up(&pool, "eve");
    let document = dir.verify(&pool).json().run().exits(1).document();
    assert_eq!(
        problems(&dir),
        [
            "ann missing_group beta",
            "bob disabled",
            "bob not_verified email",
            "cy enabled",
            "dan missing",
            "eve other_sub",
        ]
    );
    assert_eq!(
        (&document["checked"], &document["as_reported"]),
        (&6.into(), &1.into())
    );
    for problem in [
        "missing_group",
        "disabled",
        "enabled",
        "missing",
        "other_sub",
    ] {
        assert_eq!(document["problems"][problem], 1, "{problem}");
    }
    // The run's own results are unchanged.
    assert_eq!(dir.results().count("created"), 6);
}

#[test]
fn users_that_are_no_longer_confirmed_are_found() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&[]));
    let list = dir.file("users.csv", users(3));
    dir.import(&pool, list).arg("--confirm").run().exits(0);
    let pool = pool.restart_with(|settings| {
        let mut users = settings.existing.iter_mut();
        let user = users.find(|user| user.username == "user0002").unwrap();
        user.status = UserStatus::ResetRequired;
    });
    dir.verify(&pool).run().exits(1);
    assert_eq!(problems(&dir), ["user0002 not_confirmed"]);
}

#[test]
fn steps_that_failed_are_not_expected() {
    let dir = TestDir::new();
    let mut unconfirmed = settings(&[]);
    unconfirmed.faults.write_500 = 1.0;
    let pool = Pool::start(unconfirmed);
    let list = dir.file("users.csv", users(1));
    dir.import(&pool, list)
        .args(["--no-preflight", "--confirm"])
        .run()
        .exits(1);
    assert_eq!(dir.results().summary["follow_up"]["confirm"]["failed"], 1);
    dir.verify(&pool).run().exits(0);

    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        alias_attributes: vec!["email".to_owned()],
        ..settings(&["staff"])
    });
    let twins = "username,password,email\nann,Passw0rd!1,same@example.com\n\
                 bob,Passw0rd!2,same@example.com\n";
    let list = dir.file("users.csv", twins);
    dir.import(&pool, list)
        .args(["--confirm", "--verify", "email", "--group", "staff"])
        .args(["--allow-alias-moves", "--allow-alias-repeats"])
        .run()
        .exits(1);
    assert_eq!(
        dir.results().summary["follow_up"]["verify_email"]["failed"],
        1
    );
    dir.verify(&pool).run().exits(0);
    assert_eq!(problems(&dir), [""; 0]);
}

#[test]
fn users_that_the_listing_does_not_show_yet_are_looked_up() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        list_lag_ms: 3_600_000,
        ..settings(&["staff"])
    });
    let list = dir.file("users.csv", users(5));
    dir.import(&pool, list)
        .args(["--group", "staff"])
        .run()
        .exits(0);
    let looked_up = pool.requests("AdminGetUser");
    delete(&pool, "user0004");
    remove_from_group(&pool, "user0002", "staff");
    dir.verify(&pool).run().exits(1);
    let expected = ["user0002 missing_group staff", "user0004 missing"];
    assert_eq!(problems(&dir), expected);
    assert_eq!(pool.requests("AdminGetUser"), looked_up + 5);
}

#[test]
fn a_deleted_group_is_missing_from_all_its_users() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&["staff", "beta"]));
    import(&dir, &pool);
    let all = pool.users();
    let pool = pool.restart_with(|settings| settings.groups = vec!["beta".to_owned()]);
    assert_eq!(pool.users().len(), all.len());
    let put = |username: &str| {
        let sdk = pool.sdk();
        let call = sdk.client.admin_add_user_to_group();
        let call = call.user_pool_id(&pool.settings().pool_id);
        sdk.wait(call.group_name("beta").username(username).send())
            .unwrap();
    };
    put("ann");
    dir.verify(&pool).run().exits(1);
    assert_eq!(
        problems(&dir),
        ["ann", "bob", "dan"].map(|name| format!("{name} missing_group staff"))
    );
    assert_eq!(pool.requests("AdminListGroupsForUser"), 0);
}

#[test]
fn extra_users_are_those_in_no_row() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        existing: ["zoe", "Weak", "BOB", "amy"]
            .map(|name| ExistingUser {
                username: name.to_owned(),
                ..ExistingUser::default()
            })
            .to_vec(),
        ..settings(&["staff", "beta"])
    });
    import(&dir, &pool);
    assert_eq!(dir.results().for_user("bob")["outcome"], "existed");
    dir.verify(&pool).run().exits(0);
    assert_eq!(problems(&dir), [""; 0]);
    let document = dir.verify(&pool).arg("--extra").json().run().exits(1);
    assert_eq!(problems(&dir), ["amy extra", "zoe extra"]);
    assert_eq!(document.document()["problems"]["extra"], 2);
}

#[test]
fn throttling_and_broken_responses_do_not_change_the_result() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&["staff"]));
    let list = dir.file("users.csv", users(200));
    dir.import(&pool, list)
        .args(["--confirm", "--group", "staff"])
        .run()
        .exits(0);
    let deleted: Vec<String> = (0..9).map(|n| format!("user{:04}", 20 * n + 1)).collect();
    let groups: BTreeMap<String, Vec<String>> = pool
        .users()
        .into_iter()
        .map(|(name, user)| (name, user.groups))
        .collect();
    let pool = pool.restart_with(|settings| {
        settings
            .existing
            .retain(|user| !deleted.contains(&user.username));
        let faults = &mut settings.faults;
        (faults.list_drop, faults.list_500, faults.list_throttle) = (0.2, 0.2, 0.2);
        (faults.read_drop, faults.read_500, faults.read_throttle) = (0.2, 0.2, 0.2);
    });
    assert_eq!(groups.len(), 200);
    for user in pool.users().keys() {
        let sdk = pool.sdk();
        let call = sdk.client.admin_add_user_to_group();
        let call = call.user_pool_id(&pool.settings().pool_id);
        sdk.wait(call.group_name("staff").username(user).send())
            .unwrap();
    }
    dir.verify(&pool).run().exits(1);
    let missing = deleted.iter().map(|name| format!("{name} missing"));
    assert_eq!(problems(&dir), missing.collect::<Vec<_>>());
    assert!(pool.stats().operations["ListUsers"].throttled > 0);
}

#[test]
fn attributes_are_compared_with_the_list() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&[]));
    let list = "login,Mail,first,last,password\nann,ann@example.com,Ann,Lee,Passw0rd!1\n\
                bob,bob@example.com,Bob,,Passw0rd!2\ncy,cy@example.com,Cy,Orr,Passw0rd!3\n";
    let list = dir.file("users.csv", list.replace(',', ";"));
    let mapping = "[columns]\nlogin = \"username\"\nMail = \"email\"\nlast = \"family_name\"\n\
                   first = \"given_name\"\n";
    let mapping = dir.file("mapping.toml", mapping);
    dir.import(&pool, list)
        .args([
            "--mapping",
            mapping,
            "--delimiter",
            ";",
            "--set",
            "locale=de",
        ])
        .run()
        .exits(0);
    let verify = || dir.verify(&pool).arg(list).json();
    let document = verify().run().exits(0).document();
    assert_eq!(document["differing_attributes"], serde_json::json!({}));
    // Case does not matter in this pool, and an empty cell sets nothing.
    set(&pool, "ann", &[("email", "ANN@example.com")]);
    set(&pool, "bob", &[("family_name", "Ray")]);
    verify().run().exits(0);
    set(&pool, "ann", &[("given_name", "Anna"), ("locale", "fr")]);
    set(&pool, "cy", &[("given_name", "")]);
    delete(&pool, "bob");
    let document = verify().run().exits(1).document();
    assert_eq!(
        problems(&dir),
        [
            "ann attribute_differs given_name",
            "ann attribute_differs locale",
            "bob missing",
            "cy attribute_differs given_name",
        ]
    );
    let content = std::fs::read_to_string(dir.path("run/verify.csv")).unwrap();
    assert!(!content.contains("Anna"), "{content}");
    verify().args(["--differences", "values"]).run().exits(1);
    let content = std::fs::read_to_string(dir.path("run/verify.csv")).unwrap();
    assert!(content.contains("given_name,Ann,Anna"), "{content}");
    assert!(content.contains("given_name,Cy,\n"), "{content}");
    let differing = serde_json::json!({"given_name": 2, "locale": 1});
    assert_eq!(document["differing_attributes"], differing);
    assert_eq!(document["problems"]["attribute_differs"], 2);
}

#[test]
fn a_directory_can_be_named_latest() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&[]));
    let list = dir.file("users.csv", users(2));
    dir.import(&pool, list)
        .args(["--run-dir", "runs/monday"])
        .run()
        .exits(0);
    let verify = dir.cli("verify").arg("runs/latest");
    verify
        .env("AWS_ACCESS_KEY_ID", "AKIAMADEUP")
        .env("AWS_SECRET_ACCESS_KEY", "made-up")
        .run()
        .exits(0)
        .names(["runs/monday/verify.csv"]);
}

#[test]
fn the_report_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = TestDir::new();
    let pool = Pool::start(settings(&[]));
    let list = dir.file("users.csv", users(2));
    dir.import(&pool, list).run().exits(0);
    dir.verify(&pool).run().exits(0).names(["run/verify.csv"]);
    let about = std::fs::metadata(dir.path("run/verify.csv")).unwrap();
    assert_eq!(about.permissions().mode() & 0o777, 0o600);
}
