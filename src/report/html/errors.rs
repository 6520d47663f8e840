//! Errors by code, with their meaning, a hint and example rows.

use super::format::{counted, thousands};
use super::mask::{message, username};
use crate::ledger::RunKind;
use crate::ledger::reader::INTERRUPTED;
use crate::outcome::Summary;
use crate::pool::failure::{Stop, explain};
use crate::report::Names;
use crate::report::tally::{ErrorExample, ErrorRows, OTHER_CODES, ReportTally};
use crate::user::FlagsGiven;
use crate::user::finding::Rule;

/// The maximum number of groups in the report.
const MAX_GROUPS: usize = 40;

/// The maximum number of characters of a message.
const MAX_MESSAGE: usize = 300;

/// The maximum number of characters of a username, as in Cognito.
const MAX_USERNAME: usize = 128;

/// The rows with one error code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ErrorGroup {
    pub(super) code: String,
    /// A text like `12 rows: rejected 10, failed 2`.
    pub(super) rows: String,
    pub(super) meaning: &'static str,
    pub(super) hint: String,
    pub(super) examples: Vec<ExampleRow>,
    /// A text like `and 9 more rows`; empty if the examples are all rows.
    pub(super) more_rows: String,
}

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

/// The kind and the flags of the run, on which hints depend.
#[derive(Clone, Copy)]
pub(super) struct HintContext<'a> {
    pub(super) kind: RunKind,
    pub(super) given: &'a FlagsGiven,
}

/// Returns the most frequent groups, and the number of codes that are not included.
pub(super) fn groups(
    tally: &ReportTally,
    names: Names,
    context: HintContext<'_>,
) -> (Vec<ErrorGroup>, usize) {
    let mut errors: Vec<(&String, &ErrorRows)> = tally.errors.iter().collect();
    errors.sort_by(|(one, rows), (other, others)| {
        others.count.cmp(&rows.count).then_with(|| one.cmp(other))
    });
    let more_codes = errors.len().saturating_sub(MAX_GROUPS);
    let groups = errors
        .into_iter()
        .take(MAX_GROUPS)
        .map(|(code, rows)| group(code, rows, names, context))
        .collect();
    (groups, more_codes)
}

fn group(code: &str, rows: &ErrorRows, names: Names, context: HintContext<'_>) -> ErrorGroup {
    let (meaning, hint) = explanation(code, context);
    let by_outcome: Vec<String> = rows
        .by_outcome
        .iter()
        .map(|(outcome, count)| format!("{} {}", outcome.name(), thousands(*count)))
        .collect();
    let more_rows = rows.count - rows.examples.len() as u64;
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
        more_rows: if more_rows == 0 {
            String::new()
        } else {
            format!("and {}", counted(more_rows, "more row", "more rows"))
        },
    }
}

fn example_row(code: &str, example: &ErrorExample, names: Names) -> ExampleRow {
    let name = example.username.as_deref();
    ExampleRow {
        row: thousands(example.row),
        line: thousands(example.line),
        username: truncated(&username(name, names), MAX_USERNAME),
        message: truncated(&message(code, &example.message, name, names), MAX_MESSAGE),
    }
}

fn truncated(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned() + "…",
        None => text.to_owned(),
    }
}

