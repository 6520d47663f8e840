//! The log file. A failed write does not stop the run, but causes a warning.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::progress::Screen;
use crate::sanitize::one_line;

/// The file given by `--log-file`.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    file: File,
    screen: Screen,
    state: Mutex<LogFileState>,
}

#[derive(Debug, Default)]
struct LogFileState {
    /// Whether a warning has been shown.
    warned: bool,
    /// Whether the last line may be incomplete.
    incomplete: bool,
}

impl LogFile {
    /// Opens the file for appending. Each line is a single write, so that lines of concurrent
    /// processes do not mix. A new file is readable only by its owner, because it lists failed
    /// rows.
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

    /// Writes a line. Only the first failure is reported on standard error.
    pub(super) fn write(&self, line: &[u8]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let result = if state.incomplete {
            (&self.file).write_all(&[b"\n", line].concat())
        } else {
            (&self.file).write_all(line)
        };
        state.incomplete = result.is_err();
        if let Err(error) = result
            && !state.warned
        {
            state.warned = true;
            let warning = format!(
                "warning: --log-file {}: cannot be written: {error}; the run continues, but log lines are missing",
                self.path.display()
            );
            self.screen.line(&one_line(&warning));
        }
    }
}
