//! `report.html`: a self-contained page without scripts and external resources. Its
//! Content-Security-Policy forbids both, in case a list or a pool injects any.
//!
//! [`page`] provides the texts and numbers, `page.html` is the askama template, which escapes every
//! text, and `page.css` is the style. The size of the page does not grow with the list.

mod categories;
mod errors;
mod existing_users;
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
use super::atomic_file::AtomicFile;
use super::tally::ReportTally;
use crate::ledger::RunMetadata;
use crate::outcome::{RateSample, Summary};
use crate::sanitize::visible;

/// The name of the file in the run directory.
pub(super) const FILE: &str = "report.html";

/// The content of the report.
pub(super) struct ReportInput<'a> {
    pub(super) summary: &'a Summary,
    pub(super) about: &'a RunMetadata,
    pub(super) tally: &'a ReportTally,
    pub(super) rates: &'a [RateSample],
    /// The exit code of the run and its meaning.
    pub(super) exit: (u8, &'static str),
    pub(super) names: Names,
    /// Whether an undo of the run has started.
    pub(super) undone: bool,
    /// Whether a process is using the run.
    pub(super) active: bool,
}

pub(super) fn write(run_directory: &Path, input: &ReportInput<'_>) -> io::Result<()> {
    let mut file = AtomicFile::create(&run_directory.join(FILE))?;
    file.write_all(render(input)?.as_bytes())?;
    file.finish()
}

/// Renders the page. Hidden characters are made visible at the end. The template contains none.
fn render(input: &ReportInput<'_>) -> io::Result<String> {
    let page = page::ReportPage::new(input)
        .render()
        .map_err(io::Error::other)?;
    Ok(visible(&page).into_owned())
}

#[cfg(test)]
mod tests;
