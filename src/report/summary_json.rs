//! `summary.json`: the run summed up, for dashboards and for jobs that decide by it.

use std::io::{self, Write as _};
use std::path::Path;

use serde::Serialize;

use super::durations::LatencySummary;
use super::moments;
use super::tally::{Confirmed, ReportTally};
use super::whole_file::WholeFile;
use crate::ledger::RunMetadata;
use crate::outcome::Summary;
use crate::visible::visible_json;

/// The file's name in the run's directory.
pub(super) const FILE: &str = "summary.json";

/// The version of `summary.json` and `results.jsonl`. A field that is there keeps its name and meaning under one version, and words that
/// a field can have may be added, like fields. What would break a reader that passes over what it does not know is another version.
pub const SCHEMA_VERSION: u32 = 1;

/// All of it.
#[derive(Serialize)]
struct SummaryDocument<'a> {
    schema_version: u32,
    /// `import` or `rehearsal`.
    kind: &'static str,
    #[serde(flatten)]
    summary: &'a Summary,
    /// The exit code of a run that stands like this.
    exit_code: u8,
    exit_meaning: &'static str,
    /// The version that did the last session; null where it left no word.
    program_version: Option<&'a str>,
    /// The version that wrote the reports.
    report_version: &'static str,
    /// The Region that the pool's id names.
    region: Option<String>,
    /// From the run's first beginning to its last end, in seconds: with the pauses between its sessions.
    elapsed_seconds: Option<f64>,
    created_users: Confirmed,
    latency: Option<LatencySummary>,
}

/// Writes it.
pub(super) fn write(
    run_directory: &Path,
    summary: &Summary,
    about: &RunMetadata,
    tally: &ReportTally,
    (exit_code, exit_meaning): (u8, &'static str),
) -> io::Result<()> {
    let document = SummaryDocument {
        schema_version: SCHEMA_VERSION,
        kind: about.kind.word(),
        summary,
        exit_code,
        exit_meaning,
        program_version: about.version.as_deref(),
        report_version: env!("CARGO_PKG_VERSION"),
        region: crate::pool::region_of(&summary.user_pool_id),
        elapsed_seconds: moments::elapsed(summary).map(|elapsed| elapsed.as_secs_f64()),
        created_users: tally.created,
        latency: tally.durations.latency(),
    };
    let mut file = WholeFile::begin(&run_directory.join(FILE))?;
    let json = serde_json::to_string_pretty(&document)?;
    file.write_all(visible_json(&json).as_bytes())?;
    file.write_all(b"\n")?;
    file.finish()
}

/// What stands in the file; none where there is none, or no JSON.
#[must_use]
pub fn summary_document(run_directory: &Path) -> Option<serde_json::Value> {
    let text = std::fs::read(run_directory.join(FILE)).ok()?;
    serde_json::from_slice(&text).ok()
}
