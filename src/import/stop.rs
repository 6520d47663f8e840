//! Why a run ends before its list does, and how it is told to.

use std::fmt;

use crate::rows::RowsError;

/// What somebody outside asks of the run. The second signal means: at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

impl Signal {
    /// The exit code by which shells know it: 128 and the signal's number.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }
}

/// Signals, as they come from the system.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    /// The system refuses.
    #[cfg(unix)]
    pub fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Listens from now on.
    ///
    /// # Errors
    /// None here.
    #[cfg(not(unix))]
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// The next one.
    #[cfg(unix)]
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }

    /// The next one.
    #[cfg(not(unix))]
    pub async fn next(&mut self) -> Signal {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Signal::Interrupt,
            Err(_) => std::future::pending().await,
        }
    }
}

/// Why a run ended early.
#[derive(Debug)]
pub enum StopReason {
    /// It was told to.
    Signal(Signal),
    /// Every row would meet the same answer.
    Refused {
        /// The pool's answer.
        error: String,
        /// What to change.
        hint: String,
    },
    /// The circuit breaker: too many rows with the same error.
    Breaker(String),
    /// No connection could be made for several rows in a row.
    Unreachable(String),
    /// The time it was given is over.
    Deadline,
    /// The list cannot be read on.
    List(RowsError),
    /// The pool's users were to be read first, and cannot be: why, and what to do.
    Unlisted(String),
}

impl StopReason {
    /// Whether the next session would meet the same, unless something is changed before.
    #[must_use]
    pub fn needs_mending(&self) -> bool {
        match self {
            Self::Refused { .. }
            | Self::Breaker(_)
            | Self::Unreachable(_)
            | Self::List(_)
            | Self::Unlisted(_) => true,
            Self::Signal(_) | Self::Deadline => false,
        }
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(signal) => write!(f, "{}", signal.name()),
            Self::Refused { error, hint } => write!(f, "{error}; {hint}"),
            Self::Breaker(why) => write!(f, "{why}"),
            Self::Unreachable(error) => write!(
                f,
                "no connection could be made for ten rows in a row ({error}); check the network, --region, --endpoint-url and HTTPS_PROXY"
            ),
            Self::Deadline => write!(f, "--deadline reached"),
            Self::List(error) => write!(f, "{error}"),
            Self::Unlisted(why) => {
                write!(
                    f,
                    "the pool's users cannot be read (--prescan always): {why}"
                )
            }
        }
    }
}
