//! Counts agree with their nouns.

use cognito_import::rehearsal::Faults;

use crate::harness::{Pool, ProcessOutput, TestDir, existing_user, quick, users};

#[track_caller]
fn has_no_plural_of_one(output: &ProcessOutput) {
    let text = format!("{}\n{}", output.stdout, output.stderr);
    // A table has its counts in a column of their own.
    let lines = text.lines().filter(|line| !line.starts_with('│'));
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    for pair in words.windows(2) {
        let [number, noun] = pair else { continue };
        let noun = noun.trim_end_matches(|c: char| !c.is_alphanumeric());
        let is_plural = [
            "users", "rows", "requests", "groups", "emails", "cells", "columns", "steps",
        ]
        .contains(&noun);
        assert!(*number != "1" || !is_plural, "{number} {noun}: {text}");
    }
}

#[test]
fn a_list_of_one_row_is_imported_and_undone_in_the_singular() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.existing.push(existing_user("old"));
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(1));
    let import = || {
        dir.import(&pool, list)
            .args(["--prescan", "always", "--deadline", "10m"])
    };
    let imported = import().run().exits(0);
    has_no_plural_of_one(&imported);
    has_no_plural_of_one(&dir.dry_undo(&pool).run().exits(0));
    has_no_plural_of_one(&dir.undo(&pool).run().exits(0));
    let again = dir.undo(&pool).run().exits(0);
    has_no_plural_of_one(&again);
    assert_eq!(pool.requests("AdminDeleteUser"), 1);
}

#[test]
fn one_broken_row_and_one_row_in_doubt_are_singular() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.faults = Faults {
        commit_then_drop: 1.0,
        ..Faults::default()
    };
    let pool = Pool::start(settings);
    let broken = dir.file("broken.csv", "username,password\nann\n");
    let refused = dir.import(&pool, broken).run().exits(3);
    has_no_plural_of_one(&refused);
    let checked = dir.check(&pool, broken).run().exits(3);
    has_no_plural_of_one(&checked);
    let list = dir.file("users.csv", users(1));
    let import = || {
        dir.import(&pool, list)
            .args(["--no-lookup", "--no-preflight"])
    };
    import().args(["--max-failures", "0"]).run().exits(5);
    has_no_plural_of_one(&dir.undo(&pool).run().exits(0));
}
