//! Logging to standard error or a file.
//!
//! Only events of this program are logged. Those of the SDK and its dependencies never are, at any
//! level, because they could contain passwords. On a terminal, lines go through the [`Screen`], so
//! that a progress bar makes room for them. Foreign text, such as a pool's messages, is escaped
//! when a line is written.

mod fields;
mod file;
mod filter;
mod json;
mod text;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::hints::Hint;
use crate::progress::{Color, Screen};
use file::LogFile;
use filter::{LogFilter, event_filter, filter};
use json::JsonLines;
use text::text_lines;

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogFormat {
    /// Human-readable lines
    #[default]
    Text,
    /// One JSON object per line
    Json,
}

/// The settings of the log: level, destination and format.
#[derive(Debug, Clone)]
pub struct LogSettings {
    /// How often `-v` was given.
    pub verbose: u8,
    /// `RUST_LOG`.
    pub rust_log: Option<String>,
    /// The file; `None` for standard error.
    pub file: Option<PathBuf>,
    /// The format of log lines.
    pub format: LogFormat,
    /// Whether lines on standard error may be colored.
    pub color: Color,
}

/// The log file cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("--log-file {path}: cannot be opened: {cause}")]
pub struct LogError {
    path: PathBuf,
    cause: io::Error,
}

impl Hint for LogError {
    fn hint(&self) -> Option<String> {
        Some("name a file in an existing, writable directory".to_owned())
    }
}

/// The destination of log lines.
#[derive(Debug, Clone)]
enum LogWriter {
    Screen(Screen),
    File(Arc<LogFile>),
}

impl Write for LogWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.write_all(line)?;
        Ok(line.len())
    }

    fn write_all(&mut self, line: &[u8]) -> io::Result<()> {
        match self {
            Self::Screen(screen) => screen.write(line),
            Self::File(file) => {
                file.write(line);
                Ok(())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The stream of log lines.
#[derive(Debug, Clone)]
pub struct LogStream {
    writer: LogWriter,
    /// A message for the user if some settings are ignored.
    pub notice: Option<String>,
}

impl LogStream {
    /// Writes a line that is not a log event. It must contain no control characters.
    pub fn line(&self, text: &str) {
        // Like other log lines: there is no place left to report the failure to.
        let _ = self
            .writer
            .clone()
            .write_all(format!("{text}\n").as_bytes());
    }
}

/// Starts logging.
///
/// # Errors
/// Fails if the log file cannot be opened.
pub fn init(settings: &LogSettings, screen: &Screen) -> Result<LogStream, LogError> {
    let LogFilter { targets, notice } = filter(
        settings.verbose,
        settings.file.is_some(),
        settings.rust_log.as_deref(),
    );
    let writer = match &settings.file {
        None => LogWriter::Screen(screen.clone()),
        Some(path) => {
            let file = LogFile::open(path, screen.clone()).map_err(|cause| LogError {
                path: path.clone(),
                cause,
            })?;
            LogWriter::File(Arc::new(file))
        }
    };
    let stream = LogStream {
        writer: writer.clone(),
        notice,
    };
    let colors = settings.file.is_none() && settings.color == Color::On;
    let lines = match settings.format {
        LogFormat::Json => JsonLines::new(writer).boxed(),
        LogFormat::Text => text_lines(move || writer.clone(), colors).boxed(),
    };
    // Keeps a logger that is already installed, such as in tests.
    let _ = tracing_subscriber::registry()
        .with(lines)
        .with(event_filter(targets))
        .try_init();
    Ok(stream)
}
