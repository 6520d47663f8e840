//! The status of a run: a label and a sentence.

use super::format::{counted, thousands};
use super::mask::without_values;
use crate::outcome::{Outcome, RunState, Summary};
use crate::report::Names;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StatusBadge {
    /// The CSS class for the color.
    pub(super) tone: &'static str,
    /// A symbol that does not depend on color.
    pub(super) sign: &'static str,
    pub(super) label: &'static str,
    pub(super) sentence: String,
}

/// Why a run that has not recorded its end is not finished.
const NOT_ENDED: &str = "The program ended unexpectedly or is still running.";

impl StatusBadge {
    /// Returns the status while a process is using the run.
    pub(super) fn active(self, in_flight: u64) -> Self {
        Self {
            tone: "mixed",
            sign: "!",
            label: "Active",
            sentence: format!(
                "The run is active: {} in flight when this page was written, counted as in \
                 doubt.{}",
                counted(in_flight, "row was", "rows were"),
                self.sentence.trim_start_matches(NOT_ENDED)
            ),
        }
    }

    /// Returns the status after an undo has started. The rest of the page shows the run before the
    /// undo.
    pub(super) fn undone(self) -> Self {
        Self {
            tone: "mixed",
            sign: "!",
            label: "Undone",
            sentence: format!(
                "An undo of this run has begun: undo-results.csv in its directory, written when it \
                 ends, lists the result for each user. The rest of this page shows the run before the undo: {}",
                self.sentence
            ),
        }
    }
}

pub(super) fn status(summary: &Summary, names: Names) -> StatusBadge {
    let open = open_rows(summary);
    let (tone, sign, label) = match summary.state {
        RunState::Stopped => ("bad", "■", "Stopped early"),
        RunState::Interrupted => ("bad", "■", "Not finished"),
        RunState::Finished if open > 0 || unfinished_steps(summary) > 0 => {
            ("mixed", "!", "Finished, with rows to review")
        }
        RunState::Finished => ("good", "✓", "Finished"),
    };
    StatusBadge {
        tone,
        sign,
        label,
        sentence: sentence(summary, names),
    }
}

/// Returns the number of rows that are not in the pool, except duplicates, skipped rows and known
/// problems.
fn open_rows(summary: &Summary) -> u64 {
    summary.rows
        - summary.count(Outcome::Created)
        - summary.count(Outcome::Existed)
        - summary.count(Outcome::Duplicate)
        - summary.count(Outcome::Skipped)
        - summary.known()
}

/// Returns the number of steps that failed or are pending.
fn unfinished_steps(summary: &Summary) -> u64 {
    summary
        .follow_up
        .values()
        .map(|counts| counts.failed + counts.pending)
        .sum()
}

fn sentence(summary: &Summary, names: Names) -> String {
    let mut sentences = Vec::new();
    match (summary.state, &summary.stopped_because) {
        (RunState::Stopped, Some(reason)) => {
            let reason = match names {
                Names::Full => reason.clone(),
                Names::Masked => without_values(reason, None),
            };
            sentences.push(format!(
                "The run was stopped: {}.",
                reason.trim_end_matches('.')
            ));
        }
        (RunState::Stopped | RunState::Interrupted, _) => sentences.push(NOT_ENDED.to_owned()),
        (RunState::Finished, _) => {}
    }
    let (created, existed) = (
        summary.count(Outcome::Created),
        summary.count(Outcome::Existed),
    );
    let in_pool = created + existed;
    sentences.push(match (summary.rows, in_pool) {
        (0, _) if summary.read_to_end => {
            "The list has no rows: there was nothing to do.".to_owned()
        }
        (0, _) => "No row has been read yet.".to_owned(),
        (1, 1) if created == 1 => {
            "The only row is in the pool: this run created the user.".to_owned()
        }
        (1, 1) => "The only row was already in the pool.".to_owned(),
        (rows, in_pool) if in_pool == rows => format!(
            "All {} rows are in the pool: this run created {}, and {} already existed.",
            thousands(rows),
            thousands(created),
            thousands(existed),
        ),
        (rows, in_pool) => format!(
            "{} of {} {} in the pool: this run created {}, and {} already existed.",
            thousands(in_pool),
            counted(rows, "row", "rows"),
            if in_pool == 1 || rows == 1 {
                "is"
            } else {
                "are"
            },
            thousands(created),
            thousands(existed),
        ),
    });
    if in_pool < summary.rows {
        let others: Vec<String> = Outcome::ALL
            .into_iter()
            .filter(|outcome| !matches!(outcome, Outcome::Created | Outcome::Existed))
            .filter(|outcome| summary.count(*outcome) > 0)
            .map(|outcome| format!("{} {}", thousands(summary.count(outcome)), in_text(outcome)))
            .collect();
        sentences.push(format!("The others: {}.", others.join(", ")));
    }
    if unfinished_steps(summary) > 0 {
        sentences.push(format!(
            "{} not done.",
            counted(
                unfinished_steps(summary),
                "follow-up step is",
                "follow-up steps are"
            )
        ));
    }
    sentences.join(" ")
}

