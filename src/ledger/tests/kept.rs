//! Cells that a run copies from its list into its results.

use super::{created, ending, identity, rows, settled, to_begin};
use crate::ledger::directory::RunDirectory;
use crate::ledger::writer::ReadRow;
use crate::ledger::{
    Durability, Facts, Identity, Ledger, LedgerError, LedgerReader, NewRow, RetryFilter, ToBegin,
};
use crate::outcome::{Outcome, RowOutcome, RowResult};

fn keeping(names: &[&str]) -> Identity {
    Identity {
        kept: names.iter().map(|name| (*name).to_owned()).collect(),
        ..identity()
    }
}

fn create(directory: &RunDirectory, identity: &Identity) -> Ledger {
    let facts = Facts {
        started_ms: 1_000,
        case_insensitive: true,
        second_before_run_ms: None,
        endpoint: None,
    };
    Ledger::create(directory, identity, facts, Durability::Process).unwrap()
}

fn cells(id: &str) -> Vec<Option<String>> {
    vec![Some(id.to_owned()), None]
}

fn begins(row: u64, username: &str) -> ToBegin {
    ToBegin {
        kept: cells(&row.to_string()),
        ..to_begin(row, username)
    }
}

/// A ledger with a row of every kind; closed.
async fn full(directory: &RunDirectory) {
    let ledger = create(directory, &keeping(&["ID", "old \"key\""]));
    let group = vec![
        begins(1, "ann"),
        begins(2, "ANN"),
        begins(3, "bob"),
        begins(4, "eve"),
    ];
    ledger.begin(group, 5).await.await.unwrap();
    ledger.write(settled(vec![(1, created())])).await;
    ledger.never_sent(vec![4]).await;
    let invalid = RowResult {
        kept: cells("5"),
        ..RowResult::sample(5, RowOutcome::of(Outcome::Invalid))
    };
    let unsent = ReadRow {
        row: 6,
        line: 7,
        username: None,
        kept: cells("6"),
    };
    let rows = vec![NewRow::Settled(Box::new(invalid)), NewRow::Unsent(unsent)];
    ledger.note(rows).await;
    ledger.close(ending(false)).await.unwrap();
}

#[tokio::test]
async fn keeps_cells_for_every_outcome_and_after_resuming() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    full(&directory).await;
    let expected: Vec<_> = (1..=6).map(|row: u64| cells(&row.to_string())).collect();
    let kept = || -> Vec<_> { rows(&directory).into_iter().map(|row| row.kept).collect() };
    assert_eq!(kept(), expected);
    let columns = LedgerReader::open(directory.path())
        .unwrap()
        .kept_columns()
        .unwrap();
    assert_eq!(columns, ["ID", "old \"key\""]);

    let here = keeping(&["ID", "old \"key\""]);
    let (ledger, _, _) = Ledger::reopen(
        &directory,
        &here,
        Durability::Process,
        &[RetryFilter::Rows(Outcome::Invalid)],
    )
    .unwrap();
    ledger
        .begin(
            vec![begins(4, "eve"), begins(5, "joe"), begins(6, "kim")],
            9,
        )
        .await
        .await
        .unwrap();
    ledger
        .write(settled((3..=6).map(|row| (row, created())).collect()))
        .await;
    ledger.close(ending(true)).await.unwrap();
    assert_eq!(kept(), expected);
}

#[tokio::test]
async fn different_kept_columns_are_a_different_run() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    full(&directory).await;
    for other in [keeping(&[]), keeping(&["ID"])] {
        let error = Ledger::peek(&directory, &other, &[]).unwrap_err();
        assert!(matches!(error, LedgerError::OtherRun { .. }), "{error}");
        assert!(error.to_string().contains("--keep"), "{error}");
    }
    std::fs::remove_file(directory.database()).unwrap();
    drop(create(&directory, &identity()));
    let error = Ledger::peek(&directory, &keeping(&["ID"]), &[]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("is `none` instead of `[\"ID\"]`"),
        "{error}"
    );
}

#[tokio::test]
async fn modified_or_missing_cells_are_damage() {
    for change in [
        "UPDATE kept SET cells = '[\"7\",null]' WHERE row = 3",
        "UPDATE kept SET seal = seal + 1 WHERE row = 3",
        "DELETE FROM kept WHERE row = 3",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
        full(&directory).await;
        rusqlite::Connection::open(directory.database())
            .unwrap()
            .execute_batch(change)
            .unwrap();
        let read = LedgerReader::open(directory.path())
            .unwrap()
            .each_row(|_| Ok::<(), LedgerError>(()));
        let error = read.unwrap_err();
        assert!(
            matches!(error, LedgerError::Damaged { .. }),
            "{change}: {error}"
        );
        assert!(error.to_string().contains("row 3"), "{change}: {error}");
    }
}
