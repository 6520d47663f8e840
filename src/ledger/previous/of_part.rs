//! The previous run, for a run of one part of the list.

use rusqlite::params;

use super::PreviousUsers;
use crate::ledger::LedgerError;
use crate::part::Part;

impl PreviousUsers {
    /// Keeps the users of this part only, because the run has only these rows.
    ///
    /// # Errors
    /// The temporary file cannot be used.
    pub fn keep_part(&mut self, part: Part) -> Result<(), LedgerError> {
        let keep = || -> rusqlite::Result<()> {
            let mut delete = self.users.prepare("DELETE FROM users WHERE rowid = ?1")?;
            let mut users = self
                .users
                .prepare("SELECT rowid, row, username FROM users")?;
            let mut found = users.query([])?;
            while let Some(user) = found.next()? {
                let (id, row): (i64, i64) = (user.get(0)?, user.get(1)?);
                let username: Option<String> = user.get(2)?;
                if !part.contains(username.as_deref(), row.unsigned_abs()) {
                    delete.execute(params![id])?;
                }
            }
            Ok(())
        };
        keep().map_err(LedgerError::Comparison)
    }
}
