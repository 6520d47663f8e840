//! Where a run is sent to, and that a run which goes on somewhere else says so.

use crate::harness::{Place, Pool, quick, until, users};

#[test]
fn an_endpoint_in_the_environment_is_used() {
    let place = Place::new();
    let pool = Pool::start(quick());
    let list = place.file("users.csv", users(3));
    for (run, variable) in [
        ("all", "AWS_ENDPOINT_URL"),
        ("one", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"),
    ] {
        place
            .import(&pool, list)
            .without_flag("--endpoint-url")
            .env(variable, &pool.url())
            .args(["--run-dir", run])
            .run()
            .exits(0);
    }
    assert_eq!(pool.asked("SignUp"), 6);
}

#[test]
fn a_run_that_goes_on_at_another_endpoint_says_so() {
    let place = Place::new();
    let (first, other) = (Pool::start(quick()), Pool::start(quick()));
    let list = place.file("users.csv", users(60));
    let import = |pool: &Pool| place.import(pool, list).args(["--rate", "45"]);
    let stopped = |pool: &Pool, more: u64| {
        let before = pool.asked("SignUp");
        let running = import(pool).start();
        until("some sign-ups", || {
            (pool.asked("SignUp") >= before + more).then_some(())
        });
        running.signal("INT");
        running.end().exits(130)
    };
    stopped(&first, 10);
    let same = stopped(&first, 10);
    assert!(!same.stderr.contains("goes on at"), "{}", same.stderr);
    let (from, to) = (first.url(), other.url());
    let said = format!("this run was begun at {from}, and goes on at {to}");
    import(&other).run().exits(0).says([&said]);
    assert_eq!(first.users().len() + other.users().len(), 60);
}
