//! The list of a command: its source, header and mapping.

use super::pool_rules::rules_for_suggestions;
use super::{CommandError, beside};
use crate::cli::Printer;
use crate::cli::settings::{ListSettings, PoolRulesSource};
use crate::hints::Hint;
use crate::mapping::{HeaderError, Mapping, MappingOptions, RowSelection, likelier_header};
use crate::pace::Category;
use crate::pool::category_of;
use crate::preflight::prescan::ExistingUserPolicy;
use crate::preflight::problems::{Problem, unverified_updates};
use crate::rows::{Dialect, FirstLines, RowFilter, Rows, RowsError};
use crate::sanitize::one_line;
use crate::source::{Source, SourceError};
use crate::user::pool_rules::Contact;
use crate::user::{FlagsGiven, StepKind};

/// A list whose header has been read.
pub(super) struct List {
    pub(super) source: Source,
    /// The length of the source, if known.
    pub(super) bytes: Option<u64>,
    dialect: Dialect,
    pub(super) rows: Rows,
    pub(super) mapping: Mapping,
}

/// The flags of the dialect that are set. Hints do not suggest them.
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

/// A list that can be read again.
#[derive(Clone)]
pub(super) struct ReopenableList {
    pub(super) source: Source,
    dialect: Dialect,
    selection: Option<RowSelection>,
}

impl ReopenableList {
    /// Opens it at the first row.
    pub(super) fn rows(&self) -> Result<Rows, Unopened> {
        let opened = self.source.open()?;
        let rows = Rows::open(self.source.name(), opened, &self.dialect)?;
        Ok(selected(rows, self.selection.clone()))
    }

    /// Refuses a list in which no row is selected.
    fn refuse_empty_selection(&self) -> Result<(), Unopened> {
        Ok(self.rows()?.find_match()?)
    }
}

/// Leaves out the rows that are not selected.
fn selected(rows: Rows, selection: Option<RowSelection>) -> Rows {
    rows.selecting(selection.map(|selection| Box::new(selection) as Box<dyn RowFilter>))
}

/// A header that is probably on a later line.
struct MisplacedHeader {
    line: u64,
    likelier_line: u64,
}

impl MisplacedHeader {
    fn find(
        header: &[String],
        line: u64,
        below: &FirstLines,
        dialect: &Dialect,
        options: &MappingOptions,
    ) -> Option<Self> {
        if dialect.columns.is_some() {
            return None;
        }
        Some(Self {
            line,
            likelier_line: likelier_header(header, below.lines(), options)?,
        })
    }

    fn refusal(&self, source: &Source) -> CommandError {
        CommandError::refusal(
            format_args!(
                "{}: line {} does not look like the header, and line {} does",
                source.name(),
                self.line,
                self.likelier_line
            ),
            format!(
                "skip the lines above it with `--skip-lines {}`",
                self.likelier_line - 1
            ),
        )
    }
}

/// The error for a header that cannot be read. It may be on a later line.
fn unreadable_header(
    error: RowsError,
    source: &Source,
    dialect: &Dialect,
    options: &MappingOptions,
) -> CommandError {
    let misplaced = error
        .first_lines()
        .and_then(|(line, below)| MisplacedHeader::find(&[], line, below, dialect, options));
    match misplaced {
        Some(header) => header.refusal(source),
        // The hint has a command on its own line.
        None if matches!(error, RowsError::Foreign { .. }) => {
            CommandError::refused(error).with_lines()
        }
        None => CommandError::refused(error),
    }
}

/// The error for columns that cannot be mapped. The pool's attributes improve its suggestions.
async fn mapping_error(error: HeaderError, rules_source: &PoolRulesSource) -> CommandError {
    let rules = if error.depends_on_pool() {
        rules_for_suggestions(rules_source).await
    } else {
        None
    };
    let error = match rules {
        Some(rules) => error.in_pool(&rules),
        None => error,
    };
    CommandError::refusals(&error, vec![error.hint()])
}

