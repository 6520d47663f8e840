//! A row on its way to a user: lent from the list, and changed only where a transformation applies.

use std::borrow::Cow;
use std::sync::Arc;

use super::attribute_source::{AttributeSource, ValueOrigin};
use super::formula;
use super::transform::{TransformError, ValueForm, joined};
use super::{Mapping, TRIM};
use crate::rows::RawRow;
use crate::user::finding::Finding;
use crate::user::{Attribute, FollowUpStep, NewUser, Password};

/// What a row asks for, before the rules. Holds a password: so it has no `Debug`.
pub struct MappedRow<'a> {
    /// `Username`; may be empty.
    pub username: Drafted<'a>,
    /// The column that it comes from.
    pub username_column: usize,
    /// The password's cell, where a column has passwords; may be empty.
    pub password: Option<&'a str>,
    /// The attributes that are set: none of them is empty.
    pub values: Vec<DraftValue<'a>>,
    /// What follows the sign-up.
    pub follow_up: Vec<FollowUpStep>,
}

/// A text that may be checked, unless a transformation found fault with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drafted<'a> {
    /// As it will be sent; as it stands in the list where it is faulty.
    pub text: Cow<'a, str>,
    /// A transformation did not fit, and its finding says so: there is nothing to add to it.
    pub faulty: bool,
}

/// An attribute of a draft.
#[derive(Debug, Clone)]
pub struct DraftValue<'a> {
    /// Its place among [`super::Mapping::attributes`].
    pub place: usize,
    /// Its name.
    pub name: &'a Arc<str>,
    /// The column that it comes from, for findings.
    pub column: &'a str,
    /// The value; not empty.
    pub value: Drafted<'a>,
}

impl<'a> MappedRow<'a> {
    /// The user, of its own.
    #[must_use]
    pub fn into_user(self) -> NewUser {
        NewUser {
            username: self.username.text.into_owned(),
            password: self.password.map(Password::new),
            attributes: self
                .values
                .into_iter()
                .map(|value| Attribute {
                    name: Arc::clone(value.name),
                    value: value.value.text.into_owned(),
                })
                .collect(),
            follow_up: self.follow_up,
        }
    }
}

impl Mapping {
    /// What the record asks for. What does not fit a transformation is found here.
    pub(super) fn draft<'a>(
        &'a self,
        raw: &RawRow<'a>,
        findings: &mut Vec<Finding>,
    ) -> MappedRow<'a> {
        let (username, username_column) = self.username(raw, findings);
        let password = self.password_cell(raw);
        if let (Some(column), Some(cell)) = (self.password, password)
            && let Some(misfit) = formula::misfit_of_password(cell)
        {
            found(findings, self.name_of(column), misfit);
        }
        let mut values = Vec::with_capacity(self.attributes.len());
        for (place, attribution) in self.attributes.iter().enumerate() {
            let value = self.value(raw, attribution, findings);
            // An empty cell is no attribute: Cognito is never sent an empty string.
            if !value.text.is_empty() {
                values.push(DraftValue {
                    place,
                    name: &attribution.name,
                    column: &attribution.label,
                    value,
                });
            }
        }
        let follow_up = self.steps(raw, &username.text, &values, findings);
        MappedRow {
            username,
            username_column,
            password,
            values,
            follow_up,
        }
    }

    fn value<'a>(
        &'a self,
        raw: &RawRow<'a>,
        attribution: &'a AttributeSource,
        findings: &mut Vec<Finding>,
    ) -> Drafted<'a> {
        let mut faulty = false;
        let text = match &attribution.origin {
            ValueOrigin::Column(column) => {
                Cow::Borrowed(self.cell(raw, *column, &mut faulty, findings))
            }
            ValueOrigin::Joined(columns) => joined(
                columns
                    .iter()
                    .map(|column| self.cell(raw, *column, &mut faulty, findings)),
            ),
            ValueOrigin::Constant(value) => Cow::Borrowed(value.as_str()),
        };
        if faulty || text.is_empty() || attribution.form == ValueForm::AsItIs {
            return Drafted { text, faulty };
        }
        let text = self.formed(
            &attribution.form,
            text,
            &attribution.label,
            &mut faulty,
            findings,
        );
        Drafted { text, faulty }
    }

    /// A cell: empty where `--null` says so, then trimmed, then as its column's table has it; unchanged where it is not in the table.
    pub(super) fn cell<'a>(
        &'a self,
        raw: &RawRow<'a>,
        column: usize,
        faulty: &mut bool,
        findings: &mut Vec<Finding>,
    ) -> &'a str {
        let cell = self.unless_null(raw.cell(column).unwrap_or_default());
        let cell = if self.trim {
            self.unless_null(cell.trim())
        } else {
            cell
        };
        if let Some(misfit) = formula::misfit(cell) {
            *faulty = true;
            found(findings, self.name_of(column), misfit);
            return cell;
        }
        let Some(Some(table)) = self.tables.get(column) else {
            return cell;
        };
        table.replaced(cell).unwrap_or_else(|mut misfit| {
            *faulty = true;
            if self.trim_would_help(cell, |trimmed| table.replaced(trimmed).is_ok()) {
                misfit.message.push_str(TRIM);
            }
            found(findings, self.name_of(column), misfit);
            cell
        })
    }

    /// The same cell; empty where it equals a text of `--null`.
    pub(super) fn unless_null<'a>(&self, cell: &'a str) -> &'a str {
        if self.null.iter().any(|text| text == cell) {
            ""
        } else {
            cell
        }
    }

    /// A value in its form; as it was where it does not fit.
    pub(super) fn formed<'a>(
        &self,
        form: &ValueForm,
        text: Cow<'a, str>,
        column: &str,
        faulty: &mut bool,
        findings: &mut Vec<Finding>,
    ) -> Cow<'a, str> {
        form.of(text).unwrap_or_else(|(text, mut misfit)| {
            *faulty = true;
            if self.trim_would_help(&text, |trimmed| form.of(trimmed.into()).is_ok()) {
                misfit.message.push_str(TRIM);
            }
            found(findings, column, misfit);
            text
        })
    }
}

/// The same cell may be the username and an attribute: what is wrong with it is said once.
pub(super) fn found(findings: &mut Vec<Finding>, column: &str, misfit: TransformError) {
    let finding = Finding {
        rule: misfit.rule,
        column: Some(column.to_owned()),
        message: misfit.message,
    };
    if !findings.contains(&finding) {
        findings.push(finding);
    }
}
