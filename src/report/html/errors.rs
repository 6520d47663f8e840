//! Errors grouped by their code: what each means, what to do about it, and a few of the rows that met it.

use super::format::{counted, thousands};
use super::mask::{message, username};
use crate::ledger::RunKind;
use crate::ledger::reader::INTERRUPTED;
use crate::outcome::Summary;
use crate::pool::failure::{Stop, explain};
use crate::report::Names;
use crate::report::tally::{ErrorExample, ErrorRows, FURTHER_CODES, ReportTally};
use crate::user::FlagsGiven;
use crate::user::finding::Rule;

/// Groups that are shown, the most frequent ones: a report is read by people.
const SHOWN: usize = 40;

/// Characters of a message that are shown.
const MESSAGE: usize = 300;

/// Characters of a username that are shown. Cognito takes no more than 128.
const USERNAME: usize = 128;

/// One group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ErrorGroup {
    pub(super) code: String,
    /// `12 rows: rejected 10, failed 2`.
    pub(super) rows: String,
    pub(super) meaning: &'static str,
    pub(super) hint: String,
    pub(super) examples: Vec<ExampleRow>,
    /// How many rows there are besides the examples; empty where there are none.
    pub(super) further: String,
}

/// One row that met it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ExampleRow {
    pub(super) row: String,
    pub(super) line: String,
    pub(super) username: String,
    pub(super) message: String,
}

/// An error of a step after the sign-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StepError {
    pub(super) code: String,
    pub(super) count: String,
    pub(super) hint: String,
}

/// How the run was begun, for what to do.
#[derive(Clone, Copy)]
pub(super) struct RunBegun<'a> {
    pub(super) kind: RunKind,
    pub(super) given: &'a FlagsGiven,
}

/// The groups, the most frequent first; and how many further codes there are.
pub(super) fn groups(
    tally: &ReportTally,
    names: Names,
    run: RunBegun<'_>,
) -> (Vec<ErrorGroup>, usize) {
    let mut errors: Vec<(&String, &ErrorRows)> = tally.errors.iter().collect();
    errors.sort_by(|(one, rows), (other, others)| {
        others.count.cmp(&rows.count).then_with(|| one.cmp(other))
    });
    let further = errors.len().saturating_sub(SHOWN);
    let groups = errors
        .into_iter()
        .take(SHOWN)
        .map(|(code, rows)| group(code, rows, names, run))
        .collect();
    (groups, further)
}

fn group(code: &str, rows: &ErrorRows, names: Names, run: RunBegun<'_>) -> ErrorGroup {
    let (meaning, hint) = in_words(code, run);
    let by_outcome: Vec<String> = rows
        .by_outcome
        .iter()
        .map(|(outcome, count)| format!("{} {}", outcome.name(), thousands(*count)))
        .collect();
    let further = rows.count - rows.examples.len() as u64;
    ErrorGroup {
        code: code.to_owned(),
        rows: format!(
            "{}: {}",
            counted(rows.count, "row", "rows"),
            by_outcome.join(", ")
        ),
        meaning,
        hint,
        examples: rows
            .examples
            .iter()
            .map(|example| example_row(code, example, names))
            .collect(),
        further: if further == 0 {
            String::new()
        } else {
            format!("and {}", counted(further, "further row", "further rows"))
        },
    }
}

fn example_row(code: &str, example: &ErrorExample, names: Names) -> ExampleRow {
    let name = example.username.as_deref();
    ExampleRow {
        row: thousands(example.row),
        line: thousands(example.line),
        username: at_most(&username(name, names), USERNAME),
        message: at_most(&message(code, &example.message, name, names), MESSAGE),
    }
}

fn at_most(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned() + "…",
        None => text.to_owned(),
    }
}

/// The meaning of a code, and what to do about it in a run of this kind. Says so if the code is not known.
fn in_words(code: &str, run: RunBegun<'_>) -> (&'static str, String) {
    let RunBegun { kind, given } = run;
    if let Some(rule) = Rule::from_code(code) {
        return (rule.meaning(), rule.hint(given));
    }
    if let Some(known) = explain(code) {
        let hint = match (known.retry, kind) {
            (Some(retry), RunKind::Import) => format!("{}, then {retry}", known.hint),
            // There is nothing to retry: the pool ended with the rehearsal.
            (Some(_), RunKind::Rehearsal) | (None, _) => known.hint.to_owned(),
        };
        return (known.meaning, hint);
    }
    let (meaning, hint) = match (code, kind) {
        (INTERRUPTED, RunKind::Import) => (
            "the run ended before these rows were settled: they may have been sent",
            "run the same command: it looks them up before it sends anything",
        ),
        (INTERRUPTED, RunKind::Rehearsal) => (
            "the rehearsal ended before these rows were settled",
            "start a new rehearsal, or leave these rows to the import",
        ),
        (FURTHER_CODES, _) => ("errors with other codes", "see error_code in results.csv"),
        _ => (
            "an error that this program does not know; its message is all there is",
            "look up the code in the API reference of SignUp, and retry a single row before the others",
        ),
    };
    (meaning, hint.to_owned())
}

