//! Detects a ledger that is damaged, incomplete or displaced.
//!
//! [`seal`] contains the checksums of lines. SQLite does not notice if its write-ahead log is
//! damaged ([`wal`]) or missing ([`checkpoint`], [`presence`]). [`anchor`] detects that the files
//! were moved or replaced while the process writes to them.

pub(super) mod anchor;
pub(super) mod checkpoint;
pub(super) mod presence;
pub(super) mod seal;
pub(super) mod wal;
