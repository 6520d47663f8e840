//! A run that was given so much time uses it.

use crate::harness::{Place, Pool, quick, users};

#[test]
fn a_run_with_a_deadline_sends_until_it_is_reached() {
    let place = Place::new();
    let pool = Pool::start(quick());
    let list = place.file("users.csv", users(100));
    place
        .import(&pool, list)
        .args(["--rate", "60", "--deadline", "2s"])
        .run()
        .exits(4)
        .says(["--deadline reached", "the same command goes on"]);
    let results = place.results();
    let created = results.count("created");
    // In the first second nothing is sent.
    assert!((30..=60).contains(&created), "{:?}", results.counts());
    assert_eq!(created + results.count("unsent"), 100);
}
