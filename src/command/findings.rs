//! The findings of a preflight, and how `import`, `rehearse` and `check` print them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::document::{BrokenRule, VerdictDocument};
use super::list::List;
use super::{CommandError, beside};
use crate::cli::Printer;
use crate::mapping::Mapping;
use crate::part::Part;
use crate::preflight::groups::{IfUnknown, missing};
use crate::preflight::plan::{ExistingUsers, RunPlan};
use crate::preflight::prescan::{ExistingUserPolicy, PrescanPlan};
use crate::preflight::problems::{Allowed, Problem, RunIntent, StepIntent, UpdateIntent, problems};
use crate::preflight::queries::PoolAnswers;
use crate::preflight::rates::Rates;
use crate::preflight::survey::{RuleCount, Survey, SurveyCounts};
use crate::user::FlagsGiven;
use crate::user::pool_rules::PoolRules;
use crate::user::rules::Strictness;

/// The maximum number of broken rules that are printed before a run.
const MAX_RULES_PRINTED: usize = 4;

/// The run's settings, apart from its list.
#[derive(Debug, Clone)]
pub(super) struct Intent {
    pub(super) allowed: Allowed,
    pub(super) secret_given: bool,
    pub(super) existing_users: ExistingUserPolicy,
    /// `Some` if the pool is listed before the first row.
    pub(super) prescan: Option<PrescanPlan>,
    pub(super) rates: Rates,
    pub(super) pool_known: bool,
    /// The run has begun, and resumes.
    pub(super) begun: bool,
}

/// The problems of a run, and what it would do.
pub(super) struct PreflightFindings {
    pub(super) problems: Vec<Problem>,
    /// `None` if the list can be read only once.
    pub(super) plan: Option<RunPlan>,
    /// Missing groups to create before the first row.
    pub(super) groups_to_create: Vec<String>,
    /// Rules that rows break, the most frequent first.
    broken_rules: Vec<RuleCount>,
    flags: FlagsGiven,
}

impl PreflightFindings {
    pub(super) fn new(
        intent: Intent,
        mapping: &Mapping,
        rules: Option<&PoolRules>,
        found: &PoolAnswers,
        survey: Option<Survey>,
    ) -> Self {
        let counts = survey.as_ref().map(|survey| survey.counts);
        let attributes = mapping.attributes_with_columns();
        let kinds = mapping.follow_up_kinds();
        let named = named_groups(mapping, survey.as_ref());
        let create_groups = mapping.creates_groups();
        let missing = missing_groups(&named, found, create_groups);
        let updated = mapping.attributes_to_update(rules);
        let (verified, by_column) = mapping.verified_contacts();
        let run = RunIntent {
            attributes: &attributes,
            with_password: mapping.sets_password(),
            secret_given: intent.secret_given,
            counts: counts.as_ref(),
            notes: survey.as_ref().map_or(&[], |survey| &survey.notes),
            alias_repeats: survey.as_ref().map_or(&[], |survey| &survey.alias_repeats),
            given: mapping.flags_given(),
            rates: &intent.rates,
            steps: StepIntent {
                kinds: &kinds,
                groups: named.len(),
                rows_name_groups: mapping.rows_name_groups(),
                missing_groups: &missing,
                for_all_users: mapping.groups_for_all(),
                create_groups,
                update: updated.as_ref().map(|attributes| UpdateIntent {
                    attributes,
                    verified: &verified,
                    verified_by_column: &by_column,
                }),
            },
            allowed: intent.allowed,
            pool_known: intent.pool_known,
            resumed: intent.begun,
        };
        let mut problems = problems(rules, &found.failed_calls, run);
        problems.extend(mapping.notices().iter().map(Problem::of_header));
        Self {
            problems,
            plan: survey.as_ref().map(|survey| {
                let lookup = intent.existing_users.lookup;
                let rates = intent.rates.clone();
                let existing = intent
                    .prescan
                    .map_or(ExistingUsers::Unknown, ExistingUsers::ToList);
                let mut plan = RunPlan::new(survey.own_counts(), rules, rates, lookup, existing);
                plan.part = survey.part().map(|part| (part, survey.counts.rows));
                if create_groups {
                    plan.groups_to_create.clone_from(&missing);
                }
                if let Some(updated) = updated {
                    plan.updated_attributes = updated.updated;
                }
                plan
            }),
            groups_to_create: if create_groups { missing } else { Vec::new() },
            broken_rules: survey.map(|survey| survey.broken).unwrap_or_default(),
            flags: mapping.flags_given().clone(),
        }
    }

    /// All refusals as one error, with this title.
    pub(super) fn refusal(&self, title: &str) -> Option<CommandError> {
        refusal(&self.problems, title).map(|refused| refused.with(&self.document()))
    }

