//! The fields that each command adds to its JSON document. Renaming one changes `SCHEMA_VERSION` in
//! [`super::output`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::rejects::RejectsReport;
use crate::hints::Hint as _;
use crate::ledger::RunPath;
use crate::outcome::{CategoryRequests, Summary, Undone};
use crate::preflight::plan::RunPlan;
use crate::preflight::problems::Problem;
use crate::preflight::survey::{FindingExample, RuleCount, SurveyCounts};
use crate::report;
use crate::user::FlagsGiven;
use crate::user::pool_rules::PoolRules;

/// A run: the document of `import`, `rehearse` and `report`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct RunDocument<'a> {
    /// The run directory.
    run_directory: &'a Path,
    /// The paths of the reports that exist, by name.
    files: BTreeMap<&'static str, PathBuf>,
    /// The content of `summary.json`.
    #[cfg_attr(test, schemars(with = "report::SummaryDocument<'static>"))]
    summary: Value,
    /// The rejects of a run, if it has any, or if an edited file was kept. `report` does not have
    /// this field.
    #[serde(skip_serializing_if = "Option::is_none")]
    rejects: Option<RejectsDocument<'a>>,
}

/// `rejects.csv`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RejectsDocument<'a> {
    /// The path; null if there are no rejects, or the file could not be written.
    file: Option<&'a Path>,
    /// The number of rows.
    rows: Option<u64>,
    /// Whether the file has passwords.
    with_passwords: Option<bool>,
    /// Why the file could not be written.
    error: Option<String>,
    /// The new path of an edited file of an earlier session, or null.
    edited_file: Option<&'a Path>,
}

impl<'a> RunDocument<'a> {
    pub(super) fn of(run_directory: &'a RunPath, summary: &'a Summary) -> Self {
        let files = report::files_in(run_directory).into_iter();
        Self {
            run_directory: run_directory.shown(),
            files: files
                .map(|name| (name, run_directory.shown().join(name)))
                .collect(),
            summary: report::summary_document(run_directory)
                .unwrap_or_else(|| serde_json::json!(summary)),
            rejects: None,
        }
    }

    pub(super) fn with_rejects(mut self, rejects: &'a RejectsReport) -> Self {
        let written = rejects.written.as_ref();
        let file = written.ok().and_then(Option::as_ref);
        let error = written.err().map(|error| error.with_hint());
        let edited_file = rejects.edited.as_deref();
        if file.is_some() || error.is_some() || edited_file.is_some() {
            self.rejects = Some(RejectsDocument {
                file: file.map(|file| file.path.as_path()),
                rows: file.map(|file| file.rows),
                with_passwords: file.map(|file| file.with_passwords),
                error,
                edited_file,
            });
        }
        self
    }
}

/// A run that was stopped before its reports were written.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Unreported<'a> {
    pub(super) run_directory: &'a Path,
}

/// The document of `check`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct CheckDocument<'a> {
    /// The name of the list.
    pub(super) list: String,
    /// The path of `findings.csv`.
    pub(super) findings_file: &'a Path,
    /// The number of findings in that file. It also has notes.
    pub(super) findings: u64,
    #[serde(flatten)]
    pub(super) verdict: VerdictDocument<'a>,
}

/// What prevents a run, and what the run would do.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct VerdictDocument<'a> {
    /// Row counts by planned outcome; null if the list was not read to its end.
    pub(super) rows: Option<SurveyCounts>,
    /// The broken rules.
    pub(super) findings_by_rule: Vec<BrokenRule<'a>>,
    /// Reasons to refuse the run.
    pub(super) refusals: Vec<&'a Problem>,
    /// Notes that do not prevent a run.
    pub(super) notices: Vec<&'a Problem>,
    /// What the run would send; null if it is unknown.
    #[cfg_attr(
        test,
        schemars(with = "Option<crate::preflight::plan::PlanDocument<'static>>")
    )]
    pub(super) plan: Option<&'a RunPlan>,
}

/// A rule and how often it is broken.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct BrokenRule<'a> {
    /// The code of the rule.
    rule: &'static str,
    /// How often it is broken.
    findings: u64,
    /// What to do about it.
    what_to_do: String,
    /// The first findings.
    examples: &'a [FindingExample],
}

impl<'a> BrokenRule<'a> {
    pub(super) fn of(broken: &'a RuleCount, given: &FlagsGiven) -> Self {
        Self {
            rule: broken.rule.code(),
            findings: broken.findings,
            what_to_do: broken.rule.hint(given),
            examples: &broken.examples,
        }
    }
}

/// The document of `undo`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct UndoneDocument<'a> {
    /// The run directory.
    pub(super) run_directory: &'a Path,
    /// Whether nothing was deleted (`--dry-run`).
    pub(super) dry_run: bool,
    /// The path of `undo-results.csv`, or of the file of the dry run; null if there was nothing to
    /// undo.
    pub(super) results: Option<&'a Path>,
    /// Users by result, with the results that no user has; `open`: not processed yet.
    pub(super) users: BTreeMap<String, u64>,
    /// With `--known-only`: users of rows that were sent after this time may be missing. Null if
    /// the ledger has every row.
    pub(super) known_until: Option<&'a str>,
    /// Requests by quota category.
    pub(super) requests: BTreeMap<&'static str, CategoryRequests>,
}

impl<'a> UndoneDocument<'a> {
    pub(super) fn nothing_to_undo(
        run_directory: &'a Path,
        dry_run: bool,
        known_until: Option<&'a str>,
    ) -> Self {
        Self {
            run_directory,
            dry_run,
            results: None,
            known_until,
            users: Undone::all()
                .map(|undone| (undone.key(), 0))
                .chain([("open".to_owned(), 0)])
                .collect(),
            requests: BTreeMap::new(),
        }
    }
}

/// The document of `verify`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct VerifyDocument<'a> {
    /// The run directory.
    pub(super) run_directory: &'a Path,
    /// The path of `verify.csv`.
    pub(super) results: &'a Path,
    /// The number of users of the run that were checked.
    pub(super) checked: u64,
    /// How many of them are in the pool as the run reports them.
    pub(super) as_reported: u64,
    /// How many have an attribute that differed from the list when the run ended, and still
    /// differs. That is no problem, and the run's results name it. Null if there was no list.
    pub(super) known_to_differ: Option<u64>,
    /// Users by problem, with the problems that no user has. `extra` is 0 without `--extra`.
    pub(super) problems: BTreeMap<&'static str, u64>,
    /// Users by attribute whose value differs from the list; null if there was no list.
    pub(super) differing_attributes: Option<BTreeMap<String, u64>>,
    /// The number of users in the pool.
    pub(super) pool_users: u64,
    /// Requests of this session by quota category.
    pub(super) requests: BTreeMap<&'static str, CategoryRequests>,
}

/// The document of `describe`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Described<'a> {
    /// The rules of the pool, as in the file that `--pool` reads.
    pub(super) rules: &'a PoolRules,
}

/// The document of `template`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Template<'a> {
    /// The columns of the header line.
    pub(super) columns: &'a [String],
}

/// The document of `iam-policy`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct LeastPolicy<'a> {
    /// The IAM policy; null if no permission is needed.
    pub(super) policy: Option<&'a serde_json::Value>,
}

/// The document of `rehearsal-pool`, printed when it listens.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Serving<'a> {
    /// The URL of the pool, for `--endpoint-url`.
    pub(super) endpoint_url: &'a str,
    /// The ID of the user pool.
    pub(super) user_pool_id: &'a str,
    /// The ID of the app client.
    pub(super) client_id: &'a str,
}

#[cfg(test)]
mod tests;
