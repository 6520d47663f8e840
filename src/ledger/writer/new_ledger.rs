//! The ledger of a new run.

use rusqlite::Connection;

use super::Ledger;
use super::lost::write_lost_since;
use super::username_index::UsernameIndex;
use crate::ledger::build::{Unplaced, build};
use crate::ledger::facts::{Facts, Session};
use crate::ledger::identity::{self, Identity, name};
use crate::ledger::{Durability, LedgerError, RunCertificate, RunDirectory, schema};
use crate::part::Part;

/// A complete ledger on the disk that has not yet replaced an earlier one.
#[derive(Debug)]
pub struct NewLedger {
    unplaced: Unplaced,
    session: Session,
}

impl Ledger {
    /// Creates the ledger of a new run and starts the run.
    pub fn create(
        directory: &RunDirectory,
        identity: &Identity,
        facts: Facts,
        durability: Durability,
    ) -> Result<Self, LedgerError> {
        NewLedger::build(directory, identity, &facts)?.begin(directory, durability)
    }
}

impl NewLedger {
    /// Builds the ledger of a new run.
    pub fn build(
        directory: &RunDirectory,
        identity: &Identity,
        facts: &Facts,
    ) -> Result<Self, LedgerError> {
        Self::of_session(directory, identity, facts, Session::first(), None)
    }

    /// Builds a new ledger for a run whose ledger is lost.
    pub fn rebuild(
        directory: &RunDirectory,
        identity: &Identity,
        certificate: &RunCertificate,
    ) -> Result<Self, LedgerError> {
        let session = Session::after_loss(certificate.run_id());
        Self::of_begun_run(directory, identity, certificate, session)
    }

    /// Builds the ledger of a part of a run that has begun. Rows of this part may have been sent
    /// already: a part that was lost with its directory looks the same as one that never began.
    pub fn build_part(
        directory: &RunDirectory,
        identity: &Identity,
        certificate: &RunCertificate,
    ) -> Result<Self, LedgerError> {
        let session = Session::first_of(certificate.run_id());
        Self::of_begun_run(directory, identity, certificate, session)
    }

    fn of_begun_run(
        directory: &RunDirectory,
        identity: &Identity,
        certificate: &RunCertificate,
        session: Session,
    ) -> Result<Self, LedgerError> {
        let facts = certificate.facts();
        let lost_since_ms = Some(facts.before_first_request_ms());
        Self::of_session(directory, identity, facts, session, lost_since_ms)
    }

    fn of_session(
        directory: &RunDirectory,
        identity: &Identity,
        facts: &Facts,
        session: Session,
        lost_since_ms: Option<i64>,
    ) -> Result<Self, LedgerError> {
        let path = directory.database();
        let part = directory.location().part();
        let unplaced = build(&path, |database| {
            schema::fill(database)
                .and_then(|()| identity.write(database))
                .and_then(|()| write_part(database, part))
                .and_then(|()| facts.write(database))
                .and_then(|()| session.write(database))
                .and_then(|()| write_lost_since(database, lost_since_ms))
                .and_then(|()| write_rebuilt(database, &session))
                .map_err(|cause| LedgerError::of(&path, cause))
        })?;
        Ok(Self { unplaced, session })
    }

    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.session.run_id
    }

    /// Puts the ledger in place and starts the run.
    pub fn begin(
        self,
        directory: &RunDirectory,
        durability: Durability,
    ) -> Result<Ledger, LedgerError> {
        self.unplaced.put_in_place(directory)?;
        let database = schema::connect(&directory.database(), durability)?;
        Ledger::start(directory, database, self.session, UsernameIndex::new())
    }
}

fn write_part(database: &Connection, part: Option<Part>) -> rusqlite::Result<()> {
    match part {
        Some(part) => identity::put(database, name::PART, &part.to_string()),
        None => Ok(()),
    }
}

/// If the first session of a new ledger is not the first of the run, the ledger of the earlier
/// sessions is lost.
fn write_rebuilt(database: &Connection, session: &Session) -> rusqlite::Result<()> {
    if session.number > 1 {
        identity::put(database, name::REBUILT, "1")?;
    }
    Ok(())
}
