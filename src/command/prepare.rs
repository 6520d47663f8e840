//! Everything before the first row is sent: the list's header, the ledger, the pool's answers, the
//! plan.

mod session_plan;

use std::collections::BTreeMap;

use super::CommandError;
use super::Display;
use super::begin_run::{BegunRun, begin, begin_after_loss, begin_part, resume};
use super::findings::strictness;
use super::finished_run::warn_if_outdated;
use super::import_rows::ImportRows;
use super::list::List;
use super::list_pool::{PoolLister, PoolListing};
use super::live_metrics::RunWatch;
use super::open_run::{OpenRun, RunKey, UnfinishedRun, note_other_endpoint, open_run};
use super::pool_rules::{rules_from_file, rules_source};
use super::preflight::{Preflight, PreflightResult, choose_case, expected_work, query_for_import};
use super::previous::previous_run;
use super::rejects::Rejects;
use super::resuming::command_to_keep;
use super::skip_settled::skip_settled_rows;
use super::stored_run::StoredRun;
use crate::cli::Printer;
use crate::cli::settings::ImportSettings;
use crate::import::SessionPlan;
use crate::import::prescan::ListedUsers;
use crate::import::slots::Slots;
use crate::ledger::previous::PreviousUsers;
use crate::ledger::{Facts, FoundLedger, Identity, Invocation, Ledger, RunDirectory, RunKind};
use crate::pace::{Ceilings, Pacer};
use crate::part::Part;
use crate::plural::counted;
use crate::pool::{Cognito, connect, now_ms};
use crate::preflight::attempts::PreflightCalls;
use crate::preflight::groups::CreatedGroups;
use crate::preflight::queries::PoolAnswers;
use crate::preflight::survey::SurveyCounts;
use crate::process::files_for_connections;
use crate::progress::ExpectedWork;
use crate::report::ActiveRun;
use crate::user::pool_rules::PoolRules;
use session_plan::session_plan;

/// A run that can begin.
pub(super) struct Prepared {
    pub(super) plan: SessionPlan,
    pub(super) pool: Cognito,
    pub(super) ledger: Ledger,
    pub(super) rows: ImportRows,
    /// The users of the pool, if it was listed.
    pub(super) listed_users: Option<ListedUsers>,
    pub(super) directory: RunDirectory,
    pub(super) pacer: Pacer,
    pub(super) rejects: Rejects,
    pub(super) expected: ExpectedWork,
    /// What metrics say about the run.
    pub(super) active_run: ActiveRun,
}

pub(super) enum Preparation {
    Ready(Box<Prepared>),
    /// Nothing is left to do.
    Finished(RunDirectory, Box<FoundLedger>, Box<Rejects>),
}

/// Prepares a run in this directory, if one is named. The only requests that write are those that
/// create groups. Dropping the future leaves nothing behind that would keep the same command from
/// starting.
pub(super) async fn prepare(
    settings: &ImportSettings,
    stored: Option<&StoredRun>,
    created_groups: &CreatedGroups,
    display: Display<'_>,
    printer: Printer,
) -> Result<Preparation, CommandError> {
    let list = List::open(&settings.list, &rules_source(settings), printer).await?;
    list.print_dropped_columns(printer);
    list.refuse_contradictions(
        settings.list.follow_up_existing,
        settings.existing_users,
        settings.preflight.skipped,
    )?;
    let key = RunKey::of(settings, &list, stored).await?;
    let rejects = Rejects::of(
        &list,
        key.identity.fingerprint.clone(),
        settings.run.rejects_with_passwords,
        settings.reports.csv,
    )?;
    match open_run(settings, &key, printer).await? {
        OpenRun::Finished(directory, ledger) => {
            warn_if_outdated(settings, &key, &ledger, printer).await?;
            Ok(Preparation::Finished(directory, ledger, Box::new(rejects)))
        }
        OpenRun::Unfinished(run) => {
            run.note_if_active(stored, printer);
            let previous = previous_run(settings, &key, &list, &run, printer).await?;
            let session = SessionSetup {
                settings,
                list,
                key,
                rejects,
                previous,
                created_groups,
                display,
                printer,
            };
            let prepared = session.begin(run).await?;
            Ok(Preparation::Ready(Box::new(prepared)))
        }
    }
}

