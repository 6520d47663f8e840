//! The ledger of a new run.

use super::Ledger;
use crate::ledger::build::{Unplaced, build};
use crate::ledger::identity::{Facts, Identity, Session};
use crate::ledger::{Durability, LedgerError, RunDirectory, schema};

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
    pub fn build(
        directory: &RunDirectory,
        identity: &Identity,
        facts: &Facts,
    ) -> Result<Self, LedgerError> {
        let session = Session::first();
        let path = directory.database();
        let unplaced = build(&path, |database| {
            schema::fill(database)
                .and_then(|()| identity.write(database))
                .and_then(|()| facts.write(database))
                .and_then(|()| session.write(database))
                .map_err(|cause| LedgerError::of(&path, cause))
        })?;
        Ok(Self { unplaced, session })
    }

    /// Puts the ledger in place and starts the run.
    pub fn begin(
        self,
        directory: &RunDirectory,
        durability: Durability,
    ) -> Result<Ledger, LedgerError> {
        self.unplaced.put_in_place(directory)?;
        let database = schema::connect(&directory.database(), durability)?;
        Ledger::start(directory, database, self.session)
    }
}
