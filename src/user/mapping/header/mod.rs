//! A header and what was asked for, brought together once: the mapping, or everything that is wrong with it.
//!
//! [`meanings`] finds out what each column is for; [`attributes`] then says which attributes that gives, and in which form, and
//! [`follow_up`] what is done after the sign-ups.

mod attributes;
mod by_name;
mod follow_up;
mod likelier;
mod meanings;
mod notices;
mod username;

use std::fmt::Write as _;

use super::Mapping;
use super::cognito_export::CognitoExport;
use super::columns::flags_that_drop;
use super::formula;
use super::notes::noted_columns;
use super::options::{MappingOptions, PasswordFrom};
use crate::rows::Header;
use crate::user::rules::{RowRules, Strictness};
use crate::visible::one_line;
use meanings::Meanings;
pub use notices::HeaderNotice;

pub use likelier::likelier_header;

/// Everything that is wrong with a header.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{list}: line {line}: the header does not fit{}", listed(.problems, .drop.as_deref()))]
pub struct HeaderError {
    /// The list's name.
    pub list: String,
    /// The line that the header is on.
    pub line: u64,
    /// One line each.
    pub problems: Vec<String>,
    /// The flags that drop the columns that could be dropped, where there are several.
    pub drop: Option<String>,
}

impl HeaderError {
    /// What to do about it.
    #[must_use]
    pub fn way_out(&self) -> String {
        let way_out = "mend the header line, or say what its columns mean (--map, --username-from, --columns, --ignore-column)";
        match &self.drop {
            Some(flags) => format!("{way_out}; {flags}"),
            None => way_out.to_owned(),
        }
    }
}

fn listed(problems: &[String], drop: Option<&str>) -> String {
    let mut text = String::from(":");
    for problem in problems {
        let _ = write!(text, "\n  - {}", one_line(problem));
    }
    if let Some(flags) = drop {
        let _ = write!(
            text,
            "\n  to drop all columns that can be dropped:\n    {flags}"
        );
    }
    text
}

fn no_name_in(cells: usize) -> String {
    format!(
        "none of its {cells} cells is the name of a column that is known here: is the header line missing? It should name the columns, \
         such as username,password,email; --map says what columns of other names mean, and --delimiter what separates them"
    )
}

/// The mapping that a header and the options make together.
pub(super) fn read(
    list: &str,
    header: &Header,
    options: &MappingOptions,
) -> Result<Mapping, HeaderError> {
    let mut meanings = Meanings::new(header.names(), options);
    meanings.find();
    let tables = meanings.tables();
    let formulas = formula::of_header(header.names());
    // Then it is probably the first user, and what stands in it may be a password: nothing of it is repeated.
    if !meanings.problems.is_empty() && meanings.nothing_is_known() {
        return Err(HeaderError {
            list: list.to_owned(),
            line: header.line(),
            problems: vec![formulas.unwrap_or_else(|| no_name_in(header.names().len()))],
            drop: None,
        });
    }
    let username = meanings.username();
    let password = meanings.password();
    let attributes = attributes::all(&mut meanings);
    let follow_up = follow_up::read(&mut meanings, &attributes);
    match username {
        Some(username) if meanings.problems.is_empty() => Ok(Mapping {
            username,
            columns: header.names().to_vec(),
            noted: noted_columns(&attributes, &follow_up),
            notices: meanings.notices(),
            cognito_export: CognitoExport::of(header.names(), meanings.unused_enabled()),
            password,
            secrets: meanings.secrets(),
            attributes,
            follow_up,
            kept: meanings.kept,
            skip: meanings.skip_where,
            trim: options.trim,
            null: options.null.clone(),
            tables,
            dropped: meanings.dropped,
            unnamed: meanings.unnamed,
            generated: options
                .password
                .is_some_and(PasswordFrom::may_generate)
                .then(|| Strictness::default().password_policy()),
            rules: RowRules::default(),
            given: options.flags_given(),
            allow_suspicious_passwords: options.allow_suspicious_passwords,
        }),
        Some(_) | None => {
            meanings.problems.extend(formulas);
            let names = meanings.droppable.iter().map(|place| meanings.name(*place));
            Err(HeaderError {
                list: list.to_owned(),
                line: header.line(),
                drop: (meanings.droppable.len() > 1).then(|| flags_that_drop(names)),
                problems: meanings.problems,
            })
        }
    }
}
