//! Removes unfinished files of killed processes. They contain usernames, and rejects may contain
//! passwords.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

use super::integrity::presence::{LEDGER, UNDO};

/// The suffix of a file that is being written.
pub const UNFINISHED: &str = ".unfinished";

/// Reports in a run's directory. An unfinished one has the id of its process in its name.
const REPORTS: [&str; 11] = [
    "results.csv",
    "vanished.csv",
    "results.jsonl",
    "rejects.csv",
    "rejects.csv.sha256",
    "rejects.index",
    "summary.json",
    "report.html",
    "undo-results.csv",
    "undo-dry-run.csv",
    "verify.csv",
];

/// Removes unfinished files from a directory that this process has locked. Files that another
/// process is writing are locked and stay, because `report` works during a run.
pub(super) fn remove(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_str().is_some_and(is_unfinished) && entry.file_type()?.is_file() {
            remove_unless_locked(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes unfinished files that earlier processes left for this file. Ignores errors, which do not
/// prevent writing the file.
pub fn remove_of(file: &Path) {
    let (Some(folder), Some(name)) = (
        file.parent(),
        file.file_name().and_then(|name| name.to_str()),
    ) else {
        return;
    };
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let is_left = entry
            .file_name()
            .to_str()
            .and_then(writing)
            .is_some_and(|(report, _)| report == name);
        if is_left && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let _ = remove_unless_locked(&entry.path());
        }
    }
}

/// Returns the final name of an unfinished file, and the id of its process.
fn writing(unfinished: &str) -> Option<(&str, u32)> {
    let (report, process) = unfinished.strip_suffix(UNFINISHED)?.rsplit_once('.')?;
    Some((report, process.parse().ok()?))
}

fn is_unfinished(name: &str) -> bool {
    let report = writing(name).is_some_and(|(report, _)| REPORTS.contains(&report));
    let database = [LEDGER, UNDO]
        .iter()
        .filter_map(|database| name.strip_prefix(database)?.strip_prefix(UNFINISHED))
        .any(|rest| ["", "-wal", "-shm", "-journal"].contains(&rest));
    report || database
}

fn remove_unless_locked(path: &Path) -> io::Result<()> {
    let locked = File::open(path).is_ok_and(|file| file.try_lock().is_err());
    if locked {
        return Ok(());
    }
    match fs::remove_file(path) {
        // The process finished it in the meantime.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::is_unfinished;

    #[test]
    fn removes_only_its_own_files() {
        for name in [
            "results.csv.4711.unfinished",
            "rejects.csv.1.unfinished",
            "undo-dry-run.csv.99.unfinished",
            "ledger.db.unfinished",
            "ledger.db.unfinished-wal",
            "undo.db.unfinished-journal",
        ] {
            assert!(is_unfinished(name), "{name}");
        }
        for name in [
            "results.csv",
            "ledger.db",
            "ledger.db-wal",
            "novel.txt.4711.unfinished",
            "results.csv.unfinished",
            "results.csv.draft.unfinished",
            "my ledger.db.unfinished",
            "ledger.db.unfinished.txt",
        ] {
            assert!(!is_unfinished(name), "{name}");
        }
    }
}
