//! What stands against a run because of the rows of its list.

use super::super::plan::counted;
use super::{Meant, Objection};
use crate::preflight::survey::NoteCount;
use crate::user::password_column::Suspicion;

/// What the rows are like, counted.
pub(super) fn rows(meant: Meant<'_>, found: &mut Vec<Objection>) {
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
            "look at what made it, if there should be some",
        ));
    }
    if counts.swallowing > 0 {
        found.push(Objection::refusal(
            "rows_swallowed",
            format!(
                "{} swallowed other rows, by a quote that is never closed or closed in a later row: these users would be left out",
                counted(counts.swallowing, "row")
            ),
            "mend the quotes first (`cognito-import check` names the lines), for the mended list would be another run; --quote none, where nothing is \
             quoted",
        ));
    }
    if let Some(Suspicion { code, message }) = counts.passwords.suspicion() {
        found.push(Objection::refusal(code, message, Suspicion::HINT));
    }
    // Skipped rows are not looked at.
    let rows = counts.rows - counts.skipped;
    if counts.with_apostrophe * 2 > rows {
        found.push(Objection::refusal(
            "apostrophes",
            format!(
                "the e-mail addresses of {} of {} rows begin with an apostrophe: some exports put one before every text, and it is none of it",
                counts.with_apostrophe, rows
            ),
            "--drop-apostrophe takes it away",
        ));
    }
    // A misquoted row is damaged by itself: it says nothing about the mapping.
    let misfits = counts.invalid - counts.misquoted;
    if misfits * 2 > rows || (rows > 0 && counts.invalid == rows) {
        found.push(Objection::refusal(
            "mostly_invalid",
            format!(
                "{} of {rows} rows are invalid, more than half: the mapping does not seem to fit the list",
                counts.invalid
            ),
            "correct what the columns mean or how the list is read (`cognito-import check` tells what is wrong with each row); or put sound rows into a \
             list of their own, if they are meant",
        ));
    } else if meant.allowed.strict && counts.invalid > 0 {
        found.push(Objection::refusal(
            "strict",
            format!("{} of {} rows are invalid, and --strict takes none", counts.invalid, rows),
            "mend them (`cognito-import check` lists them), or leave --strict out: they are then reported and not sent",
        ));
    }
}
