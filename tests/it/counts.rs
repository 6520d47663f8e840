//! Counts agree with their nouns.

use cognito_import::rehearsal::{ExistingUser, Faults};

use crate::harness::{Pool, ProcessOutput, TestDir, quick, users};

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
            "users", "rows", "requests", "groups", "mails", "cells", "columns", "steps",
        ]
        .contains(&noun);
        assert!(*number != "1" || !is_plural, "{number} {noun}: {text}");
    }
}

#[test]
fn a_list_of_one_row_is_imported_and_undone_in_the_singular() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.existing.push(ExistingUser {
        username: "old".to_owned(),
        ..ExistingUser::default()
    });
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(1));
    let import = || {
        dir.import(&pool, list)
            .args(["--prescan", "always", "--deadline", "10m"])
    };
    let imported = import().run().exits(0).says([
        "plan: 1 row: 1 to send",
        "the pool was read: 1 user\n",
        "UserCreation: 1 request,",
    ]);
    has_no_plural_of_one(&imported);
    let undo = |args: &[&str]| {
        let mut undo = dir
            .cli("undo")
            .arg("run")
            .env("AWS_ACCESS_KEY_ID", "AKIAMADEUP")
            .env("AWS_SECRET_ACCESS_KEY", "made-up")
            .default_flag("--endpoint-url", &pool.url());
        for arg in args {
            undo = undo.arg(arg);
        }
        undo.run().exits(0)
    };
    let dry = undo(&["--dry-run"]).says(["looking up 1 user that this run created"]);
    has_no_plural_of_one(&dry);
    let yes = ["--yes-delete", pool.settings().pool_id.as_str()];
    let undone = undo(&yes).says(["undo: 1 user that this run created"]);
    has_no_plural_of_one(&undone);
    let again = undo(&yes).says(["going on with this undo: 1 of 1 user settled"]);
    has_no_plural_of_one(&again);
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
    let refused = dir
        .import(&pool, broken)
        .run()
        .exits(3)
        .says(["1 of 1 row is invalid"]);
    has_no_plural_of_one(&refused);
    let checked = dir.check(&pool, broken).run().exits(3);
    has_no_plural_of_one(&checked);
    let list = dir.file("users.csv", users(1));
    let import = || {
        dir.import(&pool, list)
            .args(["--no-lookup", "--no-preflight"])
    };
    import().args(["--max-failures", "0"]).run().exits(5);
    let undone = dir
        .cli("undo")
        .args(["run", "--endpoint-url", &pool.url()])
        .args(["--yes-delete", &pool.settings().pool_id])
        .env("AWS_ACCESS_KEY_ID", "AKIAMADEUP")
        .env("AWS_SECRET_ACCESS_KEY", "made-up")
        .run()
        .exits(0)
        .says(["note: 1 row is in doubt"]);
    has_no_plural_of_one(&undone);
}
