//! Which column means what: decided once, from the header, before anything is read or sent; then applied to every row.
//!
//! A row becomes a [`MappedRow`] first, which is lent from the list. The draft is checked against the rules in one place, and only
//! then becomes a user of its own. What happens to a cell in between, and in which order, is told in `transform`.

mod attribute_source;
mod cognito_export;
mod columns;
mod condition;
mod dates;
mod follow_up;
mod formula;
mod guess;
mod header;
mod identity;
mod mapped_row;
mod notes;
mod null_marker;
mod options;
mod passwords;
mod phone;
mod transform;
mod unmapped_columns;
mod unreadable_cells;
mod username;

use crate::rows::{Header, RawRow};
use crate::user::finding::{Finding, Rule};
use crate::user::hint::FlagsGiven;
use crate::user::pool_rules::{Contact, PasswordPolicy};
use crate::user::rules::{RowRules, Strictness};
use crate::user::{InvalidRow, NewUser, NotSent, Password, Row};
use cognito_export::CognitoExport;
use condition::Condition;
use follow_up::FollowUpFrom;
use transform::ValueTable;
use unreadable_cells::cells_may_have_moved;
use username::UsernameFrom;

pub use attribute_source::AttributeSource;
pub use columns::{Target, attribute, nearest};
pub use dates::DateFormat;
pub use header::{HeaderError, HeaderNotice, likelier_header};
pub use mapped_row::{DraftValue, Drafted, MappedRow};
pub use options::{
    ColumnIs, ColumnTarget, Constant, DateOf, FollowUpOptions, Join, Lowercase, MappingOptions,
    PasswordFrom, Sourced, ValueOf,
};
pub use phone::Region;

/// Columns to users.
#[derive(Debug, Clone)]
pub struct Mapping {
    columns: Vec<String>,
    username: UsernameFrom,
    password: Option<usize>,
    /// Columns that hold passwords, whether they are used or not.
    secrets: Vec<usize>,
    attributes: Vec<AttributeSource>,
    follow_up: FollowUpFrom,
    kept: Vec<usize>,
    /// Rows for which one of these holds are left out.
    skip: Vec<Condition>,
    trim: bool,
    /// Cells that equal one of these texts are empty.
    null: Vec<String>,
    /// By column; empty where no column has a table.
    tables: Vec<Option<ValueTable>>,
    dropped: Vec<usize>,
    notices: Vec<HeaderNotice>,
    /// The columns of a pool's export that call for a decision.
    cognito_export: CognitoExport,
    /// Columns without a name, which are to be empty.
    unnamed: Vec<usize>,
    /// Users without a password in the list get a random one that meets this policy.
    generated: Option<PasswordPolicy>,
    rules: RowRules,
    /// Columns whose cells become attributes, groups, or whether an address is verified: what notes are about.
    noted: Vec<usize>,
    given: FlagsGiven,
    allow_suspicious_passwords: bool,
}

/// Ends a finding about a value that is sound but for white space around it.
const TRIM: &str = "; --trim removes the whitespace around it";

/// A row without a user of its own: what it asks for, and what is wrong with it.
pub struct CheckedRow<'a> {
    /// None where the record could not be read.
    pub draft: Option<MappedRow<'a>>,
    /// Everything that is wrong.
    pub findings: Vec<Finding>,
}

impl Mapping {
    /// Reads the header.
    ///
    /// # Errors
    /// A column is unknown, stands twice, cannot be set by `SignUp`, or is missing; or what was asked for does not fit the
    /// header. All of it is said at once.
    pub fn from_header(
        list: &str,
        header: &Header,
        options: &MappingOptions,
    ) -> Result<Self, HeaderError> {
        header::read(list, header, options)
    }

    /// The same mapping, with rows held to these rules.
    #[must_use]
    pub fn held_to(mut self, strictness: &Strictness) -> Self {
        self.rules = RowRules::new(strictness, self.attributes());
        if self.generated.is_some() {
            self.generated = Some(strictness.password_policy());
        }
        self
    }

    /// The same mapping, of a list that is read with these flags as well.
    #[must_use]
    pub fn given(mut self, flags: FlagsGiven) -> Self {
        self.given.add(flags);
        self
    }

