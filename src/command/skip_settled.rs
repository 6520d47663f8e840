//! Continues reading a list where earlier sessions have left off.

use super::list::List;
use super::{CommandError, beside};
use crate::ledger::resume_cursor::{ResumeCursor, SettledRow};
use crate::mapping::Mapping;
use crate::rows::{Rows, RowsError};

/// Skips the rows at the start of the list that are all settled, because parsing millions of them
/// takes a while. Does nothing if the list can be read only once, or `--where` selects its rows.
pub(super) async fn skip_settled_rows(
    list: &mut List,
    cursor: &mut ResumeCursor,
) -> Result<(), CommandError> {
    if list.mapping.selection().is_some() {
        return Ok(());
    }
    let Some(last) = cursor.last_of_settled().map_err(CommandError::refused)? else {
        return Ok(());
    };
    let Some(rows) = list.reopen().await? else {
        return Ok(());
    };
    let (row, mapping) = (last.row, list.mapping.clone());
    let skipped = beside("list", move || skip(rows, &last, &mapping)).await?;
    if let Some(rows) = skipped.map_err(CommandError::refused)? {
        list.rows = rows;
        cursor.skip_to(row);
    }
    Ok(())
}

/// Returns the list after this row. `None` if the row cannot be found, or is not where the ledger
/// says.
fn skip(rows: Rows, last: &SettledRow, mapping: &Mapping) -> Result<Option<Rows>, RowsError> {
    let Some(mut rows) = rows.skip_to(last.line, last.row)? else {
        return Ok(None);
    };
    let is_there = rows
        .next_row()?
        .is_some_and(|raw| raw.line == last.line && mapping.username_of(&raw) == last.username);
    Ok(is_there.then_some(rows))
}
