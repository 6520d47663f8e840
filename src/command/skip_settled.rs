//! Resumes reading a list where earlier sessions left off.

use super::list::List;
use super::{CommandError, beside};
use crate::ledger::resume_cursor::{ResumeCursor, SettledRow};
use crate::mapping::Mapping;
use crate::rows::{Rows, RowsError};

/// Skips the settled rows at the start of the list, because parsing millions of them takes a while.
/// Does nothing if the list can be read only once or `--where` is given.
///
/// The session has begun. So an error skips nothing: the import reads the same rows from the start,
/// and ends properly if they cannot be read.
pub(super) async fn skip_settled_rows(list: &mut List, cursor: &mut ResumeCursor) {
    if list.mapping.selection().is_some() {
        return;
    }
    match find_first_unsettled(list, cursor).await {
        Ok(Some((rows, skipped))) => {
            list.rows = rows;
            cursor.skip_to(skipped);
            tracing::info!(rows = skipped, "skipped the settled rows");
        }
        Ok(None) => {}
        Err(error) => tracing::warn!(
            error = error.message(),
            "cannot skip the settled rows, so they are read"
        ),
    }
}

/// Returns the list positioned after its settled rows, and their number.
async fn find_first_unsettled(
    list: &List,
    cursor: &ResumeCursor,
) -> Result<Option<(Rows, u64)>, CommandError> {
    let last = cursor
        .end_of_settled_prefix()
        .map_err(CommandError::refused)?;
    let Some(last) = last else {
        return Ok(None);
    };
    let Some(rows) = list.reopen().await? else {
        return Ok(None);
    };
    let (row, mapping) = (last.row, list.mapping.clone());
    let rows = beside("list", move || skip(rows, &last, &mapping)).await?;
    let rows = rows.map_err(CommandError::refused)?;
    Ok(rows.map(|rows| (rows, row)))
}

/// Returns the list positioned after this row. `None` if the row is not where the ledger says it
/// is.
fn skip(rows: Rows, last: &SettledRow, mapping: &Mapping) -> Result<Option<Rows>, RowsError> {
    let Some(mut rows) = rows.skip_to(last.line, last.row)? else {
        return Ok(None);
    };
    let is_same_row = rows
        .next_row()?
        .is_some_and(|raw| raw.line == last.line && mapping.username_of(&raw) == last.username);
    Ok(is_same_row.then_some(rows))
}
