//! Resolves a header and the options into a [`Mapping`], or reports everything that is wrong.
//!
//! `column_resolver` determines the target of each column, `attributes` the attributes and their
//! forms, and `follow_up` the steps after the sign-ups.

mod attributes;
mod by_name;
mod column_resolver;
mod conditions;
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
use super::selection::RowSelection;
use crate::plural::counted;
use crate::rows::Header;
use crate::user::rules::{RowRules, Strictness};
use column_resolver::ColumnResolver;
pub use error::HeaderError;
pub use notices::HeaderNotice;
use suggest::Suggestion;

pub use likelier::likelier_header;

fn no_known_name(cells: usize) -> String {
    format!(
        "none of its {} is a known column name. Is the header line missing? It should name the \
         columns, such as username,password,email; map columns with other names with --map, and \
         set the separator with --delimiter",
        counted(cells as u64, "cell", "cells")
    )
}

/// Creates the mapping of a header and the options.
pub(super) fn read(
    list: &str,
    header: &Header,
    options: &MappingOptions,
) -> Result<Mapping, HeaderError> {
    let mut columns = ColumnResolver::new(header.names(), options);
    columns.resolve();
    let tables = columns.tables();
    let formula_problem = formula::header_problem(header.names());
    // This is probably the first user. Its cells are not repeated, because one may be a password.
    if !columns.problems.is_empty() && columns.knows_no_column() && !columns.looks_like_header() {
        return Err(HeaderError {
            list: list.to_owned(),
            line: header.line(),
            problems: vec![formula_problem.unwrap_or_else(|| no_known_name(header.names().len()))],
            column_hint: None,
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
            cognito_export: CognitoExport::from_header(header.names(), columns.unused_enabled()),
            password,
            secrets: columns.secrets(),
            attributes,
            follow_up,
            kept: columns.kept,
            selection: RowSelection::new(columns.only_where, &options.null),
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
            flags: options.flags_given(),
            allow_suspicious_passwords: options.allow_suspicious_passwords,
        }),
        Some(_) | None => {
            // Suggested flags would be wrong for names that are hidden in formulas, and for a
            // column that a misspelled condition means.
            let suggestion = if formula_problem.is_some() || columns.column_hint.is_some() {
                Suggestion::default()
            } else {
                columns.suggestion()
            };
            columns.problems.extend(formula_problem);
            columns.report_missing(&suggestion);
            Err(HeaderError {
                list: list.to_owned(),
                line: header.line(),
                problems: columns.problems,
                column_hint: columns.column_hint,
                suggestion: Box::new(suggestion),
            })
        }
    }
}
