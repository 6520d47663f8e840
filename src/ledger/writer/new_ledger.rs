//! The ledger of a new run.

use super::Ledger;
use crate::ledger::build::{Unplaced, build};
use crate::ledger::identity::{Facts, Identity, Session};
use crate::ledger::{Durability, LedgerError, RunDirectory, schema};

/// The ledger of a new run, complete and on the disk, whose run has not begun: until then, an earlier ledger has its place.
#[derive(Debug)]
pub struct NewLedger {
    unplaced: Unplaced,
    session: Session,
}

impl Ledger {
    /// Makes the ledger of a new run and begins the run.
    ///
    /// # Errors
    /// It cannot be made.
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
    /// Makes the ledger of a new run.
    ///
    /// # Errors
    /// It cannot be made.
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

    /// Begins the run.
    ///
    /// # Errors
    /// The ledger cannot be put in its place or opened there.
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
