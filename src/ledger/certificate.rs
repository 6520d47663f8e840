//! The run's certificate, `run.json`: what a later process must know to tell the users that this
//! run created from users that existed before, even if the ledger is lost.
//!
//! It is written once, before the first sign-up, and contains no usernames and no secrets.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::directory::{RunDirectory, sync_directory};
use super::facts::Facts;
use super::identity::{Identity, RunKind};
use super::integrity::presence::LEDGER;
use super::leftovers::UNFINISHED;
use super::{FoundLedger, LedgerError, RunPath};

/// The file in the run's directory.
pub const CERTIFICATE: &str = "run.json";

/// Later formats are refused.
const FORMAT: u32 = 1;

/// The content of `run.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RunCertificate {
    /// The version of this format.
    format: u32,
    /// 16 random hexadecimal digits.
    run_id: String,
    /// The version of the program that wrote this.
    version: String,
    #[serde(flatten)]
    identity: Identity,
    #[serde(flatten)]
    facts: Facts,
    /// The account's quotas when the run began, in requests per second, by quota category. Empty if
    /// they are unknown.
    limits: BTreeMap<String, u32>,
}

/// What a certificate of any format says about its run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RunOutline {
    pub kind: RunKind,
    pub list: String,
    pub user_pool_id: String,
    /// The conditions of `--where`, if there are any.
    pub selection: Option<String>,
    /// The number of parts into which the list is divided.
    pub parts: NonZeroU32,
    /// Milliseconds since the Unix epoch.
    pub started_ms: i64,
}

impl RunOutline {
    /// Parses the content of a certificate. `None` if it is damaged.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    /// Reads the certificate in this directory. `None` if it is missing or damaged.
    pub(super) fn read_in(directory: &RunPath) -> io::Result<Option<Self>> {
        match fs::read(path_in(directory)) {
            Ok(text) => Ok(Self::parse(&text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl RunCertificate {
    #[must_use]
    pub fn new(
        run_id: &str,
        identity: &Identity,
        facts: &Facts,
        limits: BTreeMap<String, u32>,
    ) -> Self {
        Self {
            format: FORMAT,
            run_id: run_id.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            identity: identity.clone(),
            facts: facts.clone(),
            limits,
        }
    }

    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Reads the certificate, if there is one.
    pub fn read(directory: &RunDirectory) -> Result<Option<Self>, LedgerError> {
        Self::read_in(directory.location())
    }

    /// Like [`RunCertificate::read`], for a directory that this process has not locked.
    pub fn read_in(directory: &RunPath) -> Result<Option<Self>, LedgerError> {
        let path = path_in(directory);
        match fs::read(&path) {
            Ok(text) => Self::parse(&text, directory).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(LedgerError::Directory {
                path: path.shown().to_owned(),
                cause,
            }),
        }
    }

    /// Parses the content of the certificate in this directory.
    pub fn parse(text: &[u8], directory: &RunPath) -> Result<Self, LedgerError> {
        /// The field that all formats have.
        #[derive(Deserialize)]
        struct FormatField {
            format: u32,
        }
        let path = path_in(directory);
        let damaged = |cause: serde_json::Error| LedgerError::DamagedCertificate {
            path: path.shown().to_owned(),
            cause: cause.to_string(),
            has_ledger: directory.has(LEDGER),
        };
        let FormatField { format } = serde_json::from_slice(text).map_err(damaged)?;
        if format > FORMAT {
            return Err(LedgerError::Newer {
                path: path.shown().to_owned(),
                found: format.into(),
                known: FORMAT.into(),
            });
        }
        serde_json::from_slice(text).map_err(damaged)
    }

    /// Writes the certificate. Returns false if the run has one, which another process may have
    /// written in the meantime.
    pub fn write(&self, directory: &RunDirectory) -> Result<bool, LedgerError> {
        let run = directory.location().of_run();
        let path = path_in(run);
        let written = || -> io::Result<bool> {
            let mut file = tempfile::Builder::new()
                .prefix(CERTIFICATE)
                .suffix(UNFINISHED)
                .tempfile_in(run)?;
            serde_json::to_writer_pretty(&mut file, self)?;
            file.write_all(b"\n")?;
            file.as_file().sync_all()?;
            match file.persist_noclobber(&path) {
                Ok(_) => Ok(true),
                Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(false),
                Err(error) => Err(error.error),
            }
        };
        let is_written = written().map_err(|cause| LedgerError::Directory {
            path: path.shown().to_owned(),
            cause,
        })?;
        sync_directory(run);
        Ok(is_written)
    }

    /// Returns whether a command with this identity has the same list and settings as the run.
    #[must_use]
    pub fn has_identity(&self, identity: &Identity, directory: &RunPath) -> bool {
        identity.compare_to(&self.identity, directory).is_ok()
    }

    /// Refuses a command of another run.
    pub fn compare(&self, identity: &Identity, directory: &RunPath) -> Result<(), LedgerError> {
        identity.compare_to(&self.identity, &path_in(directory))
    }

    /// Refuses the ledger of another run. It is the ledger of a run with this identity.
    pub fn compare_ledger(
        &self,
        found: &FoundLedger,
        identity: &Identity,
        directory: &RunDirectory,
    ) -> Result<(), LedgerError> {
        let other = |what, found: String, here: String| LedgerError::OtherCertificate {
            path: path_in(directory.location()).shown().to_owned(),
            what,
            found,
            here,
        };
        self.compare(identity, directory.location())
            .map_err(|error| {
                if let LedgerError::OtherRun {
                    what, found, here, ..
                } = error
                {
                    other(what, found, here)
                } else {
                    error
                }
            })?;
        if self.run_id != found.run_id() {
            let (run_id, other_id) = (self.run_id.clone(), found.run_id().to_owned());
            return Err(other("run ID", run_id, other_id));
        }
        let (here, ledger) = (&self.facts, found.facts());
        if here.second_before_run_ms != ledger.second_before_run_ms {
            let text = |ms: Option<i64>| ms.map_or("none".to_owned(), |ms| ms.to_string());
            return Err(other(
                "second before the run",
                text(here.second_before_run_ms),
                text(ledger.second_before_run_ms),
            ));
        }
        Ok(())
    }
}

fn path_in(directory: &RunPath) -> RunPath {
    directory.of_run().join(CERTIFICATE)
}

#[cfg(test)]
mod tests;
