//! Reasons why a run ends before it has processed the whole list.

use std::fmt;

use crate::hints::Hint as _;
use crate::rows::RowsError;
use crate::run::Signal;

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
            Self::List(error) => f.write_str(&error.with_hint()),
            Self::Unlisted(why) => {
                write!(
                    f,
                    "the pool's users cannot be read (--prescan always): {why}"
                )
            }
        }
    }
}
