//! Reasons why a run ends before it has processed the whole list.

use std::fmt;
use std::num::NonZeroU64;

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
    /// `--stop-after`: this many rows are settled.
    Enough(NonZeroU64),
    /// The rest of the list cannot be read.
    List(RowsError),
}

impl StopReason {
    /// Returns whether the next session would stop for the same reason unless something is changed
    /// first.
    #[must_use]
    pub fn needs_action(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::Breaker(_) | Self::Unreachable(_) | Self::List(_) => true,
            Self::Signal(_) | Self::Deadline | Self::Enough(_) => false,
        }
    }
}

impl StopReason {
    /// Returns whether the list was read to its end, and no row met the conditions of `--where`.
    #[must_use]
    pub fn is_empty_selection(&self) -> bool {
        matches!(self, Self::List(RowsError::NothingSelected { .. }))
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
            Self::Enough(limit) => write!(f, "--stop-after {limit} reached"),
            Self::List(error) => f.write_str(&error.with_hint()),
        }
    }
}
