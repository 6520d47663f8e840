//! The run directory of a command that names none. Runs of the same list into the same pool have
//! numbers: `NAME`, `NAME-2`, `NAME-3` and so on.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::cli::settings::{ImportSettings, OnExistingRun};
use crate::command::runs_of_list::{cannot_be_listed, newer_run, parent_of};
use crate::command::{CommandError, beside};
use crate::ledger::overview::{DirectoryState, RunOverview};
use crate::ledger::{Identity, RunCertificate, RunPath};

/// Returns the directory of the newest run with this name. With `--previous last`, returns the next
/// name if that run is over, and the command does not repeat it.
pub(super) async fn default_directory(
    first: PathBuf,
    identity: &Identity,
    settings: &ImportSettings,
) -> Result<PathBuf, CommandError> {
    let may_start_another = match &settings.on_existing_run {
        OnExistingRun::Replace => return Ok(first),
        OnExistingRun::PutAside => false,
        OnExistingRun::Resume(retries) => {
            retries.is_empty() && settings.run.compares_with_the_last()
        }
    };
    let (identity, ignore_case) = (identity.clone(), settings.run.ignore_case);
    let choose = move || {
        let Some((number, current)) = newest_with_name(&first)? else {
            return Ok(first);
        };
        let starts_another = may_start_another && !is_repeated(&current, &identity, ignore_case)?;
        Ok(if starts_another {
            numbered(&first, number + 1)
        } else {
            current
        })
    };
    beside("directory", choose).await?
}

/// Returns the existing directory with the highest number.
fn newest_with_name(first: &Path) -> Result<Option<(u32, PathBuf)>, CommandError> {
    let parent = parent_of(first);
    let entries = match fs::read_dir(&parent) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(cannot_be_listed(&parent, &cause)),
    };
    let mut numbers = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|cause| cannot_be_listed(&parent, &cause))?;
        numbers.extend(number_of(Path::new(&entry.file_name()), first));
    }
    let highest = numbers.into_iter().max();
    Ok(highest.map(|number| (number, numbered(first, number))))
}

fn numbered(first: &Path, number: u32) -> PathBuf {
    let mut name = first.to_owned().into_os_string();
    name.push(suffix(number));
    name.into()
}

/// Returns the number of a directory with this name.
fn number_of(name: &Path, first: &Path) -> Option<u32> {
    let rest = name.to_str()?.strip_prefix(first.file_name()?.to_str()?)?;
    let number = match rest {
        "" => 1,
        rest => rest.strip_prefix('-')?.parse().ok()?,
    };
    (suffix(number) == rest).then_some(number)
}

fn suffix(number: u32) -> String {
    if number > 1 {
        format!("-{number}")
    } else {
        String::new()
    }
}

/// Whether a command belongs to this run: it resumes an unfinished one, or repeats the newest run
/// of the list without any change.
fn is_repeated(
    directory: &Path,
    identity: &Identity,
    ignore_case: Option<bool>,
) -> Result<bool, CommandError> {
    let Some(run) = RunOverview::head(directory) else {
        return Ok(true);
    };
    let is_newest = || newer_run(directory, run.started_ms, identity).map(|run| run.is_none());
    match run.state {
        DirectoryState::Finished => {
            Ok(has_settings(directory, identity, ignore_case) && is_newest()?)
        }
        DirectoryState::Undone | DirectoryState::UndoUnfinished => is_newest(),
        DirectoryState::Active
        | DirectoryState::Stopped
        | DirectoryState::Interrupted
        | DirectoryState::Unmerged
        | DirectoryState::Damaged
        | DirectoryState::Newer
        | DirectoryState::Unreadable => Ok(true),
    }
}

/// Whether the run has the mapping, steps and usernames of this command. Without a readable
/// certificate, the ledger decides later.
fn has_settings(directory: &Path, identity: &Identity, ignore_case: Option<bool>) -> bool {
    let directory = RunPath::from(directory);
    let Ok(Some(certificate)) = RunCertificate::read_in(&directory) else {
        return true;
    };
    let began_with = certificate.facts().case_insensitive;
    certificate.has_identity(identity, &directory)
        && ignore_case.is_none_or(|ignore_case| ignore_case == began_with)
}

#[cfg(test)]
mod tests {
    use super::{number_of, numbered};
    use std::path::Path;

    #[test]
    fn the_number_follows_the_name() {
        let first = Path::new("import-runs/users.csv-0123-us-east-1_A");
        for number in [1, 2, 10] {
            let name = numbered(first, number);
            let name = Path::new(name.file_name().unwrap());
            assert_eq!(number_of(name, first), Some(number));
        }
        for suffix in ["-", "-1", "-0", "-02", "-+2", "-2-before", "b", "-b"] {
            let name = format!("users.csv-0123-us-east-1_A{suffix}");
            assert_eq!(number_of(Path::new(&name), first), None, "{suffix}");
        }
        assert_eq!(number_of(Path::new("users.csv"), first), None);
    }
}
