//! What is left to do after a run: in words, and the exact command where there is one.

use super::format::counted;
use crate::ledger::{RunKind, RunMetadata};
use crate::outcome::{Outcome, RunState, Summary};
use crate::report::CommandLine;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NextAction {
    pub(super) words: String,
    /// The command's words, each as it can be pasted into a shell.
    pub(super) command: Option<Vec<String>>,
}

impl NextAction {
    fn words(words: impl Into<String>) -> Self {
        Self {
            words: words.into(),
            command: None,
        }
    }
}

/// All of it, in the order in which it should be done; nothing where nothing is.
pub(super) fn next_steps(summary: &Summary, about: &RunMetadata) -> Vec<NextAction> {
    let command = about.command.clone().map(CommandLine::new);
    match about.kind {
        RunKind::Rehearsal => rehearsed(summary, command.as_ref()),
        RunKind::Import => imported(summary, command.as_ref()),
    }
}

fn rehearsed(summary: &Summary, command: Option<&CommandLine>) -> Vec<NextAction> {
    let mut to_do = Vec::new();
    if summary.state != RunState::Finished {
        to_do.push(NextAction {
            words: "A rehearsal cannot be resumed because its pool ends with it. To see the rest, start a new one.".to_owned(),
            command: command.map(CommandLine::quoted_words),
        });
    }
    let wrong = to_mend(summary);
    if wrong > 0 {
        to_do.push(NextAction::words(format!(
            "Correct {} that a real run could not sign up either: rejects.csv has them unchanged, each with the reason.",
            counted(wrong, "row", "rows")
        )));
    }
    to_do.push(NextAction {
        words: "Once you are satisfied with the outcomes, run the real import with the same list options.".to_owned(),
        command: Some(
            CommandLine::new(
                [
                    "cognito-import",
                    "import",
                    &summary.list,
                    "--user-pool-id",
                    "POOL",
                    "--client-id",
                    "CLIENT",
                ]
                .map(str::to_owned)
                .to_vec(),
            )
            .quoted_words(),
        ),
    });
    to_do
}

fn imported(summary: &Summary, command: Option<&CommandLine>) -> Vec<NextAction> {
    let with = |flags: &[&str]| command.map(|command| command.with(flags).quoted_words());
    let mut to_do = Vec::new();
    if summary.state != RunState::Finished {
        to_do.push(NextAction {
            words: going_on(summary),
            command: with(&[]),
        });
    } else if pending(summary) > 0 {
        to_do.push(NextAction {
            words: format!(
                "Complete the follow-up steps: {} pending. The same command does that.",
                counted(pending(summary), "is", "are")
            ),
            command: with(&[]),
        });
    }
    let finished = summary.state == RunState::Finished;
    let in_doubt = summary.count(Outcome::InDoubt);
    if in_doubt > 0 && finished {
        to_do.push(NextAction {
            words: format!(
                "Look up {} in doubt again: it is still unknown whether this run created the users.",
                counted(in_doubt, "row that is", "rows that are")
            ),
            command: with(&["--retry", "in-doubt"]),
        });
    }
    let failed = summary.count(Outcome::Failed);
    if failed > 0 && finished {
        to_do.push(NextAction {
            words: format!(
                "Retry {} once the cause is fixed.",
                counted(failed, "row that failed", "rows that failed")
            ),
            command: with(&["--retry", "failed"]),
        });
    }
    let wrong = to_mend(summary);
    if wrong > 0 {
        to_do.push(NextAction::words(format!(
            "Correct {} that cannot be signed up as they are: rejects.csv in the run directory has them unchanged, each with the reason. Import that file instead of the whole list, in which this run's users would count as existing.",
            counted(wrong, "row", "rows")
        )));
    }
    let rejected = summary.count(Outcome::Rejected);
    if rejected > 0 && finished {
        to_do.push(NextAction {
            words: "If the pool rather than the rows was at fault, change the pool and retry the rejected rows unchanged.".to_owned(),
            command: with(&["--retry", "rejected"]),
        });
    }
    to_do
}

/// Rows that rejects.csv has. A run whose process was killed has no such file, and writes it when it goes on.
fn to_mend(summary: &Summary) -> u64 {
    match summary.state {
        RunState::Interrupted => 0,
        RunState::Finished | RunState::Stopped => {
            summary.count(Outcome::Invalid) + summary.count(Outcome::Rejected)
        }
    }
}

fn going_on(summary: &Summary) -> String {
    let first = if summary.stopped_because.is_some() {
        "Fix what stopped the run if necessary; the same command then resumes it."
    } else {
        "The same command resumes the run."
    };
    let rows = match (summary.count(Outcome::Unsent), summary.read_to_end) {
        (0, true) => String::new(),
        (0, false) => " The list was not read to the end.".to_owned(),
        (unsent, true) => format!(" {} not sent yet.", counted(unsent, "row is", "rows are")),
        (unsent, false) => format!(
            " {} not sent yet, and the list was not read to the end.",
            counted(unsent, "row that was read is", "rows that were read are")
        ),
    };
    format!("{first}{rows} Rows with a final outcome are not sent again.")
}

