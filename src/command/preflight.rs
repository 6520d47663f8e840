//! Preflight checks of `import` and `rehearse`: queries the pool, surveys the list, and refuses the
//! run or shows the plan and asks for confirmation.

mod prescan_decision;
mod recheck;

use super::CommandError;
use super::confirm::{confirm, has_terminal};
use super::findings::{Intent, PreflightFindings, survey};
use super::list::List;
use super::list_pool::{PoolLister, PoolListing, count_new_users};
use crate::cli::Printer;
use crate::cli::settings::ImportSettings;
use crate::import::OutcomeCounts;
use crate::pace::{Ceilings, Pacer};
use crate::preflight::attempts::PreflightCalls;
use crate::preflight::calls::{Call, FailedCall, remedy};
use crate::preflight::groups::{CreatedGroups, create_groups};
use crate::preflight::plan::{ExistingUsers, users_per_second};
use crate::preflight::prescan::{PrescanMode, PrescanPlan};
use crate::preflight::queries::{PoolAnswers, PoolQueries, query_pool};
use crate::preflight::rates::Rates;
use crate::preflight::survey::{NewUserCounts, Survey, SurveyCounts};
use crate::progress::{ExpectedRows, ExpectedWork};
use crate::user::pool_rules::PoolRules;
pub(super) use prescan_decision::PrescanDecision;

pub(super) struct Preflight<'a> {
    pub(super) settings: &'a ImportSettings,
    pub(super) list: &'a List,
    pub(super) calls: PreflightCalls<'a>,
    pub(super) rules: Option<&'a PoolRules>,
    pub(super) created_groups: &'a CreatedGroups,
    pub(super) lister: PoolLister<'a>,
    pub(super) printer: Printer,
}

pub(super) struct PreflightResult {
    /// `Some` if the pool was listed.
    pub(super) listing: Option<PoolListing>,
    /// `None` if the list was not read in advance.
    pub(super) counts: Option<SurveyCounts>,
    /// The record of this session's survey, for later sessions. `None` if it made none.
    pub(super) survey_record: Option<String>,
    pub(super) rates: Rates,
    pub(super) pacer: Pacer,
}

