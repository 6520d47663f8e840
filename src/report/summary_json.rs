//! `summary.json`: the counts of a run.

use std::io::{self, Write as _};
use std::path::Path;

use serde::Serialize;

use super::atomic_file::AtomicFile;
use super::durations::LatencySummary;
use super::tally::{Confirmed, ReportTally};
use crate::ledger::RunMetadata;
use crate::outcome::Summary;
use crate::sanitize::visible_json;

/// The name of the file in the run directory.
pub(super) const FILE: &str = "summary.json";

/// The version of `summary.json` and `results.jsonl`. New fields and new values of a field do not
/// change the version. Any change that breaks a reader which ignores unknown fields and values
/// does.
pub const SCHEMA_VERSION: u32 = 1;

/// The document `summary.json`: the counts of a run.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SummaryDocument<'a> {
    /// The version of this document. Fields may be added under a version; none is removed or
    /// changes its meaning.
    schema_version: u32,
    /// `import` or `rehearsal`.
    kind: &'static str,
    #[serde(flatten)]
    summary: &'a Summary,
    /// The exit code of the run in its current state.
    exit_code: u8,
    /// The meaning of the exit code.
    exit_meaning: &'static str,
    /// The version of the program that ran the last session; null if it is not recorded.
    program_version: Option<&'a str>,
    /// The version of the program that wrote the reports.
    report_version: &'static str,
    /// The AWS Region, from the pool's ID.
    region: Option<String>,
    /// Seconds from the start of the first session to the end of the last one, including the time
    /// between sessions.
    elapsed_seconds: Option<f64>,
    /// Users that the run created, by confirmation state at the end of the run.
    created_users: Confirmed,
    /// Response times of SignUp; null if none was measured.
    latency: Option<LatencySummary>,
}

pub(super) fn write(
    run_directory: &Path,
    summary: &Summary,
    about: &RunMetadata,
    tally: &ReportTally,
    (exit_code, exit_meaning): (u8, &'static str),
) -> io::Result<()> {
    let document = SummaryDocument {
        schema_version: SCHEMA_VERSION,
        kind: about.kind.name(),
        summary,
        exit_code,
        exit_meaning,
        program_version: about.version.as_deref(),
        report_version: env!("CARGO_PKG_VERSION"),
        region: crate::pool::region_of(&summary.user_pool_id),
        elapsed_seconds: summary.elapsed().map(|elapsed| elapsed.as_secs_f64()),
        created_users: tally.created,
        latency: tally.durations.latency(),
    };
    let mut file = AtomicFile::create(&run_directory.join(FILE))?;
    let json = serde_json::to_string_pretty(&document)?;
    file.write_all(visible_json(&json).as_bytes())?;
    file.write_all(b"\n")?;
    file.finish()
}

/// Reads the file. Returns `None` if it does not exist or is not valid JSON.
#[must_use]
pub fn summary_document(run_directory: &Path) -> Option<serde_json::Value> {
    let text = std::fs::read(run_directory.join(FILE)).ok()?;
    serde_json::from_slice(&text).ok()
}
