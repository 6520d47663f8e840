//! A SQLite database without a name: its file, where the system keeps temporary files (TMPDIR), never has one that lasts, so that it is
//! gone with the process however that ends, `kill -9` included. Nothing of it is worth syncing to the disk or taking back.

use rusqlite::Connection;

/// SQLite's page cache in KiB for what is sorted there: flat, whatever the size of the list.
pub(super) const CACHE_KIB: i64 = 1024;

/// An empty one with these tables. `cache_kib` is SQLite's page cache in KiB: what is beyond it goes into the file.
pub(super) fn unnamed(tables: &str, cache_kib: i64) -> rusqlite::Result<Connection> {
    let database = temporary(cache_kib)?;
    database.execute_batch(tables)?;
    // One transaction for all: what is not committed is not written before the cache is full.
    database.execute_batch("BEGIN")?;
    Ok(database)
}

/// An empty one without tables and outside a transaction.
pub(super) fn temporary(cache_kib: i64) -> rusqlite::Result<Connection> {
    let database = Connection::open("")?;
    database.pragma_update(None, "journal_mode", "OFF")?;
    database.pragma_update(None, "synchronous", "OFF")?;
    database.pragma_update(None, "cache_size", -cache_kib)?;
    Ok(database)
}
