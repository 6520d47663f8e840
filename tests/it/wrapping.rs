//! Lines are wrapped between words at the width of the terminal.

use cognito_import::rehearsal::PoolSettings;

use crate::harness::{Pool, ProgramCommand, TestDir, existing_user, quick, users, users_numbered};

/// The words without numbers and times, which change from call to call.
fn words(text: &str) -> Vec<&str> {
    let changes = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
    let words = text.split_whitespace();
    let words = words.filter(|word| !changes(word) && !word.starts_with("second"));
    words.collect()
}

#[test]
fn no_word_is_broken_at_the_end_of_a_line() {
    let dir = TestDir::new();
    let runs = ["nightly/first", "nightly/second"];
    for (run, numbers) in runs.into_iter().zip([1..=20, 11..=30]) {
        let list = dir.file("users.csv", users_numbered(numbers));
        dir.rehearse(list).args(["--run-dir", run]).run().exits(0);
    }
    let pool = Pool::start(PoolSettings {
        existing: vec![existing_user("user0001")],
        ..quick()
    });
    let list = dir.file("users.csv", users(1));
    dir.import(&pool, list).run().exits(0);
    let compare = || dir.cli("report").arg("--compare").args(runs);
    let list = || dir.cli("runs").arg("nightly");
    // It created no user.
    let undo = || dir.undo(&pool);
    let commands: [(&dyn Fn() -> ProgramCommand, u16); 3] =
        [(&compare, 80), (&list, 60), (&undo, 50)];
    for (command, columns) in commands {
        let plain = command().run().exits(0);
        let plain = plain.stdout + &plain.stderr;
        let is_long = |line: &str| line.len() > usize::from(columns);
        assert!(plain.lines().any(is_long), "{plain}");
        let mut screen = command().on_screen(columns);
        assert_eq!(screen.wait(), Some(0));
        let shown = screen.rows().join("\n");
        assert_eq!(words(&shown), words(&plain), "{shown}");
    }
}