fn pending(summary: &Summary) -> u64 {
    summary
        .follow_up
        .values()
        .map(|counts| counts.pending)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::{NextAction, next_steps};
    use crate::ledger::RunKind;
    use crate::outcome::{Outcome, RunState, StepCounts};
    use crate::report::html::samples::{about, summary};

    fn commands(to_do: &[NextAction]) -> Vec<String> {
        to_do
            .iter()
            .filter_map(|to_do| Some(to_do.command.as_ref()?.join(" ")))
            .collect()
    }

    const COMMAND: &str = "cognito-import import 'my users.csv' --user-pool-id us-east-1_A";

    #[test]
    fn messages() {
        let mut text = String::new();
        for kind in [RunKind::Import, RunKind::Rehearsal] {
            for state in [RunState::Finished, RunState::Stopped, RunState::Interrupted] {
                for (count, read_to_end) in [(1, true), (2, false)] {
                    let mut summary = summary(&Outcome::ALL.map(|outcome| (outcome, count)));
                    summary.state = state;
                    summary.read_to_end = read_to_end;
                    summary.stopped_because =
                        (state == RunState::Stopped).then(|| "SIGTERM".into());
                    text += &format!("{kind:?}, {state:?}, {count} of each:\n");
                    for NextAction { words, .. } in next_steps(&summary, &about(kind)) {
                        text += &format!("    {words}\n");
                    }
                }
            }
        }
        let mut summary = summary(&[(Outcome::Created, 2)]);
        let pending = StepCounts {
            pending: 2,
            ..StepCounts::default()
        };
        summary.follow_up.insert("confirm".to_owned(), pending);
        let pending = next_steps(&summary, &about(RunKind::Import));
        text += &format!("pending steps:\n    {}\n", pending[0].words);
        assert_messages!("next_steps", text);
    }

    #[test]
    fn nothing_is_left_where_every_row_is_in_the_pool() {
        let summary = summary(&[(Outcome::Created, 3), (Outcome::Existed, 1)]);
        assert_eq!(next_steps(&summary, &about(RunKind::Import)), []);
    }

    #[test]
    fn a_run_that_was_killed_has_no_file_of_rows_to_mend() {
        for (state, corrections) in [(RunState::Stopped, 1), (RunState::Interrupted, 0)] {
            let mut summary = summary(&[(Outcome::Invalid, 3)]);
            summary.state = state;
            let left = next_steps(&summary, &about(RunKind::Import));
            let of_rejects = left
                .iter()
                .filter(|to_do| to_do.words.contains("rejects.csv"));
            assert_eq!(of_rejects.count(), corrections, "{state:?}");
        }
    }

    #[test]
    fn each_kind_of_row_that_is_left_has_its_command() {
        let summary = summary(&[
            (Outcome::InDoubt, 1),
            (Outcome::Failed, 2),
            (Outcome::Rejected, 3),
        ]);
        let to_do = next_steps(&summary, &about(RunKind::Import));
        assert_eq!(
            commands(&to_do),
            ["in-doubt", "failed", "rejected"].map(|what| format!("{COMMAND} --retry {what}"))
        );
        assert!(to_do[0].words.contains("1 row that is in doubt"));
        assert!(to_do[2].words.contains("Correct 3 rows"));
    }

    #[test]
    fn a_run_that_was_stopped_goes_on_before_anything_else() {
        let mut summary = summary(&[(Outcome::Failed, 2), (Outcome::Unsent, 7)]);
        summary.state = RunState::Stopped;
        summary.stopped_because = Some("SIGTERM".to_owned());
        let to_do = next_steps(&summary, &about(RunKind::Import));
        assert_eq!(commands(&to_do), [COMMAND]);
        assert!(
            to_do[0].words.contains("7 rows are not sent yet"),
            "{to_do:?}"
        );
        let mut nobody_knows = about(RunKind::Import);
        nobody_knows.command = None;
        let to_do = next_steps(&summary, &nobody_knows);
        assert!(to_do[0].words.contains("the same command") && to_do[0].command.is_none());
    }

    #[test]
    fn steps_that_are_pending_are_taken_by_the_same_command() {
        let mut summary = summary(&[(Outcome::Created, 2)]);
        let counts = StepCounts {
            done: 1,
            failed: 0,
            pending: 1,
        };
        summary.follow_up.insert("confirm".to_owned(), counts);
        assert_eq!(
            commands(&next_steps(&summary, &about(RunKind::Import))),
            [COMMAND]
        );
    }

    #[test]
    fn a_rehearsal_that_was_stopped_cannot_be_resumed() {
        for state in [RunState::Stopped, RunState::Interrupted] {
            let mut summary = summary(&[(Outcome::InDoubt, 1), (Outcome::Unsent, 7)]);
            summary.state = state;
            let to_do = next_steps(&summary, &about(RunKind::Rehearsal));
            assert!(to_do[0].words.contains("cannot be resumed"), "{to_do:?}");
            for to_do in to_do {
                assert!(!to_do.words.contains("same command"), "{to_do:?}");
                let command = to_do.command.unwrap_or_default();
                assert!(!command.iter().any(|word| word == "--retry"), "{command:?}");
            }
        }
    }

    #[test]
    fn a_rehearsal_is_followed_by_the_import() {
        let summary = summary(&[(Outcome::Created, 2)]);
        assert_eq!(
            commands(&next_steps(&summary, &about(RunKind::Rehearsal))),
            ["cognito-import import 'my users.csv' --user-pool-id POOL --client-id CLIENT"]
        );
    }
}
