//! The next steps after a run, each with its exact command if there is one.

use super::format::counted;
use crate::ledger::{RunKind, RunMetadata};
use crate::outcome::{Outcome, RunState, Summary};
use crate::report::CommandLine;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NextAction {
    pub(super) text: String,
    /// The words of the command, quoted for a shell.
    pub(super) command: Option<Vec<String>>,
}

impl NextAction {
    fn without_command(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            command: None,
        }
    }
}

/// Returns the next steps while a process is using the run.
pub(super) fn while_active() -> Vec<NextAction> {
    let text = "Wait until the run ends. It writes this page again.";
    vec![NextAction::without_command(text)]
}

/// Returns the next steps in order.
pub(super) fn next_steps(summary: &Summary, about: &RunMetadata) -> Vec<NextAction> {
    let command = about.command.clone().map(CommandLine::new);
    match about.kind {
        RunKind::Rehearsal => after_rehearsal(summary, command.as_ref()),
        RunKind::Import if about.is_merged => {
            let command = command.map(|command| command.with(&["--part", "I/N"]));
            after_merge(after_import(summary, command.as_ref()))
        }
        RunKind::Import => after_import(summary, command.as_ref()),
    }
}

/// Adds what to do after commands that apply to one part.
fn after_merge(mut actions: Vec<NextAction>) -> Vec<NextAction> {
    if actions.iter().any(|action| action.command.is_some()) {
        let text = "Each command above is for one part: run it for all parts, with `--part 0/N`, \
                    `--part 1/N` and so on. Then merge them again with `cognito-import report \
                    --merge` and the run directory.";
        actions.push(NextAction::without_command(text));
    }
    actions
}

