//! Why no connection could be made.

use crate::aws::chain;
/// Returns whether this process or machine has too many open files, so that nothing was sent.
pub(super) fn out_of_files(error: &(dyn std::error::Error + 'static)) -> bool {
    chain(error).any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(crate::process::is_out_of_files)
    })
}

/// Returns whether the host name could not be resolved. The system's resolver opens files, and some
/// resolvers report a failure to do so as an unknown name.
pub(super) fn lookup_failed(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut io_errors = chain(error)
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .peekable();
    // A failed connection, unlike a failed lookup, has an OS error code.
    never_connected(error)
        && io_errors.peek().is_some()
        && io_errors.all(|cause| cause.raw_os_error().is_none())
}

/// Returns whether the HTTP client failed to connect, so that nothing was sent.
pub(super) fn never_connected(error: &(dyn std::error::Error + 'static)) -> bool {
    chain(error).any(|cause| {
        cause
            .downcast_ref::<hyper_util::client::legacy::Error>()
            .is_some_and(hyper_util::client::legacy::Error::is_connect)
    })
}
