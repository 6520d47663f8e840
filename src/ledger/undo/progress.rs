//! How far an undo is, for lists of runs. Nothing is verified or changed.

use std::fmt;

use rusqlite::params;

use super::EVEN_IF_USED;
use crate::ledger::identity::get;
use crate::ledger::{LedgerError, RunPath, schema};
use crate::outcome::Undone;

/// The progress of an undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ledger) struct UndoProgress {
    /// Users that the same command works on: those without an outcome, and those that failed.
    pub(in crate::ledger) left: u64,
    /// Whether the last session deletes users that were used.
    pub(in crate::ledger) even_if_used: bool,
    pub(in crate::ledger) effects: UndoEffects,
}

/// What an undo has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UndoEffects {
    /// Whether no users are left. Then undo-results.csv has all of them.
    is_over: bool,
    deleted: u64,
    restored: u64,
}

impl fmt::Display for UndoEffects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let effects = [(self.deleted, "deleted"), (self.restored, "restored")];
        let effects = effects.into_iter().filter(|(users, _)| *users > 0);
        let effects: Vec<String> = effects
            .map(|(users, effect)| match users {
                1 => format!("1 user was {effect}"),
                users => format!("{users} users were {effect}"),
            })
            .collect();
        f.write_str(if self.is_over {
            "this run was undone"
        } else {
            "an undo of this run has begun"
        })?;
        if !effects.is_empty() {
            write!(f, ": {}", effects.join(", "))?;
        }
        if self.is_over {
            f.write_str(" (see undo-results.csv)")?;
        }
        Ok(())
    }
}

impl UndoProgress {
    /// Reads the ledger of an undo.
    pub(in crate::ledger) fn read(path: &RunPath) -> Result<Self, LedgerError> {
        let database = schema::connect_to_read(path)?;
        let read = || {
            let users = |undone: Undone| -> rusqlite::Result<u64> {
                database
                    .prepare_cached("SELECT count(*) FROM users WHERE undone = ?1")?
                    .query_row(params![undone.name()], |row| row.get::<_, i64>(0))
                    .map(i64::unsigned_abs)
            };
            let open: i64 = database.query_row(
                "SELECT count(*) FROM users WHERE undone IS NULL",
                [],
                |row| row.get(0),
            )?;
            let left = open.unsigned_abs() + users(Undone::Failed)?;
            Ok(Self {
                left,
                effects: UndoEffects {
                    is_over: left == 0,
                    deleted: users(Undone::Deleted)?,
                    restored: users(Undone::Restored)? + users(Undone::RestoredInPart)?,
                },
                even_if_used: get(&database, EVEN_IF_USED)?.as_deref() == Some("1"),
            })
        };
        read().map_err(|cause| LedgerError::of_undo(path, cause))
    }
}

#[cfg(test)]
mod tests {
    use super::UndoEffects;

    #[test]
    fn messages() {
        let mut text = String::new();
        for (is_over, deleted, restored) in [
            (true, 0, 0),
            (true, 3, 0),
            (true, 0, 1),
            (false, 0, 0),
            (false, 1, 2),
        ] {
            let effects = UndoEffects {
                is_over,
                deleted,
                restored,
            };
            text += &format!("{effects}\n");
        }
        assert_messages!("undo_effects", text);
    }
}
