//! Follow-up steps: one line for each user, written when its row is settled and again as its steps
//! end.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Row, Statement, params};

use super::integrity::seal::{broken_seal, steps_seal};
use super::rows::signed;
use crate::outcome::{FollowUp, StepCounts, StepState};

/// `steps` is a JSON array in the order of execution. `state` is `pending` while a step is pending,
/// else `failed` if one failed, else `done`. Empty if the run has no follow-up steps.
pub(super) const TABLE: &str = "
CREATE TABLE follow_ups (row INTEGER PRIMARY KEY, state TEXT NOT NULL, steps TEXT NOT NULL, seal INTEGER NOT NULL);
";

pub(super) const INSERT: &str = "INSERT OR REPLACE INTO follow_ups VALUES (?1, ?2, ?3, ?4)";

const PENDING: &str = "pending";
const FAILED: &str = "failed";
const DONE: &str = "done";

fn state(follow_up: &FollowUp) -> &'static str {
    let failed = |state: &StepState| matches!(state, StepState::Failed { .. });
    if follow_up.is_pending() {
        PENDING
    } else if follow_up.steps.iter().any(|step| failed(&step.state)) {
        FAILED
    } else {
        DONE
    }
}

/// Writes the steps of a user with a prepared [`INSERT`].
pub(super) fn write(
    insert: &mut Statement<'_>,
    row: u64,
    follow_up: &FollowUp,
) -> rusqlite::Result<()> {
    let row = signed(row);
    let state = state(follow_up);
    let steps = serde_json::to_string(&follow_up.steps)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    insert
        .execute(params![row, state, steps, steps_seal(row, state, &steps)])
        .map(drop)
}

/// The columns that [`read`] expects.
pub(super) const COLUMNS: &str = "follow_ups.state, follow_ups.steps, follow_ups.seal";

/// The number of columns in [`COLUMNS`].
pub(super) const COLUMN_COUNT: usize = 3;

/// Reads the steps of a user from the columns starting at `at`. `None` if the row has no steps.
///
/// # Errors
/// Fails if the line does not match its checksum.
pub(super) fn read(from: &Row<'_>, at: usize, row: i64) -> rusqlite::Result<Option<FollowUp>> {
    let (Some(state), Some(steps), Some(seal)) = (
        from.get::<_, Option<String>>(at)?,
        from.get::<_, Option<String>>(at + 1)?,
        from.get::<_, Option<i64>>(at + 2)?,
    ) else {
        return Ok(None);
    };
    if steps_seal(row, &state, &steps) != seal {
        return Err(broken_seal("follow_ups"));
    }
    serde_json::from_str(&steps)
        .map(|steps| Some(FollowUp { steps }))
        .map_err(|_| broken_seal("follow_ups"))
}

/// Returns the first row with pending steps. Verifies the checksums of all lines before it.
pub(super) fn first_pending(database: &Connection) -> rusqlite::Result<Option<i64>> {
    let mut statement =
        database.prepare("SELECT row, state, steps, seal FROM follow_ups ORDER BY row")?;
    let mut found = statement.query([])?;
    while let Some(line) = found.next()? {
        let row: i64 = line.get(0)?;
        let text = |column| {
            line.get_ref(column)?
                .as_str()
                .map_err(rusqlite::Error::from)
        };
        let (state, steps) = (text(1)?, text(2)?);
        if steps_seal(row, state, steps) != line.get::<_, i64>(3)? {
            return Err(broken_seal("follow_ups"));
        }
        if state == PENDING {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// Returns the number of users with pending steps.
pub(super) fn pending(database: &Connection) -> rusqlite::Result<i64> {
    database.query_row(
        "SELECT count(*) FROM follow_ups WHERE state = ?1",
        params![PENDING],
        |row| row.get(0),
    )
}

/// Returns the number of users that existed and were updated.
pub(super) fn updated(database: &Connection) -> rusqlite::Result<u64> {
    // Other values are the names of updates that wrote nothing.
    let mut statement = database.prepare(&format!(
        "SELECT row, {COLUMNS} FROM results JOIN follow_ups USING (row) WHERE results.changes LIKE '{{%'"
    ))?;
    let mut found = statement.query([])?;
    let mut updated = 0;
    while let Some(line) = found.next()? {
        let steps = read(line, 1, line.get(0)?)?;
        updated += u64::from(steps.is_some_and(|steps| steps.has_updated()));
    }
    Ok(updated)
}

/// Makes failed steps pending again, and returns the number of users who have such steps.
pub(super) fn retry_failed(database: &Connection) -> rusqlite::Result<u64> {
    let failed = format!(
        "SELECT row, {COLUMNS} FROM follow_ups WHERE row > ?1 AND state = '{FAILED}' ORDER BY row LIMIT 1"
    );
    let mut next = database.prepare(&failed)?;
    let mut insert = database.prepare(INSERT)?;
    let (mut after, mut users) = (0, 0);
    loop {
        let found = next
            .query_row(params![after], |row| {
                let number: i64 = row.get(0)?;
                Ok((number, read(row, 1, number)?))
            })
            .optional()?;
        let Some((number, Some(mut follow_up))) = found else {
            return Ok(users);
        };
        for step in &mut follow_up.steps {
            if matches!(step.state, StepState::Failed { .. }) {
                step.state = StepState::Pending;
            }
        }
        write(&mut insert, number.unsigned_abs(), &follow_up)?;
        after = number;
        users += 1;
    }
}

/// Counts steps by state, and failed steps by error code.
pub(super) fn sums(
    database: &Connection,
) -> rusqlite::Result<(BTreeMap<String, StepCounts>, BTreeMap<String, u64>)> {
    let mut steps: BTreeMap<String, StepCounts> = BTreeMap::new();
    let mut errors: BTreeMap<String, u64> = BTreeMap::new();
    let mut statement = database.prepare(
        "SELECT json_extract(value, '$.step'), json_extract(value, '$.state'), json_extract(value, '$.code'), count(*) \
         FROM follow_ups, json_each(steps) GROUP BY 1, 2, 3",
    )?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let count = row.get::<_, i64>(3)?.unsigned_abs();
        let counts = steps.entry(row.get(0)?).or_default();
        match row.get::<_, String>(1)?.as_str() {
            DONE => counts.done += count,
            PENDING => counts.pending += count,
            FAILED => {
                counts.failed += count;
                let code: Option<String> = row.get(2)?;
                *errors.entry(code.unwrap_or_default()).or_default() += count;
            }
            _ => return Err(broken_seal("follow_ups")),
        }
    }
    Ok((steps, errors))
}
