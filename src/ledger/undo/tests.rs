use super::{RetriedUsers, ToUndo, UndoLedger, UndoRecord};
use crate::ledger::integrity::presence::UNDO;
use crate::ledger::tests::{identity, settled};
use crate::ledger::writer::Ending;
use crate::ledger::{Durability, Facts, Ledger, LedgerError, RunDirectory, ToBegin};
use crate::outcome::{KeptReason, Outcome, RowOutcome, UndoOutcome, Undone};

/// A run that created the users of rows 1, 3 and 4. That of row 2 existed.
async fn run(directory: &RunDirectory) {
    let facts = Facts {
        started_ms: 1_000,
        case_insensitive: true,
        second_before_run_ms: None,
        endpoint: None,
    };
    let ledger = Ledger::create(directory, &identity(), facts, Durability::Process).unwrap();
    let rows = (1..=4).map(|row| ToBegin {
        row,
        line: row + 1,
        username: format!("user{row}"),
        compared_as: None,
        kept: Vec::new(),
        outcome: None,
        follow_up: None,
    });
    ledger.begin(rows.collect(), 1_000).await.await.unwrap();
    let outcome = |row| {
        let mut outcome = RowOutcome::of(if row == 2 {
            Outcome::Existed
        } else {
            Outcome::Created
        });
        outcome.user_sub = (row != 4).then(|| format!("sub-{row}"));
        outcome.created_at = (row == 4).then_some(5_000);
        (row, outcome)
    };
    ledger.write(settled((1..=4).map(outcome).collect())).await;
    let ending = Ending {
        finished: true,
        stopped_because: None,
        at_ms: 9_000,
    };
    ledger.close(ending).await.unwrap();
}

fn rows(undo: &UndoLedger) -> Vec<ToUndo> {
    undo.open_users(0, 100).unwrap()
}

#[tokio::test]
async fn lists_the_users_that_the_run_created_and_keeps_their_outcomes() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    run(&directory).await;
    assert!(!UndoLedger::is_there(&directory).unwrap());
    let mut undo = UndoLedger::begin(&directory, |_| false).unwrap();
    let made: Vec<_> = rows(&undo).into_iter().map(|open| open.user).collect();
    assert_eq!(
        made.iter().map(|user| user.row).collect::<Vec<_>>(),
        [1, 3, 4]
    );
    assert_eq!(made[0].sub.as_deref(), Some("sub-1"));
    assert_eq!(
        (made[2].sub.as_deref(), made[2].created_ms),
        (None, Some(5_000))
    );
    undo.write(&[(1, UndoRecord::Begun), (3, UndoRecord::Begun)], 7_000)
        .unwrap();
    undo.write(&[(3, UndoRecord::NotSent), (4, UndoRecord::Begun)], 8_000)
        .unwrap();
    let used = UndoOutcome::of(Undone::Kept(KeptReason::MaybeUsed));
    let failed = UndoOutcome {
        undone: Undone::Failed,
        error_code: Some("InternalErrorException".into()),
        error_message: Some("it is broken".into()),
    };
    undo.write(
        &[
            (1, UndoRecord::Settled(failed.clone())),
            (3, UndoRecord::Settled(used)),
        ],
        9_000,
    )
    .unwrap();
    drop(undo);

    assert!(UndoLedger::is_there(&directory).unwrap());
    let mut undo = UndoLedger::open(&directory).unwrap();
    let open = rows(&undo);
    assert_eq!(
        (open.len(), open[0].user.row, open[0].begun_ms),
        (1, 4, Some(8_000))
    );
    let mut said = Vec::new();
    undo.each_user::<LedgerError>(|user| {
        said.push((
            user.user.row,
            user.outcome.as_ref().map(UndoOutcome::to_string),
        ));
        Ok(())
    })
    .unwrap();
    let expected = [
        Some("failed: InternalErrorException"),
        Some("kept: maybe used"),
        None,
    ];
    assert_eq!(
        said.iter()
            .map(|(_, said)| said.as_deref())
            .collect::<Vec<_>>(),
        expected
    );
    // A failed deletion is retried and still counts as begun.
    undo.reset_for_retry(RetriedUsers::default()).unwrap();
    let open = rows(&undo);
    assert_eq!(
        open.iter().map(|open| open.user.row).collect::<Vec<_>>(),
        [1, 4]
    );
    assert_eq!(open[0].begun_ms, Some(7_000));
    let used = RetriedUsers {
        used: true,
        messages: false,
    };
    undo.reset_for_retry(used).unwrap();
    assert_eq!(rows(&undo).len(), 3);
    assert_eq!(undo.counts().unwrap(), [(None, 3)]);
}

#[tokio::test]
async fn modified_line_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    run(&directory).await;
    drop(UndoLedger::begin(&directory, |_| false).unwrap());
    for harm in [
        "UPDATE users SET user_sub = 'sub-9' WHERE row = 3",
        "UPDATE users SET username = 'somebody' WHERE row = 1",
        "UPDATE users SET created_ms = 6000 WHERE row = 4",
    ] {
        let path = directory.path().join(UNDO);
        let database = rusqlite::Connection::open(&path).unwrap();
        let transaction = database.unchecked_transaction().unwrap();
        transaction.execute(harm, []).unwrap();
        transaction.commit().unwrap();
        drop(database);
        let error = UndoLedger::open(&directory).unwrap_err();
        assert!(
            matches!(error, LedgerError::DamagedUndo { .. }),
            "{harm}: {error}"
        );
        std::fs::remove_file(&path).unwrap();
        drop(UndoLedger::begin(&directory, |_| false).unwrap());
    }
}

#[tokio::test]
async fn undone_run_can_be_restarted_but_not_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    run(&directory).await;
    drop(UndoLedger::begin(&directory, |_| false).unwrap());
    let looked = Ledger::peek(&directory, &identity(), &[]).unwrap_err();
    assert!(matches!(looked, LedgerError::Undone { .. }), "{looked}");
    let reopened = Ledger::reopen(&directory, &identity(), Durability::Process, &[]).unwrap_err();
    assert!(matches!(reopened, LedgerError::Undone { .. }), "{reopened}");
    directory.set_aside().unwrap();
    run(&directory).await;
    assert!(!UndoLedger::is_there(&directory).unwrap());
    Ledger::peek(&directory, &identity(), &[]).unwrap();
    assert!(directory.path().join("undo-before-1.db").exists());
}

#[tokio::test]
async fn undo_without_its_run_is_not_a_new_run() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    run(&directory).await;
    drop(UndoLedger::begin(&directory, |_| false).unwrap());
    // As after an interruption between two renames.
    let aside = directory.path().join("ledger-before-1.db");
    std::fs::rename(directory.database(), aside).unwrap();
    let there = Ledger::is_there(&directory, Durability::Power);
    assert!(matches!(there, Err(LedgerError::Lost { .. })), "{there:?}");
}

#[tokio::test]
async fn missing_user_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    run(&directory).await;
    drop(UndoLedger::begin(&directory, |_| false).unwrap());
    let database = rusqlite::Connection::open(directory.path().join(UNDO)).unwrap();
    database
        .execute_batch("DELETE FROM users WHERE row = 3")
        .unwrap();
    drop(database);
    let error = UndoLedger::open(&directory).unwrap_err();
    assert!(matches!(error, LedgerError::DamagedUndo { .. }), "{error}");
}
