//! Unclosed quotes: users swallowed by them are never left out silently.

use crate::harness::{Pool, TestDir, quick, users};

#[test]
fn an_unclosed_quote_stops_the_run_and_its_line_is_named() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    // More than a record may hold, so the swallowed lines are not read as one row of a megabyte.
    let list = format!(
        "{}open,Passw0rd!,\"open@example.com\n{}",
        users(10),
        users(20_000)
    );
    let name = dir.file("users.csv", list);
    dir.import(&pool, name).run().exits(3).names(["line 12"]);
    assert_eq!(
        pool.requests("SignUp"),
        0,
        "the list is read before it is sent"
    );
    dir.import(&pool, name)
        .arg("--no-preflight")
        .run()
        .exits(4)
        .names(["line 12"]);
    let results = dir.results();
    assert_eq!(results.rows.len(), 10);
    // Some of the preceding rows may still have been in flight.
    assert_eq!(results.count("created") + results.count("unsent"), 10);
    assert_eq!(results.summary["read_to_end"], false);
    assert_eq!(results.summary["state"], "stopped");
    assert_eq!(pool.users().len(), results.count("created"));
}

#[test]
fn rows_swallowed_by_two_stray_quotes_are_reported() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    // Both quotes are in the same column, so the record has as many cells as the header.
    let list = "username,password,given_name,email\n\
                ann,Passw0rd!,\"Ann,ann@example.com\n\
                bob,Passw0rd!,Bob,bob@example.com\n\
                cy,Passw0rd!,\"Cy,cy@example.com\n\
                dee,Passw0rd!,\"Dee\nof two lines\",dee@example.com\n\
                eve,Passw0rd!,Eve,eve@example.com\n";
    let name = dir.file("users.csv", list);
    dir.import(&pool, name).run().exits(3).names([
        "[rows_swallowed]",
        "row.swallowed_rows",
        "row 1 (line 2)",
        "lines 2 to 4",
    ]);
    assert_eq!(pool.requests("SignUp"), 0);
    dir.import(&pool, name).arg("--no-preflight").run().exits(1);
    let results = dir.results();
    assert_eq!(results.outcomes(), ["invalid", "created", "created"]);
    assert_eq!(
        pool.users()["dee"].attributes["given_name"],
        "Dee\nof two lines"
    );
}
