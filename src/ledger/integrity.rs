//! Detects a ledger that is damaged, incomplete or not where it was.
//!
//! [`seal`] has the checksums of lines. SQLite does not notice when its write-ahead log is damaged
//! ([`wal`]), or is missing ([`checkpoint`], [`presence`]). [`anchor`] notices that the files were
//! moved or replaced while the process writes to them.

pub(super) mod anchor;
pub(super) mod checkpoint;
pub(super) mod presence;
pub(super) mod seal;
pub(super) mod wal;