impl Preflight<'_> {
    /// Checks a new run, shows its plan, and asks for confirmation on a terminal.
    pub(super) async fn approve(
        self,
        found: &mut PoolAnswers,
        case_insensitive: bool,
    ) -> Result<PreflightResult, CommandError> {
        let Self {
            settings,
            list,
            printer,
            ..
        } = self;
        if settings.preflight.skipped {
            list.print_notices(printer);
            return self.unchecked(found, OutcomeCounts::default()).await;
        }
        let survey = survey(list, &list.mapping, case_insensitive, settings.run.part).await?;
        let counts = survey.as_ref().map(Survey::own_counts);
        // Rows that the pool refuses now are not counted, but sent when they are retried after its
        // rules have changed.
        let survey_record = survey.as_ref().filter(|survey| survey.counts.invalid == 0);
        let survey_record = survey_record.and_then(Survey::record);
        let planned = self
            .decide_prescan(found, counts.map(|counts| counts.to_send))
            .await;
        let intent = self.intent(found, planned.clone(), false);
        let mut findings = PreflightFindings::new(intent, &list.mapping, self.rules, found, survey);
        findings.print_notices(printer);
        if let Some(refusal) = findings.refusal("the run is refused, and nothing was sent") {
            findings.print_plan(printer);
            return Err(refusal);
        }
        let before = OutcomeCounts::default();
        let mut result = self.list_pool(found, planned, counts, before).await?;
        if let Some(mut plan) = findings.plan.take() {
            if let Some(new) = self.count_new(&mut result, case_insensitive).await? {
                plan = plan.only_new(new, self.rules);
            } else {
                plan.existing_users = ExistingUsers::Unknown;
            }
            findings.plan = Some(plan);
        }
        findings.print_plan(printer);
        if settings.confirm && has_terminal() {
            let pool = &settings.connect.user_pool_id;
            match &findings.plan {
                Some(plan) if plan.counts.sends_nothing() => {}
                plan => confirm(plan.as_ref(), pool).await?,
            }
        }
        self.create_groups(&findings.groups_to_create).await?;
        result.survey_record = survey_record;
        Ok(result)
    }

    /// Without a preflight, the pool is listed only on request.
    async fn unchecked(
        &self,
        found: &mut PoolAnswers,
        before: OutcomeCounts,
    ) -> Result<PreflightResult, CommandError> {
        let planned = match self.settings.existing_users.prescan {
            PrescanMode::Always => self.decision(found, None, None).decide(found).await,
            PrescanMode::Auto | PrescanMode::Never => None,
        };
        self.list_pool(found, planned, None, before).await
    }

    /// Lists the pool if that is planned.
    async fn list_pool(
        &self,
        found: &PoolAnswers,
        planned: Option<PrescanPlan>,
        counts: Option<SurveyCounts>,
        before: OutcomeCounts,
    ) -> Result<PreflightResult, CommandError> {
        let rates = Rates::new(&self.settings.rates, found);
        self.refuse_too_many_parts(&rates, planned.is_some())?;
        let pacer = Pacer::new(rates.ceilings());
        let listing = match planned {
            None => None,
            Some(planned) => {
                let expected = expected_work(self.list, counts, rates.ceilings());
                let watch = self.lister.watch.observe(expected, before);
                Some(self.lister.list(&planned, &pacer, watch).await?)
            }
        };
        Ok(PreflightResult {
            listing,
            counts,
            survey_record: None,
            rates,
            pacer,
        })
    }

    /// Refuses parts whose share of a rate is less than one request a second.
    fn refuse_too_many_parts(&self, rates: &Rates, lists: bool) -> Result<(), CommandError> {
        let looks_up = self.settings.existing_users.lookup.any();
        let updates = self.list.uses_update_quota();
        let used = [
            (&rates.creation, true, "--rate"),
            (&rates.read, looks_up, "--lookup-rate"),
            (&rates.update, updates, "--update-rate"),
            (&rates.list, lists, "--list-rate"),
        ];
        let exceeded = used
            .into_iter()
            .find(|(rate, is_used, _)| *is_used && rate.has_too_many_parts());
        match exceeded {
            None => Ok(()),
            Some((rate, _, flag)) => Err(CommandError::refusal(
                format_args!(
                    "--part: {} parts share {} requests a second, so each would get less than one",
                    self.settings.run.parts(),
                    rate.max_parts()
                ),
                format!(
                    "use at most {} parts, or set the rate of each part with {flag}",
                    rate.max_parts()
                ),
            )),
        }
    }

    /// Counts the rows whose users the pool does not have, if it was listed.
    async fn count_new(
        &self,
        result: &mut PreflightResult,
        case_insensitive: bool,
    ) -> Result<Option<NewUserCounts>, CommandError> {
        let Some(listing) = &mut result.listing else {
            return Ok(None);
        };
        let Some(users) = listing.users.take() else {
            return Ok(None);
        };
        let (users, new) = count_new_users(
            self.list,
            case_insensitive,
            self.settings.run.part,
            users,
            self.settings.list.follow_up_existing,
        )
        .await?;
        listing.users = Some(users);
        Ok(new)
    }

    async fn decide_prescan(
        &self,
        found: &mut PoolAnswers,
        rows: Option<u64>,
    ) -> Option<PrescanPlan> {
        self.decision(found, Some(self.calls), rows)
            .decide(found)
            .await
    }

    fn decision<'d>(
        &'d self,
        found: &PoolAnswers,
        calls: Option<PreflightCalls<'d>>,
        rows: Option<u64>,
    ) -> PrescanDecision<'d> {
        // The number of users in a rules file may be out of date.
        let rules = found.rules.as_ref().or(self.rules);
        PrescanDecision {
            calls,
            policy: self.settings.existing_users,
            rates: &self.settings.rates,
            users: rules.map(|rules| rules.estimated_number_of_users),
            rows,
            time_limit: self.settings.run.time_limit,
        }
    }

    fn intent(&self, found: &PoolAnswers, prescan: Option<PrescanPlan>, begun: bool) -> Intent {
        Intent {
            allowed: self.settings.preflight.allowed,
            secret_given: self.settings.connect.client_secret.is_some(),
            existing_users: self.settings.existing_users,
            prescan,
            rates: Rates::new(&self.settings.rates, found),
            pool_known: true,
            begun,
        }
    }

    async fn create_groups(&self, names: &[String]) -> Result<(), CommandError> {
        let created = create_groups(self.calls, names, self.created_groups).await;
        created.map_err(|(name, failure)| {
            let remedy = remedy(&failure);
            let failed = FailedCall {
                call: Call::CreateGroup,
                failure,
                needed: true,
            };
            CommandError::refusal(
                format_args!("group {name}: {failed}"),
                format!("{remedy}, or create the groups beforehand and leave --create-groups out"),
            )
            .temporary(failed.is_temporary())
        })
    }
}

