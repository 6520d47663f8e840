//! The tables of the database, and how it is opened.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::integrity::checkpoint::keep_log;
use super::integrity::wal;
use super::run_path::with_suffix;
use super::{Durability, LedgerError, RunPath, follow_ups, identity, lock, previous, rates, times};

/// Later formats are refused. Anything below 1 is damage.
const FORMAT: i64 = 1;

/// "cimp": distinguishes ledgers from databases of other programs.
const APPLICATION: i64 = 0x6369_6d70;

/// `Connection: !Sync` guarantees that one thread at a time uses a connection, so SQLite need not
/// lock for every bound value.
const OPENED: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// SQLite's page cache in KiB for writing: tables grow at their ends, and hardly anything is read.
const WRITE_CACHE_KIB: i64 = 512;

/// SQLite's page cache in KiB for reading: every page is read once, in order.
const READ_CACHE_KIB: i64 = 256;

/// `rows` has the rows that were read, `results` their outcomes. Both grow at their ends.
/// `username_hash` is set on the row that may send that username; no two rows have the same
/// username there (`writer::username_index`). `seal` is a checksum of the line (`integrity::seal`).
const TABLES: &str = "
CREATE TABLE run (name TEXT PRIMARY KEY, value TEXT NOT NULL, seal INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE requests (
    category TEXT PRIMARY KEY,
    sent INTEGER NOT NULL,
    throttled INTEGER NOT NULL,
    seal INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE rows (
    row INTEGER PRIMARY KEY,
    line INTEGER NOT NULL,
    username TEXT,
    username_hash INTEGER,
    begun_ms INTEGER,
    seal INTEGER NOT NULL
);
CREATE TABLE results (
    row INTEGER PRIMARY KEY,
    outcome TEXT NOT NULL,
    evidence TEXT,
    user_sub TEXT,
    user_status TEXT,
    confirmed INTEGER,
    enabled INTEGER,
    created_ms INTEGER,
    differs TEXT,
    changes TEXT,
    delivery TEXT,
    delivery_medium TEXT,
    delivery_destination TEXT,
    error_code TEXT,
    error_message TEXT,
    attempts INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    same_as_row INTEGER,
    stopped_the_run INTEGER NOT NULL,
    seal INTEGER NOT NULL
);
";

/// The cells that a run copies from its list into its results: a JSON array for each row. Empty if
/// no columns are kept.
const KEPT: &str = "
CREATE TABLE kept (row INTEGER PRIMARY KEY, cells TEXT NOT NULL, seal INTEGER NOT NULL);
";

pub(super) fn fill(database: &Connection) -> rusqlite::Result<()> {
    database.pragma_update(None, "application_id", APPLICATION)?;
    database.pragma_update(None, "user_version", FORMAT)?;
    create_tables(database)
}

/// Opens and verifies the database for writing.
pub(super) fn open(path: &RunPath, durability: Durability) -> Result<Connection, LedgerError> {
    let database = connect(path, durability)?;
    examine(&database, path)?;
    Ok(database)
}

fn create_tables(database: &Connection) -> rusqlite::Result<()> {
    for tables in [
        TABLES,
        KEPT,
        rates::TABLE,
        follow_ups::TABLE,
        times::TABLE,
        previous::TABLES,
    ] {
        database.execute_batch(tables)?;
    }
    Ok(())
}

/// Opens the database for writing without verifying it.
pub(super) fn connect(path: &RunPath, durability: Durability) -> Result<Connection, LedgerError> {
    let synchronous = match durability {
        Durability::Power => "FULL",
        Durability::Process => "NORMAL",
    };
    let configured = || {
        let database = opened(path)?;
        database.pragma_update(None, "journal_mode", "WAL")?;
        database.pragma_update(None, "synchronous", synchronous)?;
        database.pragma_update(None, "cache_size", -WRITE_CACHE_KIB)?;
        Ok(database)
    };
    configured().map_err(|cause| LedgerError::of(path, cause))
}

/// Opens an existing database. A log that is not empty is kept when the connection closes.
pub(super) fn opened(path: &Path) -> rusqlite::Result<Connection> {
    let left_a_log = wal::has_bytes(&with_suffix(path, "-wal"));
    let database = lock::open(path, OPENED)?;
    keep_log(&database, left_a_log)?;
    Ok(database)
}

/// Opens and verifies the database for reading, possibly while a run writes to it.
pub(super) fn open_to_read(path: &RunPath) -> Result<Connection, LedgerError> {
    let database = connect_to_read(path)?;
    examine(&database, path)?;
    Ok(database)
}

/// Opens the database for reading without verifying its pages, which takes a while for a long list.
pub(super) fn open_to_list(path: &RunPath) -> Result<Connection, LedgerError> {
    let database = connect_to_read(path)?;
    examine_format(&database, path)?;
    Ok(database)
}

/// Opens a database that this process has already verified for reading.
pub(super) fn connect_to_read(path: &RunPath) -> Result<Connection, LedgerError> {
    let failed = |cause| LedgerError::of(path, cause);
    if !path.exists() {
        return Err(LedgerError::Missing(path.shown().to_owned()));
    }
    // Without write access, SQLite could not read a log that a killed process left.
    let database = opened(path).map_err(failed)?;
    database
        .busy_timeout(Duration::from_secs(10))
        .and_then(|()| database.pragma_update(None, "cache_size", -READ_CACHE_KIB))
        .and_then(|()| database.pragma_update(None, "query_only", true))
        .map_err(failed)?;
    Ok(database)
}

/// Rejects a database that is damaged or not a ledger of this format.
fn examine(database: &Connection, path: &RunPath) -> Result<(), LedgerError> {
    examine_format(database, path)?;
    let damaged = |cause: String| LedgerError::Damaged {
        path: path.shown().to_owned(),
        cause,
    };
    let verdict: String = database
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|cause| damaged(cause.to_string()))?;
    if verdict != "ok" {
        return Err(damaged(verdict));
    }
    missing_rows(database)
        .map_err(|cause| LedgerError::of(path, cause))?
        .map_or(Ok(()), |what| Err(damaged(what)))
}

/// Rejects a database that is not a ledger of this format.
fn examine_format(database: &Connection, path: &RunPath) -> Result<(), LedgerError> {
    let damaged = |cause: String| LedgerError::Damaged {
        path: path.shown().to_owned(),
        cause,
    };
    let number = |pragma: &str| {
        database
            .pragma_query_value(None, pragma, |row| row.get::<_, i64>(0))
            .map_err(|cause| damaged(cause.to_string()))
    };
    if number("application_id")? != APPLICATION {
        return Err(damaged("it is not marked as a ledger".to_owned()));
    }
    let found = number("user_version")?;
    if found > FORMAT {
        return Err(LedgerError::Newer {
            path: path.shown().to_owned(),
            found,
            known: FORMAT,
        });
    }
    if found < FORMAT {
        return Err(damaged(format!("its format version is {found}")));
    }
    let ours = Connection::open_in_memory()
        .and_then(|model| create_tables(&model).and_then(|()| tables(&model)))
        .map_err(|cause| damaged(cause.to_string()))?;
    if tables(database).map_err(|cause| damaged(cause.to_string()))? != ours {
        return Err(damaged("its tables are not those of a ledger".to_owned()));
    }
    Ok(())
}

/// The number of rows is recorded with them, and rows are never removed.
fn missing_rows(database: &Connection) -> rusqlite::Result<Option<String>> {
    // A run may add rows meanwhile.
    let snapshot = database.unchecked_transaction()?;
    let found: i64 = snapshot.query_row("SELECT count(*) FROM rows", [], |row| row.get(0))?;
    let (found, recorded) = (found.unsigned_abs(), identity::rows(&snapshot)?);
    Ok((found != recorded).then(|| {
        format!(
            "it has {found} rows, but it should have {recorded}: rows are missing or were added"
        )
    }))
}

fn tables(database: &Connection) -> rusqlite::Result<Vec<(String, String, Option<String>)>> {
    let mut statement =
        database.prepare("SELECT type, name, sql FROM sqlite_master ORDER BY name")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    rows.collect()
}

/// Opens an existing database that is not a ledger, for this process alone.
pub(super) fn connect_alone(path: &Path) -> rusqlite::Result<Connection> {
    let database = lock::open(path, OPENED)?;
    database.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    database.pragma_update(None, "cache_size", -TEMPORARY_CACHE_KIB)?;
    Ok(database)
}

/// SQLite's page cache in KiB for temporary databases, regardless of the number of rows.
const TEMPORARY_CACHE_KIB: i64 = 1024;

/// Makes SQLite create its temporary files in this directory, in the whole process. Must be called
/// before there is another connection. If SQLite rejects the directory, it looks for another one.
///
/// The pragma is deprecated but compiled in. The variable `SQLITE_TMPDIR` would do the same, but
/// setting a variable is unsafe.
pub fn use_temporary_directory(directory: &Path) {
    let Some(directory) = directory.to_str() else {
        return;
    };
    let _ = Connection::open_in_memory()
        .and_then(|database| database.pragma_update(None, "temp_store_directory", directory));
}

/// Creates an anonymous temporary database with these tables. Its file in the directory for
/// temporary files is unlinked on creation, so it disappears with the process, even on SIGKILL.
/// Nothing is synced or rolled back.
pub(super) fn create_temporary(tables: &str) -> rusqlite::Result<Connection> {
    let database = connect_temporary()?;
    database.execute_batch(tables)?;
    // One transaction for everything: uncommitted pages are not written before the cache is full.
    database.execute_batch("BEGIN")?;
    Ok(database)
}

/// Like [`create_temporary`], but without tables and outside a transaction.
pub(super) fn connect_temporary() -> rusqlite::Result<Connection> {
    let database = Connection::open("")?;
    database.pragma_update(None, "journal_mode", "OFF")?;
    database.pragma_update(None, "synchronous", "OFF")?;
    database.pragma_update(None, "cache_size", -TEMPORARY_CACHE_KIB)?;
    Ok(database)
}
