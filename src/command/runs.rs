//! `runs`: lists the runs in a directory.

use std::io::ErrorKind;
use std::path::Path;
use std::time::SystemTime;

use super::{CommandError, CommandOutput};
use crate::ledger::directory::RUNS;
use crate::ledger::overview::{RunOverview, runs_in};
use crate::report::{runs_document, runs_text};
use crate::s3::S3FolderUrl;

pub(super) fn runs(directory: &Path) -> Result<CommandOutput, CommandError> {
    let runs = list(directory)?;
    let now = SystemTime::now();
    CommandOutput::of_text(runs_text(directory, &runs, now))
        .with(&runs_document(directory, &runs, now))
}

/// Lists the runs in a directory, the newest first. The default directory is missing before the
/// first run.
pub(super) fn list(directory: &Path) -> Result<Vec<RunOverview>, CommandError> {
    if let Some(Ok(Some(url))) = directory.to_str().map(S3FolderUrl::named) {
        return Err(CommandError::refusal(
            format_args!("{url}: only runs in local directories can be listed"),
            format!(
                "`aws s3 ls {url}` lists the prefixes, and `cognito-import report {url}NAME/` shows one"
            ),
        ));
    }
    match runs_in(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound && directory == Path::new(RUNS) => {
            Ok(Vec::new())
        }
        Err(cause) => Err(CommandError::refusal(
            format_args!("{}: cannot be listed: {cause}", directory.display()),
            "name a directory that contains run directories",
        )),
        Ok(runs) => Ok(runs),
    }
}
