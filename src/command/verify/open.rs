//! Opens the run to verify and the progress of an interrupted verification, and describes the pool.

use std::collections::BTreeSet;

use super::attributes::AttributeCheck;
use super::list::ComparedList;
use super::{RESUMABLE_MINUTES, about};
use crate::cli::Printer;
use crate::cli::settings::VerifySettings;
use crate::command::locking::{lock_directory, warn_if_exposed};
use crate::command::merge::open_merged;
use crate::command::preflight::{query, query_error};
use crate::command::run_endpoint::{choose_endpoint, endpoint_name};
use crate::command::stored_run::StoredRun;
use crate::command::{CommandError, beside};
use crate::import::differences::UserComparison;
use crate::ledger::directory::private_file;
use crate::ledger::verification::{Presence, SavedPosition, VerifyPosition, VerifyProgress};
use crate::ledger::{
    Durability, Ledger, LedgerError, LedgerReader, RunDirectory, UndoLedger, refuse_absent_ledger,
};
use crate::outcome::{Outcome, RunState, Summary, Undone};
use crate::pace::Pacer;
use crate::plural::counted;
use crate::pool::list::USERS_PER_PAGE;
use crate::pool::{Cognito, NamedBy, connect, now_ms};
use crate::preflight::attempts::PreflightCalls;
use crate::preflight::queries::PoolQueries;
use crate::user::pool_rules::PoolRules;
use crate::user::{ValueRules, fold};
use crate::verify::{
    Lag, RunGroups, VerifyContext, VerifyOptions, add_groups, presence_after_undo, presence_of,
    restoration_of,
};

/// How long after the end of the run, or of its undo, a listing may still show an older state.
const LAG_MS: i64 = 10 * 60 * 1_000;

/// [`RESUMABLE_MINUTES`] in milliseconds.
const RESUMABLE_MS: i64 = RESUMABLE_MINUTES * 60 * 1_000;

/// Users by the outcome of an undo; `None` for those without one.
type UndoCounts = Vec<(Option<Undone>, u64)>;

/// The run to verify. Its directory is locked.
pub(super) struct VerifiableRun {
    pub(super) stored: StoredRun,
    directory: RunDirectory,
    summary: Summary,
    /// The ledger of the run's undo, if there is one, and its users by outcome.
    undo: Option<(UndoLedger, UndoCounts)>,
    pub(super) lag: Lag,
    /// Whether S3 has the progress of an interrupted verification.
    has_stored_progress: bool,
    pub(super) compares_attributes: bool,
}

impl VerifiableRun {
    /// Replaces the progress in S3, which is no longer needed, with an empty file.
    pub(super) async fn empty_stored_progress(&mut self) -> Result<(), CommandError> {
        if !self.has_stored_progress {
            return Ok(());
        }
        let file = self.stored.location().join(VerifyProgress::FILE);
        private_file(&file).map_err(CommandError::stopped)?;
        self.stored.publish(&[VerifyProgress::FILE]).await
    }
}

/// A verification before its first page.
pub(super) struct ReadyVerification {
    pub(super) run: VerifiableRun,
    pub(super) ledger: LedgerReader,
    /// `None` without a list.
    pub(super) attributes: Option<AttributeCheck>,
    pub(super) progress: VerifyProgress,
    pub(super) context: VerifyContext,
    pub(super) groups: RunGroups,
    pub(super) options: VerifyOptions,
    pub(super) saved: Option<SavedPosition>,
}

/// Opens the run, describes the pool and prints the plan.
pub(super) async fn prepare(
    settings: &VerifySettings,
    printer: Printer,
) -> Result<ReadyVerification, CommandError> {
    let (run, ledger) = open(settings, printer).await?;
    let list = match &settings.list {
        Some(path) => Some(ComparedList::open(path, settings, &ledger, printer).await?),
        None => None,
    };
    if run.lag == Lag::Possible && list.as_ref().is_some_and(|list| !list.can_be_read_again()) {
        printer.note(
            "the file can be read only once, so attributes are compared with the listing alone, which lags \
             behind: verify again ten minutes after the end of the run, or name a file that can be read again",
        );
    }
    let recorded = ledger.endpoint().map_err(CommandError::refused)?;
    let endpoint = choose_endpoint(
        &settings.run.endpoint,
        &settings.run.place,
        recorded.as_deref(),
        printer,
    )?;
    let pool_id = run.summary.user_pool_id.clone();
    let connection = settings.run.connect(&pool_id, "", endpoint);
    let pool = connect(&connection).await.map_err(CommandError::refused)?;
    let rules = describe(&pool, &pool_id, settings, printer).await?;
    let rules = rules.as_ref();
    let options = VerifyOptions {
        case_insensitive: ledger.case_insensitive().map_err(CommandError::refused)?,
        extra: settings.extra,
        estimated_users: rules.map(|rules| rules.estimated_number_of_users),
    };
    let named_by = NamedBy::of(rules);
    let kept_attributes = list
        .as_ref()
        .map_or_else(Vec::new, ComparedList::attributes);
    let context = VerifyContext {
        pacer: Pacer::new(settings.ceilings),
        named_by,
        pool,
        kept_attributes,
    };
    let key = key(&run, &ledger, &context, options)?;
    let fold_case = options.case_insensitive;
    let attributes = list.map(|list| AttributeCheck {
        list,
        comparison: UserComparison {
            rules: ValueRules::new(fold_case, rules),
            detail: settings.differences,
            updates: None,
        },
    });
    let opened = beside("verification", move || {
        let (progress, groups, saved) = open_progress(&run, &ledger, &key, fold_case)?;
        Ok((run, ledger, progress, groups, saved))
    });
    let opened = opened
        .await?
        .map_err(|error: LedgerError| CommandError::refused(error));
    let (run, ledger, progress, groups, saved) = opened?;
    print_plan(&run, &groups, &context.pool, settings, options, printer);
    if let Some(saved) = &saved {
        printer.info(format_args!(
            "resuming this verification: {} read",
            counted(saved.users, "user", "users")
        ));
    }
    Ok(ReadyVerification {
        run,
        ledger,
        attributes,
        progress,
        context,
        groups,
        options,
        saved,
    })
}

