use std::path::{Path, PathBuf};

use super::{Checkpoints, INCLUDED, NEEDED, keep_log, lacks_its_log, run};
use crate::ledger::build::build;
use crate::ledger::directory::RunDirectory;
use crate::ledger::identity::{get, name, put};
use crate::ledger::run_path::with_suffix;
use crate::ledger::{Durability, RunPath, schema};
use rusqlite::Connection;

struct CheckpointDirectory {
    folder: tempfile::TempDir,
    database: Connection,
}

impl CheckpointDirectory {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
        let filled = |database: &Connection| {
            schema::fill(database).unwrap();
            Ok::<(), crate::ledger::LedgerError>(())
        };
        build(&directory.database(), filled)
            .unwrap()
            .put_in_place(&directory)
            .unwrap();
        let database = schema::connect(&directory.database(), Durability::Power).unwrap();
        Self { folder, database }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("run/ledger.db")
    }

    /// Copies what a killed process leaves to another directory, with or without the log.
    fn copy(&self, with_log: bool) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        std::fs::copy(self.path(), &path).unwrap();
        let log = with_suffix(&self.path(), "-wal");
        if with_log && log.exists() {
            std::fs::copy(log, with_suffix(&path, "-wal")).unwrap();
        }
        (folder, path)
    }

    fn lacks_its_log(&self, with_log: bool) -> bool {
        let (_folder, path) = self.copy(with_log);
        let database = schema::opened(&path).unwrap();
        lacks_its_log(&database, &with_suffix(&path, "-wal")).unwrap()
    }
}

fn note(path: &Path) -> Option<String> {
    get(&schema::opened(path).unwrap(), name::LOG).unwrap()
}

#[test]
fn new_database_needs_no_log() {
    let place = CheckpointDirectory::new();
    assert!(!place.lacks_its_log(false));
}

#[test]
fn detects_a_missing_log_if_the_database_needs_it() {
    let place = CheckpointDirectory::new();
    let mut checkpoints = Checkpoints::begin(&place.database).unwrap();
    for turn in 0..30 {
        put(&place.database, "turn", &turn.to_string()).unwrap();
        if turn % 4 == 0 {
            checkpoints.due_at = 0;
        }
        checkpoints.after_commit(&place.database).unwrap();
        assert!(!place.lacks_its_log(true), "{turn}");
        assert!(place.lacks_its_log(false), "{turn}");
    }
}

#[test]
fn log_may_be_removed_after_a_full_copy() {
    let place = CheckpointDirectory::new();
    Checkpoints::begin(&place.database).unwrap();
    put(&place.database, "turn", "1").unwrap();
    let (_folder, path) = place.copy(true);
    // As the `sqlite3` shell does on exit.
    let shell = Connection::open(&path).unwrap();
    let turn: String = shell
        .query_row("SELECT value FROM run WHERE name = 'turn'", [], |row| {
            row.get(0)
        })
        .unwrap();
    drop(shell);
    assert_eq!(turn, "1");
    let log = with_suffix(&path, "-wal");
    assert!(!log.exists());
    assert_eq!(note(&path).as_deref(), Some(INCLUDED));
}

#[test]
fn nothing_is_lost_if_the_process_dies_during_a_checkpoint() {
    let place = CheckpointDirectory::new();
    Checkpoints::begin(&place.database).unwrap();
    put(&place.database, "turn", "1").unwrap();
    keep_log(&place.database, true).unwrap();
    put(&place.database, name::LOG, NEEDED).unwrap();
    assert!(!place.lacks_its_log(true));
    run(&place.database, "PASSIVE").unwrap();
    assert!(!place.lacks_its_log(true));
    // Readers keep the log, and the next session resumes.
    let (_folder, path) = place.copy(true);
    let path = RunPath::from(&path);
    for _ in 0..2 {
        drop(schema::open_to_read(&path).unwrap());
        let again = schema::connect(&path, Durability::Power).unwrap();
        assert!(!lacks_its_log(&again, &with_suffix(&path, "-wal")).unwrap());
    }
    let again = schema::connect(&path, Durability::Power).unwrap();
    Checkpoints::begin(&again).unwrap();
    drop(again);
    assert_eq!(note(&path).as_deref(), Some(INCLUDED));
}
