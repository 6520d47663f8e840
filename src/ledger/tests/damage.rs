//! Damage to a ledger is reported or has no effect.

use super::{create, created, ending, identity, rows, settled, to_begin};
use crate::ledger::directory::RunDirectory;
use crate::ledger::resume_cursor::ResumeCursor;
use crate::ledger::run_path::with_suffix;
use crate::ledger::{Durability, Ledger, LedgerBatch, LedgerError, LedgerReader};
use crate::outcome::{CategoryRequests, Outcome, RowOutcome};

/// A ledger of many rows of all kinds, closed.
async fn full_ledger(directory: &RunDirectory) {
    let ledger = create(directory);
    let all = (1..=300)
        .map(|row| to_begin(row, &format!("somebody.{}", row % 290)))
        .collect();
    ledger.begin(all, 7).await.await.unwrap();
    let results = (1..=250)
        .map(|row| {
            let mut outcome = if row % 7 == 0 {
                RowOutcome::of(Outcome::Existed)
            } else {
                created()
            };
            outcome.error_message = (row % 11 == 0).then(|| format!("message of {row}"));
            (row, outcome)
        })
        .collect();
    let requests = CategoryRequests {
        sent: 300,
        throttled: 3,
    };
    ledger
        .write(LedgerBatch {
            results,
            requests: vec![("UserCreation", requests)],
            active_ms: 1_000,
            ..LedgerBatch::default()
        })
        .await;
    ledger.close(ending(false)).await.unwrap();
}

fn remove_ledger(directory: &RunDirectory) {
    for suffix in ["", "-wal", "-shm"] {
        // It may not exist.
        let _ = std::fs::remove_file(with_suffix(&directory.database(), suffix));
    }
}

/// Returns the whole content of a ledger, or its error.
fn full_content(directory: &RunDirectory) -> Result<String, LedgerError> {
    let reader = LedgerReader::open(directory.path())?;
    let mut said = format!("{:?}", reader.summary()?);
    reader.each_row(|row| {
        said.push_str(&format!("{row:?}"));
        Ok::<(), LedgerError>(())
    })?;
    let mut past = ResumeCursor::open(&directory.database())?;
    for row in 1..=301 {
        said.push_str(&format!("{:?}", past.of(row, None)?));
    }
    let standing = Ledger::peek(directory, &identity(), &[])?;
    said.push_str(&format!("{standing:?}"));
    Ok(said)
}

#[tokio::test]
async fn reports_damage_or_reads_unchanged_content() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    full_ledger(&directory).await;
    let whole = std::fs::read(directory.database()).unwrap();
    let said = full_content(&directory).unwrap();
    let mut random = fastrand::Rng::with_seed(7);
    let mut told = 0;
    let turns: usize = std::env::var("DAMAGE_TURNS").map_or(400, |turns| turns.parse().unwrap());
    for turn in 0..turns {
        let mut damaged = whole.clone();
        if turn % 4 == 0 {
            damaged.truncate(random.usize(1..whole.len()));
        } else {
            let bit = random.usize(0..whole.len() * 8);
            damaged[bit / 8] ^= 1 << (bit % 8);
        }
        remove_ledger(&directory);
        std::fs::write(directory.database(), &damaged).unwrap();
        match full_content(&directory) {
            Ok(now) => assert_eq!(now, said, "turn {turn}"),
            Err(error) => {
                told += 1;
                let text = error.to_string();
                assert!(text.contains("ledger.db"), "turn {turn}: {text}");
            }
        }
    }
    // Truncation is always reported, and so is a flipped bit in anything that is used.
    assert!(told > 150, "{told}");
}

/// Copies the database and its log while the ledger is open, as after a killed process.
async fn killed_ledger(directory: &RunDirectory) -> (Vec<u8>, Vec<u8>) {
    let ledger = create(directory);
    for group in 0..20_u64 {
        let rows = (1..=10)
            .map(|row| to_begin(group * 10 + row, &format!("user{group}.{row}")))
            .collect();
        ledger.begin(rows, 7).await.await.unwrap();
        ledger
            .write(settled(
                (1..=10).map(|row| (group * 10 + row, created())).collect(),
            ))
            .await;
    }
    // Acknowledged, so all before it is in the log.
    ledger
        .begin(vec![to_begin(201, "last")], 7)
        .await
        .await
        .unwrap();
    let log = with_suffix(&directory.database(), "-wal");
    let left = (
        std::fs::read(directory.database()).unwrap(),
        std::fs::read(log).unwrap(),
    );
    ledger.close(ending(false)).await.unwrap();
    left
}