/// Locks the run's directory and reads what is known about the run.
async fn open(
    settings: &VerifySettings,
    printer: Printer,
) -> Result<(VerifiableRun, LedgerReader), CommandError> {
    let stored = open_merged(&settings.run, printer).await?.stored;
    let path = stored.location();
    refuse_absent_ledger(path).map_err(CommandError::refused)?;
    let directory = lock_directory(path, settings.run.wait_for_lock, printer).await?;
    warn_if_exposed(&directory, printer);
    let compares_attributes = settings.list.is_some();
    let read = move || read(stored, directory, compares_attributes);
    let (run, ledger) = beside("run", read).await??;
    run.stored.note_if_incomplete(&ledger, printer)?;
    if run.summary.state != RunState::Finished {
        printer.note("this run is not finished: only the users that it has settled are checked");
    }
    if let Some((_, counts)) = &run.undo {
        let is_open = |undone: Option<Undone>| matches!(undone, None | Some(Undone::Failed));
        let open = counts.iter().filter(|(undone, _)| is_open(*undone));
        match open.map(|(_, users)| users).sum() {
            0 => printer.note("this run was undone: users that the undo deleted must not exist"),
            open => printer.note(format_args!(
                "the undo of this run is not finished: {} neither deleted nor kept; `cognito-import undo {}` \
                 continues it",
                counted(open, "user is", "users are"),
                run.stored.shown().display()
            )),
        }
    }
    Ok((run, ledger))
}

/// Reads what is known about the run, which visits every row.
fn read(
    stored: StoredRun,
    directory: RunDirectory,
    compares_attributes: bool,
) -> Result<(VerifiableRun, LedgerReader), CommandError> {
    if !Ledger::is_there(&directory, Durability::Power).map_err(CommandError::refused)? {
        let database = directory.database().shown().to_owned();
        return Err(CommandError::refused(LedgerError::Missing(database)));
    }
    let ledger = LedgerReader::open(stored.location()).map_err(CommandError::refused)?;
    if ledger.is_of_rehearsal().map_err(CommandError::refused)? {
        return Err(CommandError::refusal(
            format_args!(
                "{}: this run was a rehearsal: its simulated pool is gone, so there is nothing to verify",
                stored.shown().display()
            ),
            "name the directory of an import",
        ));
    }
    let summary = ledger.summary().map_err(CommandError::refused)?;
    let sessions = ledger.times().map_err(CommandError::refused)?.sessions;
    let mut ended = sessions.iter().map(|session| session.until_ms).max();
    let undo = if UndoLedger::is_there(&directory).map_err(CommandError::refused)? {
        let undo = UndoLedger::open(&directory).map_err(CommandError::refused)?;
        ended = ended.max(undo.last_begun_ms().map_err(CommandError::refused)?);
        let counts = undo.counts().map_err(CommandError::refused)?;
        Some((undo, counts))
    } else {
        None
    };
    let lag = match ended {
        Some(ended) if now_ms().saturating_sub(ended) > LAG_MS => Lag::Over,
        Some(_) | None => Lag::Possible,
    };
    let has_stored_progress =
        stored.is_copy() && stored.location().join(VerifyProgress::FILE).exists();
    let run = VerifiableRun {
        has_stored_progress,
        stored,
        directory,
        summary,
        undo,
        lag,
        compares_attributes,
    };
    Ok((run, ledger))
}

