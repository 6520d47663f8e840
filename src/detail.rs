//! DEBUG and TRACE events of this program, because tracing's own macros are compiled out.
//!
//! `max_level_info` in Cargo.toml removes all events below INFO at compile time. Those of the SDK
//! and its dependencies may contain passwords, so they are not in the program at all, and each
//! request runs less code. Our own events of these levels are sent as INFO with a prefix in the
//! target, from which [`crate::logs`] restores the level.

use tracing::{Level, Metadata};

/// The target prefix of DEBUG events.
macro_rules! as_debug {
    () => {
        "debug "
    };
}

/// The target prefix of TRACE events.
macro_rules! as_trace {
    () => {
        "trace "
    };
}

/// Like `tracing::debug!`.
macro_rules! debug {
    ($($event:tt)+) => {
        tracing::info!(target: concat!($crate::detail::as_debug!(), module_path!()), $($event)+)
    };
}

/// Like `tracing::trace!`.
macro_rules! trace {
    ($($event:tt)+) => {
        tracing::info!(target: concat!($crate::detail::as_trace!(), module_path!()), $($event)+)
    };
}

pub(crate) use {as_debug, as_trace, debug, trace};

/// Returns the original level and target of an event.
pub(crate) fn original<'m>(metadata: &Metadata<'m>) -> (Level, &'m str) {
    let target = metadata.target();
    if let Some(module) = target.strip_prefix(as_debug!()) {
        (Level::DEBUG, module)
    } else if let Some(module) = target.strip_prefix(as_trace!()) {
        (Level::TRACE, module)
    } else {
        (*metadata.level(), target)
    }
}
