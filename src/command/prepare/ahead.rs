//! The thread that reads the list: what each row means, how it stood when the session began, and who has its name already.

use std::sync::Arc;

use super::super::CommandError;
use super::super::list::List;
use super::super::rejects::Spool;
use crate::hints::Hint as _;
use crate::import::ImportRow;
use crate::ledger::LedgerError;
use crate::ledger::listing::{Listing, ListingEntry};
use crate::ledger::resume_cursor::{PriorState, ResumeCursor};
use crate::rows::prefetch::{NotKept, Prefetch};
use crate::user::password_column::{PasswordColumn, Suspicion};
use crate::user::rules::Strictness;
use crate::user::{Row, fold};

/// Rows handed over together: waking another thread for each would cost as much as its request.
const ROWS_TOGETHER: usize = 64;

/// A list whose rows are about to be read.
pub(in crate::command) struct ToRead {
    pub(super) list: List,
    /// For a run that goes on.
    pub(super) past: Option<ResumeCursor>,
    /// Whether names in the listing are folded.
    pub(in crate::command) listing_folds: bool,
    /// For a run that goes on: users that were created later than this may be its own, whatever the ledger knows. Milliseconds since the
    /// Unix epoch on the service's clock.
    pub(super) before_run_ms: Option<i64>,
    /// Where rows are put aside, of a list that can be read only once.
    pub(super) spool: Option<Arc<Spool>>,
    /// Whether the first passwords of a list that can be read only once are looked at.
    pub(super) watch_passwords: bool,
}

impl ToRead {
    /// Starts the thread. It leaves out what an earlier session settled, and asks the listing, where there is one, for the others.
    pub(in crate::command) fn read_ahead(
        self,
        mut listing: Option<Listing>,
    ) -> Result<Prefetch<ImportRow>, CommandError> {
        let Self {
            list,
            mut past,
            listing_folds,
            before_run_ms,
            spool,
            watch_passwords,
        } = self;
        let List {
            source,
            rows,
            mapping,
            ..
        } = list;
        // What comes through a pipe comes when it comes: nothing waits for a group to fill.
        let together = if source.is_complete() {
            ROWS_TOGETHER
        } else {
            1
        };
        // A row that an earlier session began was sound then, and may have been sent: the pool's rules of today do not unsay that.
        let as_begun = mapping.clone().with_rules(&Strictness::Api);
        let mut passwords = watch_passwords.then(FirstPasswords::default);
        Prefetch::start(rows, together, move |raw, _| {
            let told = |error: LedgerError| NotKept::Failed(error.with_hint());
            if let Some(spool) = &spool {
                spool.add(raw);
            }
            let mut row = mapping.row(raw);
            if let Some(passwords) = &mut passwords {
                passwords.look_at(mapping.password_cell(raw))?;
            }
            let before = match &mut past {
                None => PriorState::Nothing,
                Some(past) => past.of(row.number, row.username()).map_err(told)?,
            };
            Ok(match before {
                PriorState::Settled => None,
                // Its password goes no further, and what is to be done stands in the ledger.
                PriorState::ToFollow(_) => Some(ImportRow {
                    row,
                    before,
                    seen: None,
                }),
                PriorState::Nothing => {
                    let seen = match &mut listing {
                        Some(listing) => seen(listing, &row, listing_folds).map_err(told)?,
                        None => None,
                    };
                    let seen = seen.filter(|seen| was_there_before(seen, before_run_ms));
                    Some(ImportRow { row, before, seen })
                }
                // The user may be ours: only a look-up tells.
                PriorState::Begun { .. } => {
                    if row.user.is_err() {
                        row = as_begun.row(raw);
                    }
                    let seen = None;
                    Some(ImportRow { row, before, seen })
                }
            })
        })
        .map_err(CommandError::refused)
    }
}

/// Whether the run certainly did not create this user. Otherwise its row is sent like any other, and the answer leads to a look-up.
fn was_there_before(seen: &ListingEntry, before_run_ms: Option<i64>) -> bool {
    match (seen.created_ms, before_run_ms) {
        (Some(created), Some(before)) => created <= before,
        (Some(_) | None, _) => true,
    }
}

/// Passwords that are looked at of a list that can be read only once: none of it could be before the first call.
const PASSWORDS_LOOKED_AT: u64 = 10;

/// The first passwords of a list.
#[derive(Default)]
struct FirstPasswords(PasswordColumn);

impl FirstPasswords {
    /// Ends the reading where they are not what their owners type.
    fn look_at(&mut self, password: Option<&str>) -> Result<(), NotKept> {
        let Some(password) = password.filter(|password| !password.is_empty()) else {
            return Ok(());
        };
        if self.0.counts().with_password == PASSWORDS_LOOKED_AT {
            return Ok(());
        }
        self.0.add(password);
        let counts = self.0.counts();
        match counts.suspicion() {
            Some(Suspicion { message, .. }) if counts.with_password == PASSWORDS_LOOKED_AT => {
                Err(NotKept::Refused(format!("{message}; {}", Suspicion::HINT)))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// The user with this row's name.
fn seen(
    listing: &mut Listing,
    row: &Row,
    case_insensitive: bool,
) -> Result<Option<ListingEntry>, LedgerError> {
    match &row.user {
        Ok(user) if case_insensitive => listing.find(&fold(&user.username)),
        Ok(user) => listing.find(&user.username),
        Err(_) => Ok(None),
    }
}
