//! `report.html`: what is handed to a manager, an auditor and the next engineer. One file that needs nothing else: no script, no network,
//! and a Content-Security-Policy that forbids both, whatever a list or a pool put into it.
//!
//! [`page`] turns a run into texts and numbers, `page.html` (askama: every text is escaped) puts them in their places, `page.css` makes
//! them look well. Nothing in it grows with the list.

mod errors;
mod format;
mod latency_chart;
mod mask;
mod next_steps;
mod outcome_bar;
mod page;
mod rate_chart;
#[cfg(test)]
pub(super) mod samples;
mod status;
mod timeline;

use std::io::{self, Write as _};
use std::path::Path;

use askama::Template as _;

use super::Names;
use super::tally::ReportTally;
use super::whole_file::WholeFile;
use crate::ledger::RunMetadata;
use crate::outcome::{RateSample, Summary};
use crate::sanitize::visible;

/// The file's name in the run's directory.
pub(super) const FILE: &str = "report.html";

/// A run, as it is shown.
pub(super) struct RunShown<'a> {
    pub(super) summary: &'a Summary,
    pub(super) about: &'a RunMetadata,
    pub(super) tally: &'a ReportTally,
    /// How fast it went.
    pub(super) rates: &'a [RateSample],
    /// The exit code of a run that stands like this, and what it means.
    pub(super) exit: (u8, &'static str),
    pub(super) names: Names,
    /// It was undone since, or its undo has begun.
    pub(super) undone: bool,
}

/// Writes it.
pub(super) fn write(run_directory: &Path, run: &RunShown<'_>) -> io::Result<()> {
    let mut file = WholeFile::begin(&run_directory.join(FILE))?;
    file.write_all(text(run)?.as_bytes())?;
    file.finish()
}

/// The page. What could turn or hide text is made visible at last, wherever it came from: the page itself has none of it.
fn text(run: &RunShown<'_>) -> io::Result<String> {
    let page = page::ReportPage::of(run)
        .render()
        .map_err(io::Error::other)?;
    Ok(visible(&page).into_owned())
}

#[cfg(test)]
mod tests;
