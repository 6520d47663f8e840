//! What is wrong with a row's password.

use super::null_marker::is_null_marker;
use super::{MappedRow, Mapping};
use crate::rows::RawRow;
use crate::user::finding::{Finding, Rule};
use crate::user::rules::password_hash;

impl Mapping {
    /// The cell with a row's password; none where passwords do not come from the list.
    #[must_use]
    pub fn password_cell<'a>(&self, raw: &RawRow<'a>) -> Option<&'a str> {
        let cell = raw.cell(self.password?).unwrap_or_default();
        Some(self.unless_null(cell))
    }

    /// Whether a password that looks like a hash, and a column of passwords that are all alike, are taken for what they are.
    #[must_use]
    pub fn allows_suspicious_passwords(&self) -> bool {
        self.allow_suspicious_passwords
    }

    pub(super) fn check_password(&self, draft: &MappedRow<'_>, findings: &mut Vec<Finding>) {
        let Some(column) = self.password else {
            return;
        };
        let missing = |message: &str| Finding {
            rule: Rule::PasswordMissing,
            column: self.column(column),
            message: message.to_owned(),
        };
        let password = draft.password.unwrap_or_default();
        if password.is_empty() {
            if self.generated.is_none() {
                findings.push(missing(
                    "the cell is empty; pass --password column-or-generate to give such users a random password",
                ));
            }
            return;
        }
        if is_null_marker(password) {
            findings.push(missing(
                "the cell holds a placeholder for a missing value, not a password",
            ));
            return;
        }
        let name = self.name_of(column);
        let hash = password_hash(name, password).filter(|_| !self.allow_suspicious_passwords);
        match hash {
            Some(hash) => findings.push(hash),
            None => self.rules.password(name, password, findings),
        }
    }
}