/// Returns the meaning of a code and a hint.
fn explanation(code: &str, context: HintContext<'_>) -> (&'static str, String) {
    let HintContext { kind, given } = context;
    if let Some(rule) = Rule::from_code(code) {
        return (rule.meaning(), rule.hint(given));
    }
    if let Some(known) = explain(code) {
        let hint = match (known.retry, kind) {
            (Some(retry), RunKind::Import) => format!("{}, then {retry}", known.hint),
            // A rehearsal cannot be retried, because its pool is gone.
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
        (OTHER_CODES, _) => ("errors with other codes", "see error_code in results.csv"),
        _ => (
            "an error code that this program does not know",
            "look up the code in the API reference of SignUp, and retry a single row before the \
             others",
        ),
    };
    (meaning, hint.to_owned())
}

/// Returns the errors of the steps after the sign-up.
pub(super) fn step_errors(summary: &Summary, context: HintContext<'_>) -> Vec<StepError> {
    let mut errors: Vec<(&String, &u64)> = summary.follow_up_errors.iter().collect();
    errors.sort_by(|(one, count), (other, counts)| counts.cmp(count).then_with(|| one.cmp(other)));
    errors
        .into_iter()
        .take(MAX_GROUPS)
        .map(|(code, count)| StepError {
            code: code.clone(),
            count: thousands(*count),
            hint: match code.as_str() {
                "AliasExistsException" => {
                    "the address is verified for another user: decide which user it belongs to, \
                     because Cognito allows it only once"
                        .to_owned()
                }
                "ResourceNotFoundException" => Stop::GroupMissing.hint().to_owned(),
                other => explanation(other, context).1,
            },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{
        FlagsGiven, HintContext, INTERRUPTED, MAX_MESSAGE, OTHER_CODES, explanation, groups,
        step_errors, truncated,
    };
    use crate::ledger::RunKind;
    use crate::outcome::{Outcome, RowOutcome, RowResult};
    use crate::report::Names;
    use crate::report::html::samples::summary;
    use crate::report::tally::ReportTally;

    #[test]
    fn messages() {
        let mut text = String::new();
        for code in [INTERRUPTED, OTHER_CODES, "BrandNewException"] {
            for kind in [RunKind::Import, RunKind::Rehearsal] {
                let given = &FlagsGiven::default();
                let (meaning, hint) = explanation(code, HintContext { kind, given });
                text += &format!("{code}, {kind:?}: {meaning}\n    {hint}\n");
            }
        }
        let mut summary = summary(&[]);
        for code in ["AliasExistsException", "ResourceNotFoundException"] {
            summary.follow_up_errors.insert(code.to_owned(), 1);
        }
        let context = HintContext {
            kind: RunKind::Import,
            given: &FlagsGiven::default(),
        };
        for error in step_errors(&summary, context) {
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
                is_new: false,
                known: false,
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

    fn context(kind: RunKind, given: &FlagsGiven) -> HintContext<'_> {
        HintContext { kind, given }
    }

    #[test]
    fn hints_do_not_suggest_flags_of_the_run() {
        for (words, suggested) in [(vec![], true), (vec!["--phone-region".to_owned()], false)] {
            let given = FlagsGiven::of_command(&words);
            let (_, hint) = explanation("phone_number.format", context(RunKind::Import, &given));
            assert_eq!(hint.contains("--phone-region"), suggested, "{hint}");
        }
    }

    #[test]
    fn the_most_frequent_error_comes_first_with_a_hint() {
        let given = FlagsGiven::default();
        let (groups, more_codes) =
            groups(&tally(), Names::Masked, context(RunKind::Import, &given));
        let codes: Vec<&str> = groups.iter().map(|group| group.code.as_str()).collect();
        assert_eq!(
            codes,
            [
                "email.format",
                "BrandNewException",
                "InvalidParameterException"
            ]
        );
        assert_eq!(more_codes, 0);
        assert_eq!(groups[0].rows, "2 rows: invalid 2");
        assert_eq!(
            groups[0].hint,
            explanation("email.format", context(RunKind::Import, &given)).1
        );
        assert_eq!(groups[0].examples[1].username, "a***@e***.com");
        assert!(groups[1].meaning.contains("does not know"));
        let message = &groups[2].examples[0].message;
        assert_eq!(message.chars().count(), MAX_MESSAGE + 1);
    }

    #[test]
    fn hints_for_a_rehearsal_do_not_suggest_a_retry() {
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
            let (_, hint) = explanation(code, context(RunKind::Rehearsal, &given));
            assert!(!hint.contains("--retry"), "{code}");
            assert!(!hint.contains("same command"), "{code}");
        }
        let import = explanation("InternalErrorException", context(RunKind::Import, &given)).1;
        assert!(import.ends_with("--retry failed (or in-doubt)"), "{import}");
    }

    #[test]
    fn truncates_between_characters() {
        assert_eq!(truncated("éé", 1), "é…");
        assert_eq!(truncated("éé", 2), "éé");
    }
}
