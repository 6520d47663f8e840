//! Which column means what: decided once, from the header, before anything is read or sent.

mod columns;

use std::fmt::Write as _;
use std::sync::Arc;

use super::finding::{Finding, Rule};
use super::{Attribute, Broken, NewUser, Password, Row, rules};
use crate::rows::{Header, MAX_RECORD_BYTES, RawRow, Unreadable};
use columns::{Meaning, describe, meaning, missing};

pub use columns::STANDARD_ATTRIBUTES;

/// Where passwords come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PasswordFrom {
    /// The column `password`.
    #[default]
    Column,
    /// Users are signed up without one, for pools with a passwordless factor.
    None,
}

/// What the command line says of the columns.
#[derive(Debug, Clone, Default)]
pub struct MappingOptions {
    /// Columns to drop, compared without case.
    pub ignore: Vec<String>,
    /// Where passwords come from.
    pub password: PasswordFrom,
}

/// Everything that is wrong with a header.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{list}: line 1: the header does not fit{}", listed(.problems))]
pub struct HeaderError {
    /// The list's name.
    pub list: String,
    /// One line each.
    pub problems: Vec<String>,
}

fn listed(problems: &[String]) -> String {
    problems
        .iter()
        .fold(String::from(":"), |mut text, problem| {
            let _ = write!(text, "\n  - {problem}");
            text
        })
}

/// Columns to users.
#[derive(Debug, Clone)]
pub struct Mapping {
    columns: Vec<String>,
    username: usize,
    password: Option<usize>,
    attributes: Vec<(usize, Arc<str>)>,
}

impl Mapping {
    /// Reads the header.
    ///
    /// # Errors
    /// A column is unknown, stands twice, cannot be set by `SignUp`, or is missing. All of it is said at once.
    pub fn from_header(
        list: &str,
        header: &Header,
        options: &MappingOptions,
    ) -> Result<Self, HeaderError> {
        let mut problems = Vec::new();
        let mut meanings: Vec<Meaning> = Vec::new();
        for (place, name) in header.names().iter().enumerate() {
            let meaning = meaning(place, name, options).unwrap_or_else(|problem| {
                problems.push(problem);
                Meaning::Ignored
            });
            if meaning != Meaning::Ignored
                && let Some(first) = meanings.iter().position(|earlier| *earlier == meaning)
            {
                problems.push(format!(
                    "columns {} and {} both mean {}: drop one, or rename it and pass --ignore-column",
                    first + 1,
                    place + 1,
                    describe(&meaning)
                ));
            }
            meanings.push(meaning);
        }
        // Then it is probably the first user, and what stands in it may be a password: nothing of it is repeated.
        if !problems.is_empty() && meanings.iter().all(|meaning| *meaning == Meaning::Ignored) {
            return Err(HeaderError {
                list: list.to_owned(),
                problems: vec![format!(
                    "none of its {} cells is the name of a column that is known here: is the header line missing? It should name the \
                     columns, such as username,password,email",
                    meanings.len()
                )],
            });
        }
        for name in &options.ignore {
            if !header
                .names()
                .iter()
                .any(|column| column.eq_ignore_ascii_case(name))
            {
                problems.push(format!("--ignore-column {name}: there is no such column"));
            }
        }
        let username = meanings
            .iter()
            .position(|meaning| *meaning == Meaning::Username);
        if username.is_none() {
            problems.push(missing("username", header));
        }
        let password = meanings
            .iter()
            .position(|meaning| *meaning == Meaning::Password);
        if password.is_none() && options.password == PasswordFrom::Column {
            let hint = "; for a pool with a passwordless factor, `--password none` signs users up without one";
            problems.push(missing("password", header) + hint);
        }
        match username {
            Some(username) if problems.is_empty() => Ok(Self {
                columns: header.names().to_vec(),
                username,
                password: password.filter(|_| options.password == PasswordFrom::Column),
                attributes: meanings
                    .into_iter()
                    .enumerate()
                    .filter_map(|(place, meaning)| match meaning {
                        Meaning::Attribute(name) => Some((place, name)),
                        Meaning::Username | Meaning::Password | Meaning::Ignored => None,
                    })
                    .collect(),
            }),
            Some(_) | None => Err(HeaderError {
                list: list.to_owned(),
                problems,
            }),
        }
    }

    /// What a run is bound to: the same text for the same meaning of the same columns.
    #[must_use]
    pub fn identity(&self) -> String {
        let mut text = format!("username={}", self.username + 1);
        let _ = match self.password {
            Some(column) => write!(text, " password={}", column + 1),
            None => write!(text, " password=none"),
        };
        for (column, name) in &self.attributes {
            let _ = write!(text, " {name}={}", column + 1);
        }
        text
    }

