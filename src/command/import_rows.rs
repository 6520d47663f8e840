//! Reads and maps the rows of an import on a background thread, with what the ledger and the pool's
//! listing know about each.

use std::sync::Arc;

use super::CommandError;
use super::list::List;
use super::rejects::Spool;
use crate::hints::Hint as _;
use crate::import::ImportRow;
use crate::import::prescan::ListedUsers;
use crate::ledger::LedgerError;
use crate::ledger::listing::ListingEntry;
use crate::ledger::resume_cursor::{PriorState, ResumeCursor};
use crate::part::Part;
use crate::rows::prefetch::{NotKept, Prefetch};
use crate::user::Row;
use crate::user::password_column::{PasswordColumn, Suspicion};

/// Rows sent to the other thread together: waking it for each row would cost as much as its
/// request.
const BATCH: usize = 64;

pub(super) struct ImportRows {
    pub(super) list: List,
    /// `None`: all rows.
    pub(super) part: Option<Part>,
    /// For a run that resumes.
    pub(super) resume_cursor: Option<ResumeCursor>,
    /// For a run that had earlier sessions: users created later may be its own. Milliseconds since
    /// the Unix epoch, on the service's clock.
    pub(super) created_before_run_ms: Option<i64>,
    /// Keeps rows for rejects.csv if the list can be read only once.
    pub(super) spool: Option<Arc<Spool>>,
    /// Whether to check the first passwords, because the list could not be surveyed.
    pub(super) checks_passwords: bool,
}

impl ImportRows {
    /// Starts the thread. Rows that an earlier session settled are left out.
    pub(super) fn start(
        self,
        mut listed_users: Option<ListedUsers>,
    ) -> Result<Prefetch<ImportRow>, CommandError> {
        let Self {
            list,
            part,
            mut resume_cursor,
            created_before_run_ms,
            spool,
            checks_passwords,
        } = self;
        let List {
            source,
            rows,
            mapping,
            ..
        } = list;
        // Rows from a pipe are not held back until a batch is full.
        let batch = if source.is_complete() { BATCH } else { 1 };
        // A row that an earlier session began was valid then, and may have been sent, even if the
        // pool's rules have changed.
        let mapping_as_begun = mapping.clone().with_api_rules();
        let mut passwords = checks_passwords.then(FirstPasswords::default);
        Prefetch::start(rows, batch, move |raw, _| {
            let needs_username = part.is_some() || resume_cursor.is_some();
            let username = needs_username.then(|| mapping.username_of(raw)).flatten();
            if let Some(part) = part
                && !part.contains(username.as_deref(), raw.number)
            {
                return Ok(None);
            }
            if let Some(spool) = &spool {
                spool.add(raw);
            }
            if let Some(passwords) = &mut passwords {
                passwords.check(mapping.password_cell(raw))?;
            }
            let before = match &mut resume_cursor {
                None => PriorState::Nothing,
                Some(cursor) => cursor
                    .of(raw.number, username.as_deref())
                    .map_err(not_kept)?,
            };
            // Settled rows are not mapped, because there may be millions of them.
            if before == PriorState::Settled {
                return Ok(None);
            }
            let mut row = mapping.row(raw);
            let mut existing = None;
            match &before {
                PriorState::Nothing => {
                    if let Some(users) = &mut listed_users {
                        existing = find(users, &row)
                            .map_err(not_kept)?
                            .filter(|user| existed_before(user, created_before_run_ms));
                    }
                }
                // The user may be ours, which only a lookup can tell.
                PriorState::Begun { .. } => {
                    if row.user.is_err() {
                        row = mapping_as_begun.row(raw);
                    }
                }
                PriorState::Settled | PriorState::ToFollow(_) => {}
            }
            Ok(Some(ImportRow {
                row,
                before,
                existing,
            }))
        })
        .map_err(CommandError::refused)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn not_kept(error: LedgerError) -> NotKept {
    NotKept::Failed {
        cause: error.to_string(),
        hint: error.hint(),
    }
}

/// Whether the run certainly did not create this user. If not, the row is sent, and the answer
/// leads to a lookup.
fn existed_before(user: &ListingEntry, created_before_run_ms: Option<i64>) -> bool {
    match (user.created_ms, created_before_run_ms) {
        (_, None) => true,
        (Some(created), Some(before)) => created <= before,
        (None, Some(_)) => false,
    }
}

/// The number of passwords to check in a list that can be read only once.
const PASSWORDS_CHECKED: u64 = 10;

/// The first passwords of a list.
#[derive(Default)]
struct FirstPasswords(PasswordColumn);

impl FirstPasswords {
    /// Stops reading if the passwords look like hashes or placeholders.
    fn check(&mut self, password: Option<&str>) -> Result<(), NotKept> {
        let Some(password) = password.filter(|password| !password.is_empty()) else {
            return Ok(());
        };
        if self.0.counts().with_password == PASSWORDS_CHECKED {
            return Ok(());
        }
        self.0.add(password);
        let counts = self.0.counts();
        match counts.suspicion() {
            Some(Suspicion { message, .. }) if counts.with_password == PASSWORDS_CHECKED => {
                Err(NotKept::Refused(format!("{message}; {}", Suspicion::HINT)))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// The listed user with this row's username.
fn find(users: &mut ListedUsers, row: &Row) -> Result<Option<ListingEntry>, LedgerError> {
    match &row.user {
        Ok(user) => users.find(&user.username),
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::not_kept;
    use crate::hints::Hint as _;
    use crate::ledger::LedgerError;
    use crate::rows::prefetch::NotKept;

    #[test]
    fn keeps_the_hint_of_a_ledger_error() {
        match not_kept(LedgerError::Gone) {
            NotKept::Failed { cause, hint } => {
                assert_eq!(cause, LedgerError::Gone.to_string());
                assert!(hint.is_some());
                assert_eq!(hint, LedgerError::Gone.hint());
            }
            NotKept::Refused(reason) => panic!("{reason}"),
        }
    }
}
