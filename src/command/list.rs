//! The list that a command reads: where it comes from, and what its columns mean.

use super::pool_rules::rules_for_suggestions;
use super::{CommandError, beside};
use crate::cli::Printer;
use crate::cli::settings::{ListSettings, PoolRulesSource};
use crate::hints::Hint;
use crate::mapping::{HeaderError, Mapping, MappingOptions, likelier_header};
use crate::preflight::problems::Problem;
use crate::rows::{Dialect, FirstLines, Rows, RowsError};
use crate::sanitize::one_line;
use crate::source::{Source, SourceError};
use crate::user::FlagsGiven;

/// A list whose header has been read.
pub(super) struct List {
    pub(super) source: Source,
    /// Its length, where it is known.
    pub(super) bytes: Option<u64>,
    dialect: Dialect,
    pub(super) rows: Rows,
    pub(super) mapping: Mapping,
}

/// The flags that say how the list is written, for hints.
fn flags_given(dialect: &Dialect) -> FlagsGiven {
    let given = [
        ("--encoding", dialect.encoding.is_some()),
        ("--delimiter", dialect.delimiter.is_some()),
        ("--quote", dialect.quote.is_some()),
        ("--escape", dialect.escape.is_some()),
        ("--flexible", dialect.flexible),
        ("--drop-apostrophe", dialect.drop_apostrophe),
        ("--unwrap-formulas", dialect.unwrap_formulas),
    ];
    given
        .into_iter()
        .filter_map(|(flag, given)| given.then_some(flag))
        .collect()
}

/// A list that can be read once more.
#[derive(Clone)]
pub(super) struct ReopenableList {
    pub(super) source: Source,
    dialect: Dialect,
}

impl ReopenableList {
    /// Its rows, from the first one.
    pub(super) fn rows(&self) -> Result<Rows, Unopened> {
        let opened = self.source.open()?;
        Ok(Rows::open(self.source.name(), opened, &self.dialect)?)
    }
}

/// A header below the line that was read as one.
struct Elsewhere {
    read: u64,
    likelier: u64,
}

impl Elsewhere {
    fn look(
        header: &[String],
        line: u64,
        below: &FirstLines,
        dialect: &Dialect,
        options: &MappingOptions,
    ) -> Option<Self> {
        if dialect.columns.is_some() {
            return None;
        }
        let likelier = likelier_header(header, below.lines(), options)?;
        Some(Self {
            read: line,
            likelier,
        })
    }

    fn refusal(&self, source: &Source) -> CommandError {
        CommandError::refusal(
            format_args!(
                "{}: line {} does not look like the header, and line {} does",
                source.name(),
                self.read,
                self.likelier
            ),
            format!(
                "skip the lines above it with `--skip-lines {}`",
                self.likelier - 1
            ),
        )
    }
}

/// The header cannot be read: perhaps it is on a later line.
fn unreadable_header(
    error: RowsError,
    source: &Source,
    dialect: &Dialect,
    options: &MappingOptions,
) -> CommandError {
    let found = error
        .first_lines()
        .and_then(|(line, below)| Elsewhere::look(&[], line, below, dialect, options));
    match found {
        Some(found) => found.refusal(source),
        // The command that converts the file is on a line of its own.
        None if matches!(error, RowsError::Foreign { .. }) => {
            CommandError::refused(error).with_lines()
        }
        None => CommandError::refused(error),
    }
}

/// The header does not fit.
async fn refusal(misfit: HeaderError, schema: &PoolRulesSource) -> CommandError {
    let rules = if misfit.depends_on_pool() {
        rules_for_suggestions(schema).await
    } else {
        None
    };
    let misfit = match rules {
        Some(rules) => misfit.in_pool(&rules),
        None => misfit,
    };
    CommandError::refusals(&misfit, vec![misfit.hint()])
}

/// A list cannot be read once more.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unopened {
    /// It cannot be opened.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Its header cannot be read.
    #[error(transparent)]
    Rows(#[from] RowsError),
}

impl Hint for Unopened {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Source(error) => error.hint(),
            Self::Rows(error) => error.hint(),
        }
    }
}

