//! What stands in the documents of `--output json` behind their head, a shape for each kind of command. Their names are a promise:
//! see `SCHEMA_VERSION` in [`super::answer`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::rejects::{RejectsError, RejectsWritten};
use crate::outcome::{CategoryRequests, Summary};
use crate::preflight::objections::Objection;
use crate::preflight::plan::RunPlan;
use crate::preflight::survey::{FindingExample, RuleCount, SurveyCounts};
use crate::report;
use crate::user::FlagsGiven;
use crate::user::pool_rules::PoolRules;

/// A run: of `import`, `rehearse` and `report`.
#[derive(Serialize)]
pub(super) struct RunDocument<'a> {
    run_directory: &'a Path,
    /// Where each file is, by its name: those that are there.
    files: BTreeMap<&'static str, PathBuf>,
    /// What stands in `summary.json`.
    summary: Value,
    /// Of a run, not of `report`; none where every row made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    rejects: Option<RejectsDocument<'a>>,
}

/// `rejects.csv`.
#[derive(Serialize)]
struct RejectsDocument<'a> {
    /// None where it could not be written.
    file: Option<&'a Path>,
    rows: Option<u64>,
    with_passwords: Option<bool>,
    error: Option<String>,
}

impl<'a> RunDocument<'a> {
    pub(super) fn of(run_directory: &'a Path, summary: &'a Summary) -> Self {
        Self {
            run_directory,
            files: report::files_in(run_directory),
            summary: report::summary_document(run_directory)
                .unwrap_or_else(|| serde_json::json!(summary)),
            rejects: None,
        }
    }

    pub(super) fn with_rejects(
        mut self,
        rejects: &'a Result<Option<RejectsWritten>, RejectsError>,
    ) -> Self {
        self.rejects = match rejects {
            Ok(written) => written.as_ref().map(|written| RejectsDocument {
                file: Some(&written.path),
                rows: Some(written.rows),
                with_passwords: Some(written.with_passwords),
                error: None,
            }),
            Err(error) => Some(RejectsDocument {
                file: None,
                rows: None,
                with_passwords: None,
                error: Some(error.to_string()),
            }),
        };
        self
    }
}

/// A run that was stopped at once: there are no reports of it yet.
#[derive(Serialize)]
pub(super) struct Unreported<'a> {
    pub(super) run_directory: &'a Path,
}

/// `check`.
#[derive(Serialize)]
pub(super) struct CheckDocument<'a> {
    pub(super) list: String,
    pub(super) findings_file: &'a Path,
    /// Findings in that file; it also has notes.
    pub(super) findings: u64,
    #[serde(flatten)]
    pub(super) verdict: VerdictDocument<'a>,
}

/// What stands against a run, and what it would do.
#[derive(Serialize)]
pub(super) struct VerdictDocument<'a> {
    /// Rows, by what would become of them; none where the list was not read to its end.
    pub(super) rows: Option<SurveyCounts>,
    pub(super) findings_by_rule: Vec<BrokenRule<'a>>,
    /// A run is refused for each of these.
    pub(super) refusals: Vec<&'a Objection>,
    /// Good to know.
    pub(super) notices: Vec<&'a Objection>,
    pub(super) plan: Option<&'a RunPlan>,
}

/// A rule, and how often it is broken.
#[derive(Serialize)]
pub(super) struct BrokenRule<'a> {
    rule: &'static str,
    findings: u64,
    what_to_do: String,
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

/// `undo`.
#[derive(Serialize)]
pub(super) struct UndoneDocument<'a> {
    pub(super) run_directory: &'a Path,
    pub(super) dry_run: bool,
    /// `undo-results.csv`, or that of the dry run.
    pub(super) results: &'a Path,
    /// Users by result, with the results that no user has; `open`: not looked at yet.
    pub(super) users: BTreeMap<String, u64>,
    /// By quota category.
    pub(super) requests: BTreeMap<&'static str, CategoryRequests>,
}

/// `describe`.
#[derive(Serialize)]
pub(super) struct Described<'a> {
    pub(super) rules: &'a PoolRules,
}

/// `template`.
#[derive(Serialize)]
pub(super) struct Template<'a> {
    pub(super) columns: &'a [String],
}

/// `iam-policy`.
#[derive(Serialize)]
pub(super) struct LeastPolicy<'a> {
    /// None where no permission is needed.
    pub(super) policy: Option<&'a serde_json::Value>,
}

/// `rehearsal-pool`, once it listens.
#[derive(Serialize)]
pub(super) struct Serving<'a> {
    pub(super) endpoint_url: &'a str,
    pub(super) user_pool_id: &'a str,
    pub(super) client_id: &'a str,
}
