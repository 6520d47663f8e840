//! The database itself: its tables, and opening it so that nothing written is lost.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::directory::with_suffix;
use super::integrity::checkpoint::keep_log;
use super::integrity::wal;
use super::{Durability, LedgerError, follow_ups, identity, rates, times};

/// The format of the database: version 1 is the first one. A later one is refused, anything below is damage.
const FORMAT: i64 = 1;

/// "cimp": tells our databases from other programs'.
const APPLICATION: i64 = 0x6369_6d70;

/// To read and write what is there. A connection of ours is one thread's at a time, which the compiler sees to: SQLite need not take a lock
/// for every value that is bound.
const OPENED: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// SQLite's page cache in KiB, for the one who writes: rows and results grow at their ends, and hardly anything is read.
const WRITE_CACHE_KIB: i64 = 512;

/// SQLite's page cache in KiB, for those who read: they go through the ledger in order, and come back to nothing.
const READ_CACHE_KIB: i64 = 256;

/// `rows` is what was read, `results` what came of it. Both grow at their ends. `claim` stands for the username as the
/// pool compares it, on the row that may send it: no two rows have the same username there (`writer::claims`). `seal` is a checksum
/// of the line: SQLite has none, and a ledger that is damaged must not be believed.
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

/// The cells that a run copies from its list into its results, as a JSON array a row. A table of its own: a run that keeps
/// nothing has nothing in it.
const KEPT: &str = "
CREATE TABLE kept (row INTEGER PRIMARY KEY, cells TEXT NOT NULL, seal INTEGER NOT NULL);
";

/// Puts the tables into a new database.
pub(super) fn fill(database: &Connection) -> rusqlite::Result<()> {
    database.pragma_update(None, "application_id", APPLICATION)?;
    database.pragma_update(None, "user_version", FORMAT)?;
    create_tables(database)
}

/// Opens the database for writing, once it is known to be in order.
pub(super) fn open(path: &Path, durability: Durability) -> Result<Connection, LedgerError> {
    let database = connect(path, durability)?;
    examine(&database, path)?;
    Ok(database)
}

fn create_tables(database: &Connection) -> rusqlite::Result<()> {
    for tables in [TABLES, KEPT, rates::TABLE, follow_ups::TABLE, times::TABLE] {
        database.execute_batch(tables)?;
    }
    Ok(())
}

/// Opens a database for writing.
pub(super) fn connect(path: &Path, durability: Durability) -> Result<Connection, LedgerError> {
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

/// Opens a database that is there. A log with something in it stays when the connection closes.
pub(super) fn opened(path: &Path) -> rusqlite::Result<Connection> {
    let left_a_log = wal::has_bytes(&with_suffix(path, "-wal"));
    let database = Connection::open_with_flags(path, OPENED)?;
    keep_log(&database, left_a_log)?;
    Ok(database)
}

/// Opens the database beside the one who writes; changes nothing.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, LedgerError> {
    let failed = |cause| LedgerError::of(path, cause);
    if !path.exists() {
        return Err(LedgerError::Missing(path.to_owned()));
    }
    // Without the right to write, SQLite could not read a log that a killed process left behind.
    let database = opened(path).map_err(failed)?;
    database
        .busy_timeout(Duration::from_secs(10))
        .and_then(|()| database.pragma_update(None, "cache_size", -READ_CACHE_KIB))
        .and_then(|()| database.pragma_update(None, "query_only", true))
        .map_err(failed)?;
    examine(&database, path)?;
    Ok(database)
}

/// Refuses a database that is not a ledger of this format, or is damaged.
fn examine(database: &Connection, path: &Path) -> Result<(), LedgerError> {
    let damaged = |cause: String| LedgerError::Damaged {
        path: path.to_owned(),
        cause,
    };
    let number = |pragma: &str| {
        database
            .pragma_query_value(None, pragma, |row| row.get::<_, i64>(0))
            .map_err(|cause| damaged(cause.to_string()))
    };
    if number("application_id")? != APPLICATION {
        return Err(damaged("it has not the mark of a ledger".to_owned()));
    }
    let found = number("user_version")?;
    if found > FORMAT {
        return Err(LedgerError::Newer {
            path: path.to_owned(),
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

/// Rows are written in the list's order, and none is ever removed: a gap is damage, and so is an end before the last known one.
fn missing_rows(database: &Connection) -> rusqlite::Result<Option<String>> {
    let (count, first, last): (i64, Option<i64>, Option<i64>) = database.query_row(
        "SELECT (SELECT count(*) FROM rows), (SELECT min(row) FROM rows), (SELECT max(row) FROM rows)",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let last = last.unwrap_or(0);
    if count != last || first.is_some_and(|first| first != 1) {
        return Ok(Some(format!(
            "it has {count} rows, and the last one is row {last}: rows are missing"
        )));
    }
    let closed_at = identity::get(database, identity::name::ROWS)?
        .and_then(|rows| rows.parse::<i64>().ok())
        .unwrap_or(0);
    Ok((last < closed_at).then(|| {
        format!("it ends with row {last}, and had {closed_at} rows when its last session ended")
    }))
}

/// The tables and indexes, as SQLite keeps them.
fn tables(database: &Connection) -> rusqlite::Result<Vec<(String, String, Option<String>)>> {
    let mut statement =
        database.prepare("SELECT type, name, sql FROM sqlite_master ORDER BY name")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    rows.collect()
}
