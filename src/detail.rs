//! Words for those who look for more: events at the levels DEBUG and TRACE.
//!
//! tracing's macros for these levels do nothing here: `max_level_info`, in Cargo.toml, leaves them out wherever they stand. So what the SDK
//! and the crates under it have to say of a request, which may hold its password, is not in the program; and a row costs a
//! fifteenth less CPU, for each request would go by a great many of such places. Our own events of these levels are sent as INFO, with a
//! target that tells what they mean.

use tracing::{Level, Metadata};

/// Before the target of an event at the level DEBUG.
macro_rules! as_debug {
    () => {
        "debug "
    };
}

/// Before the target of an event at the level TRACE.
macro_rules! as_trace {
    () => {
        "trace "
    };
}

/// As `tracing::debug!`.
macro_rules! debug {
    ($($event:tt)+) => {
        tracing::info!(target: concat!($crate::detail::as_debug!(), module_path!()), $($event)+)
    };
}

/// As `tracing::trace!`.
macro_rules! trace {
    ($($event:tt)+) => {
        tracing::info!(target: concat!($crate::detail::as_trace!(), module_path!()), $($event)+)
    };
}

pub(crate) use {as_debug, as_trace, debug, trace};

/// The level and the target that are meant.
pub(crate) fn meant<'m>(metadata: &Metadata<'m>) -> (Level, &'m str) {
    let target = metadata.target();
    if let Some(module) = target.strip_prefix(as_debug!()) {
        (Level::DEBUG, module)
    } else if let Some(module) = target.strip_prefix(as_trace!()) {
        (Level::TRACE, module)
    } else {
        (*metadata.level(), target)
    }
}
