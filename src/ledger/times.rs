//! When the sessions of a run took place, on the service's clock. A user created at another time
//! was not created by the run, regardless of what the ledger says.

use std::fmt;

use rusqlite::{Connection, Statement, params};

use super::identity::{get, name};
use super::integrity::seal::{Seal, broken_seal};
use super::reader::rfc3339;
use super::rows::signed;

/// A date without a fraction may be up to this many milliseconds later.
pub const REST_OF_SECOND: i64 = 999;

/// The SDK parses dates as floating-point numbers and rounds down, which may lose this many
/// milliseconds.
const ROUNDED_OFF: i64 = 1;

/// One line for each session, written before its first request and updated as it continues.
pub(super) const TABLE: &str = "
CREATE TABLE sessions (
    number INTEGER PRIMARY KEY,
    from_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    seal INTEGER NOT NULL
);
";

pub(super) const INSERT: &str = "INSERT OR REPLACE INTO sessions VALUES (?1, ?2, ?3, ?4)";

/// The time in which a session can have created users, inclusive, in milliseconds since the Unix
/// epoch on the service's clock. It is never too short. If the service's clock is known, it is
/// about a second too long at either end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from_ms: i64,
    pub until_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunTimes {
    /// A second that ended before the first sign-up. `None` if the service's time is unknown.
    pub second_before_run_ms: Option<i64>,
    /// The sessions that may have sent a request.
    pub sessions: Vec<Span>,
}

impl RunTimes {
    /// Returns whether the run can have created a user with this creation date. A date without a
    /// fraction can mean any moment of its second.
    #[must_use]
    pub fn may_have_created(&self, created_ms: i64, has_fraction: bool) -> bool {
        let was_before = |second: i64| created_ms <= second.saturating_add(REST_OF_SECOND);
        let latest = latest(created_ms, has_fraction);
        !self.second_before_run_ms.is_some_and(was_before)
            && self
                .sessions
                .iter()
                .any(|session| latest >= session.from_ms && created_ms <= session.until_ms)
    }
}

impl fmt::Display for RunTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, session) in self.sessions.iter().enumerate() {
            let between = if number == 0 { "" } else { ", " };
            let (from, until) = (rfc3339(session.from_ms), rfc3339(session.until_ms));
            write!(f, "{between}{from} to {until}")?;
        }
        Ok(())
    }
}

/// Returns the last moment that a creation date can mean.
#[must_use]
pub fn latest(created_ms: i64, has_fraction: bool) -> i64 {
    created_ms.saturating_add(if has_fraction {
        ROUNDED_OFF
    } else {
        REST_OF_SECOND
    })
}

fn seal(number: i64, span: Span) -> i64 {
    Seal::default()
        .number(Some(number))
        .number(Some(span.from_ms))
        .number(Some(span.until_ms))
        .value()
}

/// Writes the time of a session with a prepared [`INSERT`].
pub(super) fn write(insert: &mut Statement<'_>, number: u64, span: Span) -> rusqlite::Result<()> {
    let number = signed(number);
    insert
        .execute(params![
            number,
            span.from_ms,
            span.until_ms,
            seal(number, span)
        ])
        .map(drop)
}

/// Returns the number of the current session.
pub(super) fn session(database: &Connection) -> rusqlite::Result<u64> {
    get(database, name::SESSIONS)?
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| broken_seal("run"))
}

pub(super) fn read(database: &Connection) -> rusqlite::Result<RunTimes> {
    let mut statement =
        database.prepare("SELECT number, from_ms, until_ms, seal FROM sessions ORDER BY number")?;
    let sessions = statement.query_map([], |row| {
        let span = Span {
            from_ms: row.get(1)?,
            until_ms: row.get(2)?,
        };
        if seal(row.get(0)?, span) == row.get::<_, i64>(3)? {
            Ok(span)
        } else {
            Err(broken_seal("sessions"))
        }
    })?;
    Ok(RunTimes {
        second_before_run_ms: get(database, name::SECOND_BEFORE)?
            .and_then(|second| second.parse().ok()),
        sessions: sessions.collect::<rusqlite::Result<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::{RunTimes, Span};

    fn times(second_before_run_ms: Option<i64>) -> RunTimes {
        RunTimes {
            second_before_run_ms,
            sessions: vec![
                Span {
                    from_ms: 10_200,
                    until_ms: 20_300,
                },
                Span {
                    from_ms: 50_000,
                    until_ms: 60_000,
                },
            ],
        }
    }

    #[test]
    fn only_users_created_during_a_session_can_belong_to_the_run() {
        let times = times(None);
        for (created, has_fraction, may_be) in [
            (0, false, false),
            (9_000, false, false),
            // Any moment of second 10.
            (10_000, false, true),
            (10_100, true, false),
            (10_199, true, true),
            (15_000, true, true),
            (20_000, false, true),
            (20_301, true, false),
            (21_000, false, false),
            (40_000, true, false),
            (50_500, true, true),
            (60_001, true, false),
            (i64::MAX, false, false),
            (i64::MIN, false, false),
        ] {
            let actual = times.may_have_created(created, has_fraction);
            assert_eq!(actual, may_be, "{created} {has_fraction}");
        }
    }

    #[test]
    fn excludes_the_second_before_the_run() {
        let times = times(Some(10_000));
        assert!(!times.may_have_created(10_000, false));
        assert!(!times.may_have_created(10_999, true));
        assert!(times.may_have_created(11_000, false));
        assert!(
            !super::RunTimes {
                sessions: Vec::new(),
                ..times
            }
            .may_have_created(11_000, true)
        );
    }
}
