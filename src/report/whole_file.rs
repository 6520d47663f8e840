//! A file that is there whole or not at all: written under another name in the same folder, then renamed.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::ledger::directory::private_file;
use crate::ledger::leftovers::{UNFINISHED, remove_of};

/// Bytes that are written together.
const TOGETHER: usize = 64 * 1024;

/// See the module's words. Mode 0600, unless it is for everybody.
pub(super) struct WholeFile {
    to: PathBuf,
    unfinished: Unfinished,
    file: BufWriter<fs::File>,
}

/// The file under its other name: gone when nobody writes to it any more.
struct Unfinished(PathBuf);

impl Unfinished {
    fn of(to: &Path) -> Self {
        let mut name = to.as_os_str().to_owned();
        // Two may write at a time: a run that ends, and somebody who asks for reports meanwhile.
        name.push(format!(".{}{UNFINISHED}", std::process::id()));
        Self(PathBuf::from(name))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // There is none under this name where the file was finished.
        let _ = fs::remove_file(&self.0);
    }
}

impl WholeFile {
    pub(super) fn begin(to: &Path) -> io::Result<Self> {
        remove_of(to);
        let unfinished = Unfinished::of(to);
        let file = private_file(&unfinished.0)?;
        // Tells a process that removes leftovers to keep this file. If the file system has no locks, it is written anyway.
        let _ = file.try_lock();
        file.set_len(0)?;
        Ok(Self {
            to: to.to_owned(),
            unfinished,
            file: BufWriter::with_capacity(TOGETHER, file),
        })
    }

    /// The same for a file that everybody may read, whatever the umask says.
    pub(super) fn begin_for_all(to: &Path) -> io::Result<Self> {
        let begun = Self::begin(to)?;
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
            begun.file.get_ref().set_permissions(mode)?;
        }
        Ok(begun)
    }

    /// Puts the file in its place, over an older one.
    pub(super) fn finish(self) -> io::Result<()> {
        let file = self
            .file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        fs::rename(&self.unfinished.0, &self.to)
    }

    /// Takes away what this process has begun of a file, where whoever writes it will not come to its end.
    pub(super) fn abandon(to: &Path) {
        drop(Unfinished::of(to));
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
