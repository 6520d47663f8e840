//! Detects whether other users can change a run's directory, because the ledger decides which users
//! an undo deletes.
//!
//! The user who runs this program and root are trusted. So is a private group: one whose id equals
//! the user's. Access control lists are not checked.

use std::fmt;
use std::path::PathBuf;

/// How other users can change a run's directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    path: PathBuf,
    by: ExposureCause,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum ExposureCause {
    /// It belongs to the user with this ID.
    Owner(u32),
    /// Other users can write to it. Holds the mode.
    Mode(u32),
    /// Other users can replace a directory in it. Holds the mode.
    Replacing(u32),
}

impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.by {
            ExposureCause::Owner(uid) => write!(f, "{path}: belongs to another user (uid {uid})"),
            ExposureCause::Mode(mode) => {
                write!(f, "{path}: other users can write to it (mode {mode:04o})")
            }
            ExposureCause::Replacing(mode) => write!(
                f,
                "{path}: other users can replace the directories in it (mode {mode:04o}, without the sticky bit)"
            ),
        }
    }
}

#[cfg(unix)]
pub(super) use unix::of;

/// Returns `None`: other systems have no modes.
#[cfg(not(unix))]
pub(super) fn of(_: &super::RunDirectory) -> std::io::Result<Option<Exposure>> {
    Ok(None)
}

#[cfg(unix)]
mod unix {
    use std::fs::{self, Metadata};
    use std::io::{self, ErrorKind};
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;

    use super::{Exposure, ExposureCause};
    use crate::ledger::RunDirectory;
    use crate::ledger::integrity::presence::{LEDGER, UNDO};

    /// Files that decide what is sent or deleted.
    const FILES: [&str; 4] = [LEDGER, "ledger.db-wal", UNDO, "undo.db-wal"];

    const GROUP_WRITES: u32 = 0o020;
    const OTHERS_WRITE: u32 = 0o002;
    const STICKY: u32 = 0o1000;

    /// Returns the other users that can change the directory, or `None` if only the owner can.
    pub(in crate::ledger) fn of(directory: &RunDirectory) -> io::Result<Option<Exposure>> {
        let user = LocalUser(rustix::process::geteuid().as_raw());
        let path = directory.path();
        let exposed = |path: &Path, by: Option<ExposureCause>| {
            by.map(|by| Exposure {
                path: path.to_owned(),
                by,
            })
        };
        let mut found = exposed(path, user.exposed(&directory.handle()?.metadata()?));
        for name in FILES {
            let file = path.join(name);
            match file.symlink_metadata() {
                Ok(about) => found = found.or_else(|| exposed(&file, user.exposed(&about))),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        for above in fs::canonicalize(path)?.ancestors().skip(1) {
            if found.is_some() {
                break;
            }
            found = exposed(above, user.replaceable(&fs::metadata(above)?));
        }
        Ok(found)
    }

    /// The user who runs this program.
    #[derive(Debug, Clone, Copy)]
    pub(super) struct LocalUser(pub(super) u32);

    impl LocalUser {
        fn trusts(self, about: &Metadata) -> bool {
            [self.0, 0].contains(&about.uid())
        }

        fn others_write(self, about: &Metadata) -> bool {
            let group_writes = about.mode() & GROUP_WRITES != 0 && about.gid() != self.0;
            group_writes || about.mode() & OTHERS_WRITE != 0
        }

        fn exposed(self, about: &Metadata) -> Option<ExposureCause> {
            if !self.trusts(about) {
                return Some(ExposureCause::Owner(about.uid()));
            }
            self.others_write(about)
                .then(|| ExposureCause::Mode(about.mode() & 0o7777))
        }

        /// Returns how other users can replace an entry of this directory. With the sticky bit, as
        /// in `/tmp`, only the entry's owner can.
        fn replaceable(self, about: &Metadata) -> Option<ExposureCause> {
            if !self.trusts(about) {
                return Some(ExposureCause::Owner(about.uid()));
            }
            (self.others_write(about) && about.mode() & STICKY == 0)
                .then(|| ExposureCause::Replacing(about.mode() & 0o7777))
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests;
