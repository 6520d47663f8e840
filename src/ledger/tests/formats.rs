//! The format of a ledger.

use super::{create, ending, identity, to_begin};
use crate::ledger::directory::RunDirectory;
use crate::ledger::{Durability, Invocation, Ledger, LedgerError, LedgerReader, RunKind};

fn invocation() -> Invocation {
    Invocation {
        version: "0.1.0".to_owned(),
        command: vec!["cognito-import".to_owned(), "import".to_owned()],
    }
}

#[tokio::test]
async fn keeps_the_command_of_the_last_session() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    let ledger = create(&directory);
    ledger.set_invocation(invocation()).await;
    let group = vec![to_begin(1, "ann")];
    ledger.begin(group, 5).await.await.unwrap();
    ledger.close(ending(false)).await.unwrap();
    let (ledger, _, _) = Ledger::reopen(&directory, &identity(), Durability::Process, &[]).unwrap();
    let mut second = invocation();
    second.command.push("--yes".to_owned());
    ledger.set_invocation(second.clone()).await;
    ledger.close(ending(false)).await.unwrap();
    let about = LedgerReader::open(directory.path())
        .unwrap()
        .about()
        .unwrap();
    assert_eq!(about.command, Some(second.command));
}

#[tokio::test]
async fn a_dropped_ledger_has_written_what_it_received() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    let ledger = create(&directory);
    let mut last = invocation();
    for number in 0..50 {
        last.command = vec![number.to_string()];
        ledger.set_invocation(last.clone()).await;
    }
    drop(ledger);
    // The thread has the lock, too.
    let path = directory.path().to_owned();
    drop(directory);
    RunDirectory::hold(&path).unwrap();
    let reader = LedgerReader::open(&path).unwrap();
    assert_eq!(reader.about().unwrap().command, Some(last.command));
}

#[tokio::test]
async fn rejects_the_ledger_of_another_run_without_changing_it() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    create(&directory).close(ending(false)).await.unwrap();
    let before = std::fs::read(directory.database()).unwrap();
    let mut other = identity();
    other.client_id = "another".to_owned();
    let refused = [
        Ledger::peek(&directory, &other, &[]).map(drop),
        Ledger::reopen(&directory, &other, Durability::Process, &[]).map(drop),
        Ledger::refuse_other_kind(&directory, RunKind::Rehearsal),
    ];
    for refused in refused {
        assert!(matches!(refused, Err(LedgerError::OtherRun { .. })));
    }
    assert!(std::fs::read(directory.database()).unwrap() == before);
}

/// Returns the error for a ledger with this modification.
async fn error_after(change: impl FnOnce(&rusqlite::Connection)) -> LedgerError {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    create(&directory).close(ending(false)).await.unwrap();
    change(&rusqlite::Connection::open(directory.database()).unwrap());
    let error = LedgerReader::open(directory.path()).map(drop).unwrap_err();
    let again = Ledger::peek(&directory, &identity(), &[]).unwrap_err();
    assert_eq!(error.to_string(), again.to_string());
    error
}

#[tokio::test]
async fn ledger_without_a_table_is_damaged() {
    let error = error_after(|database| {
        database.execute_batch("DROP TABLE follow_ups").unwrap();
    });
    assert!(matches!(error.await, LedgerError::Damaged { .. }));
}

#[tokio::test]
async fn distinguishes_newer_formats_from_damage() {
    for (format, is_later) in [
        (0, false),
        (-1, false),
        (i64::from(i32::MIN), false),
        (2, true),
    ] {
        let error = error_after(|database| {
            database
                .pragma_update(None, "user_version", format)
                .unwrap();
        })
        .await;
        let told = if is_later {
            matches!(error, LedgerError::Newer { found, .. } if found == format)
        } else {
            matches!(error, LedgerError::Damaged { .. })
        };
        assert!(told, "{format}");
    }
}
