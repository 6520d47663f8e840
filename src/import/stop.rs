//! Reasons why a run ends before it has processed the whole list.

use std::fmt;

use crate::hints::Hint as _;
use crate::rows::RowsError;
use crate::run::Signal;

/// The reason why a run ended early.
#[derive(Debug)]
pub enum StopReason {
    Signal(Signal),
    /// The pool gave a response that every row would get.
    Refused {
        error: String,
        hint: String,
    },
    /// The circuit breaker tripped: too many rows had the same error.
    Breaker(String),
    /// No connection could be made for several consecutive rows.
    Unreachable(String),
    /// `--deadline` was reached.
    Deadline,
    /// The rest of the list cannot be read.
    List(RowsError),
    /// `--prescan always`, and the pool's users cannot be read.
    Unlisted(String),
}

impl StopReason {
    /// Returns whether the next session would stop for the same reason unless something is changed
    /// first.
    #[must_use]
    pub fn needs_action(&self) -> bool {
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
            Self::Breaker(message) => f.write_str(message),
            Self::Unreachable(error) => write!(
                f,
                "no connection could be made for ten consecutive rows ({error}); check the \
                 network, --region, --endpoint-url and HTTPS_PROXY"
            ),
            Self::Deadline => write!(f, "--deadline reached"),
            Self::List(error) => f.write_str(&error.with_hint()),
            Self::Unlisted(message) => {
                write!(
                    f,
                    "the pool's users cannot be read (--prescan always): {message}"
                )
            }
        }
    }
}
