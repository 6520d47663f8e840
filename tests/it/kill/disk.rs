//! Loses the run directory between two processes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use cognito_import::rehearsal::{AuditedUser, RehearsalPool};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use super::case::KillCase;

/// The run directory and its earlier copies.
pub(super) struct Copies {
    run: PathBuf,
    copies: Vec<PathBuf>,
}

impl Copies {
    pub(super) fn of(folder: &Path) -> Self {
        Self {
            run: folder.join("run"),
            copies: Vec::new(),
        }
    }

    /// Copies the directory as a snapshot of its disk would.
    pub(super) fn copy_while_stopped(&mut self, child: &Child) {
        let pid = Pid::from_child(child);
        kill_process(pid, Signal::STOP).unwrap();
        // The signal takes effect a moment later. The process may also have exited.
        let stopped = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(pid), stopped).unwrap();
        if self.run.join("run.json").exists() {
            let copy = self
                .run
                .with_file_name(format!("copy-{}", self.copies.len()));
            copy_files(&self.run, &copy);
            self.copies.push(copy);
        }
        kill_process(pid, Signal::CONT).unwrap();
    }

    /// Deletes everything but the certificate, or restores a copy. Without a certificate, nothing
    /// was sent.
    pub(super) fn lose(&self, random: &mut fastrand::Rng) {
        let Ok(certificate) = fs::read(self.run.join("run.json")) else {
            let _ = fs::remove_dir_all(&self.run);
            return;
        };
        fs::remove_dir_all(&self.run).unwrap();
        match random.choice(&self.copies) {
            Some(copy) if random.bool() => copy_files(copy, &self.run),
            Some(_) | None => {
                fs::create_dir(&self.run).unwrap();
                fs::write(self.run.join("run.json"), certificate).unwrap();
            }
        }
    }
}

fn copy_files(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// Undoes the run, and checks that it deletes the users that were created, and no others. A request
/// of a killed process may arrive later and create a user again, with another `sub`.
pub(super) fn undo_everything(
    case: &KillCase,
    pool: &RehearsalPool,
    folder: &Path,
    before: &[AuditedUser],
) -> Result<(), String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cognito-import"));
    command
        .current_dir(folder)
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", "AKIDTEST")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .args(["undo", "run", "--even-if-used", "--delete-rate", "150"])
        .args(["--yes-delete", &case.settings.pool_id])
        .args(["--endpoint-url", &pool.endpoint_url()])
        .stdin(Stdio::null());
    let output = command.output().unwrap();
    let left = pool.stats_users();
    let left: BTreeSet<&str> = left.iter().map(|user| user.sub.as_str()).collect();
    let wrong: Vec<&AuditedUser> = before
        .iter()
        .filter(|user| left.contains(user.sub.as_str()) != user.preexisting)
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!(
        "undo deleted or left {wrong:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    ))
}
