//! Rates: from the account's quotas, shared or set by flags.

use cognito_import::rehearsal::{PoolSettings, QuotaSetting};

use crate::harness::{Pool, TestDir, quick, users};

fn pool_with_quotas(creation: f64, read: f64) -> Pool {
    let mut settings = quick();
    settings.quotas.user_creation = QuotaSetting::per_second(creation);
    settings.quotas.user_read = QuotaSetting::per_second(read);
    Pool::start(settings)
}

#[test]
fn by_default_a_run_uses_its_share_of_the_quotas() {
    let dir = TestDir::new();
    let pool = pool_with_quotas(500.0, 250.0);
    let list = dir.file("users.csv", users(30));
    let output = dir
        .import(&pool, list)
        .args(["--rate", "auto", "--lookup-rate", "auto"])
        .run();
    let output = output.exits(0);
    output.names([
        "400/s (80%",
        "500/s; --share",
        "200/s (80%",
        "250/s; --share",
    ]);
    assert_eq!(pool.requests("GetProvisionedLimit"), 2);
    let pace = &dir.results().summary["pace"]["UserCreation"];
    assert_eq!(pace["ceiling"], 400.0);
}

#[test]
fn quota_share_applies_to_rates_not_given() {
    let dir = TestDir::new();
    let pool = pool_with_quotas(500.0, 250.0);
    let list = dir.file("users.csv", users(3));
    let output = dir
        .import(&pool, list)
        .args(["--rate", "70", "--lookup-rate", "auto", "--share", "0.5"])
        .run();
    let output = output.exits(0);
    output.names(["70/s (--rate)", "125/s (50%", "250/s; --share"]);
    // A given rate is compared with the quota.
    assert_eq!(pool.requests("GetProvisionedLimit"), 2);
}

#[test]
fn without_signed_requests_quotas_are_not_queried() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    let output = dir
        .import(&pool, list)
        .args(["--rate", "auto", "--lookup-rate", "auto"])
        .args(["--no-lookup", "--allow-messages"])
        .run();
    output.exits(0).names(["40/s (80%", "50/s; --share"]);
    assert_eq!(pool.requests("GetProvisionedLimit"), 0);
}

#[test]
fn resumed_runs_and_runs_without_a_plan_print_their_rate() {
    let dir = TestDir::new();
    let pool = pool_with_quotas(500.0, 250.0);
    let list = dir.file("users.csv", users(40));
    let import = |share| {
        dir.import(&pool, list)
            .args(["--rate", "auto", "--share", share])
    };
    import("0.02").args(["--deadline", "3s"]).run().exits(4);
    import("0.4")
        .args(["--no-preflight"])
        .run()
        .exits(0)
        .names(["200/s (40%", "500/s; --share"]);
    assert_eq!(dir.results().count("created"), 40);
}

#[test]
fn check_estimates_the_same_duration() {
    let dir = TestDir::new();
    let pool = pool_with_quotas(10.0, 250.0);
    let list = dir.file("users.csv", users(80));
    let plan = dir.check(&pool, list).json().run().exits(0).document()["plan"].clone();
    assert_eq!(plan["requests"]["UserCreation"]["at_most"], 80);
    assert_eq!(plan["requests"]["UserCreation"]["rate"]["a_second"], 8);
    assert_eq!(plan["seconds"], 10);
}

#[test]
fn invalid_rates_and_shares_are_refused_with_the_flag() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings::default());
    let list = dir.file("users.csv", users(1));
    for (flag, value) in [
        ("--rate", "0"),
        ("--lookup-rate", "fast"),
        ("--share", "1.5"),
    ] {
        dir.import(&pool, list)
            .args([flag, value])
            .run()
            .exits(2)
            .names([flag, value]);
    }
}

#[test]
fn a_negative_rate_is_an_invalid_rate_and_not_an_unknown_flag() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    for flag in ["--rate", "--lookup-rate", "--share"] {
        let wrong = format!("'{flag} <");
        let import = dir.import(&pool, list).without_flag(flag);
        import
            .args([flag, "-5"])
            .run()
            .exits(2)
            .names(["'-5'", &wrong]);
    }
}