/// The pool's rules; `None` if they may not be read.
async fn describe(
    pool: &Cognito,
    pool_id: &str,
    settings: &VerifySettings,
    printer: Printer,
) -> Result<Option<PoolRules>, CommandError> {
    let calls = PreflightCalls {
        pool,
        timeout: settings.preflight_timeout,
        notify: &|text| printer.info(text),
    };
    let queries = PoolQueries {
        rules: true,
        ..PoolQueries::default()
    };
    let answers = query(calls, pool_id, &queries).await?;
    for failed in &answers.failed_calls {
        if failed.refuses() {
            return Err(query_error(pool_id, failed));
        }
        printer.note(format_args!(
            "{failed}: if addresses are usernames in this pool, users without a sub in the results are looked up one by one"
        ));
    }
    Ok(answers.rules)
}

/// Identifies a verification: the run as it is now, the pool and what is compared.
fn key(
    run: &VerifiableRun,
    ledger: &LedgerReader,
    context: &VerifyContext,
    options: VerifyOptions,
) -> Result<String, CommandError> {
    let undone = run.undo.as_ref().map(|(_, counts)| counts);
    let mark = ledger.mark().map_err(CommandError::refused)?;
    let (sessions, rows) = (run.summary.sessions, run.summary.rows);
    let VerifyOptions {
        case_insensitive,
        extra,
        estimated_users: _,
    } = options;
    let (endpoint, named_by) = (context.pool.endpoint(), context.named_by);
    let compares = run.compares_attributes;
    let attributes = context.kept_attributes.join(" ");
    Ok(format!(
        "{mark}\n{sessions} {rows} {:?} {:?}\n{endpoint}\n{undone:?}\n{named_by:?} {case_insensitive} {compares} {extra}\n{attributes}",
        run.summary.run_id, run.summary.outcomes
    ))
}

/// Opens the progress of an interrupted verification, or begins a new one with the rows of the run.
fn open_progress(
    run: &VerifiableRun,
    ledger: &LedgerReader,
    key: &str,
    case_insensitive: bool,
) -> Result<(VerifyProgress, RunGroups, Option<SavedPosition>), LedgerError> {
    let mut groups = BTreeSet::new();
    let valid_since = now_ms().saturating_sub(RESUMABLE_MS);
    if let Some((progress, saved)) = VerifyProgress::resume(&run.directory, key, valid_since)? {
        ledger.each_row::<LedgerError>(|row| {
            add_groups(row, &mut groups);
            Ok(())
        })?;
        return Ok((progress, RunGroups::new(groups), Some(saved)));
    }
    let progress = VerifyProgress::create(&run.directory, key, |progress| {
        ledger.each_row::<LedgerError>(|row| {
            add_groups(row, &mut groups);
            let Some(username) = &row.username else {
                return Ok(());
            };
            let presence = presence_of(row.outcome.outcome);
            let sub = row.outcome.user_sub.as_deref();
            if case_insensitive {
                progress.add_row(row.row, &fold(username), sub, presence)
            } else {
                progress.add_row(row.row, username, sub, presence)
            }
        })?;
        let Some((undo, _)) = &run.undo else {
            return Ok(());
        };
        undo.each_user(|user| {
            // Without a `sub`, another user with this name cannot be told from ours.
            let presence = match presence_after_undo(user.outcome.as_ref()) {
                Presence::Absent if user.user.sub.is_none() => Presence::Unknown,
                presence @ (Presence::Present
                | Presence::Absent
                | Presence::Undecided
                | Presence::Unknown) => presence,
            };
            let restoration = restoration_of(user.outcome.as_ref());
            progress.set_undone(user.user.row, presence, restoration)
        })
    })?;
    progress.save(&VerifyPosition::Users { token: None }, 0, now_ms())?;
    Ok((progress, RunGroups::new(groups), None))
}

fn print_plan(
    run: &VerifiableRun,
    groups: &RunGroups,
    pool: &Cognito,
    settings: &VerifySettings,
    options: VerifyOptions,
    printer: Printer,
) {
    let summary = &run.summary;
    let users = summary.count(Outcome::Created) + summary.count(Outcome::Existed);
    let rate = settings.ceilings.list;
    let pages = match options.estimated_users {
        Some(all) => {
            let pages = all.div_ceil(USERS_PER_PAGE);
            format!(
                "about {}, at most {rate}/s, about {}",
                counted(pages, "page", "pages"),
                about(pages / u64::from(rate.get()))
            )
        }
        None => format!("at most {rate} pages/s"),
    };
    let members = match groups.names().len() as u64 {
        0 => String::new(),
        count => format!(
            "; then the members of {}",
            counted(count, "group", "groups")
        ),
    };
    printer.prose(format_args!(
        "verify: {} that this run created or found in {}\n\
         \x20       endpoint: {}\n\
         \x20       UserList: {pages}{members}",
        counted(users, "user", "users"),
        summary.user_pool_id,
        endpoint_name(pool.endpoint()),
    ));
}
