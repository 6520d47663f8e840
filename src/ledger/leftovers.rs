//! What a process that was killed leaves of files that it had not finished: usernames, and passwords where rejects have them.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

use super::integrity::presence::{LEDGER, UNDO};

/// The end of a file's name until the file is finished.
pub const UNFINISHED: &str = ".unfinished";

/// Reports in a run's directory. Until one is finished, the id of the process that writes it is in its name.
const REPORTS: [&str; 7] = [
    "results.csv",
    "results.jsonl",
    "rejects.csv",
    "summary.json",
    "report.html",
    "undo-results.csv",
    "undo-dry-run.csv",
];

/// Removes them from a run's directory that this process has locked. A report that another process is still writing is locked by it:
/// `report` works beside a run.
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

/// Removes what earlier processes left of this file, which is in a folder of the user's. What cannot be removed is no reason not to
/// write the file.
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

/// The file that is being written under this name, and the id of the process that writes it.
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
        // The process that wrote it has finished it in the meantime.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::is_unfinished;

    #[test]
    fn only_files_of_ours_are_removed() {
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
