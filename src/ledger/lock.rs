//! Whether one process or several may open a database at the same time.
//!
//! By default, SQLite shares the index of its write-ahead log between processes in a memory-mapped
//! file (`-shm`). Network file systems do not keep such a mapping consistent. SQLite's `unix-excl`
//! keeps the index in the memory of the process instead, and locks the database until the process
//! closes it. Several connections of one process still work.

use std::fs;
use std::path::Path;
use std::time::Duration;

use clap::ValueEnum;
use rusqlite::{Connection, OpenFlags};

/// The file of a run directory that is locked, and that remembers [`LedgerLock`].
pub(super) const LOCK_FILE: &str = "ledger.lock";

/// How the ledger is locked. A run directory remembers everything but `auto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LedgerLock {
    /// As the run directory was used before, or `exclusive` on NFS, SMB and FUSE
    #[default]
    Auto,
    /// No other process can read the ledger during the run
    Exclusive,
    /// Other processes can read the ledger during the run
    Shared,
}

impl LedgerLock {
    /// Returns the content of the lock file, unless it stays as it is.
    pub(super) fn remembered(self) -> Option<&'static str> {
        match self {
            Self::Auto => None,
            Self::Exclusive => Some("exclusive\n"),
            Self::Shared => Some("shared\n"),
        }
    }

    fn of_content(content: &str) -> Self {
        match content.trim_end() {
            "exclusive" => Self::Exclusive,
            "shared" => Self::Shared,
            _ => Self::Auto,
        }
    }
}

/// Opens a database as its directory allows.
pub(super) fn open(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let directory = path.parent().unwrap_or(Path::new("."));
    if !is_exclusive(directory) {
        return Connection::open_with_flags(path, flags);
    }
    let database = Connection::open_with_flags_and_vfs(path, flags, EXCLUSIVE)?;
    // Takes the lock. Another process that has it will not release it soon.
    database.busy_timeout(Duration::ZERO)?;
    database.pragma_query_value(None, "schema_version", |row| row.get::<_, i64>(0))?;
    database.busy_timeout(IN_THIS_PROCESS)?;
    Ok(database)
}

/// SQLite's VFS that locks a database for one process. Windows has none, so the mode has no effect
/// there.
#[cfg(unix)]
const EXCLUSIVE: &str = "unix-excl";
#[cfg(not(unix))]
const EXCLUSIVE: &str = "win32";

/// How long connections of one process wait for each other: rusqlite's default.
const IN_THIS_PROCESS: Duration = Duration::from_secs(5);

fn is_exclusive(directory: &Path) -> bool {
    let file = directory.join(LOCK_FILE);
    let is_file = file
        .symlink_metadata()
        .is_ok_and(|metadata| metadata.is_file());
    let content = if is_file {
        fs::read_to_string(file).unwrap_or_default()
    } else {
        String::new()
    };
    match LedgerLock::of_content(&content) {
        LedgerLock::Exclusive => true,
        LedgerLock::Shared => false,
        LedgerLock::Auto => is_on_network(directory),
    }
}

/// Returns whether the directory is on NFS, SMB or FUSE, which serves many remote file systems.
#[cfg(target_os = "linux")]
fn is_on_network(directory: &Path) -> bool {
    let directory = if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    };
    rustix::fs::statfs(directory).is_ok_and(|found| {
        // The magic numbers have 32 bits.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the type is signed and wider on some architectures"
        )]
        let kind = found.f_type as u32;
        NETWORK.contains(&kind)
    })
}

#[cfg(not(target_os = "linux"))]
fn is_on_network(_: &Path) -> bool {
    false
}

/// Linux, `linux/magic.h`: NFS, SMB (three drivers), FUSE and 9P, with which virtual machines share
/// directories of their host.
#[cfg(target_os = "linux")]
const NETWORK: [u32; 6] = [
    0x6969,
    0x517b,
    0xff53_4d42,
    0xfe53_4d42,
    0x6573_5546,
    0x0102_1997,
];

#[cfg(test)]
mod tests {
    use super::{LOCK_FILE, LedgerLock, open};
    use rusqlite::{Connection, OpenFlags};
    use std::fs;

    const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE;

    #[test]
    fn the_lock_file_remembers_what_was_chosen() {
        for lock in [LedgerLock::Exclusive, LedgerLock::Shared] {
            assert_eq!(LedgerLock::of_content(lock.remembered().unwrap()), lock);
        }
        assert_eq!(LedgerLock::Auto.remembered(), None);
        for other in ["", "nonsense", "exclusive shared"] {
            assert_eq!(LedgerLock::of_content(other), LedgerLock::Auto);
        }
    }

    #[test]
    fn connections_of_one_process_share_an_exclusive_database() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        drop(Connection::open(&path).unwrap());
        fs::write(folder.path().join(LOCK_FILE), "exclusive\n").unwrap();
        let writer = open(&path, FLAGS).unwrap();
        writer.pragma_update(None, "journal_mode", "WAL").unwrap();
        writer.execute_batch("CREATE TABLE t (a)").unwrap();
        let reader = open(&path, FLAGS).unwrap();
        writer.execute_batch("INSERT INTO t VALUES (1)").unwrap();
        let rows = |database: &Connection| {
            database.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i64>(0))
        };
        assert_eq!(rows(&reader).unwrap(), 1);
        assert!(path.with_extension("db-wal").exists());
        assert!(!path.with_extension("db-shm").exists());
    }
}
