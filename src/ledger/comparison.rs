//! Compares two runs user by user. The users of both are sorted by name in a temporary database
//! in constant memory.

use rusqlite::{Connection, Row, params};

use super::rows::signed;
use super::{LedgerError, LedgerReader, schema};
use crate::outcome::{Outcome, RowResult};

const TABLE: &str = "
CREATE TABLE users (name TEXT NOT NULL, run INTEGER NOT NULL, rank INTEGER NOT NULL, row INTEGER NOT NULL, username TEXT NOT NULL,
    outcome TEXT NOT NULL, user_status TEXT, confirmed INTEGER, enabled INTEGER, follow_up TEXT, user_sub TEXT, error_code TEXT, updated TEXT);
";

const INSERT: &str =
    "INSERT INTO users VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";

/// The row that determines a user's state comes first.
const SORTED: &str = "SELECT name, run, row, username, outcome, user_status, confirmed, enabled, follow_up, user_sub, error_code, updated FROM users \
     ORDER BY name, run, rank, row";

/// The earlier run.
const BEFORE: i64 = 0;

/// The later run.
const AFTER: i64 = 1;

/// A user at the end of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSnapshot {
    /// Number of the row.
    pub row: u64,
    /// The username as written in the list.
    pub username: String,
    /// The row's outcome.
    pub outcome: Outcome,
    /// `UserStatus`, after the steps if they confirmed the user.
    pub user_status: Option<String>,
    pub confirmed: Option<bool>,
    pub enabled: Option<bool>,
    /// The follow-up steps.
    pub follow_up: Option<String>,
    /// A different `sub` means a different user of the same name. `None` in a rehearsal, whose
    /// users have other IDs each time.
    pub user_sub: Option<String>,
    /// The code of the error or of the broken rule.
    pub error_code: Option<String>,
    /// The attributes that the run updated.
    pub updated: Option<String>,
}

/// A compared property of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The row's outcome.
    Outcome,
    /// `UserStatus`.
    UserStatus,
    Confirmed,
    Enabled,
    /// The follow-up steps.
    FollowUp,
    UserSub,
    /// The error of rows with the same outcome.
    ErrorCode,
    /// The attributes that the later run updated.
    Updated,
}

/// A difference between two runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserChange<'a> {
    /// The user is only in the later list.
    New(&'a UserSnapshot),
    /// The user is only in the earlier list.
    Vanished(&'a UserSnapshot),
    /// A property has changed.
    Changed {
        before: &'a UserSnapshot,
        after: &'a UserSnapshot,
        fields: &'a [Field],
    },
}

/// The number of users by difference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compared {
    /// Only in the later list.
    pub new: u64,
    /// Only in the earlier list.
    pub vanished: u64,
    /// In both, and changed.
    pub changed: u64,
    /// In both, and unchanged as far as both runs know.
    pub unchanged: u64,
    /// Rows of the earlier list without a readable username.
    pub nameless_before: u64,
    /// Rows of the later list without a readable username.
    pub nameless_after: u64,
}

all_variants!(pub Field {
    Outcome,
    UserStatus,
    Confirmed,
    Enabled,
    FollowUp,
    UserSub,
    ErrorCode,
    Updated,
});

impl Field {
    /// Returns the name in results.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::UserStatus => "user_status",
            Self::Confirmed => "confirmed",
            Self::Enabled => "enabled",
            Self::FollowUp => "follow_up",
            Self::UserSub => "user_sub",
            Self::ErrorCode => "error_code",
            Self::Updated => "updated",
        }
    }
}

impl UserSnapshot {
    /// Returns a property as written in results. `None` if the run does not know it.
    #[must_use]
    pub fn field(&self, field: Field) -> Option<&str> {
        let yes_no = |flag: bool| if flag { "true" } else { "false" };
        match field {
            Field::Outcome => Some(self.outcome.name()),
            Field::UserStatus => self.user_status.as_deref(),
            Field::Confirmed => self.confirmed.map(yes_no),
            Field::Enabled => self.enabled.map(yes_no),
            Field::FollowUp => self.follow_up.as_deref(),
            Field::UserSub => self.user_sub.as_deref(),
            Field::ErrorCode => self.error_code.as_deref(),
            Field::Updated => self.updated.as_deref(),
        }
    }

    /// Returns the properties that differ. Those known to only one of the runs do not count, apart
    /// from an update by this run.
    fn differs(&self, before: &Self) -> Vec<Field> {
        let differs = |field: &Field| match (before.field(*field), self.field(*field)) {
            (_, updated) if *field == Field::Updated => updated.is_some(),
            (Some(one), Some(other)) if one != other => match field {
                Field::Outcome => !self.is_expected_after(before),
                // Another outcome has another error.
                Field::ErrorCode => before.outcome == self.outcome,
                Field::UserStatus
                | Field::Confirmed
                | Field::Enabled
                | Field::FollowUp
                | Field::UserSub
                | Field::Updated => true,
            },
            (Some(_) | None, _) => false,
        };
        Field::ALL.into_iter().filter(differs).collect()
    }

    /// Whether the outcome is expected after the earlier run: a user created then exists now.
    fn is_expected_after(&self, before: &Self) -> bool {
        before.outcome == Outcome::Created && self.outcome == Outcome::Existed
    }
}

