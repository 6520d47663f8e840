//! Writes a file atomically: to a temporary file in the same directory, which is then renamed.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::ledger::directory::private_file;
use crate::ledger::leftovers::{UNFINISHED, remove_of};

const BUFFER_BYTES: usize = 64 * 1024;

/// A file that appears when it is complete. Its mode is 0600 unless it is world-readable.
pub(super) struct AtomicFile {
    path: PathBuf,
    temporary: TemporaryPath,
    file: BufWriter<fs::File>,
}

/// The path of the temporary file, which is removed on drop.
struct TemporaryPath(PathBuf);

impl TemporaryPath {
    fn new(path: &Path) -> Self {
        let mut name = path.as_os_str().to_owned();
        // Two processes can write the same report: a run, and `report` on its directory.
        name.push(format!(".{}{UNFINISHED}", std::process::id()));
        Self(PathBuf::from(name))
    }
}

impl Drop for TemporaryPath {
    fn drop(&mut self) {
        // Fails after the rename, when there is nothing to remove.
        let _ = fs::remove_file(&self.0);
    }
}

impl AtomicFile {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        remove_of(path);
        let temporary = TemporaryPath::new(path);
        let file = private_file(&temporary.0)?;
        // The lock keeps other processes from removing the file as a leftover. Without locks in the
        // file system, it is written anyway.
        let _ = file.try_lock();
        file.set_len(0)?;
        Ok(Self {
            path: path.to_owned(),
            temporary,
            file: BufWriter::with_capacity(BUFFER_BYTES, file),
        })
    }

    /// Creates a file with mode 0644, regardless of the umask.
    pub(super) fn create_world_readable(path: &Path) -> io::Result<Self> {
        let created = Self::create(path)?;
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
            created.file.get_ref().set_permissions(mode)?;
        }
        Ok(created)
    }

    /// Renames the file to its final path, replacing an older file.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        self.finish_unsynced()
    }

    /// Like [`AtomicFile::finish`], for a file that may be lost with the power.
    pub(super) fn finish_unsynced(mut self) -> io::Result<()> {
        self.file.flush()?;
        fs::rename(&self.temporary.0, &self.path)
    }

    /// Removes the temporary file of this process, if it ends before it finishes the file.
    pub(super) fn discard(path: &Path) {
        drop(TemporaryPath::new(path));
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
