//! The questions at a terminal before anything is sent, or deleted.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use super::{CommandError, beside};
use crate::plural::counted;

/// Whether there is somebody who can be asked.
pub(super) fn somebody_is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks whether to go on. Everything but a yes is a no. `users` is how many; none where the list cannot be counted.
pub(super) async fn confirm(users: Option<u64>, user_pool_id: &str) -> Result<(), CommandError> {
    let whom = users.map_or_else(
        || "these users".to_owned(),
        |users| counted(users, "user", "users"),
    );
    let question = format!("Sign {whom} up in {user_pool_id}? [y/N] ");
    match answer(&question).await?.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(CommandError::refusal(
            "not confirmed: nothing was sent",
            "--yes goes on without asking",
        )),
    }
}

/// Asks for the pool's id: nobody deletes users by the habit of saying yes.
pub(super) async fn typed(users: u64, user_pool_id: &str) -> Result<(), CommandError> {
    let question = format!(
        "This deletes up to {} for good. Type the id of the user pool to go on: ",
        counted(users, "user", "users")
    );
    if answer(&question).await?.trim() == user_pool_id {
        return Ok(());
    }
    Err(CommandError::refusal(
        "that is not the id of the pool that the run was made in: nothing was deleted",
        format!("type {user_pool_id} if its users are meant"),
    ))
}

/// What is typed.
async fn answer(question: &str) -> Result<String, CommandError> {
    let _ = write!(io::stderr(), "{question}");
    beside("answer", || {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map(|_| line)
    })
    .await?
    .map_err(CommandError::refused)
}