/// Calls `each` with every user that has changed, sorted by name.
///
/// # Errors
/// A ledger cannot be read, a row does not match its checksum, there is no room for a temporary
/// file, or `each` fails.
pub fn compare<E: From<LedgerError>>(
    before: &LedgerReader,
    after: &LedgerReader,
    case_insensitive: bool,
    mut each: impl FnMut(&UserChange<'_>) -> Result<(), E>,
) -> Result<Compared, E> {
    let temporary_error = |cause| E::from(LedgerError::Comparison(cause));
    let users = schema::create_temporary(TABLE).map_err(temporary_error)?;
    let mut compared = Compared {
        nameless_before: load_users(&users, before, BEFORE, case_insensitive)?,
        nameless_after: load_users(&users, after, AFTER, case_insensitive)?,
        ..Compared::default()
    };
    let mut sorted = users.prepare(SORTED).map_err(temporary_error)?;
    let mut found = sorted.query([]).map_err(temporary_error)?;
    let mut pair = Pair::default();
    while let Some(row) = found.next().map_err(temporary_error)? {
        let name = row
            .get_ref(0)
            .and_then(|name| Ok(name.as_str()?))
            .map_err(temporary_error)?;
        if name != pair.name {
            pair.close(&mut compared, &mut each)?;
            pair.name = name.to_owned();
        }
        let run: i64 = row.get(1).map_err(temporary_error)?;
        let of_run = if run == BEFORE {
            &mut pair.before
        } else {
            &mut pair.after
        };
        if of_run.is_none() {
            *of_run = Some(read_snapshot(row).map_err(temporary_error)?);
        }
    }
    pair.close(&mut compared, &mut each)?;
    Ok(compared)
}

/// Adds the users of a run. Returns the number of rows without a name.
fn load_users<E: From<LedgerError>>(
    users: &Connection,
    run: &LedgerReader,
    number: i64,
    case_insensitive: bool,
) -> Result<u64, E> {
    let temporary_error = |cause| E::from(LedgerError::Comparison(cause));
    let is_of_rehearsal = run.is_of_rehearsal().map_err(E::from)?;
    let mut insert = users.prepare(INSERT).map_err(temporary_error)?;
    let mut nameless = 0;
    run.each_row(|row: &RowResult| {
        let rank = match row.outcome.outcome {
            // The earlier row determines the user's state.
            Outcome::Duplicate => return Ok(()),
            // Another row with the name may have been sent.
            Outcome::Invalid | Outcome::Skipped => 1,
            Outcome::Created
            | Outcome::Existed
            | Outcome::Rejected
            | Outcome::Failed
            | Outcome::InDoubt
            | Outcome::Unsent => 0,
        };
        let Some(username) = &row.username else {
            nameless += 1;
            return Ok(());
        };
        let name = if case_insensitive {
            username.to_lowercase()
        } else {
            username.clone()
        };
        let outcome = &row.outcome;
        insert
            .execute(params![
                name,
                number,
                rank,
                signed(row.row),
                username,
                outcome.outcome.name(),
                status_at_end(row),
                row.confirmed(),
                row.enabled(),
                row.follow_up.as_ref().map(ToString::to_string),
                outcome.user_sub.as_ref().filter(|_| !is_of_rehearsal),
                outcome.error_code,
                updated(row)
            ])
            .map(drop)
            .map_err(temporary_error)
    })?;
    Ok(nameless)
}

/// The attributes that the run updated, separated by spaces.
fn updated(row: &RowResult) -> Option<String> {
    let names: Vec<&str> = row.updated().collect();
    (!names.is_empty()).then(|| names.join(" "))
}

/// `UserStatus` at the end of the run. The ledger has it from before the steps.
fn status_at_end(row: &RowResult) -> Option<&str> {
    match row.outcome.user_status.as_deref() {
        Some("UNCONFIRMED") if row.confirmed() == Some(true) => Some("CONFIRMED"),
        status => status,
    }
}

fn read_snapshot(row: &Row<'_>) -> rusqlite::Result<UserSnapshot> {
    let word: String = row.get(4)?;
    Ok(UserSnapshot {
        row: row.get::<_, i64>(2)?.unsigned_abs(),
        username: row.get(3)?,
        outcome: Outcome::from_name(&word).unwrap_or(Outcome::InDoubt),
        user_status: row.get(5)?,
        confirmed: row.get(6)?,
        enabled: row.get(7)?,
        follow_up: row.get(8)?,
        user_sub: row.get(9)?,
        error_code: row.get(10)?,
        updated: row.get(11)?,
    })
}

/// A name, and the user who has it in each run.
#[derive(Default)]
struct Pair {
    name: String,
    before: Option<UserSnapshot>,
    after: Option<UserSnapshot>,
}

impl Pair {
    fn close<E>(
        &mut self,
        compared: &mut Compared,
        each: &mut impl FnMut(&UserChange<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        match (self.before.take(), self.after.take()) {
            (None, None) => Ok(()),
            (None, Some(after)) => {
                compared.new += 1;
                each(&UserChange::New(&after))
            }
            (Some(before), None) => {
                compared.vanished += 1;
                each(&UserChange::Vanished(&before))
            }
            (Some(before), Some(after)) => {
                let fields = after.differs(&before);
                if fields.is_empty() {
                    compared.unchanged += 1;
                    return Ok(());
                }
                compared.changed += 1;
                each(&UserChange::Changed {
                    before: &before,
                    after: &after,
                    fields: &fields,
                })
            }
        }
    }
}
