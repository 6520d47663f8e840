//! Loses the run directory between two processes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};

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
