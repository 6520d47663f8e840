//! Settings that the credentials may not read are unknown, and running with unknown settings must
//! be allowed explicitly.

use super::{BadReply, Pool, Proxy, TestDir, codes, pool, quick, users};
use crate::harness::ProgramCommand;

fn denied() -> BadReply {
    BadReply::error(400, "AccessDeniedException", "not authorized to perform it")
}

#[test]
fn an_unreadable_pool_needs_allow_messages_or_a_pool_file() {
    let (dir, pool) = (TestDir::new(), pool());
    let proxy = Proxy::always(&pool, "DescribeUserPool", denied());
    let list = dir.file("users.csv", users(3));
    let through = |cli: ProgramCommand| cli.args(["--endpoint-url", &proxy.url()]).json();
    let import = |run| through(dir.import(&pool, list)).args(["--run-dir", run]);
    let check = || through(dir.check(&pool, list));
    for cli in [import("run"), check()] {
        let output = cli.run().exits(3);
        assert_eq!(codes(&output.document(), "refusals"), ["messages_unknown"]);
        output.names(["cognito-idp:DescribeUserPool", "--allow-messages", "--pool"]);
    }
    assert_eq!(proxy.calls(), 2, "a denied call is not repeated");
    assert_eq!(pool.requests("SignUp"), 0);
    check().arg("--allow-messages").run().exits(0);
    import("allowed").arg("--allow-messages").run().exits(0);
    let described = dir.read_only("describe", &pool).run().exits(0).stdout;
    let rules = dir.file("pool.toml", described);
    import("by-file").args(["--pool", rules]).run().exits(0);
    let others = dir.file("others.csv", users(3).replace("\nuser", "\nother"));
    through(dir.import(&pool, others))
        .args(["--run-dir", "unchecked", "--no-preflight"])
        .run()
        .exits(0);
}

#[test]
fn a_resumed_run_needs_it_again() {
    let (dir, pool) = (TestDir::new(), pool());
    let list = dir.file("users.csv", users(40));
    let proxy = Proxy::always(&pool, "DescribeUserPool", denied());
    let import = || {
        dir.import(&pool, list)
            .args(["--endpoint-url", &proxy.url()])
    };
    let begun = import().args(["--allow-messages", "--rate", "10", "--deadline", "2s"]);
    begun.run().exits(4);
    let sent = pool.requests("SignUp");
    import().run().exits(3).names(["[messages_unknown]"]);
    assert_eq!(pool.requests("SignUp"), sent);
    import().arg("--allow-messages").run().exits(0);
}

#[test]
fn a_run_that_queries_nothing_needs_it_too() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    let import = |run| {
        dir.import(&pool, list)
            .args(["--no-lookup", "--run-dir", run])
    };
    import("run").run().exits(3).names(["[messages_unknown]"]);
    assert!(pool.stats().operations.is_empty(), "no request was sent");
    import("allowed").arg("--allow-messages").run().exits(0);
    let described = dir.read_only("describe", &pool).run().exits(0).stdout;
    let rules = dir.file("pool.toml", described);
    import("by-file").args(["--pool", rules]).run().exits(0);
    import("unchecked").arg("--no-preflight").run().exits(0);
}

#[test]
fn a_group_answer_with_only_a_name_is_accepted() {
    let missing = |message: &str| BadReply::error(400, "ResourceNotFoundException", message);
    let import = |dir: &TestDir, pool: &Pool, proxy: &Proxy| {
        let list = dir.file("users.csv", users(3));
        dir.import(pool, list)
            .args(["--endpoint-url", &proxy.url(), "--group", "crew"])
    };
    for message in ["cognito-import-preflight", "", "us-east-1_AbCdEfGhI"] {
        let (dir, pool) = (TestDir::new(), pool());
        // Only the check; the pool answers the steps of the run.
        let proxy = Proxy::first(1, &pool, "AdminAddUserToGroup", missing(message));
        let import = import(&dir, &pool, &proxy);
        import.arg("--create-groups").run().exits(0);
        assert_eq!(proxy.calls(), 1 + 3);
    }
    // A group that disappears during the run stops it and is reported as the cause.
    let (dir, pool) = (TestDir::new(), pool());
    let proxy = Proxy::always(&pool, "AdminAddUserToGroup", missing("crew"));
    import(&dir, &pool, &proxy)
        .arg("--no-preflight")
        .run()
        .exits(4)
        .names(["ResourceNotFoundException", "--create-groups"]);
}
