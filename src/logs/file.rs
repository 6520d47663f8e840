//! The log's file. One that takes no more lines does not end the run, but people are told.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::progress::Screen;
use crate::sanitize::one_line;

/// The file that `--log-file` names.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    file: File,
    screen: Screen,
    state: Mutex<LogFileState>,
}

#[derive(Debug, Default)]
struct LogFileState {
    /// People know that lines are missing.
    told: bool,
    /// The last line may have been written in part.
    torn: bool,
}

impl LogFile {
    /// Opened to append: each line is one write, so that two programs do not mix theirs. A file that is created is for its owner alone:
    /// it tells which rows failed, and with what.
    pub(super) fn open(path: &Path, screen: Screen) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        Ok(Self {
            path: path.to_owned(),
            file: options.open(path)?,
            screen,
            state: Mutex::default(),
        })
    }

    /// Writes a line. The first one that cannot be written is told on standard error.
    pub(super) fn write(&self, line: &[u8]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let written = if state.torn {
            (&self.file).write_all(&[b"\n", line].concat())
        } else {
            (&self.file).write_all(line)
        };
        state.torn = written.is_err();
        if let Err(error) = written
            && !state.told
        {
            state.told = true;
            let warning = format!(
                "warning: --log-file {}: cannot be written: {error}; the run continues, and the log has a gap",
                self.path.display()
            );
            self.screen.line(&one_line(&warning));
        }
    }
}
