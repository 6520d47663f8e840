//! Anonymous temporary SQLite databases. The file, in TMPDIR, is unlinked on creation, so it
//! disappears with the process, even on SIGKILL. Nothing in it is synced or rolled back.

use rusqlite::Connection;

/// SQLite's page cache in KiB, whatever the number of rows.
const CACHE_KIB: i64 = 1024;

/// Returns a database with these tables. What the cache cannot hold goes into the file.
pub(super) fn create(tables: &str) -> rusqlite::Result<Connection> {
    let database = connect()?;
    database.execute_batch(tables)?;
    // One transaction for everything: uncommitted pages are not written before the cache is full.
    database.execute_batch("BEGIN")?;
    Ok(database)
}

/// Returns an empty database, outside a transaction.
pub(super) fn connect() -> rusqlite::Result<Connection> {
    let database = Connection::open("")?;
    database.pragma_update(None, "journal_mode", "OFF")?;
    database.pragma_update(None, "synchronous", "OFF")?;
    database.pragma_update(None, "cache_size", -CACHE_KIB)?;
    Ok(database)
}
