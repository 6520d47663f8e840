//! Checks a row against the rules.

use super::Mapping;
use super::mapped_row::{MappedRow, TRIM};
use super::null_marker::is_null_marker;
use crate::rows::RawRow;
use crate::user::finding::{Finding, Rule};
use crate::user::rules::password_hash;

/// A row that was mapped and checked, before it becomes an owned user.
pub struct CheckedRow<'a> {
    /// `None` if the record could not be read.
    pub mapped: Option<MappedRow<'a>>,
    /// Everything that is wrong with the row.
    pub findings: Vec<Finding>,
}

impl Mapping {
    /// Maps a record and collects everything that is wrong with it, without creating an owned user.
    #[must_use]
    pub fn check_row<'a>(&'a self, raw: &RawRow<'a>) -> CheckedRow<'a> {
        if let Some(reason) = &raw.unreadable {
            return CheckedRow {
                mapped: None,
                findings: vec![self.unreadable(raw, reason)],
            };
        }
        let mut findings = Vec::new();
        let mapped = self.map_row(raw, &mut findings);
        self.check_conditions_for_formulas(raw, &mut findings);
        self.check_unnamed_columns(raw, &mut findings);
        self.check_mapped(&mapped, &mut findings);
        CheckedRow {
            mapped: Some(mapped),
            findings,
        }
    }

    /// Returns the cell of a row's password; `None` if passwords do not come from the list.
    #[must_use]
    pub fn password_cell<'a>(&self, raw: &RawRow<'a>) -> Option<&'a str> {
        let cell = raw.cell(self.password?).unwrap_or_default();
        Some(self.unless_null(cell))
    }

    /// Returns whether to accept passwords that look like hashes, and a column of identical
    /// passwords.
    #[must_use]
    pub fn allows_suspicious_passwords(&self) -> bool {
        self.allow_suspicious_passwords
    }

    fn check_mapped(&self, mapped: &MappedRow<'_>, findings: &mut Vec<Finding>) {
        let username = &mapped.username;
        if username.text.is_empty() {
            findings.push(Finding::new(
                Rule::UsernameMissing,
                &self.username.label,
                "the cell is empty, and a user needs a username",
            ));
        } else if !username.invalid {
            let column = self.column_name(mapped.username_column);
            let first_new = findings.len();
            self.rules.check_username(column, &username.text, findings);
            self.suggest_trim(&username.text, findings.get_mut(first_new..), |trimmed| {
                let mut findings = Vec::new();
                self.rules.check_username(column, trimmed, &mut findings);
                !trimmed.is_empty() && findings.is_empty()
            });
        }
        self.check_password(mapped, findings);
        for attribute in mapped
            .values
            .iter()
            .filter(|attribute| !attribute.value.invalid)
        {
            let (index, column) = (attribute.index, attribute.column);
            let text = &*attribute.value.text;
            let first_new = findings.len();
            self.rules.check_value(index, column, text, findings);
            self.suggest_trim(text, findings.get_mut(first_new..), |trimmed| {
                let mut findings = Vec::new();
                self.rules
                    .check_value(index, column, trimmed, &mut findings);
                trimmed.is_empty() || findings.is_empty()
            });
            if self.rules.must_equal_username(index) {
                self.rules
                    .check_equals_username(&username.text, column, text, findings);
            }
        }
        self.rules.check_required(
            &username.text,
            |index| mapped.values.iter().any(|value| value.index == index),
            |index| Some(self.attributes.get(index)?.label.clone()),
            findings,
        );
    }

    fn check_password(&self, mapped: &MappedRow<'_>, findings: &mut Vec<Finding>) {
        let Some(column) = self.password else {
            return;
        };
        let name = self.column_name(column);
        let missing = |message: &str| Finding::new(Rule::PasswordMissing, name, message);
        let password = mapped.password.unwrap_or_default();
        if password.is_empty() {
            if self.generated.is_none() {
                findings.push(missing(
                    "the cell is empty; pass --password column-or-generate to give such users a \
                     random password",
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
        let hash = password_hash(name, password).filter(|_| !self.allow_suspicious_passwords);
        match hash {
            Some(hash) => findings.push(hash),
            None => self.rules.check_password(name, password, findings),
        }
    }

    /// Reports values in columns without a name, which are ignored only if they are empty. Some
    /// programs end the header line with delimiters.
    fn check_unnamed_columns(&self, raw: &RawRow<'_>, findings: &mut Vec<Finding>) {
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

    /// Suggests `--trim` in findings about a value that would be valid without surrounding
    /// whitespace.
    fn suggest_trim(
        &self,
        value: &str,
        findings: Option<&mut [Finding]>,
        is_valid: impl FnOnce(&str) -> bool,
    ) {
        let findings = findings.unwrap_or_default();
        if !findings.is_empty() && self.trim_would_help(value, is_valid) {
            for finding in findings {
                finding.message.push_str(TRIM);
            }
        }
    }
}