/// A list that cannot be read again.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unopened {
    /// The source cannot be opened.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The header cannot be read.
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
    /// Opens the list on a separate thread, because S3 and standard input can be slow.
    pub(super) async fn open(
        settings: &ListSettings,
        rules_source: &PoolRulesSource,
        printer: Printer,
    ) -> Result<Self, CommandError> {
        let ListSettings {
            mapping: options,
            dialect,
            ..
        } = settings;
        let (list, access) = (settings.path.clone(), settings.access.clone());
        let open = move || -> Result<_, SourceError> {
            let source = Source::named(&list, &access)?;
            let opened = source.open()?;
            Ok((source, opened))
        };
        let (source, opened) = beside("list", open).await?.map_err(CommandError::refused)?;
        let bytes = opened.length;
        let name = source.name();
        let wanted_dialect = dialect.clone();
        let rows = beside("header", move || Rows::open(name, opened, &wanted_dialect))
            .await?
            .map_err(|error| unreadable_header(error, &source, dialect, options))?;
        // A wrong guess must be visible before users are signed up.
        for notice in rows.dialect().notices() {
            printer.info(format_args!("{}: {notice}", source.name()));
        }
        let header = rows.header();
        let mapping = match Mapping::from_header(&source.name(), header, options) {
            Ok(mapping) => mapping,
            Err(error) => {
                let (names, line) = (header.names(), header.line());
                let below = rows.first_lines(dialect);
                return Err(
                    match MisplacedHeader::find(names, line, &below, dialect, options) {
                        Some(header) => header.refusal(&source),
                        None => mapping_error(error, rules_source).await,
                    },
                );
            }
        };
        let mapping = mapping.with_flags(flags_given(dialect));
        let list = Self {
            source,
            bytes,
            dialect: dialect.clone(),
            rows: selected(rows, mapping.selection()),
            mapping,
        };
        list.refuse_empty_selection().await
    }

    /// Refuses a list of which no row is selected. If it can be read only once, a broken row may be
    /// selected; such a list ends with this error instead.
    async fn refuse_empty_selection(mut self) -> Result<Self, CommandError> {
        if self.mapping.selection().is_none() {
            return Ok(self);
        }
        if let Some(list) = self.reopenable() {
            let found = beside("selection", move || list.refuse_empty_selection()).await?;
            found.map_err(CommandError::refused)?;
            return Ok(self);
        }
        let mut rows = self.rows;
        let peek = move || rows.peek_row().map(|()| rows);
        let peeked = beside("selection", peek).await?;
        self.rows = peeked.map_err(CommandError::refused)?;
        Ok(self)
    }

    /// SHA-256 of the source; `None` if it can be read only once.
    pub(super) async fn fingerprint(&self) -> Result<Option<String>, CommandError> {
        let source = self.source.clone();
        beside("fingerprint", move || source.fingerprint())
            .await?
            .map_err(CommandError::refused)
    }

    /// The mapping and the dialect, as part of the run's identity.
    pub(super) fn mapping_identity(&self) -> String {
        let mut text = self.mapping.identity();
        let dialect = self.rows.dialect().identity();
        if !dialect.is_empty() {
            text.push(' ');
            text.push_str(&dialect);
        }
        text
    }

    /// The steps after sign-up, as part of the run's identity.
    pub(super) fn follow_up_identity(&self, existing: bool) -> Option<String> {
        let steps = self.mapping.follow_up_identity()?;
        Some(if existing {
            format!("{steps}, also for users that existed")
        } else {
            steps
        })
    }

    /// Prints notes about the header. A preflight prints them with its findings.
    pub(super) fn print_notices(&self, printer: Printer) {
        for notice in self.mapping.notices() {
            printer.prose(format_args!("note: {}", Problem::of_header(notice)));
        }
    }

    /// Prints the columns that are dropped, so that a mistake is noticed before users are signed
    /// up.
    pub(super) fn print_dropped_columns(&self, printer: Printer) {
        let names: Vec<String> = self
            .mapping
            .dropped()
            .map(|(number, name, nearest)| {
                let name = if name.is_empty() {
                    format!("column {number}")
                } else {
                    name.to_owned()
                };
                nearest.map_or(name.clone(), |nearest| {
                    format!("{name} (did you mean {nearest}?)")
                })
            })
            .collect();
        if !names.is_empty() {
            printer.info(format_args!(
                "unknown columns are dropped (--ignore-unknown): {}",
                one_line(&names.join(", "))
            ));
        }
    }

    /// The list, to be read again. `None` if it can be read only once.
    pub(super) fn reopenable(&self) -> Option<ReopenableList> {
        self.source.is_complete().then(|| ReopenableList {
            source: self.source.clone(),
            dialect: self.dialect.clone(),
            selection: self.mapping.selection(),
        })
    }

    /// Opens the list again at the first row. `None` if it can be read only once.
    pub(super) async fn reopen(&self) -> Result<Option<Rows>, CommandError> {
        let Some(list) = self.reopenable() else {
            return Ok(None);
        };
        let rows = beside("list", move || list.rows()).await?;
        rows.map(Some).map_err(CommandError::refused)
    }

    /// Refuses flags that have no effect or contradict each other.
    pub(super) fn refuse_contradictions(
        &self,
        follow_up_existing: bool,
        existing_users: ExistingUserPolicy,
        is_preflight_skipped: bool,
    ) -> Result<(), CommandError> {
        let steps = self.mapping.follow_up_kinds();
        if steps.is_empty() && follow_up_existing {
            return Err(CommandError::refusal(
                "--follow-up-existing: there are no steps after sign-up",
                "add --confirm, --verify, --group or --disable-where, or drop --follow-up-existing",
            ));
        }
        if self.mapping.creates_groups() && !steps.contains(&StepKind::AddToGroup) {
            return Err(CommandError::refusal(
                "--create-groups: no groups are named",
                "add --group NAME or a groups column, or drop --create-groups (in a mapping file: follow_up.create_groups)",
            ));
        }
        if self.mapping.creates_groups() && is_preflight_skipped {
            return Err(CommandError::refusal(
                "--create-groups: needs the list of the pool's groups, which --no-preflight does not read",
                "drop one of the two (in a mapping file: follow_up.create_groups)",
            ));
        }
        if !steps.is_empty() && !existing_users.lookup.any() {
            let flags: Vec<&str> = steps.iter().map(|step| step.requested_by()).collect();
            return Err(CommandError::refusal(
                format_args!(
                    "--no-lookup (or --lookup none) signs no requests, and steps after sign-up have to be signed ({})",
                    flags.join(", ")
                ),
                "drop one of the two",
            ));
        }
        // With the preflight, it is reported together with the other findings.
        if is_preflight_skipped
            && let Some(attributes) = self.mapping.attributes_to_update(None)
            && let Some(problem) =
                unverified_updates(&attributes, &self.mapping.verified_contacts().0)
        {
            return Err(CommandError::refusal(problem.message, problem.hint));
        }
        Ok(())
    }

    /// The attributes of the pool's users that are compared with the rows. An update also needs the
    /// flags of addresses, to keep what they were.
    pub(super) fn attributes_to_compare(&self) -> Vec<String> {
        let attributes = self.mapping.attributes();
        let mut names: Vec<String> = attributes.map(str::to_owned).collect();
        if self.mapping.follow_up_kinds().contains(&StepKind::Update) {
            let contacts = names
                .iter()
                .filter_map(|name| Contact::from_attribute(name));
            let flags: Vec<&str> = contacts.map(Contact::verified_attribute).collect();
            names.extend(flags.into_iter().map(str::to_owned));
        }
        names
    }

    /// Whether steps after sign-up use the UserUpdate quota.
    pub(super) fn uses_update_quota(&self) -> bool {
        let steps = self.mapping.follow_up_kinds();
        steps
            .into_iter()
            .any(|step| category_of(step) == Category::UserUpdate)
    }
}
