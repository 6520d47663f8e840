//! The process as the system sees it: what may be read from it, what ends it, and how many files it may open.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write as _;
use std::panic::PanicHookInfo;

use crate::hints::Hint;

/// Files that the runtime, the signals and a command's own files need before a connection is made.
const NEEDED: usize = 24;

/// Files that a run has open itself, and some for what it opens for a moment.
const OWN: u64 = 48;

/// To be called first, while there is one thread.
pub fn prepare() {
    std::panic::set_hook(Box::new(report));
    unix::keep_memory_private();
    unix::survive_full_files();
    unix::raise_file_limit();
}

/// Says where a panic was, and nothing else: its message may quote a cell of the list.
fn report(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed").to_owned();
    let place = panic.location().map_or_else(
        || "an unknown place".to_owned(),
        |place| format!("{}:{}", place.file(), place.line()),
    );
    let mut to = std::io::stderr().lock();
    let _ = writeln!(to, "error: internal error at {place} (thread {thread})");
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        let _ = writeln!(to, "{backtrace}");
    }
}

/// The process may not open the files that it needs.
#[derive(Debug, thiserror::Error)]
#[error("too few files may be open at once ({0})")]
pub struct TooFewFiles(std::io::Error);
impl Hint for TooFewFiles {
    fn hint(&self) -> Option<String> {
        Some("raise the limit (`ulimit -n 1024`), or close what other programs of this user have open".to_owned())
    }
}

/// Checks that the process can open the files that every command needs. Some libraries panic when it cannot.
///
/// # Errors
/// The limit on open files is too low.
pub fn need_files() -> Result<(), TooFewFiles> {
    let open = || std::fs::File::open(unix::SOME_FILE);
    let files: Result<Vec<_>, _> = (0..NEEDED).map(|_| open()).collect();
    match files {
        Err(error) if unix::is_out_of_files(&error) => Err(TooFewFiles(error)),
        // A system without that file has another way to tell.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Connections that there is room for, where the system has a limit. Each may have another one that takes its place: the HTTP client
/// opens a connection while it waits for one to become free. `ends`: files for each connection, two where the server is in this process.
#[must_use]
pub fn room_for_connections(ends: u64) -> Option<usize> {
    let room = unix::file_limit()?.saturating_sub(OWN) / (2 * ends.max(1));
    Some(usize::try_from(room).unwrap_or(usize::MAX).max(1))
}

/// The limit on open files that so many connections need. `ends` as for [`room_for_connections`].
#[must_use]
pub fn files_for_connections(connections: usize, ends: u64) -> u64 {
    let connections = u64::try_from(connections).unwrap_or(u64::MAX);
    connections
        .saturating_mul(2 * ends.max(1))
        .saturating_add(OWN)
}

#[cfg(unix)]
mod unix {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use rustix::io::Errno;
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    pub(super) const SOME_FILE: &str = "/dev/null";

    /// No core dump, and no other process of this user may look into this one: there are passwords in it.
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

    /// A file that may not grow any more is an error of the write, not the end of the process.
    pub(super) fn survive_full_files() {
        let seen = Arc::new(AtomicBool::new(false));
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, seen);
    }

    /// As many files as the system allows.
    pub(super) fn raise_file_limit() {
        let limit = getrlimit(Resource::Nofile);
        let raised = Rlimit {
            current: limit.maximum,
            ..limit
        };
        // macOS names more than it allows; then the limit stays.
        let _ = setrlimit(Resource::Nofile, raised);
    }

    pub(super) fn file_limit() -> Option<u64> {
        getrlimit(Resource::Nofile).current
    }

    pub(super) fn is_out_of_files(error: &std::io::Error) -> bool {
        let code = error.raw_os_error();
        [Errno::MFILE, Errno::NFILE]
            .iter()
            .any(|out| code == Some(out.raw_os_error()))
    }
}

#[cfg(not(unix))]
mod unix {
    pub(super) const SOME_FILE: &str = "NUL";

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

/// Whether an error says that no more files may be open. Then nothing was opened, and it may work once others are closed.
#[must_use]
pub fn is_out_of_files(error: &std::io::Error) -> bool {
    unix::is_out_of_files(error)
}

/// Whether this process can open no file at this moment.
#[must_use]
pub fn is_at_file_limit() -> bool {
    std::fs::File::open(unix::SOME_FILE).is_err_and(|error| unix::is_out_of_files(&error))
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn nothing_of_this_process_is_dumped() {
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
        assert!(room as u64 * 2 + super::OWN <= limit.unwrap().max(super::OWN + 2));
        assert!(super::room_for_connections(2).unwrap() <= room);
        assert_eq!(super::files_for_connections(16, 1), super::OWN + 32);
    }
}
