//! Parts that have run again since they were merged.

use std::num::NonZeroU32;

use crate::ledger::identity::{self, name};
use crate::ledger::{LedgerError, RunPath, directory, schema};
use crate::part::Part;

/// Returns the parts of a merged run in this directory that have run again since they were merged,
/// as the ends of their last sessions tell. A part that is lost or cannot be read is not among
/// them.
///
/// # Errors
/// The merged ledger cannot be read.
pub fn changed_parts(run_directory: &RunPath) -> Result<Vec<Part>, LedgerError> {
    let Some(ends) = value(run_directory, name::MERGED_ENDS)? else {
        return Ok(Vec::new());
    };
    let merged: Vec<Option<String>> = serde_json::from_str(&ends).unwrap_or_default();
    let number = u32::try_from(merged.len()).ok().and_then(NonZeroU32::new);
    let parts = number.into_iter().flat_map(Part::all);
    let changed = parts.zip(&merged).filter(|(part, merged)| {
        let directory = run_directory.part_directory(*part);
        value(&directory, name::ENDED).is_ok_and(|end| end != **merged)
    });
    Ok(changed.map(|(part, _)| part).collect())
}

/// Reads a value of the ledger in this directory.
fn value(run_directory: &RunPath, name: &str) -> Result<Option<String>, LedgerError> {
    let path = directory::database_in(run_directory);
    let ledger = schema::open_to_list(&path)?;
    identity::get(&ledger, name).map_err(|cause| LedgerError::of(&path, cause))
}
