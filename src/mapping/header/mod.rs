//! A header and what was asked for, brought together once: the mapping, or everything that is wrong with it.
//!
//! [`columns`] finds out what each column is for; [`attributes`] then says which attributes that gives, and in which form, and
//! [`follow_up`] what is done after the sign-ups.

mod attributes;
mod by_name;
mod column_resolver;
mod error;
mod follow_up;
mod likelier;
mod notices;
mod suggest;
mod username;

use super::Mapping;
use super::cognito_export::CognitoExport;
use super::formula;
use super::notes::noted_columns;
use super::options::{MappingOptions, PasswordFrom};
use crate::plural::counted;
use crate::rows::Header;
use crate::user::rules::{RowRules, Strictness};
use column_resolver::ColumnResolver;
pub use error::HeaderError;
pub use notices::HeaderNotice;
use suggest::Suggestion;

pub use likelier::likelier_header;

fn no_name_in(cells: usize) -> String {
    format!(
        "none of its {} is a known column name. Is the header line missing? It should name the columns, such as username,password,email; map columns with other names with --map, and set the separator with --delimiter",
        counted(cells as u64, "cell", "cells")
    )
}

/// The mapping that a header and the options make together.
pub(super) fn read(
    list: &str,
    header: &Header,
    options: &MappingOptions,
) -> Result<Mapping, HeaderError> {
    let mut columns = ColumnResolver::new(header.names(), options);
    columns.find();
    let tables = columns.tables();
    let formulas = formula::of_header(header.names());
    // Then it is probably the first user, and one of its cells may be a password: nothing of it is repeated.
    if !columns.problems.is_empty() && columns.nothing_is_known() && !columns.looks_like_header() {
        return Err(HeaderError {
            list: list.to_owned(),
            line: header.line(),
            problems: vec![formulas.unwrap_or_else(|| no_name_in(header.names().len()))],
            suggestion: Box::default(),
        });
    }
    let username = columns.username();
    let password = columns.password();
    let attributes = attributes::all(&mut columns);
    let follow_up = follow_up::read(&mut columns, &attributes);
    match username {
        Some(username) if columns.problems.is_empty() && !columns.lacks_password => Ok(Mapping {
            username,
            columns: header.names().to_vec(),
            noted: noted_columns(&attributes, &follow_up),
            notices: columns.notices(),
            cognito_export: CognitoExport::of(header.names(), columns.unused_enabled()),
            password,
            secrets: columns.secrets(),
            attributes,
            follow_up,
            kept: columns.kept,
            skip: columns.skip_where,
            trim: options.trim,
            null: options.null.clone(),
            tables,
            dropped: columns.dropped,
            unnamed: columns.unnamed,
            generated: options
                .password
                .is_some_and(PasswordFrom::may_generate)
                .then(|| Strictness::default().password_policy()),
            rules: RowRules::default(),
            given: options.flags_given(),
            allow_suspicious_passwords: options.allow_suspicious_passwords,
        }),
        Some(_) | None => {
            // Other flags than those are right where the names are not read as they are meant.
            let suggestion = match formulas {
                Some(_) => Suggestion::default(),
                None => columns.suggestion(),
            };
            columns.problems.extend(formulas);
            columns.tell_what_is_missing(&suggestion);
            Err(HeaderError {
                list: list.to_owned(),
                line: header.line(),
                problems: columns.problems,
                suggestion: Box::new(suggestion),
            })
        }
    }
}
