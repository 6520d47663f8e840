//! Checks whether a run's directory has a ledger or has lost it, before SQLite opens anything:
//! SQLite deletes the write-ahead log of an empty database, and accepts a database without its log.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::num::NonZeroU32;

use super::checkpoint::{lacks_its_log, merge_log};
use super::wal;
use crate::ledger::certificate::{CERTIFICATE, RunOutline};
use crate::ledger::{Durability, LedgerError, RunPath, damage, schema};
use crate::part::Part;

/// The database of a run.
pub(in crate::ledger) const LEDGER: &str = "ledger.db";

/// The database of a run's undo.
pub(in crate::ledger) const UNDO: &str = "undo.db";

/// If one of these files exists without a ledger, the ledger was lost. `rejects.csv` is not
/// listed, because a user may put it into an empty directory to import it.
const OF_A_RUN: [&str; 11] = [
    CERTIFICATE,
    "ledger.db-wal",
    UNDO,
    "results.csv",
    "vanished.csv",
    "results.jsonl",
    "summary.json",
    "report.html",
    "undo-results.csv",
    "undo-dry-run.csv",
    "verify.csv",
];

/// If one of these files exists without `undo.db`, the ledger of the undo was lost.
const OF_AN_UNDO: [&str; 2] = ["undo.db-wal", "undo-results.csv"];

/// Returns whether the directory has a ledger. False means that it has no files of a run at all.
pub(in crate::ledger) fn ledger_is_there(
    directory: &RunPath,
    durability: Durability,
) -> Result<bool, LedgerError> {
    let path = directory.join(LEDGER);
    match state(&path, durability)? {
        DatabaseState::Sound => Ok(true),
        DatabaseState::Damaged(cause) => Err(LedgerError::Damaged {
            path: path.shown().to_owned(),
            cause,
        }),
        DatabaseState::Absent => match refuse_absent_ledger(directory) {
            Err(LedgerError::Missing(_)) => Ok(false),
            other => other.map(|()| false),
        },
    }
}

/// Rejects a directory without a ledger. Changes nothing.
pub fn refuse_absent_ledger(directory: &RunPath) -> Result<(), LedgerError> {
    let path = directory.join(LEDGER);
    if path.symlink_metadata().is_ok() {
        return Ok(());
    }
    if has_parts(directory) {
        return Err(LedgerError::Unmerged(directory.shown().to_owned()));
    }
    let path = path.shown().to_owned();
    Err(match found(directory, &OF_A_RUN) {
        None => LedgerError::Missing(path),
        Some(found) => LedgerError::Lost { path, found },
    })
}

/// Returns whether the directory has a run in parts, judging by its certificate and the directories
/// in it.
pub(in crate::ledger) fn has_parts(directory: &RunPath) -> bool {
    let is_divided = |outline: RunOutline| outline.parts > NonZeroU32::MIN;
    if RunOutline::read_in(directory).is_ok_and(|found| found.is_some_and(is_divided)) {
        return true;
    }
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .any(|name| Part::of_directory_name(&name).is_some())
}

/// Returns whether the directory of a part has no files of it. A copy of the run's certificate does
/// not count.
pub(in crate::ledger) fn part_is_absent(directory: &RunPath) -> bool {
    let names = [&[LEDGER], OF_A_RUN.as_slice()].concat();
    let of_part = names.into_iter().filter(|name| *name != CERTIFICATE);
    !of_part.into_iter().any(|name| directory.has(name))
}

/// Like [`ledger_is_there`], for the ledger of an undo.
pub(in crate::ledger) fn undo_is_there(directory: &RunPath) -> Result<bool, LedgerError> {
    let path = directory.join(UNDO);
    match state(&path, Durability::Power)? {
        DatabaseState::Sound => Ok(true),
        DatabaseState::Damaged(cause) => Err(LedgerError::DamagedUndo {
            path: path.shown().to_owned(),
            cause,
        }),
        DatabaseState::Absent => match found(directory, &OF_AN_UNDO) {
            None => Ok(false),
            Some(found) => Err(LedgerError::LostUndo {
                path: path.shown().to_owned(),
                found,
            }),
        },
    }
}

/// Returns the files with these names that exist, separated by commas.
fn found(directory: &RunPath, names: &[&str]) -> Option<String> {
    let there = |name: &&&str| directory.has(name);
    let found: Vec<&str> = names.iter().filter(there).copied().collect();
    (!found.is_empty()).then(|| found.join(", "))
}

enum DatabaseState {
    Absent,
    Sound,
    Damaged(String),
}

/// A broken frame in the log is damage only if transactions were synced (`Durability::Power`).
fn state(path: &RunPath, durability: Durability) -> Result<DatabaseState, LedgerError> {
    let failed = |cause| LedgerError::Directory {
        path: path.shown().to_owned(),
        cause,
    };
    let about = match path.symlink_metadata() {
        Ok(about) => about,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(DatabaseState::Absent),
        Err(cause) => return Err(failed(cause)),
    };
    if let Some(cause) = not_a_database(&about) {
        return Ok(DatabaseState::Damaged(cause.to_owned()));
    }
    let log = path.with_suffix("-wal");
    if let (Some(cause), Durability::Power) = (wal::damage(&log).map_err(failed)?, durability) {
        return Ok(DatabaseState::Damaged(cause));
    }
    let lacks_its_log = schema::opened(path).and_then(|database| lacks_its_log(&database, &log));
    match lacks_its_log {
        Ok(false) => Ok(DatabaseState::Sound),
        Ok(true) => Ok(DatabaseState::Damaged(format!(
            "its write-ahead log {} is missing or empty: the last writes are lost",
            log.shown().display()
        ))),
        Err(cause) => match damage(&cause) {
            Some(cause) => Ok(DatabaseState::Damaged(cause)),
            None => Err(LedgerError::of(path, cause)),
        },
    }
}

/// Merges the log into an intact database. Leaves a damaged database, or one that is being read, as
/// it is.
pub(in crate::ledger) fn make_one_file(path: &RunPath) {
    if let Ok(DatabaseState::Sound) = state(path, Durability::Power)
        && let Ok(database) = schema::connect(path, Durability::Power)
    {
        // If this fails, the log keeps what was not copied.
        let _ = merge_log(&database);
    }
}

fn not_a_database(about: &Metadata) -> Option<&'static str> {
    if !about.is_file() {
        Some("not a regular file")
    } else if about.len() == 0 {
        Some("the file is empty")
    } else {
        None
    }
}
