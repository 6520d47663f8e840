//! Maps the columns of a list to users.
//!
//! The header is resolved once, before any row is read or sent: [`Mapping::from_header`] decides
//! what each column means. [`Mapping::row`] then maps every row to a [`MappedRow`], which borrows
//! from the list, checks it against the rules, and turns it into an owned user if it is valid. The
//! module `transform` describes how cells change on the way.

mod checks;
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
mod phone;
mod selection;
mod transform;
mod unreadable_cells;
mod update;
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
use notes::NotedColumn;
use transform::ValueTable;
use unreadable_cells::cells_may_have_moved;
use username::UsernameFrom;

pub use checks::CheckedRow;
pub use columns::{Target, attribute, nearest};
pub use dates::DateFormat;
pub use header::{HeaderError, HeaderNotice, likelier_header};
pub use mapped_row::{MappedAttribute, MappedRow, MappedText};
pub use options::{
    AttributeDateFormat, ColumnEquals, ColumnTarget, Constant, FollowUpOptions, Join, Lowercase,
    MappingOptions, PasswordFrom, Sourced, UpdateOptions, ValueTableEntry,
};
pub use phone::Region;
pub use selection::RowSelection;
pub use transform::AttributeSource;
pub use update::AttributesToUpdate;

/// Maps the rows of one list to users.
#[derive(Debug, Clone)]
pub struct Mapping {
    columns: Vec<String>,
    username: UsernameFrom,
    password: Option<usize>,
    /// Columns that hold passwords, whether or not they are used.
    secrets: Vec<usize>,
    attributes: Vec<AttributeSource>,
    follow_up: FollowUpFrom,
    kept: Vec<usize>,
    /// The rows that exist for the run. `None`: all rows.
    selection: Option<RowSelection>,
    /// A row that meets any of these conditions is skipped.
    skip: Vec<Condition>,
    trim: bool,
    /// A cell that equals any of these texts is empty.
    null: Vec<String>,
    /// By column. Empty if no column has a value table.
    tables: Vec<Option<ValueTable>>,
    dropped: Vec<usize>,
    notices: Vec<HeaderNotice>,
    /// The columns of a user pool export that need a decision.
    cognito_export: CognitoExport,
    /// Columns without a name, whose cells must be empty.
    unnamed: Vec<usize>,
    /// The policy of the random passwords given to users without a password in the list.
    generated: Option<PasswordPolicy>,
    rules: RowRules,
    /// The columns of attributes, groups, and whether an address is verified.
    noted: Vec<NotedColumn>,
    flags: FlagsGiven,
    allow_suspicious_passwords: bool,
}

impl Mapping {
    /// Resolves the header.
    ///
    /// # Errors
    /// A column is unknown, missing or duplicated, or cannot be set by `SignUp`; or an option does
    /// not fit the header. The error lists all problems.
    pub fn from_header(
        list: &str,
        header: &Header,
        options: &MappingOptions,
    ) -> Result<Self, HeaderError> {
        header::read(list, header, options)
    }

    /// Returns the same mapping, which checks rows against these rules.
    #[must_use]
    pub fn with_rules(mut self, strictness: &Strictness) -> Self {
        self.rules = RowRules::new(strictness, self.attributes());
        if self.generated.is_some() {
            self.generated = Some(strictness.password_policy());
        }
        self
    }

    /// Returns the same mapping, which checks rows by the rules of the API only.
    #[must_use]
    pub fn with_api_rules(mut self) -> Self {
        self.rules = RowRules::of_api(self.rules.username_attributes(), self.attributes());
        self
    }

    /// Returns the same mapping with more flags in effect.
    #[must_use]
    pub fn with_flags(mut self, flags: FlagsGiven) -> Self {
        self.flags.add(flags);
        self
    }

    /// Returns the flags in effect, which hints do not suggest again.
    #[must_use]
    pub fn flags_given(&self) -> &FlagsGiven {
        &self.flags
    }

    /// Returns the attributes that the list sets, each with its column. A constant has none.
    #[must_use]
    pub fn attributes_with_columns(&self) -> Vec<(String, Option<String>)> {
        self.attributes
            .iter()
            .map(|source| {
                let column = source.constant().is_none().then(|| source.label.clone());
                (source.name.to_string(), column)
            })
            .collect()
    }

    /// Returns whether users get a password.
    #[must_use]
    pub fn sets_password(&self) -> bool {
        self.password.is_some() || self.generated.is_some()
    }