/// The errors of the steps after the sign-up.
pub(super) fn step_errors(summary: &Summary, run: RunBegun<'_>) -> Vec<StepError> {
    let mut errors: Vec<(&String, &u64)> = summary.follow_up_errors.iter().collect();
    errors.sort_by(|(one, count), (other, counts)| counts.cmp(count).then_with(|| one.cmp(other)));
    errors
        .into_iter()
        .take(SHOWN)
        .map(|(code, count)| StepError {
            code: code.clone(),
            count: thousands(*count),
            hint: match code.as_str() {
                "AliasExistsException" => {
                    "the address is verified for another user: decide which user it belongs to, because Cognito allows it only once".to_owned()
                }
                "ResourceNotFoundException" => Stop::GroupMissing.hint().to_owned(),
                other => in_words(other, run).1,
            },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{
        FURTHER_CODES, FlagsGiven, INTERRUPTED, MESSAGE, RunBegun, at_most, groups, in_words,
        step_errors,
    };
    use crate::ledger::RunKind;
    use crate::outcome::{Outcome, RowOutcome, RowResult};
    use crate::report::Names;
    use crate::report::html::samples::summary;
    use crate::report::tally::ReportTally;

    #[test]
    fn messages() {
        let mut text = String::new();
        for code in [INTERRUPTED, FURTHER_CODES, "BrandNewException"] {
            for kind in [RunKind::Import, RunKind::Rehearsal] {
                let given = &FlagsGiven::default();
                let (meaning, hint) = in_words(code, RunBegun { kind, given });
                text += &format!("{code}, {kind:?}: {meaning}\n    {hint}\n");
            }
        }
        let mut summary = summary(&[]);
        for code in ["AliasExistsException", "ResourceNotFoundException"] {
            summary.follow_up_errors.insert(code.to_owned(), 1);
        }
        let run = RunBegun {
            kind: RunKind::Import,
            given: &FlagsGiven::default(),
        };
        for error in step_errors(&summary, run) {
            text += &format!("{} of a step: {}\n", error.code, error.hint);
        }
        assert_messages!("report_errors", text);
    }

    fn tally() -> ReportTally {
        let mut tally = ReportTally::default();
        for (row, outcome, code) in [
            (1, Outcome::Rejected, "InvalidParameterException"),
            (2, Outcome::Invalid, "email.format"),
            (3, Outcome::Invalid, "email.format"),
            (4, Outcome::Failed, "BrandNewException"),
        ] {
            tally.row(&RowResult {
                row,
                line: row + 1,
                username: Some("ann@example.com".to_owned()),
                kept: Vec::new(),
                outcome: RowOutcome::of(outcome).with_error(code, "x".repeat(1_000)),
                follow_up: None,
            });
        }
        tally
    }

    fn begun(kind: RunKind, given: &FlagsGiven) -> RunBegun<'_> {
        RunBegun { kind, given }
    }

    #[test]
    fn a_flag_that_the_run_was_given_is_not_suggested() {
        for (words, suggested) in [(vec![], true), (vec!["--phone-region".to_owned()], false)] {
            let given = FlagsGiven::of_command(&words);
            let (_, hint) = in_words("phone_number.format", begun(RunKind::Import, &given));
            assert_eq!(hint.contains("--phone-region"), suggested, "{hint}");
        }
    }

    #[test]
    fn the_most_frequent_error_comes_first_with_what_to_do() {
        let given = FlagsGiven::default();
        let (groups, further) = groups(&tally(), Names::Masked, begun(RunKind::Import, &given));
        let codes: Vec<&str> = groups.iter().map(|group| group.code.as_str()).collect();
        assert_eq!(
            codes,
            [
                "email.format",
                "BrandNewException",
                "InvalidParameterException"
            ]
        );
        assert_eq!(further, 0);
        assert_eq!(groups[0].rows, "2 rows: invalid 2");
        assert_eq!(
            groups[0].hint,
            in_words("email.format", begun(RunKind::Import, &given)).1
        );
        assert_eq!(groups[0].examples[1].username, "a***@e***.com");
        assert!(groups[1].meaning.contains("does not know"));
        assert_eq!(groups[2].examples[0].message.chars().count(), MESSAGE + 1);
    }

    #[test]
    fn what_to_do_about_a_rehearsal_is_not_to_retry_it() {
        let given = FlagsGiven::default();
        for code in [
            "ConnectFailed",
            "AttemptTimedOut",
            "InternalErrorException",
            "UserLambdaValidationException",
            "NotSettled",
            "Interrupted",
            "BrandNewException",
        ] {
            let said = |kind| in_words(code, begun(kind, &given)).1;
            assert!(!said(RunKind::Rehearsal).contains("--retry"), "{code}");
            assert!(!said(RunKind::Rehearsal).contains("same command"), "{code}");
        }
        let import = in_words("InternalErrorException", begun(RunKind::Import, &given)).1;
        assert!(import.ends_with("--retry failed (or in-doubt)"), "{import}");
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(at_most("éé", 1), "é…");
        assert_eq!(at_most("éé", 2), "éé");
    }
}
