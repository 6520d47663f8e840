//! Columns without a name: those of a header line that ends with delimiters, as some programs write it. They are ignored as long as
//! they are empty.

use super::Mapping;
use crate::rows::RawRow;
use crate::user::finding::{Finding, Rule};

impl Mapping {
    /// A value under no name is not dropped silently.
    pub(super) fn unnamed_columns(&self, raw: &RawRow<'_>, findings: &mut Vec<Finding>) {
        for column in &self.unnamed {
            if raw
                .cell(*column)
                .is_some_and(|cell| !cell.trim().is_empty())
            {
                findings.push(Finding {
                    rule: Rule::UnnamedColumn,
                    column: None,
                    message: format!(
                        "column {} has no name in the header but a value in this row",
                        column + 1
                    ),
                });
            }
        }
    }
}
