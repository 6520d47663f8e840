//! A lost ledger, or a part of one, is never mistaken for a new run.

use std::fs;

use super::{create, ending, identity, to_begin};
use crate::ledger::directory::RunDirectory;
use crate::ledger::run_path::with_suffix;
use crate::ledger::{Durability, Ledger, LedgerError, LedgerReader, RunPath};

fn is_there(directory: &RunDirectory) -> Result<bool, LedgerError> {
    Ledger::is_there(directory, Durability::Power)
}

/// Returns a run's directory with a copy of what a killed process leaves: the database and its log.
async fn killed() -> (tempfile::TempDir, RunDirectory) {
    let folder = tempfile::tempdir().unwrap();
    let at_work = RunDirectory::hold(&folder.path().join("at work")).unwrap();
    let ledger = create(&at_work);
    let group = vec![to_begin(1, "ann"), to_begin(2, "bob")];
    ledger.begin(group, 5).await.await.unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    for suffix in ["", "-wal"] {
        let from = with_suffix(&at_work.database(), suffix);
        fs::copy(from, with_suffix(&directory.database(), suffix)).unwrap();
    }
    ledger.close(ending(false)).await.unwrap();
    (folder, directory)
}

#[tokio::test]
async fn identity_is_in_the_database_file_before_any_row_is_begun() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    let ledger = create(&directory);
    let alone = folder.path().join("alone.db");
    fs::copy(directory.database(), &alone).unwrap();
    let database = rusqlite::Connection::open(&alone).unwrap();
    identity()
        .compare(&database, &RunPath::from(&alone))
        .unwrap();
    drop(ledger);
}

#[tokio::test]
async fn killed_run_without_its_log_is_damaged() {
    let (_folder, directory) = killed().await;
    assert!(is_there(&directory).unwrap());
    let log = with_suffix(&directory.database(), "-wal");
    for length in [32, 0] {
        fs::File::options()
            .write(true)
            .open(&log)
            .and_then(|file| file.set_len(length))
            .unwrap();
        let error = is_there(&directory).unwrap_err();
        assert!(matches!(error, LedgerError::Damaged { .. }), "{error}");
    }
    // The log is empty, and the first check removed it.
    assert!(!log.exists());
    let error = is_there(&directory).unwrap_err();
    assert!(matches!(error, LedgerError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn keeps_the_log_of_an_empty_or_missing_database() {
    let (_folder, directory) = killed().await;
    let log = with_suffix(&directory.database(), "-wal");
    let before = fs::read(&log).unwrap();
    fs::write(directory.database(), "").unwrap();
    let error = is_there(&directory).unwrap_err();
    assert!(matches!(error, LedgerError::Damaged { .. }), "{error}");
    fs::remove_file(directory.database()).unwrap();
    let error = is_there(&directory).unwrap_err();
    assert!(matches!(error, LedgerError::Lost { .. }), "{error}");
    assert!(fs::read(&log).unwrap() == before);
}

#[tokio::test]
async fn reading_after_a_kill_keeps_the_log_until_the_run_resumes() {
    let (_folder, directory) = killed().await;
    let log = with_suffix(&directory.database(), "-wal");
    let before = fs::read(&log).unwrap();
    drop(LedgerReader::open(directory.path()).unwrap());
    Ledger::peek(&directory, &identity(), &[]).unwrap();
    assert!(fs::read(&log).unwrap() == before);
    let (ledger, ..) = Ledger::reopen(&directory, &identity(), Durability::Power, &[]).unwrap();
    ledger.close(ending(false)).await.unwrap();
    assert!(!log.exists(), "it is one file again");
    assert!(is_there(&directory).unwrap());
}

#[test]
fn any_file_of_a_run_without_a_ledger_means_a_lost_ledger() {
    for file in [
        "results.csv",
        "results.jsonl",
        "summary.json",
        "report.html",
        "undo.db",
        "undo-results.csv",
        "ledger.db-wal",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
        assert!(!is_there(&directory).unwrap());
        fs::write(directory.path().join(file), "").unwrap();
        match is_there(&directory) {
            Err(LedgerError::Lost { found, .. }) => assert_eq!(found, file),
            other => panic!("{file}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn restarting_keeps_all_files_of_the_run() {
    let (_folder, directory) = killed().await;
    // The log of a damaged database cannot be merged, so it is kept.
    fs::write(directory.database(), "no database").unwrap();
    fs::write(directory.path().join("results.csv"), "results").unwrap();
    fs::write(directory.path().join("undo-results.csv"), "undone").unwrap();
    let kept = directory.set_aside().unwrap();
    let mut names: Vec<String> = kept
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "ledger-before-1.db",
            "ledger-before-1.db-wal",
            "results-before-1.csv",
            "undo-results-before-1.csv"
        ]
    );
    assert!(!is_there(&directory).unwrap());
    create(&directory).close(ending(false)).await.unwrap();
    directory.set_aside().unwrap();
    assert!(directory.path().join("ledger-before-2.db").exists());
}

#[test]
fn unfinished_database_is_not_a_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    let unfinished = with_suffix(&directory.database(), ".unfinished");
    fs::write(&unfinished, "half of it").unwrap();
    fs::write(with_suffix(&unfinished, "-wal"), "and its log").unwrap();
    assert!(!is_there(&directory).unwrap());
    drop(create(&directory));
    assert!(!unfinished.exists());
}