    /// Returns a text that identifies the mapping: a run can only be resumed with the same one. It
    /// leaves out the kept columns ([`Mapping::kept`]) and the follow-up steps
    /// ([`Mapping::follow_up_identity`]).
    #[must_use]
    pub fn identity(&self) -> String {
        identity::text(self)
    }

    /// Returns the names of the attributes that the list sets: from columns in the order of the
    /// columns, then joined ones, then constants.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        self.attributes.iter().map(|source| &*source.name)
    }

    /// Returns whether the username serves as this attribute in the pool.
    #[must_use]
    pub fn username_provides(&self, attribute: &str, username: &str) -> bool {
        self.rules.username_provides(attribute, username)
    }

    /// Returns the contacts that are aliases in the pool.
    #[must_use]
    pub fn aliases(&self) -> &[Contact] {
        self.rules.aliases()
    }

    /// Returns the name of the username's column, or all names if it has several.
    #[must_use]
    pub fn username_column(&self) -> &str {
        &self.username.label
    }

    /// Returns the names of the columns that are copied into the results, in the order of the list.
    #[must_use]
    pub fn kept(&self) -> Vec<String> {
        self.kept
            .iter()
            .map(|column| self.column_name(*column).to_owned())
            .collect()
    }

    /// Returns the columns that hold passwords, whether or not they are used. Their cells are never
    /// written unless the user requests it.
    #[must_use]
    pub fn secrets(&self) -> &[usize] {
        &self.secrets
    }

    /// Returns the unknown columns that `--ignore-unknown` drops, each with its number and the
    /// nearest known name.
    pub fn dropped(&self) -> impl Iterator<Item = (usize, &str, Option<&'static str>)> {
        self.dropped.iter().map(|column| {
            let name = self.column_name(*column);
            (column + 1, name, columns::nearest_known(name))
        })
    }

    /// Returns notices about the header.
    #[must_use]
    pub fn notices(&self) -> &[HeaderNotice] {
        &self.notices
    }

    /// Maps and checks a record.
    #[must_use]
    pub fn row(&self, raw: &RawRow<'_>) -> Row {
        let user = if self.skips(raw) {
            Err(NotSent::Skipped {
                username: self.username_alone(raw),
            })
        } else {
            self.new_user(raw).map_err(NotSent::Invalid)
        };
        Row {
            number: raw.number,
            line: raw.line,
            end_byte: raw.end_byte,
            kept: self.kept_cells(raw),
            user,
        }
    }

    /// Returns the selection of `--where`, for a reader of the list. `None`: all rows.
    #[must_use]
    pub fn selection(&self) -> Option<RowSelection> {
        self.selection.clone()
    }

    /// Returns whether `--skip-where` skips this record. An invalid row can be skipped, unless its
    /// cells may have moved.
    #[must_use]
    pub fn skips(&self, raw: &RawRow<'_>) -> bool {
        self.meets_any(&self.skip, raw) && !cells_may_have_moved(raw)
    }

    fn new_user(&self, raw: &RawRow<'_>) -> Result<NewUser, InvalidRow> {
        match self.check_row(raw) {
            CheckedRow {
                mapped: Some(mapped),
                findings,
            } if findings.is_empty() => self.with_password(mapped),
            CheckedRow { mapped, findings } => Err(InvalidRow {
                username: match mapped {
                    Some(mapped) => Some(mapped.username.text.into_owned()),
                    None => self.username_of_unreadable(raw),
                }
                .filter(|name| !name.is_empty()),
                findings,
            }),
        }
    }

    /// Turns a valid row into a user, with a random password if the row has none and the options
    /// ask for one.
    fn with_password(&self, mapped: MappedRow<'_>) -> Result<NewUser, InvalidRow> {
        let has_password = mapped.password.is_some_and(|password| !password.is_empty());
        let mut user = mapped.into_user();
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

    /// Returns the cells of the kept columns, unchanged; all `None` if cells may have moved.
    fn kept_cells(&self, raw: &RawRow<'_>) -> Vec<Option<String>> {
        let moved = cells_may_have_moved(raw);
        self.kept
            .iter()
            .map(|column| raw.cell(*column).filter(|_| !moved).map(str::to_owned))
            .collect()
    }

    fn column_name(&self, column: usize) -> &str {
        self.columns.get(column).map_or("", String::as_str)
    }

    fn owned_column_name(&self, column: usize) -> Option<String> {
        self.columns.get(column).cloned()
    }
}

#[cfg(test)]
mod tests;