    /// The fields of the JSON document.
    pub(super) fn document(&self) -> VerdictDocument<'_> {
        let (refusals, notices) = self
            .problems
            .iter()
            .partition(|problem| problem.is_refusal());
        VerdictDocument {
            rows: self.plan.as_ref().map(|plan| plan.counts),
            findings_by_rule: self
                .broken_rules
                .iter()
                .map(|broken| BrokenRule::of(broken, &self.flags))
                .collect(),
            refusals,
            notices,
            plan: self.plan.as_ref(),
        }
    }

    /// Prints notes and the plan.
    pub(super) fn print(&self, printer: Printer) {
        self.print_notices(printer);
        if let Some(plan) = &self.plan {
            printer.prose(plan);
        }
    }

    pub(super) fn print_notices(&self, printer: Printer) {
        for notice in self.problems.iter().filter(|problem| !problem.is_refusal()) {
            printer.prose(format_args!("note: {notice}"));
        }
    }

    /// Prints the plan and the most frequently broken rules with an example each.
    pub(super) fn print_plan(&self, printer: Printer) {
        if let Some(plan) = &self.plan {
            printer.prose(plan);
            if plan.part.is_some() && !self.broken_rules.is_empty() {
                printer.info("      in the whole list:");
            }
        }
        for broken in self.broken_rules.iter().take(MAX_RULES_PRINTED) {
            let example = broken.examples.first().map_or_else(String::new, |example| {
                format!(
                    ", such as row {} (line {}): {}",
                    example.row, example.line, example.found
                )
            });
            printer.prose(format_args!(
                "      {} x {}{example}",
                broken.findings,
                broken.rule.code()
            ));
        }
        if self.broken_rules.len() > MAX_RULES_PRINTED {
            printer.info("      and more: `cognito-import check` lists all");
        }
    }
}

/// The refusals among these problems as one error, with this title.
fn refusal(problems: &[Problem], title: &str) -> Option<CommandError> {
    let refusals: Vec<&Problem> = problems
        .iter()
        .filter(|problem| problem.is_refusal())
        .collect();
    if refusals.is_empty() {
        return None;
    }
    let lines: String = refusals
        .iter()
        .map(|refusal| format!("\n  - {refusal}"))
        .collect();
    let hints = refusals
        .iter()
        .map(|refusal| refusal.hint.clone())
        .collect();
    let refused = CommandError::refusals(format_args!("{title}:{lines}"), hints);
    let is_temporary = refusals.iter().all(|refusal| refusal.is_temporary);
    Some(refused.temporary(is_temporary))
}

/// The same for a run whose pool was not called.
pub(super) fn refused_by(problems: &[Problem], title: &str) -> Option<CommandError> {
    let document = VerdictDocument {
        rows: None,
        findings_by_rule: Vec::new(),
        refusals: problems.iter().collect(),
        notices: Vec::new(),
        plan: None,
    };
    refusal(problems, title).map(|refused| refused.with(&document))
}

/// The groups that users are added to, as far as they are known.
fn named_groups(mapping: &Mapping, survey: Option<&Survey>) -> BTreeSet<String> {
    let mut named = survey.map_or_else(BTreeSet::new, |survey| survey.groups.clone());
    let of_all_users = mapping.groups_for_all().iter();
    named.extend(of_all_users.map(ToString::to_string));
    named
}

fn missing_groups(named: &BTreeSet<String>, found: &PoolAnswers, create: bool) -> Vec<String> {
    let unknown = if create {
        IfUnknown::AssumeMissing
    } else {
        IfUnknown::AssumePresent
    };
    let names = named.iter().map(String::as_str);
    missing(names, found.groups.as_ref(), unknown)
}

/// Returns the rules that rows are checked against.
pub(super) fn strictness(rules: Option<&PoolRules>) -> Strictness {
    rules.map_or(Strictness::Formats, |rules| {
        Strictness::Pool(Arc::new(rules.clone()))
    })
}

/// Surveys a list. `None` if it can be read only once.
pub(super) async fn survey(
    list: &List,
    mapping: &Mapping,
    case_insensitive: bool,
    part: Option<Part>,
) -> Result<Option<Survey>, CommandError> {
    let Some(rows) = list.reopen().await? else {
        return Ok(None);
    };
    let mapping = mapping.clone();
    let work = move || Survey::of(rows, &mapping, case_insensitive, part, |_| Ok(()));
    let survey = beside("survey", work).await?;
    let survey = survey.map_err(CommandError::refused)?;
    let SurveyCounts {
        rows,
        to_send,
        invalid,
        ..
    } = survey.counts;
    tracing::info!(rows, to_send, invalid, "the list was surveyed");
    Ok(Some(survey))
}
