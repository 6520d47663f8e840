//! Confirmation at a terminal, before anything is sent or deleted.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use super::{CommandError, beside};
use crate::ledger::undo::UsersToUndo;
use crate::plural::counted;
use crate::preflight::plan::{ExistingUsers, RunPlan};
use crate::progress::{terminal_width, wrapped};
use crate::user::StepKind;

pub(super) fn has_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks whether to sign up the users of this plan. Anything but yes refuses.
pub(super) async fn confirm(
    plan: Option<&RunPlan>,
    user_pool_id: &str,
) -> Result<(), CommandError> {
    let question = match plan {
        None => format!("Sign up these users in {user_pool_id}? [y/N]"),
        Some(plan) => {
            let new = match plan.existing_users {
                ExistingUsers::Listed(_) => format!(
                    "{} of {} {} new. ",
                    plan.counts.to_send,
                    counted(plan.counts.rows, "row", "rows"),
                    if plan.counts.to_send == 1 {
                        "is"
                    } else {
                        "are"
                    }
                ),
                ExistingUsers::Unknown | ExistingUsers::ToList(_) => String::new(),
            };
            format!("{new}{} in {user_pool_id}? [y/N]", actions(plan))
        }
    };
    match answer(&question).await?.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(CommandError::refusal(
            "not confirmed: nothing was sent",
            "--yes skips the question",
        )),
    }
}

/// Returns what a run would do, like `Sign up 3 users and update up to 2`.
fn actions(plan: &RunPlan) -> String {
    let users = |number| counted(number, "user", "users");
    let steps = &plan.counts.steps;
    match (plan.counts.to_send, steps.of(StepKind::Update)) {
        (0, 0) => format!(
            "Send up to {} for existing users",
            counted(steps.all(), "step", "steps")
        ),
        (0, updates) => format!("Update up to {}", users(updates)),
        (to_send, 0) => format!("Sign up {}", users(to_send)),
        (to_send, updates) => format!("Sign up {} and update up to {updates}", users(to_send)),
    }
}

/// Asks for the ID of the user pool, because typing yes is a habit.
pub(super) async fn confirm_undo(
    users: UsersToUndo,
    user_pool_id: &str,
) -> Result<(), CommandError> {
    if answer(&undo_question(users)).await?.trim() == user_pool_id {
        return Ok(());
    }
    Err(CommandError::refusal(
        "this is not the ID of the run's user pool: nothing was changed",
        format!("type {user_pool_id} to undo the run"),
    ))
}

fn undo_question(users: UsersToUndo) -> String {
    let deletes = format!(
        "permanently deletes up to {}",
        counted(users.to_delete, "user", "users")
    );
    let effect = match (users.to_delete, users.to_restore) {
        (_, 0) => deletes,
        (0, updated) => format!(
            "restores the attributes of up to {}",
            counted(updated, "user", "users")
        ),
        (_, updated) => format!("{deletes} and restores the attributes of up to {updated}"),
    };
    format!("This {effect}. Type the ID of the user pool to continue:")
}

async fn answer(question: &str) -> Result<String, CommandError> {
    let question = match terminal_width() {
        Some(columns) => wrapped(question, usize::from(columns)),
        None => question.to_owned(),
    };
    let _ = write!(io::stderr(), "{question} ");
    beside("answer", || {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map(|_| line)
    })
    .await?
    .map_err(CommandError::refused)
}

#[cfg(test)]
mod tests {
    use super::undo_question;
    use crate::ledger::undo::UsersToUndo;

    #[test]
    fn messages() {
        let questions = [(2, 0), (0, 1), (1, 3)].map(|(to_delete, to_restore)| {
            undo_question(UsersToUndo {
                to_delete,
                to_restore,
            })
        });
        assert_messages!("undo_question", questions.join("\n"));
    }
}
