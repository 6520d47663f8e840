//! A row mapped to a username, a password, attributes and follow-up steps. It borrows from the list
//! and copies a value only if a transformation changes it.

use std::borrow::Cow;
use std::sync::Arc;

use super::Mapping;
use super::formula;
use super::transform::{AttributeSource, ValueForm, ValueOrigin, joined};
use crate::rows::RawRow;
use crate::user::finding::Finding;
use crate::user::{Attribute, FollowUpStep, NewUser, Password};

/// Ends a finding about a value that is valid except for surrounding whitespace.
pub(super) const TRIM: &str = "; --trim removes the whitespace around it";

/// A mapped row that has not been checked yet. It has no `Debug` because it holds a password.
pub struct MappedRow<'a> {
    /// `Username`; may be empty.
    pub username: MappedText<'a>,
    /// The column of the username.
    pub username_column: usize,
    /// The password's cell, if passwords come from the list; may be empty.
    pub password: Option<&'a str>,
    /// The attributes that have a value.
    pub values: Vec<MappedAttribute<'a>>,
    /// The steps after the sign-up.
    pub follow_up: Vec<FollowUpStep>,
    /// The date of the row, in milliseconds since the Unix epoch.
    pub dated_ms: Option<i64>,
}

/// A value after its transformations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedText<'a> {
    /// The value to send, or the original cell if it is invalid.
    pub text: Cow<'a, str>,
    /// Whether a transformation failed. Its finding is reported, so no further rules are checked.
    pub invalid: bool,
}

/// An attribute of a mapped row.
#[derive(Debug, Clone)]
pub struct MappedAttribute<'a> {
    /// The index in [`super::Mapping::attributes`].
    pub index: usize,
    /// The attribute's name.
    pub name: &'a Arc<str>,
    /// The column of the value, for findings.
    pub column: &'a str,
    /// The value; never empty.
    pub value: MappedText<'a>,
}

impl<'a> MappedRow<'a> {
    /// Converts the row into an owned user.
    #[must_use]
    pub fn into_user(self) -> NewUser {
        NewUser {
            username: self.username.text.into_owned(),
            password: self.password.map(Password::new),
            attributes: self
                .values
                .into_iter()
                .map(|attribute| Attribute {
                    name: Arc::clone(attribute.name),
                    value: attribute.value.text.into_owned(),
                })
                .collect(),
            follow_up: self.follow_up,
            dated_ms: self.dated_ms,
        }
    }
}

impl Mapping {
    /// Maps a record. Reports transformations that fail.
    pub(super) fn map_row<'a>(
        &'a self,
        raw: &RawRow<'a>,
        findings: &mut Vec<Finding>,
    ) -> MappedRow<'a> {
        let (username, username_column) = self.username(raw, findings);
        let password = self.password_cell(raw);
        if let (Some(column), Some(cell)) = (self.password, password)
            && formula::is_formula(cell)
        {
            let error = formula::password_error();
            report(findings, error.into_finding(self.column_name(column)));
        }
        let mut values = Vec::with_capacity(self.attributes.len());
        for (index, source) in self.attributes.iter().enumerate() {
            let value = self.value(raw, source, findings);
            // An empty cell sets no attribute: Cognito is never sent an empty string.
            if !value.text.is_empty() {
                values.push(MappedAttribute {
                    index,
                    name: &source.name,
                    column: &source.label,
                    value,
                });
            }
        }
        let follow_up = self.steps(raw, &username.text, &values, findings);
        let dated_ms = self.row_date(raw, findings);
        MappedRow {
            username,
            username_column,
            password,
            values,
            follow_up,
            dated_ms,
        }
    }

    fn value<'a>(
        &'a self,
        raw: &RawRow<'a>,
        source: &'a AttributeSource,
        findings: &mut Vec<Finding>,
    ) -> MappedText<'a> {
        let mut invalid = false;
        let text = match &source.origin {
            ValueOrigin::Column(column) => {
                Cow::Borrowed(self.cell(raw, *column, &mut invalid, findings))
            }
            ValueOrigin::Joined(columns) => joined(
                columns
                    .iter()
                    .map(|column| self.cell(raw, *column, &mut invalid, findings)),
            ),
            ValueOrigin::Constant(value) => Cow::Borrowed(value.as_str()),
        };
        if invalid || text.is_empty() || source.form == ValueForm::Unchanged {
            return MappedText { text, invalid };
        }
        let text = self.apply_form(&source.form, text, &source.label, &mut invalid, findings);
        MappedText { text, invalid }
    }

    /// Returns a cell after `--null`, `--trim` and its column's value table, in this order. A cell
    /// that is not in the table is reported and returned unchanged.
    pub(super) fn cell<'a>(
        &'a self,
        raw: &RawRow<'a>,
        column: usize,
        invalid: &mut bool,
        findings: &mut Vec<Finding>,
    ) -> &'a str {
        let cell = self.unless_null(raw.cell(column).unwrap_or_default());
        let cell = if self.trim {
            self.unless_null(cell.trim())
        } else {
            cell
        };
        if formula::is_formula(cell) {
            *invalid = true;
            let error = formula::cell_error(cell);
            report(findings, error.into_finding(self.column_name(column)));
            return cell;
        }
        let Some(Some(table)) = self.tables.get(column) else {
            return cell;
        };
        table.replace(cell).unwrap_or_else(|mut error| {
            *invalid = true;
            if self.trim_would_help(cell, |trimmed| table.replace(trimmed).is_ok()) {
                error.message.push_str(TRIM);
            }
            report(findings, error.into_finding(self.column_name(column)));
            cell
        })
    }

    /// Returns the cell, or an empty text if `--null` names it.
    pub(super) fn unless_null<'a>(&self, cell: &'a str) -> &'a str {
        if self.null.iter().any(|text| text == cell) {
            ""
        } else {
            cell
        }
    }

    /// Converts a value to its form, or reports it and returns it unchanged.
    pub(super) fn apply_form<'a>(
        &self,
        form: &ValueForm,
        text: Cow<'a, str>,
        column: &str,
        invalid: &mut bool,
        findings: &mut Vec<Finding>,
    ) -> Cow<'a, str> {
        form.apply(text).unwrap_or_else(|(text, mut error)| {
            *invalid = true;
            if self.trim_would_help(&text, |trimmed| form.apply(trimmed.into()).is_ok()) {
                error.message.push_str(TRIM);
            }
            report(findings, error.into_finding(column));
            text
        })
    }

    /// Returns whether surrounding whitespace is the only problem of a value, and `--trim` would
    /// remove it.
    pub(super) fn trim_would_help(&self, value: &str, is_valid: impl FnOnce(&str) -> bool) -> bool {
        let trimmed = value.trim();
        !self.trim && trimmed.len() < value.len() && is_valid(trimmed)
    }
}

/// Adds a finding once, even if the same cell is the username and an attribute.
pub(super) fn report(findings: &mut Vec<Finding>, finding: Finding) {
    if !findings.contains(&finding) {
        findings.push(finding);
    }
}
