//! What may not be asked is unknown, and whatever is unknown has to be allowed.

use super::{Place, Pool, Proxy, Wrong, codes, pool, quick, users};
use crate::harness::Cli;

fn denied() -> Wrong {
    Wrong::error(400, "AccessDeniedException", "not authorized to perform it")
}

#[test]
fn a_pool_that_may_not_be_asked_needs_allow_messages_or_its_rules() {
    let (place, pool) = (Place::new(), pool());
    let proxy = Proxy::always(&pool, "DescribeUserPool", denied());
    let list = place.file("users.csv", users(3));
    let through = |cli: Cli| {
        cli.args(["--endpoint-url", &proxy.url()])
            .args(["--output", "json"])
    };
    let import = |run| through(place.import(&pool, list)).args(["--run-dir", run]);
    let check = || through(place.check(&pool, list));
    for cli in [import("run"), check()] {
        let ran = cli.run().exits(3);
        assert_eq!(codes(&ran, "refusals"), ["messages_unknown"]);
        ran.says([
            "cognito-idp:DescribeUserPool is missing",
            "cannot tell whether sign-ups would send email or SMS to real people",
            "--allow-messages",
            "--pool",
        ]);
    }
    assert_eq!(proxy.calls(), 2, "what is denied is not asked again");
    assert_eq!(pool.asked("SignUp"), 0);
    check().arg("--allow-messages").run().exits(0);
    import("allowed").arg("--allow-messages").run().exits(0);
    let described = place.asking("describe", &pool).run().exits(0).stdout;
    let rules = place.file("pool.toml", described);
    import("by-file").args(["--pool", rules]).run().exits(0);
    let others = place.file("others.csv", users(3).replace("\nuser", "\nother"));
    through(place.import(&pool, others))
        .args(["--run-dir", "unchecked", "--no-preflight"])
        .run()
        .exits(0);
}

#[test]
fn a_run_that_goes_on_needs_it_again() {
    let (place, pool) = (Place::new(), pool());
    let list = place.file("users.csv", users(40));
    let proxy = Proxy::always(&pool, "DescribeUserPool", denied());
    let import = || {
        place
            .import(&pool, list)
            .args(["--endpoint-url", &proxy.url()])
    };
    let begun = import().args(["--allow-messages", "--rate", "10", "--deadline", "2s"]);
    begun.run().exits(4);
    let sent = pool.asked("SignUp");
    import().run().exits(3).says(["[messages_unknown]"]);
    assert_eq!(pool.asked("SignUp"), sent);
    import().arg("--allow-messages").run().exits(0);
}

#[test]
fn a_run_that_asks_nothing_needs_it_too() {
    let place = Place::new();
    let pool = Pool::start(quick());
    let list = place.file("users.csv", users(3));
    let import = |run| {
        place
            .import(&pool, list)
            .args(["--no-lookup", "--run-dir", run])
    };
    import("run").run().exits(3).says(["[messages_unknown]"]);
    assert!(pool.stats().operations.is_empty(), "nothing was asked");
    import("allowed").arg("--allow-messages").run().exits(0);
    let described = place.asking("describe", &pool).run().exits(0).stdout;
    let rules = place.file("pool.toml", described);
    import("by-file").args(["--pool", rules]).run().exits(0);
    import("unchecked").arg("--no-preflight").run().exits(0);
}

#[test]
fn a_group_that_an_emulator_answers_by_its_name_alone_is_the_group() {
    let missing = |message: &str| Wrong::error(400, "ResourceNotFoundException", message);
    let import = |place: &Place, pool: &Pool, proxy: &Proxy| {
        let list = place.file("users.csv", users(3));
        place
            .import(pool, list)
            .args(["--endpoint-url", &proxy.url(), "--group", "crew"])
    };
    for message in ["cognito-import-preflight", "", "us-east-1_AbCdEfGhI"] {
        let (place, pool) = (Place::new(), pool());
        // The question alone; the steps of the run are answered by the pool.
        let proxy = Proxy::first(1, &pool, "AdminAddUserToGroup", missing(message));
        let import = import(&place, &pool, &proxy);
        import.arg("--create-groups").run().exits(0);
        assert_eq!(proxy.calls(), 1 + 3);
    }
    // A group that goes missing during the run stops it, and is what the run blames.
    let (place, pool) = (Place::new(), pool());
    let proxy = Proxy::always(&pool, "AdminAddUserToGroup", missing("crew"));
    import(&place, &pool, &proxy)
        .arg("--no-preflight")
        .run()
        .exits(4)
        .says(["ResourceNotFoundException", "--create-groups"]);
}
