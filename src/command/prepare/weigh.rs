//! What stands against a run, weighed before it begins, and again when it goes on.

use super::super::CommandError;
use super::super::confirm::{confirm, somebody_is_there};
use super::super::list::List;
use super::super::listing::ListingDecision as ListingWeighed;
use super::super::preflight::{Intent, PreflightFindings, surveyed};
use crate::cli::Printer;
use crate::cli::settings::ImportSettings;
use crate::outcome::Outcome;
use crate::preflight::attempts::PreflightCalls;
use crate::preflight::calls::{Call, FailedCall, remedy};
use crate::preflight::groups::{CreatedGroups, create_groups};
use crate::preflight::prescan::{PrescanMode, PrescanPlan};
use crate::preflight::queries::PoolAnswers;
use crate::preflight::rates::Rates;
use crate::preflight::survey::SurveyCounts;
use crate::user::pool_rules::PoolRules;
use crate::user::rules::Strictness;

/// What is weighed.
pub(super) struct Preflight<'a> {
    pub(super) settings: &'a ImportSettings,
    pub(super) list: &'a List,
    pub(super) preflight: PreflightCalls<'a>,
    pub(super) rules: Option<&'a PoolRules>,
    pub(super) created_groups: &'a CreatedGroups,
}

/// What was found.
pub(super) struct PreflightResult {
    /// The pool is read first.
    pub(super) reading: Option<PrescanPlan>,
    /// What the list was found to be; none where it was not read beforehand.
    pub(super) counts: Option<SurveyCounts>,
}

impl Preflight<'_> {
    /// What stands against a new run is weighed, the plan is shown, and on a terminal somebody says yes to it.
    pub(super) async fn approve(
        self,
        found: &mut PoolAnswers,
        case_insensitive: bool,
        printer: Printer,
    ) -> Result<PreflightResult, CommandError> {
        let (settings, list) = (self.settings, self.list);
        if settings.preflight.skipped {
            list.say_notices(printer);
            return Ok(PreflightResult {
                reading: self.unchecked(found).await,
                counts: None,
            });
        }
        let survey = surveyed(list, &list.mapping, case_insensitive).await?;
        let counts = survey.as_ref().map(|survey| survey.counts);
        let rows = counts.map(|counts| counts.to_send);
        let reading = self.reading(found, rows).await;
        let intent = self.intent(found, reading.clone(), false);
        let verdict = PreflightFindings::of(intent, &list.mapping, self.rules, found, survey);
        verdict.say(printer);
        verdict.say_what_is_broken(printer);
        if let Some(refusal) = verdict.refusal("the run is refused, and nothing was sent") {
            return Err(refusal);
        }
        if settings.confirm && somebody_is_there() {
            let users = verdict.plan.as_ref().map(|plan| plan.counts.to_send);
            confirm(users, &settings.connect.user_pool_id).await?;
        }
        self.make_groups(&verdict.groups_to_make).await?;
        Ok(PreflightResult { reading, counts })
    }

    /// A run that goes on may meet a pool that has changed since it began, or was begun without checking. What its rows are like is not
    /// weighed again, and nobody is asked again. Whether the pool is read first depends on the rows that are left.
    pub(super) async fn again(
        self,
        found: &mut PoolAnswers,
        settled: &[(Outcome, u64)],
        printer: Printer,
    ) -> Result<PreflightResult, CommandError> {
        let Self { settings, list, .. } = self;
        if settings.preflight.skipped {
            return Ok(PreflightResult {
                reading: self.unchecked(found).await,
                counts: None,
            });
        }
        let case_insensitive = self.rules.is_none_or(|rules| !rules.case_sensitive);
        // Rows that have begun may be sent whatever the pool's rules say of them today.
        let as_begun = list.mapping.clone().with_rules(&Strictness::Api);
        let survey = surveyed(list, &as_begun, case_insensitive).await?;
        let counts = survey.as_ref().map(|survey| survey.counts);
        let rows = counts.map(|counts| left(&counts, settled));
        let reading = self.reading(found, rows).await;
        let intent = self.intent(found, reading.clone(), true);
        let verdict = PreflightFindings::of(intent, &list.mapping, self.rules, found, survey);
        if let Some(refusal) = verdict.refusal("the run does not go on, and nothing was sent") {
            return Err(refusal);
        }
        if let Some(reading) = &reading {
            printer.info(reading);
        }
        self.make_groups(&verdict.groups_to_make).await?;
        Ok(PreflightResult { reading, counts })
    }

    async fn make_groups(&self, names: &[String]) -> Result<(), CommandError> {
        create_groups(self.preflight, names, self.created_groups)
            .await
            .map_err(|(name, failure)| {
                let remedy = remedy(&failure);
                let failed = FailedCall {
                    call: Call::CreateGroup,
                    failure,
                    needed: true,
                };
                CommandError::refusal(
                    format_args!("group {name}: {failed}"),
                    format!(
                        "{remedy}, or create the groups beforehand and leave --create-groups out"
                    ),
                )
            })
    }

    /// Nothing is known of the list, and nothing is asked about the listing: only who says so has the pool read.
    async fn unchecked(&self, found: &mut PoolAnswers) -> Option<PrescanPlan> {
        match self.settings.existing_users.prescan {
            PrescanMode::Always => self.weighed(found, None, None).reading(found).await,
            PrescanMode::Auto | PrescanMode::Never => None,
        }
    }

    async fn reading(&self, found: &mut PoolAnswers, rows: Option<u64>) -> Option<PrescanPlan> {
        self.weighed(found, Some(self.preflight), rows)
            .reading(found)
            .await
    }

    fn weighed<'w>(
        &'w self,
        found: &PoolAnswers,
        preflight: Option<PreflightCalls<'w>>,
        rows: Option<u64>,
    ) -> ListingWeighed<'w> {
        ListingWeighed {
            preflight,
            looks: self.settings.existing_users,
            rates: &self.settings.rates,
            // What a file says of the pool's size is of another day.
            users: found
                .rules
                .as_ref()
                .or(self.rules)
                .map(|rules| rules.estimated_number_of_users),
            rows,
            time: self.settings.run.time_limit,
        }
    }

    fn intent(&self, found: &PoolAnswers, reading: Option<PrescanPlan>, begun: bool) -> Intent {
        Intent {
            allowed: self.settings.preflight.allowed,
            secret_given: self.settings.connect.client_secret.is_some(),
            looks: self.settings.existing_users,
            reading,
            rates: Rates::new(&self.settings.rates, found),
            pool_known: true,
            begun,
        }
    }
}

/// Rows that earlier sessions left to send.
fn left(counts: &SurveyCounts, settled: &[(Outcome, u64)]) -> u64 {
    let done: u64 = settled
        .iter()
        .filter(|(outcome, _)| {
            !matches!(
                outcome,
                Outcome::Invalid | Outcome::Skipped | Outcome::Duplicate
            )
        })
        .map(|(_, rows)| rows)
        .sum();
    counts.to_send.saturating_sub(done)
}