/// A session of a run that has rows left to send.
struct SessionSetup<'a> {
    settings: &'a ImportSettings,
    list: List,
    key: RunKey,
    rejects: Rejects,
    previous: Option<PreviousUsers>,
    created_groups: &'a CreatedGroups,
    display: Display<'a>,
    printer: Printer,
}

impl SessionSetup<'_> {
    /// Checks the pool and the list, lists the pool if that is planned, and begins or resumes the
    /// ledger.
    async fn begin(mut self, run: UnfinishedRun) -> Result<Prepared, CommandError> {
        let (settings, printer) = (self.settings, self.printer);
        let file_rules = rules_from_file(settings)?;
        let pool = connect(&settings.connect)
            .await
            .map_err(CommandError::refused)?;
        let calls = PreflightCalls {
            pool: &pool,
            timeout: settings.preflight.timeout,
            notify: &|text| printer.info(text),
        };
        let has_rules_file = file_rules.is_some();
        let mut found = query_for_import(calls, settings, &self.list, has_rules_file).await?;
        let rules = file_rules.or_else(|| found.rules.clone());
        let rules = rules.as_ref();
        if !settings.preflight.skipped {
            let flags = has_rules_file.then_some("--pool").into_iter().collect();
            let mapping = self.list.mapping.with_flags(flags);
            self.list.mapping = mapping.with_rules(&strictness(rules));
        }
        let preflight = Preflight {
            settings,
            list: &self.list,
            calls,
            rules,
            created_groups: self.created_groups,
            lister: PoolLister {
                settings,
                pool: &pool,
                rules,
                attributes: self.list.attributes_to_compare(),
                watch: RunWatch {
                    settings,
                    display: self.display,
                    active_run: active_run(&self.key.identity),
                },
                printer,
            },
            printer,
        };
        let (mut begun, mut result) = self
            .begin_or_resume(run, preflight, &mut found, &pool)
            .await?;
        begun
            .ledger
            .set_invocation(invocation(settings.run.part))
            .await;
        if let Some(record) = result.survey_record.take() {
            begun.ledger.set_survey(record).await;
        }
        if let Some(previous) = self.previous.take() {
            begun.ledger.set_previous(previous).await;
        }
        // Otherwise the plan has printed it.
        if begun.resumes() || settings.preflight.skipped || !self.list.source.is_complete() {
            let creation = &result.rates.creation;
            printer.info(format_args!("UserCreation: SignUp at {creation}"));
        }
        let listed_users = match result.listing.take() {
            None => None,
            Some(PoolListing { users, record }) => {
                record.write(&begun.ledger).await;
                users
            }
        };
        if let Some(cursor) = &mut begun.cursor {
            skip_settled_rows(&mut self.list, cursor).await;
        }
        Ok(self.prepared(pool, begun, result, listed_users, rules))
    }

    async fn begin_or_resume(
        &self,
        run: UnfinishedRun,
        preflight: Preflight<'_>,
        found: &mut PoolAnswers,
        pool: &Cognito,
    ) -> Result<(BegunRun, PreflightResult), CommandError> {
        let (settings, printer) = (self.settings, self.printer);
        Ok(match run {
            UnfinishedRun::Resume(directory, ledger) => {
                let case_insensitive = ledger.facts().case_insensitive;
                let result = preflight
                    .recheck(found, case_insensitive, ledger.settled(), ledger.survey())
                    .await?;
                let begun = resume(settings, directory, *ledger, &self.key.identity, printer)?;
                note_other_endpoint(&begun.facts, pool, printer);
                (begun, result)
            }
            UnfinishedRun::Lost(directory, certificate) => {
                let case_insensitive = certificate.facts().case_insensitive;
                let result = preflight
                    .recheck(found, case_insensitive, &[], None)
                    .await?;
                let begun =
                    begin_after_loss(settings, directory, &self.key, &certificate, printer)?;
                note_other_endpoint(&begun.facts, pool, printer);
                (begun, result)
            }
            UnfinishedRun::Part(locked, certificate) => {
                let case_insensitive = certificate.facts().case_insensitive;
                let result = preflight.approve(found, case_insensitive).await?;
                let begun = begin_part(settings, locked, &self.key, &certificate, printer).await?;
                note_other_endpoint(&begun.facts, pool, printer);
                (begun, result)
            }
            UnfinishedRun::New(locked) => {
                let case_insensitive =
                    choose_case(settings.run.ignore_case, preflight.rules, found, printer);
                let result = preflight.approve(found, case_insensitive).await?;
                let facts = Facts {
                    started_ms: now_ms(),
                    case_insensitive,
                    second_before_run_ms: found.second_before_run_ms,
                    endpoint: Some(pool.endpoint().to_owned()),
                };
                let limits = granted_limits(found);
                let begun = begin(settings, locked, &self.key, facts, limits, printer).await?;
                (begun, result)
            }
        })
    }

    fn prepared(
        self,
        pool: Cognito,
        mut begun: BegunRun,
        result: PreflightResult,
        listed_users: Option<ListedUsers>,
        rules: Option<&PoolRules>,
    ) -> Prepared {
        let Self { settings, list, .. } = self;
        let (counts, ceilings) = (result.counts, result.rates.ceilings());
        let plan = session_plan(settings, &begun, rules, ceilings, &list);
        note_few_slots(&plan.slots, settings, self.printer);
        log_session(&begun, &plan, ceilings, counts.as_ref());
        let expected = expected_work(&list, counts, ceilings);
        let rows = ImportRows {
            created_before_run_ms: begun
                .had_sessions()
                .then(|| begun.facts.certainly_before_ms()),
            part: settings.run.part,
            resume_cursor: begun.cursor.take(),
            spool: self.rejects.spool(),
            checks_passwords: !list.source.is_complete()
                && !settings.preflight.skipped
                && !list.mapping.allows_suspicious_passwords(),
            list,
        };
        Prepared {
            plan,
            pool,
            ledger: begun.ledger,
            rows,
            listed_users,
            directory: begun.directory,
            pacer: result.pacer,
            rejects: self.rejects,
            expected,
            active_run: active_run(&self.key.identity),
        }
    }
}