/// Returns what the progress of a run is measured by.
pub(super) fn expected_work(
    list: &List,
    counts: Option<SurveyCounts>,
    ceilings: Ceilings,
) -> ExpectedWork {
    ExpectedWork {
        rows: counts.map(|counts| ExpectedRows {
            total: counts.rows,
            to_send: counts.to_send,
        }),
        bytes: list.bytes,
        users_per_second: users_per_second(&counts.unwrap_or_default(), ceilings),
    }
}

/// Queries the pool for everything that an import has to know.
pub(super) async fn query_for_import(
    calls: PreflightCalls<'_>,
    settings: &ImportSettings,
    list: &List,
    has_rules_file: bool,
) -> Result<PoolAnswers, CommandError> {
    let checks = !settings.preflight.skipped;
    let looks_up = settings.existing_users.lookup.any();
    let queries = PoolQueries {
        rules: checks && !has_rules_file,
        client: checks && !has_rules_file,
        look_up: checks && looks_up,
        steps: if checks {
            list.mapping.follow_up_kinds()
        } else {
            Vec::new()
        },
        limits: settings
            .rates
            .limits(checks, looks_up, list.uses_update_quota()),
        writes: true,
    };
    query_pool(calls, &queries)
        .await
        .map_err(|failed| query_error(&settings.connect.user_pool_id, &failed))
}

/// Queries the pool.
pub(super) async fn query(
    calls: PreflightCalls<'_>,
    user_pool_id: &str,
    queries: &PoolQueries,
) -> Result<PoolAnswers, CommandError> {
    query_pool(calls, queries)
        .await
        .map_err(|failed| query_error(user_pool_id, &failed))
}

/// The error of a command that needs this answer.
pub(super) fn query_error(user_pool_id: &str, failed: &FailedCall) -> CommandError {
    let message = format_args!("user pool {user_pool_id}: {failed}");
    CommandError::refusal(message, remedy(&failed.failure)).temporary(failed.is_temporary())
}

/// Whether usernames are compared without case: as `--usernames` says, as the pool does, or else as
/// new pools do by default.
pub(super) fn choose_case(
    ignore_case: Option<bool>,
    rules: Option<&PoolRules>,
    found: &PoolAnswers,
    printer: Printer,
) -> bool {
    let known = ignore_case.or(rules.map(|rules| !rules.case_sensitive));
    known.unwrap_or_else(|| {
        if let Some(failed) = found.failure_of(Call::DescribeUserPool)
            && !failed.refuses()
        {
            printer.info(format_args!(
                "{failed}: assuming that usernames differing only in case are the same; if not, pass `--usernames case-sensitive`"
            ));
        }
        true
    })
}