fn after_rehearsal(summary: &Summary, command: Option<&CommandLine>) -> Vec<NextAction> {
    let mut actions = Vec::new();
    if summary.state != RunState::Finished {
        actions.push(NextAction {
            text: "A rehearsal cannot be resumed, because its pool ends with it. To see the rest, \
                   start a new one."
                .to_owned(),
            command: command.map(CommandLine::quoted_words),
        });
    }
    let rejects = rejects(summary);
    if rejects > 0 {
        actions.push(NextAction::without_command(format!(
            "Correct {} that a real run could not sign up either: rejects.csv has them unchanged, \
             each with the reason.",
            counted(rejects, "row", "rows")
        )));
    }
    actions.push(NextAction {
        text: "Once you are satisfied with the outcomes, run the real import with the same list \
               options."
            .to_owned(),
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
    actions
}

fn after_import(summary: &Summary, command: Option<&CommandLine>) -> Vec<NextAction> {
    let with = |flags: &[&str]| command.map(|command| command.with(flags).quoted_words());
    let mut actions = Vec::new();
    if summary.state != RunState::Finished {
        actions.push(NextAction {
            text: resume_text(summary),
            command: with(&[]),
        });
    } else if pending_steps(summary) > 0 {
        actions.push(NextAction {
            text: format!(
                "Complete the follow-up steps: {} pending. The same command does that.",
                counted(pending_steps(summary), "is", "are")
            ),
            command: with(&[]),
        });
    }
    let finished = summary.state == RunState::Finished;
    let in_doubt = summary.count(Outcome::InDoubt);
    if in_doubt > 0 && finished {
        actions.push(NextAction {
            text: format!(
                "Look up {} in doubt again: it is still unknown whether this run created the \
                 users.",
                counted(in_doubt, "row that is", "rows that are")
            ),
            command: with(&["--retry", "in-doubt"]),
        });
    }
    let failed = summary.count(Outcome::Failed);
    if failed > 0 && finished {
        actions.push(NextAction {
            text: format!(
                "Retry {} once the cause is fixed.",
                counted(failed, "row that failed", "rows that failed")
            ),
            command: with(&["--retry", "failed"]),
        });
    }
    let rejects = rejects(summary);
    if rejects > 0 {
        actions.push(NextAction::without_command(format!(
            "Correct {} that cannot be signed up unchanged: rejects.csv in the run directory has \
             them, each with the reason. Import a corrected copy of that file, not of the whole \
             list, in which this run's users would count as existing.",
            counted(rejects, "row", "rows")
        )));
    }
    let rejected = summary.count(Outcome::Rejected);
    if rejected > 0 && finished {
        actions.push(NextAction {
            text: "If the pool rather than the rows was at fault, change the pool and retry the \
                   rejected rows unchanged."
                .to_owned(),
            command: with(&["--retry", "rejected"]),
        });
    }
    actions
}

/// Returns the number of rows in rejects.csv that are not known problems. An interrupted run has
/// not written the file yet.
fn rejects(summary: &Summary) -> u64 {
    match summary.state {
        RunState::Interrupted => 0,
        RunState::Finished | RunState::Stopped => {
            summary.count(Outcome::Invalid) + summary.count(Outcome::Rejected) - summary.known()
        }
    }
}

fn resume_text(summary: &Summary) -> String {
    let first = if summary.stopped_because.is_some() {
        "If necessary, fix what stopped the run. The same command then resumes it."
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

fn pending_steps(summary: &Summary) -> u64 {
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

    fn commands(actions: &[NextAction]) -> Vec<String> {
        actions
            .iter()
            .filter_map(|action| Some(action.command.as_ref()?.join(" ")))
            .collect()
    }

    const COMMAND: &str = "cognito-import import 'my users.csv' --user-pool-id us-east-1_A";

    #[test]
    fn messages() {
        let mut messages = String::new();
        for kind in [RunKind::Import, RunKind::Rehearsal] {
            for state in [RunState::Finished, RunState::Stopped, RunState::Interrupted] {
                for (count, read_to_end) in [(1, true), (2, false)] {
                    let mut summary = summary(&Outcome::ALL.map(|outcome| (outcome, count)));
                    summary.state = state;
                    summary.read_to_end = read_to_end;
                    summary.stopped_because =
                        (state == RunState::Stopped).then(|| "SIGTERM".into());
                    messages += &format!("{kind:?}, {state:?}, {count} of each:\n");
                    for NextAction { text, .. } in next_steps(&summary, &about(kind)) {
                        messages += &format!("    {text}\n");
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
        messages += &format!("pending steps:\n    {}\n", pending[0].text);
        assert_messages!("next_steps", messages);
    }

    #[test]
    fn commands_after_a_merge_name_a_part() {
        let mut merged = about(RunKind::Import);
        merged.is_merged = true;
        let failed = next_steps(&summary(&[(Outcome::Failed, 1)]), &merged);
        assert_eq!(
            commands(&failed),
            [format!("{COMMAND} --part I/N --retry failed")]
        );
        assert_eq!(failed.len(), 2);
        let rejected = next_steps(&summary(&[(Outcome::Invalid, 1)]), &merged);
        assert_eq!(rejected.len(), 1, "only the rejects");
    }

    #[test]
    fn no_steps_if_every_row_is_in_the_pool() {
        let summary = summary(&[(Outcome::Created, 3), (Outcome::Existed, 1)]);
        assert_eq!(next_steps(&summary, &about(RunKind::Import)), []);
    }

    #[test]
    fn an_interrupted_run_has_no_rejects() {
        for (state, corrections) in [(RunState::Stopped, 1), (RunState::Interrupted, 0)] {
            let mut summary = summary(&[(Outcome::Invalid, 3)]);
            summary.state = state;
            let actions = next_steps(&summary, &about(RunKind::Import));
            let about_rejects = actions
                .iter()
                .filter(|action| action.text.contains("rejects.csv"));
            assert_eq!(about_rejects.count(), corrections, "{state:?}");
        }
    }

    #[test]
    fn each_outcome_has_its_retry_command() {
        let summary = summary(&[
            (Outcome::InDoubt, 1),
            (Outcome::Failed, 2),
            (Outcome::Rejected, 3),
        ]);
        let actions = next_steps(&summary, &about(RunKind::Import));
        assert_eq!(
            commands(&actions),
            ["in-doubt", "failed", "rejected"].map(|rows| format!("{COMMAND} --retry {rows}"))
        );
        assert!(actions[0].text.contains("1 row that is in doubt"));
        assert!(actions[2].text.contains("Correct 3 rows"));
    }

    #[test]
    fn a_stopped_run_is_resumed_before_anything_else() {
        let mut summary = summary(&[(Outcome::Failed, 2), (Outcome::Unsent, 7)]);
        summary.state = RunState::Stopped;
        summary.stopped_because = Some("SIGTERM".to_owned());
        let actions = next_steps(&summary, &about(RunKind::Import));
        assert_eq!(commands(&actions), [COMMAND]);
        assert!(
            actions[0].text.contains("7 rows are not sent yet"),
            "{actions:?}"
        );
        let mut without_command = about(RunKind::Import);
        without_command.command = None;
        let actions = next_steps(&summary, &without_command);
        assert!(actions[0].text.contains("The same command") && actions[0].command.is_none());
    }

    #[test]
    fn the_same_command_completes_pending_steps() {
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
    fn a_stopped_rehearsal_cannot_be_resumed() {
        for state in [RunState::Stopped, RunState::Interrupted] {
            let mut summary = summary(&[(Outcome::InDoubt, 1), (Outcome::Unsent, 7)]);
            summary.state = state;
            let actions = next_steps(&summary, &about(RunKind::Rehearsal));
            assert!(actions[0].text.contains("cannot be resumed"), "{actions:?}");
            for action in actions {
                assert!(!action.text.contains("same command"), "{action:?}");
                let command = action.command.unwrap_or_default();
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