fn active_run(identity: &Identity) -> ActiveRun {
    ActiveRun {
        kind: identity.kind.name(),
        list: identity.list.clone(),
        user_pool_id: identity.user_pool_id.clone(),
        client_id: identity.client_id.clone(),
    }
}

/// The account's quotas, by the name of their category.
fn granted_limits(found: &PoolAnswers) -> BTreeMap<String, u32> {
    let limits = found.limits.iter();
    limits
        .map(|(category, limit)| (category.name().to_owned(), *limit))
        .collect()
}

/// The program's version and the command line, for reports.
fn invocation(part: Option<Part>) -> Invocation {
    Invocation {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        command: command_to_keep(std::env::args_os(), part).words().to_vec(),
    }
}

/// A rehearsal has both ends of each connection in this process.
fn files_per_connection(settings: &ImportSettings) -> u64 {
    match settings.on_existing_run.kind() {
        RunKind::Import => 1,
        RunKind::Rehearsal => 2,
    }
}

/// Prints a note if the limit on open files slows the run down.
fn note_few_slots(slots: &Slots, settings: &ImportSettings, printer: Printer) {
    if let Some(wanted) = slots.wanted_beyond_open_files() {
        printer.note(format_args!(
            "the limit on open files leaves room for {} in flight, and this rate needs {wanted}; raise it \
             (`ulimit -n {}`), or the run may be slower",
            counted(slots.limit() as u64, "request", "requests"),
            files_for_connections(wanted, files_per_connection(settings))
        ));
    }
}

fn log_session(
    begun: &BegunRun,
    plan: &SessionPlan,
    ceilings: Ceilings,
    counts: Option<&SurveyCounts>,
) {
    let session = begun.ledger.session();
    tracing::info!(
        run = session.run_id,
        session = session.number,
        resumed = begun.resumes(),
        rows = counts.map(|counts| counts.rows),
        to_send = counts.map(|counts| counts.to_send),
        run_directory = %begun.directory.shown().display(),
        slots = plan.slots.limit(),
        rate = ceilings.creation,
        lookup_rate = ceilings.read,
        usernames_without_case = plan.case_insensitive,
        "the run begins"
    );
}
