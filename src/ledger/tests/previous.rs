//! The comparison with the previous run.

use super::{create, created, ending, rows, settled, to_begin};
use crate::ledger::previous::{PreviousUsers, VanishedUser};
use crate::ledger::{LedgerBatch, LedgerError, LedgerReader, NewRow, RunDirectory};
use crate::outcome::{Outcome, PreviousDifferences, RowOutcome, RowResult};

fn invalid(row: u64, username: &str, code: &str) -> NewRow {
    NewRow::Settled(Box::new(RowResult {
        is_new: false,
        known: false,
        row,
        line: row + 1,
        username: (!username.is_empty()).then(|| username.to_owned()),
        kept: Vec::new(),
        outcome: RowOutcome::of(Outcome::Invalid).with_error(code, "why"),
        follow_up: None,
    }))
}

/// A finished run that created the first of these users and found the second one, and whose other
/// rows break rules.
async fn run(
    directory: &RunDirectory,
    users: [&str; 2],
    broken: &[(&str, &str)],
    previous: Option<&RunDirectory>,
) {
    let ledger = create(directory);
    if let Some(previous) = previous {
        let reader = LedgerReader::open(previous.path()).unwrap();
        let users = PreviousUsers::read(&reader, previous.path()).unwrap();
        ledger.set_previous(users).await;
    }
    let [one, other] = users;
    let begun = ledger.begin(vec![to_begin(1, one), to_begin(2, other)], 5);
    begun.await.await.unwrap();
    let existed = RowOutcome::of(Outcome::Existed);
    let outcomes = vec![(1, created()), (2, existed)];
    ledger.write(settled(outcomes)).await;
    let broken = (3..).zip(broken);
    let broken = broken.map(|(row, (username, code))| invalid(row, username, code));
    ledger.note(broken.collect()).await;
    ledger.write(LedgerBatch::default()).await;
    ledger.close(ending(true)).await.unwrap();
}

const MONDAY: [(&str, &str); 4] = [
    ("cy", "email.format"),
    ("cy", "password.policy"),
    ("", "username.missing"),
    ("never", "email.format"),
];

const TUESDAY: [(&str, &str); 5] = [
    ("CY", "password.policy"),
    ("cy", "email.format"),
    ("cy", "attribute.length"),
    ("", "username.missing"),
    ("bob", "email.format"),
];

async fn two_nights(monday: &RunDirectory, tuesday: &RunDirectory) {
    run(monday, ["ann", "bob"], &MONDAY, None).await;
    run(tuesday, ["Eve", "Fay"], &TUESDAY, Some(monday)).await;
}

#[tokio::test]
async fn marks_new_rows_and_known_problems_and_names_vanished_users() {
    let folder = tempfile::tempdir().unwrap();
    let night = |name: &str| RunDirectory::hold(&folder.path().join(name)).unwrap();
    let (monday, tuesday) = (night("monday"), night("tuesday"));
    two_nights(&monday, &tuesday).await;
    let found = rows(&tuesday);
    let marks: Vec<(bool, bool)> = found.iter().map(|row| (row.is_new, row.known)).collect();
    let (new, known, neither) = ((true, false), (false, true), (false, false));
    assert_eq!(marks, [new, new, known, known, neither, neither, neither]);
    let reader = LedgerReader::open(tuesday.path()).unwrap();
    let mut vanished = Vec::new();
    let each = |user: &VanishedUser| {
        vanished.push((user.row, user.username.clone(), user.outcome));
        Ok::<(), LedgerError>(())
    };
    reader.each_vanished(each).unwrap();
    assert_eq!(vanished, [(1, "ann".to_owned(), Outcome::Created)]);
    let previous = reader.summary().unwrap().previous.unwrap();
    assert_eq!(previous.rows, 6);
    let expected = PreviousDifferences {
        new: 2,
        vanished: 1,
        differing: 0,
        known: 2,
        newly_broken: 3,
    };
    assert_eq!(previous.differences, Some(expected));
    let first = LedgerReader::open(monday.path()).unwrap();
    assert_eq!(first.summary().unwrap().previous, None);
    assert!(!first.is_compared().unwrap());
}

#[tokio::test]
async fn a_changed_mark_or_a_missing_user_is_damage() {
    for change in [
        "UPDATE marks SET known = 1 WHERE row = 1",
        "UPDATE marks SET is_new = 0 WHERE row = 1",
        "UPDATE vanished SET username = 'bob'",
        "UPDATE vanished SET user_sub = NULL",
        "DELETE FROM vanished",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let night = |name: &str| RunDirectory::hold(&folder.path().join(name)).unwrap();
        let (monday, tuesday) = (night("monday"), night("tuesday"));
        two_nights(&monday, &tuesday).await;
        let database = rusqlite::Connection::open(tuesday.database()).unwrap();
        assert_eq!(database.execute(change, []).unwrap(), 1, "{change}");
        drop(database);
        let reader = LedgerReader::open(tuesday.path()).unwrap();
        let marks = reader.summary().map(drop);
        let vanished = reader.each_vanished(|_| Ok::<(), LedgerError>(()));
        let read = marks.and(vanished);
        assert!(matches!(read, Err(LedgerError::Damaged { .. })), "{change}");
    }
}

#[tokio::test]
async fn counts_new_users_of_a_list_before_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let monday = RunDirectory::hold(&folder.path().join("monday")).unwrap();
    run(&monday, ["ann", "bob"], &MONDAY, None).await;
    let reader = LedgerReader::open(monday.path()).unwrap();
    let users = PreviousUsers::read(&reader, monday.path()).unwrap();
    for (list, new) in [
        (&["ANN", "cy", "never"] as &[&str], 0),
        (&["eve", "Eve", "fay"], 2),
        (&[], 0),
    ] {
        let mut names = list.iter().map(|name| (*name).to_owned());
        let next = || Ok::<_, LedgerError>(names.next());
        assert_eq!(users.count_new(next).unwrap(), new, "{list:?}");
    }
}
