//! Events at the levels DEBUG and TRACE, for which tracing's own macros do nothing in this program.
//!
//! `max_level_info`, in Cargo.toml, leaves everything below INFO out, wherever it stands. So what the SDK and the crates under it have to say
//! of a request, which may hold its password, is not in the program; and each request has less code to go through. Our own events of
//! these levels are sent as INFO, with a target that tells what is meant, and [`crate::logs`] goes by that. (Another subscriber would see
//! the target "debug cognito_import::import::logged", say.)

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
