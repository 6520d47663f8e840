//! The log: what the program says of itself for those who look into it later, on standard error or in a file.
//!
//! Owns where lines go, how they look, and what may be said at all: only events of this program. What the SDK and the crates under it
//! have to say is never let through, at no level, because they could show a request with its password. At a terminal, lines go through
//! the [`Screen`], so that a bar makes room for them. What others wrote (a pool's messages) is made harmless where a line is written: `fields`
//! for people, `json` for programs.

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
use crate::progress::{Colour, Screen};
use file::LogFile;
use filter::{Chosen, filter, let_through};
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

/// What is logged, where, and how.
#[derive(Debug, Clone)]
pub struct LogSettings {
    /// How often more was asked for.
    pub verbose: u8,
    /// `RUST_LOG`.
    pub rust_log: Option<String>,
    /// The file; none for standard error.
    pub file: Option<PathBuf>,
    /// How lines look.
    pub format: LogFormat,
    /// Whether there may be colours on standard error.
    pub colour: Colour,
}

/// The log cannot be written.
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

/// Where lines go.
#[derive(Debug, Clone)]
enum To {
    Screen(Screen),
    File(Arc<LogFile>),
}

impl Write for To {
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

/// Begins the log. What there is to say about the settings is returned, for people.
///
/// # Errors
/// The file cannot be opened.
pub fn begin(settings: &LogSettings, screen: &Screen) -> Result<Option<String>, LogError> {
    let Chosen { targets, notice } = filter(
        settings.verbose,
        settings.file.is_some(),
        settings.rust_log.as_deref(),
    );
    let to = match &settings.file {
        None => To::Screen(screen.clone()),
        Some(path) => {
            let file = LogFile::open(path, screen.clone()).map_err(|cause| LogError {
                path: path.clone(),
                cause,
            })?;
            To::File(Arc::new(file))
        }
    };
    let colours = settings.file.is_none() && settings.colour == Colour::Some;
    let lines = match settings.format {
        LogFormat::Json => JsonLines::new(to).boxed(),
        LogFormat::Text => text_lines(move || to.clone(), colours).boxed(),
    };
    // Somebody else's logger, in a test say, stays.
    let _ = tracing_subscriber::registry()
        .with(lines)
        .with(let_through(targets))
        .try_init();
    Ok(notice)
}
