//! Hints for errors about a run in S3, where objects are removed with `aws s3 rm`, and another
//! prefix replaces `--restart`.

use std::path::Path;

use super::LedgerError;
use super::certificate::CERTIFICATE;
use super::identity::NUMBER_OF_PARTS;
use super::run_path::is_in_s3;

/// Returns the hint. `None` if the hint for a local run is valid, too.
pub(super) fn hint(error: &LedgerError) -> Option<String> {
    let path = named_path(error).filter(|path| is_in_s3(path))?;
    let object = path.display();
    Some(match error {
        LedgerError::Directory { .. } => "free up space for temporary files, or set TMPDIR to another directory, then run the same command again".to_owned(),
        LedgerError::Missing(_) => "name the prefix of a run (import prints it)".to_owned(),
        LedgerError::Damaged { .. } => format!("restore an earlier version of the object; or, if the run has a {CERTIFICATE}, remove the ledger (`aws s3 rm {object}`) and run the same import again, which sends every row and looks up the users that exist; another prefix instead starts a new run, which reports users of this one as existing"),
        LedgerError::Lost { found, .. } if found.contains(CERTIFICATE) => return None,
        LedgerError::Lost { .. } => "restore an earlier version of the object, or use another prefix: users that the run already created will then be reported as existing".to_owned(),
        LedgerError::LostUndo { .. } => "restore an earlier version of the object, or remove these objects (`aws s3 rm`) and start the undo over: users that are already deleted will then be reported as gone".to_owned(),
        LedgerError::Undone { .. } => "use another prefix, which starts a new run".to_owned(),
        LedgerError::DamagedUndo { .. } => format!("restore an earlier version of the object, or remove it (`aws s3 rm {object}`) together with undo-results.csv, and start the undo over: users that are already deleted will then be reported as gone"),
        LedgerError::DamagedCertificate { has_ledger: true, .. } | LedgerError::OtherCertificate { .. } => format!("restore an earlier version of the object; or, if the ledger is the right one, remove the certificate (`aws s3 rm {object}`) and run the same import again"),
        LedgerError::DamagedCertificate { .. } => "restore an earlier version of the object, or use another prefix: without a certificate and a ledger, the users that the run created are reported as existing".to_owned(),
        LedgerError::OtherRun { what: NUMBER_OF_PARTS, .. } => return None,
        LedgerError::OtherRun { .. } => "use another prefix: each run needs its own".to_owned(),
        LedgerError::Verification { .. } => "free up space for temporary files, or set TMPDIR to another directory, then run the same command again".to_owned(),
        LedgerError::Database { .. } => "nothing more was sent: check that the directory for temporary files (TMPDIR) has free space, then run the same command again".to_owned(),
        LedgerError::Displaced { .. } => "nothing more was sent, and there are no reports: run the same command again, which looks up the rows since the last copy of the ledger in S3".to_owned(),
        LedgerError::DisplacedUndo { .. } => "nothing more was deleted: run the same command again".to_owned(),
        LedgerError::Busy(_)
        | LedgerError::InUse(_)
        | LedgerError::Unmerged(_)
        | LedgerError::Newer { .. }
        | LedgerError::Saved { .. }
        | LedgerError::Exposed(_)
        | LedgerError::OtherRow { .. }
        | LedgerError::Usernames(_)
        | LedgerError::Listing(_)
        | LedgerError::Comparison(_)
        | LedgerError::Rehearsal(_)
        | LedgerError::Gone => return None,
    })
}

/// The run directory that an error is about, or the file in it.
fn named_path(error: &LedgerError) -> Option<&Path> {
    match error {
        LedgerError::Directory { path, .. }
        | LedgerError::Busy(path)
        | LedgerError::InUse(path)
        | LedgerError::Missing(path)
        | LedgerError::Damaged { path, .. }
        | LedgerError::Lost { path, .. }
        | LedgerError::Unmerged(path)
        | LedgerError::LostUndo { path, .. }
        | LedgerError::Undone { path, .. }
        | LedgerError::DamagedUndo { path, .. }
        | LedgerError::DamagedCertificate { path, .. }
        | LedgerError::OtherCertificate { path, .. }
        | LedgerError::Newer { path, .. }
        | LedgerError::OtherRun { path, .. }
        | LedgerError::Database { path, .. }
        | LedgerError::Saved { path, .. }
        | LedgerError::Verification { path, .. }
        | LedgerError::Displaced { path, .. }
        | LedgerError::DisplacedUndo { path, .. } => Some(path),
        LedgerError::Exposed(_)
        | LedgerError::OtherRow { .. }
        | LedgerError::Usernames(_)
        | LedgerError::Listing(_)
        | LedgerError::Comparison(_)
        | LedgerError::Rehearsal(_)
        | LedgerError::Gone => None,
    }
}
