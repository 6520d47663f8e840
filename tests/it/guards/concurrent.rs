//! Programs that start at the same time share the account's quotas for the preflight calls, and may
//! import the same list.

use cognito_import::rehearsal::{PoolSettings, QuotaSetting};

use super::{BadReply, Pool, Proxy, TestDir, codes, pool, quick, users};
use crate::harness::users_numbered;

const PROGRAMS: usize = 8;

/// Starts eight imports of different lists into one pool.
fn run_eight_imports(pool: &Pool) {
    let dir = TestDir::new();
    let running: Vec<_> = (0..PROGRAMS)
        .map(|number| {
            let name = format!("list-{number}.csv");
            let first = number * 10 + 1;
            dir.file(&name, users_numbered(first..=first + 4));
            dir.import(pool, &name)
                .args(["--rate", "auto", "--lookup-rate", "auto"])
                .args(["--group", "crew", "--create-groups"])
                .args(["--run-dir", &format!("run-{number}")])
                .start()
        })
        .collect();
    for (number, running) in running.into_iter().enumerate() {
        let output = running.wait().exits(0);
        assert!(!output.stderr.contains("network"), "{}", output.stderr);
        let results = dir.results_in(&format!("run-{number}"));
        assert_eq!(results.count("created"), 5);
    }
    assert_eq!(pool.users().len(), PROGRAMS * 5);
}

#[test]
fn eight_concurrent_starts_all_run() {
    let pool = Pool::start(quick());
    run_eight_imports(&pool);
    let limits = &pool.stats().operations["GetProvisionedLimit"];
    assert!(
        limits.throttled > 0,
        "one a second for the account: {limits:?}"
    );
}

#[test]
fn eight_concurrent_starts_wait_for_small_quotas() {
    let mut settings = quick();
    let small = QuotaSetting::per_second(2.0);
    settings.quotas.user_pool_read = small;
    settings.quotas.user_pool_client_read = small;
    settings.quotas.user_pool_resource_read = small;
    settings.quotas.user_pool_resource_update = small;
    let pool = Pool::start(settings);
    run_eight_imports(&pool);
    let described = &pool.stats().operations["DescribeUserPool"];
    assert!(described.throttled > 0, "{described:?}");
}

#[test]
fn two_concurrent_imports_of_one_list_create_each_user_once() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    let list = dir.file("users.csv", users(60));
    let import = |run: &str| dir.import(&pool, list).args(["--run-dir", run]).start();
    let (one, other) = (import("one"), import("other"));
    for import in [one, other] {
        let code = import.wait().code;
        assert!([Some(0), Some(5)].contains(&code), "{code:?}");
    }
    let (one, other) = (dir.results_in("one"), dir.results_in("other"));
    for (one, other) in one.outcomes().into_iter().zip(other.outcomes()) {
        let mut both = [one, other];
        both.sort_unstable();
        // A user created during the run with the row's attributes may be the run's own.
        assert!(
            [["created", "existed"], ["created", "in_doubt"]].contains(&both),
            "{both:?}"
        );
    }
    assert_eq!(pool.users().len(), 60);
}

#[test]
fn lasting_throttling_refuses_the_run_and_is_named() {
    let (dir, pool) = (TestDir::new(), pool());
    let list = dir.file("users.csv", users(1));
    for (wrong, cause, code) in [
        (
            BadReply::error(400, "TooManyRequestsException", "Too many requests"),
            "TooManyRequestsException",
            4,
        ),
        (
            BadReply::error(403, "ForbiddenException", "Request not allowed"),
            "WAF",
            3,
        ),
    ] {
        let proxy = Proxy::always(&pool, "DescribeUserPool", wrong);
        let output = dir
            .import(&pool, list)
            .args(["--endpoint-url", &proxy.url()])
            .args(["--preflight-timeout", "1s", "--output", "json"])
            .run()
            .exits(code);
        assert_eq!(codes(&output.document(), "refusals"), ["call_failed"]);
        assert!(!output.stderr.contains("network"), "{}", output.stderr);
        output.names([cause]);
    }
    assert_eq!(pool.requests("SignUp"), 0);
}

#[test]
fn unknown_quotas_default_and_are_noted() {
    for wrong in [
        BadReply::error(400, "TooManyRequestsException", "Too many requests"),
        BadReply::error(400, "ExpiredTokenException", "expired"),
        BadReply::error(400, "InvalidParameterException", "unknown category"),
    ] {
        let dir = TestDir::new();
        let pool = Pool::start(PoolSettings::default());
        let list = dir.file("users.csv", users(1));
        let proxy = Proxy::always(&pool, "GetProvisionedLimit", wrong);
        dir.import(&pool, list)
            .args(["--endpoint-url", &proxy.url(), "--rate", "auto"])
            .args(["--preflight-timeout", "1s"])
            .run()
            .exits(0)
            .names(["[limits_unknown]"]);
        // The default share of the default quota.
        let pace = &dir.results().summary["pace"]["UserCreation"];
        assert_eq!(pace["ceiling"], 40.0);
    }
}
