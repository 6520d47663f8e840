//! Problems with the rows of the list.

use super::{Problem, RunIntent};
use crate::plural::{counted, plural};
use crate::preflight::survey::{NoteCount, SurveyCounts};
use crate::user::FlagsGiven;
use crate::user::password_column::Suspicion;

pub(super) fn rows(intent: RunIntent<'_>, problems: &mut Vec<Problem>) {
    if intent.resumed {
        return;
    }
    for NoteCount {
        kind,
        count,
        examples,
    } in intent.notes
    {
        problems.push(Problem {
            count: Some(*count),
            examples: examples.clone(),
            ..Problem::notice(kind.code(), kind.summary(*count), kind.hint(intent.given))
        });
    }
    let Some(counts) = intent.counts else {
        if intent.allowed.strict {
            problems.push(Problem::refusal(
                "strict_needs_a_file",
                "--strict reads the whole list before the first call, and this list can be read \
                 only once",
                "save it as a file, or omit --strict",
            ));
        }
        return;
    };
    if counts.rows == 0 {
        problems.push(Problem::notice(
            "no_rows",
            "the list has a header but no rows",
            "check the export if this is unexpected",
        ));
    }
    if let Some(Suspicion { code, message }) = counts.passwords.suspicion() {
        problems.push(Problem::refusal(code, message, Suspicion::HINT));
    }
    misread(counts, intent.given, problems);
    let rows = counts.rows - counts.skipped;
    // A misquoted row does not suggest a wrong mapping.
    let invalid_by_mapping = counts.invalid - counts.misquoted;
    if invalid_by_mapping * 2 > rows || (rows > 0 && counts.invalid == rows) {
        problems.push(Problem::refusal(
            "mostly_invalid",
            format!(
                "{} of {} {} invalid, more than half: this suggests a wrong mapping rather than a \
                 few bad rows",
                counts.invalid,
                counted(rows, "row", "rows"),
                plural(counts.invalid, "is", "are")
            ),
            "correct the mapping or the way the list is read (`cognito-import check` explains \
             every row), or move the valid rows to a separate list",
        ));
    } else if intent.allowed.strict && counts.invalid > 0 {
        problems.push(Problem::refusal(
            "strict",
            format!(
                "{} of {} {} invalid, and --strict allows none",
                counts.invalid,
                counted(rows, "row", "rows"),
                plural(counts.invalid, "is", "are")
            ),
            "correct them (`cognito-import check` lists them), or omit --strict to report them \
             without sending them",
        ));
    }
}

/// Reports signs that the list is read with the wrong dialect.
fn misread(counts: &SurveyCounts, given: &FlagsGiven, problems: &mut Vec<Problem>) {
    if counts.swallowing > 0 {
        let quotes = "correct the quotes first, because the corrected list would be a different \
                      run (`cognito-import check` shows the lines)";
        problems.push(Problem::refusal(
            "rows_swallowed",
            format!(
                "{} swallowed other rows, because a quote is never closed or is closed in a later \
                 row: those users would be left out",
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
        problems.push(Problem::refusal(
            "apostrophes",
            format!(
                "the email addresses of {} of {} begin with an apostrophe, which some exports add \
                 to every text cell",
                counts.with_apostrophe,
                counted(counts.rows - counts.skipped, "row", "rows")
            ),
            if given.has("--drop-apostrophe") {
                "correct the addresses: --drop-apostrophe removes one apostrophe, and they have \
                 several"
            } else {
                "pass --drop-apostrophe to remove it"
            },
        ));
    }
}
