//! The quotas do not block one another. How fast it goes is in `tests/timed`.

use cognito_import::rehearsal::{ExistingUser, PoolSettings};

use crate::harness::{Place, Pool, quick, until, users};

/// A user of the list who is in the pool already.
fn there(number: usize) -> ExistingUser {
    ExistingUser {
        username: format!("user{number:04}"),
        ..ExistingUser::default()
    }
}

#[test]
fn look_ups_that_wait_for_their_turn_hold_up_no_sign_up() {
    let place = Place::new();
    let pool = Pool::start(PoolSettings {
        existing: (1..=40).map(there).collect(),
        ..quick()
    });
    let list = place.file("users.csv", users(150));
    let running = place
        .import(&pool, list)
        .args(["--lookup-rate", "8", "--concurrency", "4"])
        .args(["--prescan", "never"])
        .start();
    until("every sign-up", || {
        (pool.asked("SignUp") == 150).then_some(())
    });
    let looked_up_by_then = pool.asked("AdminGetUser");
    running.end().exits(0);
    let results = place.results();
    assert_eq!(
        (results.count("existed"), results.count("created")),
        (40, 110)
    );
    // Forty take five seconds.
    assert!(looked_up_by_then < 40, "{looked_up_by_then}");
    assert!(pool.asked("AdminGetUser") >= 40);
}