/// Returns the outcome for use in a sentence.
fn in_text(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::InDoubt => "in doubt",
        Outcome::Created
        | Outcome::Existed
        | Outcome::Duplicate
        | Outcome::Invalid
        | Outcome::Skipped
        | Outcome::Rejected
        | Outcome::Failed
        | Outcome::Unsent => outcome.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::status;
    use crate::outcome::{Outcome, RunState, StepCounts};
    use crate::report::Names;
    use crate::report::html::samples::summary;

    #[test]
    fn messages() {
        let each = |count| Outcome::ALL.map(|outcome| (outcome, count)).to_vec();
        let mut text = String::new();
        for counts in [
            vec![],
            vec![(Outcome::Created, 1)],
            vec![(Outcome::Existed, 1)],
            vec![(Outcome::Invalid, 1)],
            vec![(Outcome::Created, 1_200), (Outcome::Existed, 1)],
            each(1),
            each(2_000),
        ] {
            for (state, reason) in [
                (RunState::Finished, None),
                (RunState::Stopped, Some("SIGTERM")),
                (RunState::Interrupted, None),
            ] {
                let mut summary = summary(&counts);
                summary.state = state;
                summary.read_to_end = state == RunState::Finished;
                summary.stopped_because = reason.map(str::to_owned);
                let status = status(&summary, Names::Full);
                text += &format!("{}: {}\n", status.label, status.sentence);
            }
        }
        let mut summary = summary(&[(Outcome::Created, 2)]);
        let steps = StepCounts {
            done: 0,
            failed: 1,
            pending: 1,
        };
        summary.follow_up.insert("confirm".to_owned(), steps);
        let status = status(&summary, Names::Full);
        text += &format!("{}: {}\n", status.label, status.sentence);
        let mut running = summary.clone();
        running.state = RunState::Interrupted;
        let active = super::status(&running, Names::Full).active(1);
        text += &format!("{}: {}\n", active.label, active.sentence);
        let undone = status.undone();
        text += &format!("{}: {}\n", undone.label, undone.sentence);
        assert_messages!("status", text);
    }

    #[test]
    fn describes_the_outcomes_in_a_sentence() {
        for (counts, tone, sentence) in [
            (
                vec![],
                "good",
                "The list has no rows: there was nothing to do.",
            ),
            (
                vec![(Outcome::Created, 1)],
                "good",
                "The only row is in the pool: this run created the user.",
            ),
            (
                vec![(Outcome::Created, 1_200), (Outcome::Existed, 1)],
                "good",
                "All 1,201 rows are in the pool: this run created 1,200, and 1 already existed.",
            ),
            (
                vec![
                    (Outcome::Created, 2),
                    (Outcome::InDoubt, 1),
                    (Outcome::Duplicate, 1),
                    (Outcome::Invalid, 2),
                ],
                "mixed",
                "2 of 6 rows are in the pool: this run created 2, and 0 already existed. The \
                 others: 1 duplicate, 2 invalid, 1 in doubt.",
            ),
        ] {
            let status = status(&summary(&counts), Names::Masked);
            assert_eq!((status.tone, status.sentence.as_str()), (tone, sentence));
        }
    }

    #[test]
    fn masks_the_reason_for_stopping() {
        let mut summary = summary(&[(Outcome::Unsent, 3)]);
        summary.state = RunState::Stopped;
        summary.stopped_because =
            Some("AccessDeniedException: User: arn:aws:iam::1:user/ann may not.".to_owned());
        let masked = status(&summary, Names::Masked);
        assert_eq!(masked.label, "Stopped early");
        assert!(
            masked.sentence.starts_with(
                "The run was stopped: AccessDeniedException: User: … may not. 0 of 3 rows"
            ),
            "{}",
            masked.sentence
        );
        assert!(status(&summary, Names::Full).sentence.contains("user/ann"));
        summary.state = RunState::Interrupted;
        assert_eq!(status(&summary, Names::Masked).label, "Not finished");
    }

    #[test]
    fn an_unfinished_step_needs_review() {
        let mut summary = summary(&[(Outcome::Created, 3)]);
        let counts = StepCounts {
            done: 2,
            failed: 1,
            pending: 0,
        };
        summary.follow_up.insert("confirm".to_owned(), counts);
        let status = status(&summary, Names::Masked);
        assert_eq!(status.tone, "mixed");
        assert!(status.sentence.ends_with("1 follow-up step is not done."));
    }
}
