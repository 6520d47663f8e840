//! What `import`, `rehearse` and `check` find out before the first call, and what they say of it.

use std::sync::Arc;

use super::job::Job;
use super::list::List;
use super::{Failed, beside};
use crate::cli::{Say, settings};
use crate::ledger::Kind;
use crate::pool::{Advice, Cognito, Failure, Stop};
use crate::preflight::ask::{Found, Questions, ask};
use crate::preflight::objections::{Allowed, Meant, Objection, objections};
use crate::preflight::plan::RunPlan;
use crate::preflight::survey::{Counts, Survey};
use crate::user::mapping::Mapping;
use crate::user::pool_rules::PoolRules;
use crate::user::rules::Strictness;

/// How a run is meant, beside its list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Intent {
    pub(super) allowed: Allowed,
    pub(super) secret_given: bool,
    pub(super) looks_up: bool,
    pub(super) rate: u32,
    pub(super) lookup_rate: u32,
}

/// What stands against a run, and what it would do.
pub(super) struct Verdict {
    pub(super) objections: Vec<Objection>,
    /// None where the list can be read only once.
    pub(super) plan: Option<RunPlan>,
}

impl Verdict {
    pub(super) fn of(
        intent: Intent,
        mapping: &Mapping,
        rules: Option<&PoolRules>,
        found: &Found,
        counts: Option<Counts>,
    ) -> Self {
        let attributes = mapping.attributes_from();
        let meant = Meant {
            attributes: &attributes,
            with_password: mapping.gives_password(),
            secret_given: intent.secret_given,
            looks_up: intent.looks_up,
            counts: counts.as_ref(),
            allowed: intent.allowed,
        };
        let lookup_rate = intent.looks_up.then_some(intent.lookup_rate);
        Self {
            objections: objections(rules, &found.unanswered, meant),
            plan: counts.map(|counts| RunPlan::new(counts, rules, intent.rate, lookup_rate)),
        }
    }

    /// The refusals as one error; none where there are none.
    pub(super) fn refusal(&self) -> Option<Failed> {
        let refusals: Vec<String> = self
            .objections
            .iter()
            .filter(|objection| objection.is_refusal())
            .map(|refusal| format!("\n  - {refusal}"))
            .collect();
        (!refusals.is_empty()).then(|| {
            Failed::refused(anyhow::anyhow!(
                "the run is refused, and nothing was sent:{}",
                refusals.concat()
            ))
        })
    }

    /// Tells people what is good to know, and what the run would do.
    pub(super) fn say(&self, say: Say) {
        for notice in self
            .objections
            .iter()
            .filter(|objection| !objection.is_refusal())
        {
            say.line(format_args!("note: {notice}"));
        }
        if let Some(plan) = &self.plan {
            say.line(plan);
        }
    }
}

/// The rules that a file gives for the run's pool. A rehearsal may be held to those of any.
pub(super) fn rules_from_file(job: &Job<'_>, kind: Kind) -> Result<Option<PoolRules>, Failed> {
    let Some(path) = &job.preflight.pool else {
        return Ok(None);
    };
    let rules = settings::pool_rules(path).map_err(Failed::refused)?;
    let of_another = |what: &str, of: Option<&str>, run: &str| match of {
        Some(of) if of != run && kind == Kind::Import => Err(Failed::refused(anyhow::anyhow!(
            "--pool {}: holds the rules of {what}{of}, and this run is for {run}; write the right ones with `cognito-import describe`, or \
             take the id out of the file where both are alike",
            path.display()
        ))),
        Some(_) | None => Ok(()),
    };
    of_another("", rules.user_pool_id.as_deref(), &job.connect.user_pool_id)?;
    let client = rules.client.as_ref();
    let client_id = client.and_then(|client| client.client_id.as_deref());
    of_another("app client ", client_id, &job.connect.client_id)?;
    Ok(Some(rules))
}

/// Puts the questions to the pool.
pub(super) async fn ask_pool(
    pool: &Cognito,
    user_pool_id: &str,
    questions: Questions,
) -> Result<Found, Failed> {
    ask(pool, questions)
        .await
        .map_err(|failure| pool_refuses(user_pool_id, &failure))
}

/// What rows are held to.
pub(super) fn strictness(rules: Option<&PoolRules>) -> Strictness {
    rules.map_or(Strictness::Formats, |rules| {
        Strictness::Pool(Arc::new(rules.clone()))
    })
}

/// The counts of a list that can be read again; none for one that cannot. It is read beside, so that signals are heard meanwhile.
pub(super) async fn counts(list: &List, folds: bool) -> Result<Option<Counts>, Failed> {
    let Some(rows) = list.rows_again().await? else {
        return Ok(None);
    };
    let mapping = list.mapping.clone();
    let work = move || Survey::of(rows, &mapping, folds, |_| Ok(()));
    let surveyed = beside("survey", work).await?;
    surveyed
        .map(|survey| Some(survey.counts))
        .map_err(Failed::refused)
}

/// Whether usernames are compared without case: the command line's word, the rules', or else Cognito's own default for new pools.
pub(super) fn usernames_fold(
    named: Option<bool>,
    rules: Option<&PoolRules>,
    found: &Found,
    say: Say,
) -> bool {
    named.or(rules.map(|rules| !rules.case_sensitive)).unwrap_or_else(|| {
        let describe = "cognito-idp:DescribeUserPool";
        if let Some(question) = found
            .unanswered
            .iter()
            .find(|question| question.action == describe)
        {
            say.line(format_args!(
                "DescribeUserPool cannot be asked ({}): usernames are taken to be the same whatever their case; \
                 `--usernames case-sensitive` says otherwise",
                question.failure.code
            ));
        }
        true
    })
}

/// Why a run cannot begin with this pool, and what to change.
fn pool_refuses(user_pool_id: &str, failure: &Failure) -> Failed {
    let way_out = match failure.advice {
        Advice::Stop(Stop::Access) => {
            "renew the credentials (for example with `aws sso login`), or do without: `import --no-lookup`, `check --pool pool.toml`"
        }
        Advice::Stop(stop) => stop.way_out(),
        Advice::Again
        | Advice::SlowDown
        | Advice::Exists
        | Advice::LookUp(_)
        | Advice::Undelivered
        | Advice::GiveUp => "check the network, --region and --endpoint-url",
    };
    Failed::refused(anyhow::anyhow!(
        "user pool {user_pool_id}: cannot be asked: {failure}; {way_out}"
    ))
}