    /// The attributes that the list sets, in the order of the columns.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        self.attributes.iter().map(|(_, name)| name.as_ref())
    }

    /// The user that a record asks for, or everything that is wrong with it.
    #[must_use]
    pub fn row(&self, raw: &RawRow<'_>) -> Row {
        Row {
            number: raw.number,
            line: raw.line,
            end_byte: raw.end_byte,
            user: self.user(raw),
        }
    }

    fn user(&self, raw: &RawRow<'_>) -> Result<NewUser, Broken> {
        if let Some(why) = &raw.unreadable {
            return Err(self.unreadable(raw, why));
        }
        let mut findings = Vec::new();
        let username = raw.cell(self.username).unwrap_or_default();
        if username.is_empty() {
            findings.push(Finding {
                rule: Rule::UsernameMissing,
                column: self.column(self.username),
                message: "the cell is empty, and a user needs a username".to_owned(),
            });
        } else {
            findings.extend(rules::username(self.name_of(self.username), username));
        }
        let password = self.password(raw, &mut findings);
        let mut attributes = Vec::with_capacity(self.attributes.len());
        for (column, name) in &self.attributes {
            let value = raw.cell(*column).unwrap_or_default();
            // An empty cell is no attribute: Cognito is never sent an empty string.
            if value.is_empty() {
                continue;
            }
            findings.extend(rules::value(self.name_of(*column), value));
            attributes.push(Attribute {
                name: Arc::clone(name),
                value: value.to_owned(),
            });
        }
        if findings.is_empty() {
            Ok(NewUser {
                username: username.to_owned(),
                password,
                attributes,
            })
        } else {
            Err(Broken {
                username: Some(username)
                    .filter(|name| !name.is_empty())
                    .map(str::to_owned),
                findings,
            })
        }
    }

    fn password(&self, raw: &RawRow<'_>, findings: &mut Vec<Finding>) -> Option<Password> {
        let column = self.password?;
        let cell = raw.cell(column).unwrap_or_default();
        if cell.is_empty() {
            findings.push(Finding {
                rule: Rule::PasswordMissing,
                column: self.column(column),
                message: "the cell is empty, and this run signs users up with a password"
                    .to_owned(),
            });
            return None;
        }
        findings.extend(rules::password(self.name_of(column), cell));
        Some(Password::new(cell))
    }

    fn unreadable(&self, raw: &RawRow<'_>, why: &Unreadable) -> Broken {
        let (rule, column, message) = match why {
            Unreadable::Cells { expected, found } => (
                Rule::CellCount,
                self.column(*(found.min(expected))),
                format!(
                    "line {}: the row has {found} cells and the header has {expected} columns",
                    raw.line
                ),
            ),
            Unreadable::Encoding {
                column,
                valid_bytes,
            } => (
                Rule::Encoding,
                self.column(*column),
                format!(
                    "line {}: the cell is not UTF-8 behind its first {valid_bytes} bytes",
                    raw.line
                ),
            ),
            Unreadable::Transcoding { column, encoding } => (
                Rule::Encoding,
                self.column(*column),
                format!(
                    "line {}: the cell cannot be read as {encoding}; mend it, or name the encoding that wrote the list with --encoding",
                    raw.line
                ),
            ),
            Unreadable::TooLong { bytes, last_line } => (
                Rule::TooLong,
                None,
                format!(
                    "the row has {bytes} bytes, and one may have {MAX_RECORD_BYTES}: lines {} to {last_line} were read as this one row; \
                     close a quote that is open in it, or leave out what makes it long",
                    raw.line
                ),
            ),
            Unreadable::OpenQuote { last_line } => (
                Rule::OpenQuote,
                None,
                format!(
                    "a quote (\") opened in this row is never closed: lines {} to {last_line} were read as this one row; close \
                     it and run again",
                    raw.line
                ),
            ),
        };
        let username = match why {
            // Cells may have moved: what stands under `username` need not be one.
            Unreadable::Cells { .. }
            | Unreadable::OpenQuote { .. }
            | Unreadable::TooLong { .. } => None,
            Unreadable::Encoding { .. } | Unreadable::Transcoding { .. } => raw.cell(self.username),
        };
        Broken {
            username: username.filter(|name| !name.is_empty()).map(str::to_owned),
            findings: vec![Finding {
                rule,
                column,
                message,
            }],
        }
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
