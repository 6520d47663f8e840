//! `runs`: lists the runs in a directory.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::SystemTime;

use super::{CommandError, CommandOutput};
use crate::ledger::directory::RUNS;
use crate::ledger::overview::runs_in;
use crate::report::{runs_document, runs_text};
use crate::s3::{S3FolderUrl, UnusableUrl};

pub(super) fn runs(directory: &Path) -> Result<CommandOutput, CommandError> {
    refuse_address(directory)?;
    let runs = match runs_in(directory) {
        Ok(runs) => runs,
        Err(cause) => no_directory(directory, &cause).map(|()| Vec::new())?,
    };
    let now = SystemTime::now();
    CommandOutput::of_prose(&runs_text(directory, &runs, now))
        .with(&runs_document(directory, &runs, now))
}

/// Refuses an address in S3, whose runs cannot be listed.
fn refuse_address(directory: &Path) -> Result<(), CommandError> {
    let address = match directory.to_str().map(S3FolderUrl::named) {
        None | Some(Ok(None)) => return Ok(()),
        Some(Ok(Some(url))) => url.to_string(),
        // A bucket has no prefix.
        Some(Err(UnusableUrl::NotAFolder(text))) => format!("{}/", text.trim_end_matches('/')),
        Some(Err(error)) => return Err(CommandError::refused(error)),
    };
    Err(CommandError::refusal(
        format_args!("{address}: only runs in local directories can be listed"),
        format!(
            "`aws s3 ls {address}` lists the prefixes, and `cognito-import report {address}NAME/` shows one"
        ),
    ))
}

/// Refuses a directory that cannot be listed, unless it is the default one, which is missing before
/// the first run.
pub(super) fn no_directory(directory: &Path, cause: &io::Error) -> Result<(), CommandError> {
    if cause.kind() == ErrorKind::NotFound && directory == Path::new(RUNS) {
        return Ok(());
    }
    Err(CommandError::refusal(
        format_args!("{}: cannot be listed: {cause}", directory.display()),
        "name a directory that contains run directories",
    ))
}