    /// The flags in effect: a hint suggests none of them.
    #[must_use]
    pub fn flags_given(&self) -> &FlagsGiven {
        &self.given
    }

    /// The attributes that the list sets, each with the column it comes from, if it comes from one.
    #[must_use]
    pub fn attributes_from(&self) -> Vec<(String, Option<String>)> {
        self.attributes
            .iter()
            .map(|attribution| {
                let column = attribution
                    .constant()
                    .is_none()
                    .then(|| attribution.label.clone());
                (attribution.name.to_string(), column)
            })
            .collect()
    }

    /// Whether users get a password.
    #[must_use]
    pub fn gives_password(&self) -> bool {
        self.password.is_some() || self.generated.is_some()
    }

    /// What a run is bound to: the same text for the same meaning of the same columns. The kept ones are not in it, see
    /// [`Mapping::kept`], nor what follows the sign-ups, see [`Mapping::follow_up_identity`].
    #[must_use]
    pub fn identity(&self) -> String {
        identity::text(self)
    }

    /// The names of the attributes that the list sets: those of columns in their order, then the joined ones, then those that
    /// every row has.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        self.attributes.iter().map(|attribution| &*attribution.name)
    }

    /// Whether this username is the attribute in the pool that rows are held to: by it, the user gets messages.
    #[must_use]
    pub fn username_stands_for(&self, attribute: &str, username: &str) -> bool {
        self.rules.username_stands_for(attribute, username)
    }

    /// The addresses that are aliases in the pool that rows are held to.
    #[must_use]
    pub fn aliases(&self) -> &[Contact] {
        self.rules.aliases()
    }

    /// The name of the column that the username comes from; of several, all of them.
    #[must_use]
    pub fn username_column(&self) -> &str {
        &self.username.label
    }

    /// The names of the columns that are copied into the results, in the order of the list.
    #[must_use]
    pub fn kept(&self) -> Vec<String> {
        self.kept
            .iter()
            .map(|column| self.name_of(*column).to_owned())
            .collect()
    }

    /// The columns that hold passwords, whether they are used or not: never to be written anywhere unasked.
    #[must_use]
    pub fn secrets(&self) -> &[usize] {
        &self.secrets
    }

    /// Columns that mean nothing and are dropped for it, each with its number and the known name that may be meant.
    pub fn dropped(&self) -> impl Iterator<Item = (usize, &str, Option<&'static str>)> {
        self.dropped.iter().map(|column| {
            let name = self.name_of(*column);
            (column + 1, name, columns::near_known(name))
        })
    }

    /// What is good to know about the header.
    #[must_use]
    pub fn notices(&self) -> &[HeaderNotice] {
        &self.notices
    }

    /// The user that a record asks for, or everything that is wrong with it; and what is kept of it.
    #[must_use]
    pub fn row(&self, raw: &RawRow<'_>) -> Row {
        let user = if self.skips(raw) {
            Err(NotSent::Skipped {
                username: self.username_alone(raw),
            })
        } else {
            self.user_of(raw).map_err(NotSent::Broken)
        };
        Row {
            number: raw.number,
            line: raw.line,
            end_byte: raw.end_byte,
            kept: self.kept_of(raw),
            user,
        }
    }

    /// Whether `--skip-where` leaves this record out. It need not be sound, but its cells must be where they belong.
    #[must_use]
    pub fn skips(&self, raw: &RawRow<'_>) -> bool {
        self.meets(&self.skip, raw) && !cells_may_have_moved(raw)
    }

    fn user_of(&self, raw: &RawRow<'_>) -> Result<NewUser, InvalidRow> {
        match self.findings(raw) {
            CheckedRow {
                draft: Some(draft),
                findings,
            } if findings.is_empty() => self.user(draft),
            CheckedRow { draft, findings } => Err(InvalidRow {
                username: match draft {
                    Some(draft) => Some(draft.username.text.into_owned()),
                    None => self.username_of_unreadable(raw),
                }
                .filter(|name| !name.is_empty()),
                findings,
            }),
        }
    }

    /// The user that a sound draft asks for.
    fn user(&self, draft: MappedRow<'_>) -> Result<NewUser, InvalidRow> {
        let has_password = draft.password.is_some_and(|password| !password.is_empty());
        let mut user = draft.into_user();
        if let Some(policy) = &self.generated
            && !has_password
        {
            match Password::generate(policy) {
                Ok(password) => user.password = Some(password),
                Err(error) => {
                    return Err(InvalidRow {
                        username: Some(user.username),
                        findings: vec![Finding {
                            rule: Rule::PasswordMissing,
                            column: None,
                            message: error.to_string(),
                        }],
                    });
                }
            }
        }
        Ok(user)
    }

    /// Everything that is wrong with a record, without making a user of it.
    #[must_use]
    pub fn findings<'a>(&'a self, raw: &RawRow<'a>) -> CheckedRow<'a> {
        if let Some(why) = &raw.unreadable {
            return CheckedRow {
                draft: None,
                findings: vec![self.unreadable(raw, why)],
            };
        }
        let mut findings = Vec::new();
        let draft = self.draft(raw, &mut findings);
        self.formulas_in_conditions(raw, &mut findings);
        self.unnamed_columns(raw, &mut findings);
        self.check(&draft, &mut findings);
        CheckedRow {
            draft: Some(draft),
            findings,
        }
    }

    /// Holds a draft against the rules: the one place where they are asked.
    fn check(&self, draft: &MappedRow<'_>, findings: &mut Vec<Finding>) {
        let username = &draft.username;
        if username.text.is_empty() {
            findings.push(Finding {
                rule: Rule::UsernameMissing,
                column: Some(self.username.label.clone()),
                message: "the cell is empty, and a user needs a username".to_owned(),
            });
        } else if !username.faulty {
            let column = self.name_of(draft.username_column);
            let from = findings.len();
            self.rules.username(column, &username.text, findings);
            self.suggest_trim(&username.text, findings.get_mut(from..), |trimmed| {
                let mut findings = Vec::new();
                self.rules.username(column, trimmed, &mut findings);
                !trimmed.is_empty() && findings.is_empty()
            });
        }
        self.check_password(draft, findings);
        for value in draft.values.iter().filter(|value| !value.value.faulty) {
            let text = &*value.value.text;
            let from = findings.len();
            self.rules.value(value.place, value.column, text, findings);
            self.suggest_trim(text, findings.get_mut(from..), |trimmed| {
                let mut findings = Vec::new();
                self.rules
                    .value(value.place, value.column, trimmed, &mut findings);
                trimmed.is_empty() || findings.is_empty()
            });
            self.rules
                .same_as_username(&username.text, value.place, value.column, text, findings);
        }
        self.rules.missing(
            &username.text,
            |place| draft.values.iter().any(|value| value.place == place),
            |place| Some(self.attributes.get(place)?.label.clone()),
            findings,
        );
    }

    /// The cells of the kept columns, as they stand in the list; none where the record cannot be read as a row: cells may have
    /// moved.
    fn kept_of(&self, raw: &RawRow<'_>) -> Vec<Option<String>> {
        let moved = cells_may_have_moved(raw);
        self.kept
            .iter()
            .map(|column| raw.cell(*column).filter(|_| !moved).map(str::to_owned))
            .collect()
    }

    /// Adds `--trim` to findings about a value that it would make sound.
    fn suggest_trim(
        &self,
        value: &str,
        findings: Option<&mut [Finding]>,
        is_sound: impl FnOnce(&str) -> bool,
    ) {
        let findings = findings.unwrap_or_default();
        if !findings.is_empty() && self.trim_would_help(value, is_sound) {
            for finding in findings {
                finding.message.push_str(TRIM);
            }
        }
    }

    /// Whether white space around a value is all that is wrong with it, and is kept only because `--trim` was not given.
    fn trim_would_help(&self, value: &str, is_sound: impl FnOnce(&str) -> bool) -> bool {
        let trimmed = value.trim();
        !self.trim && trimmed.len() < value.len() && is_sound(trimmed)
    }

    fn name_of(&self, column: usize) -> &str {
        self.columns.get(column).map_or("", String::as_str)
    }

    fn column(&self, column: usize) -> Option<String> {
        self.columns.get(column).cloned()
    }
}

#[cfg(test)]
mod tests;