impl List {
    /// Opens it. S3 has to be asked, standard input may be long in coming; signals are to be
    /// heard meanwhile.
    pub(super) async fn open(
        settings: &ListSettings,
        schema: &PoolRulesSource,
        printer: Printer,
    ) -> Result<Self, CommandError> {
        let ListSettings {
            mapping: options,
            dialect,
            ..
        } = settings;
        let (list, access) = (settings.path.clone(), settings.access.clone());
        let find = move || -> Result<_, SourceError> {
            let source = Source::named(&list, &access)?;
            let opened = source.open()?;
            Ok((source, opened))
        };
        let (source, opened) = beside("list", find).await?.map_err(CommandError::refused)?;
        let bytes = opened.length;
        let name = source.name();
        let read_by = dialect.clone();
        let rows = beside("header", move || Rows::open(name, opened, &read_by))
            .await?
            .map_err(|error| unreadable_header(error, &source, dialect, options))?;
        // What was guessed should be seen before people are signed up by it, and where it was guessed wrong.
        for notice in rows.dialect().notices() {
            printer.info(format_args!("{}: {notice}", source.name()));
        }
        let header = rows.header();
        let mapping = match Mapping::from_header(&source.name(), header, options) {
            Ok(mapping) => mapping,
            Err(misfit) => {
                let (names, line) = (header.names(), header.line());
                let below = rows.first_lines(dialect);
                return Err(
                    match Elsewhere::look(names, line, &below, dialect, options) {
                        Some(found) => found.refusal(&source),
                        None => refusal(misfit, schema).await,
                    },
                );
            }
        };
        let mapping = mapping.with_flags(flags_given(dialect));
        Ok(Self {
            source,
            bytes,
            dialect: dialect.clone(),
            rows,
            mapping,
        })
    }

    /// SHA-256 of its bytes; none for what can be read only once.
    pub(super) async fn fingerprint(&self) -> Result<Option<String>, CommandError> {
        let source = self.source.clone();
        beside("fingerprint", move || source.fingerprint())
            .await?
            .map_err(CommandError::refused)
    }

    /// What the columns mean, and how their cells are read: what a run is bound to.
    pub(super) fn cells_meaning(&self) -> String {
        let mut text = self.mapping.identity();
        let reading = self.rows.dialect().identity();
        if !reading.is_empty() {
            text.push(' ');
            text.push_str(&reading);
        }
        text
    }

    /// What follows the sign-ups; `existing`: those of users that existed as well.
    pub(super) fn follow_up(&self, existing: bool) -> Option<String> {
        let steps = self.mapping.follow_up_identity()?;
        Some(if existing {
            format!("{steps}, also for users that existed")
        } else {
            steps
        })
    }

    /// What is good to know about the header, where nothing else is checked that would say it.
    pub(super) fn say_notices(&self, printer: Printer) {
        for notice in self.mapping.notices() {
            printer.prose(format_args!("note: {}", Problem::of_header(notice)));
        }
    }

    /// A column that was not meant to be dropped should be noticed before people are signed up without it.
    pub(super) fn say_what_is_dropped(&self, printer: Printer) {
        let names: Vec<String> = self
            .mapping
            .dropped()
            .map(|(number, name, near)| {
                let name = if name.is_empty() {
                    format!("column {number}")
                } else {
                    name.to_owned()
                };
                near.map_or(name.clone(), |near| {
                    format!("{name} (did you mean {near}?)")
                })
            })
            .collect();
        if !names.is_empty() {
            printer.info(format_args!(
                "columns that mean nothing are dropped (--ignore-unknown): {}",
                one_line(&names.join(", "))
            ));
        }
    }

    /// The list, to be read once more; none where it can be read only once.
    pub(super) fn again(&self) -> Option<ReopenableList> {
        self.source.is_complete().then(|| ReopenableList {
            source: self.source.clone(),
            dialect: self.dialect.clone(),
        })
    }

    /// Its rows once more, from the first one; none where it can be read only once.
    pub(super) async fn rows_again(&self) -> Result<Option<Rows>, CommandError> {
        let Some(again) = self.again() else {
            return Ok(None);
        };
        let rows = beside("list again", move || again.rows()).await?;
        rows.map(Some).map_err(CommandError::refused)
    }
}
