//! What speaks against a run because of the rows of its list.

use super::{Objection, RunIntent};
use crate::plural::{counted, plural};
use crate::preflight::survey::{NoteCount, SurveyCounts};
use crate::user::FlagsGiven;
use crate::user::password_column::Suspicion;

/// What the rows are like, counted.
pub(super) fn rows(meant: RunIntent<'_>, found: &mut Vec<Objection>) {
    if meant.begun {
        return;
    }
    for NoteCount {
        kind,
        count,
        examples,
    } in meant.notes
    {
        found.push(Objection {
            count: Some(*count),
            examples: examples.clone(),
            ..Objection::notice(kind.code(), kind.summary(*count), kind.hint(meant.given))
        });
    }
    let Some(counts) = meant.counts else {
        if meant.allowed.strict {
            found.push(Objection::refusal(
                "strict_needs_a_file",
                "--strict reads the whole list before the first call, and this list can be read only once",
                "save it as a file, or leave --strict out",
            ));
        }
        return;
    };
    if counts.rows == 0 {
        found.push(Objection::notice(
            "no_rows",
            "the list has a header and no rows",
            "check the export if it should have some",
        ));
    }
    if let Some(Suspicion { code, message }) = counts.passwords.suspicion() {
        found.push(Objection::refusal(code, message, Suspicion::HINT));
    }
    badly_read(counts, meant.given, found);
    // Skipped rows are not looked at.
    let rows = counts.rows - counts.skipped;
    // A misquoted row is damaged by itself: it says nothing about the mapping.
    let misfits = counts.invalid - counts.misquoted;
    if misfits * 2 > rows || (rows > 0 && counts.invalid == rows) {
        found.push(Objection::refusal(
            "mostly_invalid",
            format!(
                "{} of {} {} invalid, more than half: this looks like a mapping that does not fit, not like a few bad rows",
                counts.invalid,
                counted(rows, "row", "rows"),
                plural(counts.invalid, "is", "are")
            ),
            "correct what the columns mean or how the list is read (`cognito-import check` tells what is wrong with each row), or put the valid \
             rows into a list of their own",
        ));
    } else if meant.allowed.strict && counts.invalid > 0 {
        found.push(Objection::refusal(
            "strict",
            format!(
                "{} of {} {} invalid, and --strict takes none",
                counts.invalid,
                counted(rows, "row", "rows"),
                plural(counts.invalid, "is", "are")
            ),
            "correct them (`cognito-import check` lists them), or leave --strict out: they are then reported and not sent",
        ));
    }
}

/// Signs that the list is not read as it is written.
fn badly_read(counts: &SurveyCounts, given: &FlagsGiven, found: &mut Vec<Objection>) {
    if counts.swallowing > 0 {
        let quotes = "correct the quotes first, because the corrected list would be another run (`cognito-import check` names the lines)";
        found.push(Objection::refusal(
            "rows_swallowed",
            format!(
                "{} swallowed other rows, by a quote that is never closed or closed in a later row: these users would be left out",
                counted(counts.swallowing, "row", "rows")
            ),
            if given.has("--quote") {
                quotes.to_owned()
            } else {
                format!("{quotes}, or pass --quote none if nothing in the list is quoted")
            },
        ));
    }
    if counts.with_apostrophe * 2 > counts.rows - counts.skipped {
        found.push(Objection::refusal(
            "apostrophes",
            format!(
                "the email addresses of {} of {} begin with an apostrophe, which some exports put before every text",
                counts.with_apostrophe,
                counted(counts.rows - counts.skipped, "row", "rows")
            ),
            if given.has("--drop-apostrophe") {
                "correct the addresses: --drop-apostrophe removes one apostrophe, and they have more"
            } else {
                "--drop-apostrophe removes it"
            },
        ));
    }
}
