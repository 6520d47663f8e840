//! What an undo is about to do, where, and whether that is confirmed.

use std::time::Duration;

use super::super::CommandError;
use super::super::confirm::has_terminal;
use super::super::run_endpoint::endpoint_name;
use crate::cli::Printer;
use crate::cli::settings::UndoSettings;
use crate::plural::counted;

/// Whether to ask for confirmation. Refuses if that is impossible, or if another pool is confirmed.
pub(super) fn needs_confirmation(
    settings: &UndoSettings,
    pool_id: &str,
) -> Result<bool, CommandError> {
    match &settings.confirmed_pool {
        Some(confirmed) if confirmed == pool_id => Ok(false),
        Some(confirmed) => Err(CommandError::refusal(
            format_args!(
                "--yes-delete {confirmed}: the run in {} belongs to user pool {pool_id}, and nothing was deleted",
                settings.run
            ),
            "pass that ID to delete the users of this run",
        )),
        None if settings.dry_run => Ok(false),
        None if has_terminal() => Ok(true),
        None => Err(CommandError::refusal(
            "refusing to delete without confirmation (no terminal)",
            format!("pass --yes-delete {pool_id}"),
        )),
    }
}

pub(super) fn print_plan(
    settings: &UndoSettings,
    users: u64,
    pool_id: &str,
    endpoint: &str,
    printer: Printer,
) {
    let endpoint = endpoint_name(endpoint);
    let ceilings = settings.ceilings;
    let users_text = counted(users, "user", "users");
    if settings.dry_run {
        printer.info(format_args!(
            "dry run: looking up {users_text} that this run created in {pool_id}, at most {}/s; no user is deleted (endpoint: {endpoint})",
            ceilings.read
        ));
        return;
    }
    let seconds = users / u64::from(ceilings.update.get());
    printer.prose(format_args!(
        "undo: {users_text} that this run created in {pool_id}\n\
         \x20     endpoint: {endpoint}\n\
         \x20     UserRead: each is looked up first; AdminGetUser counts it as active this month\n\
         \x20     UserUpdate: AdminDeleteUser at most {}/s, about {}\n\
         \x20     {}",
        ceilings.update,
        humantime::format_duration(Duration::from_secs(seconds.max(1))),
        if settings.even_if_used {
            "users that have signed in since are deleted, too (--even-if-used)"
        } else {
            "users that have signed in since, or may have, are kept"
        }
    ));
}
