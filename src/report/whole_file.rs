//! A file that is there whole or not at all: written under another name, then renamed.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::ledger::directory::private_file;

/// See the module's words. Mode 0600.
pub(super) struct WholeFile {
    to: PathBuf,
    unfinished: PathBuf,
    file: BufWriter<fs::File>,
}

impl WholeFile {
    pub(super) fn begin(to: &Path) -> io::Result<Self> {
        let mut name = to.as_os_str().to_owned();
        // Two may write at a time: a run that ends, and somebody who asks for reports meanwhile.
        name.push(format!(".{}.unfinished", std::process::id()));
        let unfinished = PathBuf::from(name);
        let file = private_file(&unfinished)?;
        file.set_len(0)?;
        Ok(Self {
            to: to.to_owned(),
            unfinished,
            file: BufWriter::new(file),
        })
    }

    /// Puts the file in its place, over an older one.
    pub(super) fn finish(self) -> io::Result<()> {
        let file = self
            .file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        fs::rename(&self.unfinished, &self.to)
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
