//! What speaks against a run because of the rows of its list.

use super::{Problem, RunIntent};
use crate::plural::{counted, plural};
use crate::preflight::survey::{NoteCount, SurveyCounts};
use crate::user::FlagsGiven;
use crate::user::password_column::Suspicion;

/// What the rows are like, counted.
pub(super) fn rows(meant: RunIntent<'_>, found: &mut Vec<Problem>) {
    if meant.begun {
        return;
    }
    for NoteCount {
        kind,
        count,
        examples,
    } in meant.notes
    {
        found.push(Problem {
            count: Some(*count),
            examples: examples.clone(),
            ..Problem::notice(kind.code(), kind.summary(*count), kind.hint(meant.given))
        });
    }
    let Some(counts) = meant.counts else {
        if meant.allowed.strict {
            found.push(Problem::refusal(
                "strict_needs_a_file",
                "--strict reads the whole list before the first call, and this list can be read only once",
                "save it as a file, or omit --strict",
            ));
        }
        return;
    };
    if counts.rows == 0 {
        found.push(Problem::notice(
            "no_rows",
            "the list has a header but no rows",
            "check the export if this is unexpected",
        ));
    }
    if let Some(Suspicion { code, message }) = counts.passwords.suspicion() {
        found.push(Problem::refusal(code, message, Suspicion::HINT));
    }
    badly_read(counts, meant.given, found);
    // Skipped rows are not looked at.
    let rows = counts.rows - counts.skipped;
    // A misquoted row is damaged by itself: it says nothing about the mapping.
    let misfits = counts.invalid - counts.misquoted;
    if misfits * 2 > rows || (rows > 0 && counts.invalid == rows) {
        found.push(Problem::refusal(
            "mostly_invalid",
            format!(
                "{} of {} {} invalid, more than half: this suggests a wrong mapping rather than a few bad rows",
                counts.invalid,
                counted(rows, "row", "rows"),
                plural(counts.invalid, "is", "are")
            ),
            "correct the mapping or the way the list is read (`cognito-import check` explains every row), or move the valid rows to a separate list",
        ));
    } else if meant.allowed.strict && counts.invalid > 0 {
        found.push(Problem::refusal(
            "strict",
            format!(
                "{} of {} {} invalid, and --strict allows none",
                counts.invalid,
                counted(rows, "row", "rows"),
                plural(counts.invalid, "is", "are")
            ),
            "correct them (`cognito-import check` lists them), or omit --strict to report them without sending them",
        ));
    }
}

/// Signs that the list is not read as it is written.
fn badly_read(counts: &SurveyCounts, given: &FlagsGiven, found: &mut Vec<Problem>) {
    if counts.swallowing > 0 {
        let quotes = "correct the quotes first, because the corrected list would be a different run (`cognito-import check` shows the lines)";
        found.push(Problem::refusal(
            "rows_swallowed",
            format!(
                "{} swallowed other rows, because a quote is never closed or is closed in a later row: those users would be left out",
                counted(counts.swallowing, "row", "rows")
            ),
            if given.has("--quote") {
                quotes.to_owned()
            } else {
                format!("{quotes}, or pass --quote none if no cell in the list is quoted")
            },
        ));
    }
    if counts.with_apostrophe * 2 > counts.rows - counts.skipped {
        found.push(Problem::refusal(
            "apostrophes",
            format!(
                "the email addresses of {} of {} begin with an apostrophe, which some exports add to every text cell",
                counts.with_apostrophe,
                counted(counts.rows - counts.skipped, "row", "rows")
            ),
            if given.has("--drop-apostrophe") {
                "correct the addresses: --drop-apostrophe removes one apostrophe, and they have several"
            } else {
                "pass --drop-apostrophe to remove it"
            },
        ));
    }
}