#[tokio::test]
async fn reports_damage_in_the_log_of_a_killed_process() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    let (database, log) = killed_ledger(&directory).await;
    let put_back = |log: &[u8]| {
        remove_ledger(&directory);
        std::fs::write(directory.database(), &database).unwrap();
        std::fs::write(with_suffix(&directory.database(), "-wal"), log).unwrap();
    };
    put_back(&log);
    assert!(Ledger::is_there(&directory, Durability::Power).unwrap());
    assert_eq!(rows(&directory).len(), 201);
    // An interrupted write is not damage: the log ends before it.
    put_back(&log[..log.len() - 100]);
    assert!(Ledger::is_there(&directory, Durability::Power).unwrap());
    assert!(rows(&directory).len() >= 200);
    let mut random = fastrand::Rng::with_seed(3);
    // Damage in the last transactions looks like loss of power.
    let last_frames = 16 * (4_096 + 24);
    for turn in 0..200 {
        let mut damaged = log.clone();
        let bit = random.usize(0..(log.len() - last_frames) * 8);
        damaged[bit / 8] ^= 1 << (bit % 8);
        put_back(&damaged);
        let error = Ledger::is_there(&directory, Durability::Power).unwrap_err();
        assert!(
            matches!(error, LedgerError::Damaged { .. }),
            "turn {turn}: {error}"
        );
    }
}

/// Removes rows from a copy of the ledger and returns the errors of its readers.
fn without_rows(directory: &RunDirectory, which: &str) -> [Result<(), LedgerError>; 2] {
    let database = rusqlite::Connection::open(directory.database()).unwrap();
    let delete = format!("DELETE FROM rows WHERE {which}; DELETE FROM results WHERE {which}");
    database.execute_batch(&delete).unwrap();
    drop(database);
    [
        LedgerReader::open(directory.path()).map(drop),
        Ledger::peek(directory, &identity(), &[]).map(drop),
    ]
}

#[tokio::test]
async fn missing_rows_are_damage_anywhere() {
    for which in [
        "row = 1",
        "row = 17",
        "row BETWEEN 40 AND 90",
        "row = 300",
        "row > 100",
        "row > 0",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
        full_ledger(&directory).await;
        for told in without_rows(&directory, which) {
            assert!(matches!(told, Err(LedgerError::Damaged { .. })), "{which}");
        }
    }
}

#[tokio::test]
async fn missing_rows_of_a_killed_process_are_damage() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    let (database, log) = killed_ledger(&directory).await;
    remove_ledger(&directory);
    std::fs::write(directory.database(), &database).unwrap();
    std::fs::write(with_suffix(&directory.database(), "-wal"), log).unwrap();
    for told in without_rows(&directory, "row = 30") {
        assert!(matches!(told, Err(LedgerError::Damaged { .. })));
    }
}

#[tokio::test]
async fn a_ledger_may_have_only_some_rows_of_the_list() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    let ledger = create(&directory);
    let rows = [3, 4, 9].map(|row| to_begin(row, &format!("user{row}")));
    ledger.begin(rows.to_vec(), 5).await.await.unwrap();
    ledger.close(ending(false)).await.unwrap();
    LedgerReader::open(directory.path()).map(drop).unwrap();
    for told in without_rows(&directory, "row = 4") {
        assert!(matches!(told, Err(LedgerError::Damaged { .. })));
    }
}

#[tokio::test]
async fn a_changed_row_is_damage_although_the_run_does_not_process_it() {
    for change in [
        "UPDATE rows SET username_hash = username_hash + 1 WHERE row = 3",
        "UPDATE rows SET username = 'other' WHERE row = 3",
        "UPDATE rows SET begun_ms = NULL WHERE row = 3",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
        full_ledger(&directory).await;
        let database = rusqlite::Connection::open(directory.database()).unwrap();
        database.execute(change, []).unwrap();
        drop(database);
        let error = Ledger::peek(&directory, &identity(), &[]).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, LedgerError::Damaged { .. }), "{text}");
        assert!(text.contains("row 3"), "{text}");
    }
}
