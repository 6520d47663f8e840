//! What `import`, `rehearse` and `check` find out before the first call, and what they say of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::document::{BrokenRule, VerdictDocument};
use super::list::List;
use super::{CommandError, beside};
use crate::cli::Printer;
use crate::mapping::Mapping;
use crate::preflight::attempts::PreflightCalls;
use crate::preflight::calls::{Call, FailedCall, remedy};
use crate::preflight::groups::{IfUnknown, missing};
use crate::preflight::plan::RunPlan;
use crate::preflight::prescan::{ExistingUserPolicy, PrescanPlan};
use crate::preflight::problems::{Allowed, Problem, RunIntent, StepIntent, problems};
use crate::preflight::queries::{PoolAnswers, PoolQueries, query_pool};
use crate::preflight::rates::Rates;
use crate::preflight::survey::{RuleCount, Survey};
use crate::user::FlagsGiven;
use crate::user::pool_rules::PoolRules;
use crate::user::rules::Strictness;

/// Broken rules that are told before a run.
const RULES_SAID: usize = 4;

/// How a run is meant, beside its list.
#[derive(Debug, Clone)]
pub(super) struct Intent {
    pub(super) allowed: Allowed,
    pub(super) secret_given: bool,
    pub(super) looks: ExistingUserPolicy,
    /// The pool is read first.
    pub(super) reading: Option<PrescanPlan>,
    pub(super) rates: Rates,
    /// It is known which pool it writes to.
    pub(super) pool_known: bool,
    /// It goes on with a run that has begun.
    pub(super) begun: bool,
}

/// What stands against a run, and what it would do.
pub(super) struct PreflightFindings {
    pub(super) problems: Vec<Problem>,
    /// None where the list can be read only once.
    pub(super) plan: Option<RunPlan>,
    /// Groups that are made first.
    pub(super) groups_to_make: Vec<String>,
    /// Rules that rows break, the one that is broken most first.
    broken: Vec<RuleCount>,
    given: FlagsGiven,
}

impl PreflightFindings {
    pub(super) fn of(
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
        let meant = RunIntent {
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
            },
            allowed: intent.allowed,
            pool_known: intent.pool_known,
            resumed: intent.begun,
        };
        let mut problems = problems(rules, &found.failed_calls, meant);
        problems.extend(mapping.notices().iter().map(Problem::of_header));
        Self {
            problems,
            plan: counts.map(|counts| {
                let lookup = intent.looks.lookup;
                let rates = intent.rates.clone();
                let mut plan = RunPlan::new(counts, rules, rates, lookup, intent.reading);
                if create_groups {
                    plan.groups_to_create.clone_from(&missing);
                }
                plan
            }),
            groups_to_make: if create_groups { missing } else { Vec::new() },
            broken: survey.map(|survey| survey.broken).unwrap_or_default(),
            given: mapping.flags_given().clone(),
        }
    }

    /// The refusals as one error; none where there are none.
    pub(super) fn refusal(&self, what: &str) -> Option<CommandError> {
        let refusals: Vec<&Problem> = self
            .problems
            .iter()
            .filter(|problem| problem.is_refusal())
            .collect();
        if refusals.is_empty() {
            return None;
        }
        let told: String = refusals
            .iter()
            .map(|refusal| format!("\n  - {refusal}"))
            .collect();
        let hints = refusals
            .iter()
            .map(|refusal| refusal.hint.clone())
            .collect();
        let refused = CommandError::refusals(format_args!("{what}:{told}"), hints);
        Some(refused.with(&self.document()))
    }

    /// All of it, for programs.
    pub(super) fn document(&self) -> VerdictDocument<'_> {
        let (refusals, notices) = self
            .problems
            .iter()
            .partition(|problem| problem.is_refusal());
        VerdictDocument {
            rows: self.plan.as_ref().map(|plan| plan.counts),
            findings_by_rule: self
                .broken
                .iter()
                .map(|broken| BrokenRule::of(broken, &self.given))
                .collect(),
            refusals,
            notices,
            plan: self.plan.as_ref(),
        }
    }

    /// Tells people what is good to know, and what the run would do.
    pub(super) fn say(&self, printer: Printer) {
        for notice in self.problems.iter().filter(|problem| !problem.is_refusal()) {
            printer.prose(format_args!("note: {notice}"));
        }
        if let Some(plan) = &self.plan {
            printer.prose(plan);
        }
    }

    /// Tells people which rules rows break, with an example each: the first ones of many.
    pub(super) fn say_what_is_broken(&self, printer: Printer) {
        for broken in self.broken.iter().take(RULES_SAID) {
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
        if self.broken.len() > RULES_SAID {
            printer.info("      and more: `cognito-import check` tells all");
        }
    }
}

/// The groups that users are put into, as far as they are known.
fn named_groups(mapping: &Mapping, survey: Option<&Survey>) -> BTreeSet<String> {
    let mut named = survey.map_or_else(BTreeSet::new, |survey| survey.groups.clone());
    let of_everybody = mapping.groups_for_all().iter();
    named.extend(of_everybody.map(ToString::to_string));
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

/// Puts the questions to the pool.
pub(super) async fn ask_pool(
    preflight: PreflightCalls<'_>,
    user_pool_id: &str,
    questions: &PoolQueries,
) -> Result<PoolAnswers, CommandError> {
    query_pool(preflight, questions)
        .await
        .map_err(|unanswered| not_answered(user_pool_id, &unanswered))
}

/// A command cannot go on without this answer of the pool.
pub(super) fn not_answered(user_pool_id: &str, unanswered: &FailedCall) -> CommandError {
    let message = format_args!("user pool {user_pool_id}: {unanswered}");
    CommandError::refusal(message, remedy(&unanswered.failure))
}

/// What rows are held to.
pub(super) fn strictness(rules: Option<&PoolRules>) -> Strictness {
    rules.map_or(Strictness::Formats, |rules| {
        Strictness::Pool(Arc::new(rules.clone()))
    })
}

/// The survey of a list that can be read again; none for one that cannot. It is read beside, so that signals are heard meanwhile.
pub(super) async fn surveyed(
    list: &List,
    mapping: &Mapping,
    case_insensitive: bool,
) -> Result<Option<Survey>, CommandError> {
    let Some(rows) = list.rows_again().await? else {
        return Ok(None);
    };
    let mapping = mapping.clone();
    let work = move || Survey::of(rows, &mapping, case_insensitive, |_| Ok(()));
    beside("survey", work)
        .await?
        .map(Some)
        .map_err(CommandError::refused)
}

/// Whether usernames are compared without case: the command line's word, the rules', or else Cognito's own default for new pools.
pub(super) fn usernames_fold(
    named: Option<bool>,
    rules: Option<&PoolRules>,
    found: &PoolAnswers,
    printer: Printer,
) -> bool {
    named.or(rules.map(|rules| !rules.case_sensitive)).unwrap_or_else(|| {
        if let Some(unanswered) = found.failure_of(Call::DescribeUserPool)
            && !unanswered.refuses()
        {
            printer.info(format_args!(
                "{unanswered}: usernames that differ only in case are taken to be the same; `--usernames case-sensitive` says otherwise"
            ));
        }
        true
    })
}
