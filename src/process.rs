//! Process-wide settings: panics, core dumps, signals and the limit on open files.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write as _;
use std::panic::PanicHookInfo;

use crate::hints::Hint;

/// The number of files that every command needs before it opens a connection.
const MIN_FILES: usize = 24;

/// The number of files that a run opens in addition to its connections.
const NON_CONNECTION_FILES: u64 = 48;

/// Prepares the process. Must be called first, while there is only one thread.
pub fn prepare() {
    std::panic::set_hook(Box::new(report));
    unix::keep_memory_private();
    unix::survive_full_files();
    unix::raise_file_limit();
}

/// Prints only the location of a panic, because the message may quote a cell of the list.
fn report(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed").to_owned();
    let location = panic.location().map_or_else(
        || "an unknown location".to_owned(),
        |location| format!("{}:{}", location.file(), location.line()),
    );
    let mut stderr = std::io::stderr().lock();
    let _ = writeln!(
        stderr,
        "error: internal error at {location} (thread {thread})"
    );
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        let _ = writeln!(stderr, "{backtrace}");
    }
}

/// The limit on open files is too low.
#[derive(Debug, thiserror::Error)]
#[error("the limit on open files is too low ({0})")]
pub struct TooFewFiles(std::io::Error);
impl Hint for TooFewFiles {
    fn hint(&self) -> Option<String> {
        Some("raise it (`ulimit -n 1024`), or close other programs of this user".to_owned())
    }
}

/// Checks that the process can open the files that every command needs. Some libraries panic if it
/// cannot.
///
/// # Errors
/// The limit on open files is too low.
pub fn check_file_limit() -> Result<(), TooFewFiles> {
    let open = || std::fs::File::open(unix::NULL_DEVICE);
    let files: Result<Vec<_>, _> = (0..MIN_FILES).map(|_| open()).collect();
    match files {
        Err(error) if unix::is_out_of_files(&error) => Err(TooFewFiles(error)),
        // Other errors say nothing about the limit.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Returns how many connections the limit on open files allows, if the system has one. Half of the
/// files are reserved, because the HTTP client opens a new connection while it waits for one to
/// become free. `ends` is the number of files per connection: two if the server is in this process.
#[must_use]
pub fn room_for_connections(ends: u64) -> Option<usize> {
    let room = unix::file_limit()?.saturating_sub(NON_CONNECTION_FILES) / (2 * ends.max(1));
    Some(usize::try_from(room).unwrap_or(usize::MAX).max(1))
}

/// Returns the limit on open files that this many connections need. The inverse of
/// [`room_for_connections`].
#[must_use]
pub fn files_for_connections(connections: usize, ends: u64) -> u64 {
    let connections = u64::try_from(connections).unwrap_or(u64::MAX);
    connections
        .saturating_mul(2 * ends.max(1))
        .saturating_add(NON_CONNECTION_FILES)
}

#[cfg(unix)]
mod unix {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use rustix::io::Errno;
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    pub(super) const NULL_DEVICE: &str = "/dev/null";

    /// Prevents core dumps and access by other processes of this user, because passwords are in
    /// memory.
    pub(super) fn keep_memory_private() {
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        // Lowering a limit is always allowed.
        let _ = setrlimit(Resource::Core, none);
        #[cfg(target_os = "linux")]
        {
            use rustix::process::{DumpableBehavior, set_dumpable_behavior};
            let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
        }
    }

    /// Makes a write beyond the file size limit fail instead of ending the process.
    pub(super) fn survive_full_files() {
        let flag = Arc::new(AtomicBool::new(false));
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, flag);
    }

    /// Raises the soft limit on open files to the hard limit.
    pub(super) fn raise_file_limit() {
        let limit = getrlimit(Resource::Nofile);
        let raised = Rlimit {
            current: limit.maximum,
            ..limit
        };
        // macOS reports a hard limit that it does not accept. The limit then stays unchanged.
        let _ = setrlimit(Resource::Nofile, raised);
    }

    pub(super) fn user() -> u32 {
        rustix::process::geteuid().as_raw()
    }

    pub(super) fn file_limit() -> Option<u64> {
        getrlimit(Resource::Nofile).current
    }

    pub(super) fn is_out_of_files(error: &std::io::Error) -> bool {
        let code = error.raw_os_error();
        [Errno::MFILE, Errno::NFILE]
            .iter()
            .any(|errno| code == Some(errno.raw_os_error()))
    }
}

#[cfg(not(unix))]
mod unix {
    pub(super) const NULL_DEVICE: &str = "NUL";

    pub(super) fn keep_memory_private() {}

    pub(super) fn survive_full_files() {}

    pub(super) fn raise_file_limit() {}

    pub(super) fn file_limit() -> Option<u64> {
        None
    }

    pub(super) fn is_out_of_files(_: &std::io::Error) -> bool {
        false
    }
}

/// Returns the user whose permissions this process has.
#[cfg(unix)]
#[must_use]
pub fn user() -> u32 {
    unix::user()
}

/// Returns whether the error means that too many files are open. The call may succeed once others
/// are closed.
#[must_use]
pub fn is_out_of_files(error: &std::io::Error) -> bool {
    unix::is_out_of_files(error)
}

/// Returns whether this process currently cannot open any file.
#[must_use]
pub fn is_at_file_limit() -> bool {
    std::fs::File::open(unix::NULL_DEVICE).is_err_and(|error| unix::is_out_of_files(&error))
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn core_dumps_are_disabled() {
        super::unix::keep_memory_private();
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
    }

    #[test]
    fn connections_leave_room_for_other_files() {
        let limit = getrlimit(Resource::Nofile).current;
        let Some(room) = super::room_for_connections(1) else {
            return;
        };
        let reserved = super::NON_CONNECTION_FILES;
        assert!(room as u64 * 2 + reserved <= limit.unwrap().max(reserved + 2));
        assert!(super::room_for_connections(2).unwrap() <= room);
        assert_eq!(super::files_for_connections(16, 1), reserved + 32);
    }
}
