//! What an undo is about to do, where, and whether that is confirmed.

use std::time::Duration;

use super::super::CommandError;
use super::super::confirm::has_terminal;
use super::super::run_endpoint::endpoint_name;
use crate::cli::Printer;
use crate::cli::settings::UndoSettings;
use crate::ledger::undo::UsersToUndo;
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
                settings.run.place
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

/// What an undo is about to do, and where.
pub(super) struct UndoPlan<'a> {
    pub(super) users: UsersToUndo,
    pub(super) pool_id: &'a str,
    pub(super) endpoint: &'a str,
}

pub(super) fn print_plan(settings: &UndoSettings, plan: &UndoPlan<'_>, printer: Printer) {
    let UndoPlan { users, pool_id, .. } = *plan;
    let endpoint = endpoint_name(plan.endpoint);
    let ceilings = settings.ceilings;
    let users_text = counted(users.all(), "user", "users");
    let (did, operations) = match (users.to_delete, users.to_restore) {
        (_, 0) => ("created", "AdminDeleteUser"),
        (0, _) => ("updated", "AdminUpdateUserAttributes"),
        (_, _) => (
            "created or updated",
            "AdminDeleteUser and AdminUpdateUserAttributes",
        ),
    };
    if settings.dry_run {
        printer.info(format_args!(
            "dry run: looking up {users_text} that this run {did} in {pool_id}, at most {}/s; nothing is changed (endpoint: {endpoint})",
            ceilings.read
        ));
        return;
    }
    let seconds = users.all() / u64::from(ceilings.update.get());
    printer.prose(format_args!(
        "undo: {users_text} that this run {did} in {pool_id}\n\
         \x20     endpoint: {endpoint}\n\
         \x20     UserRead: each is looked up first; AdminGetUser counts it as active this month\n\
         \x20     UserUpdate: {operations} at most {}/s, about {}",
        ceilings.update,
        humantime::format_duration(Duration::from_secs(seconds.max(1))),
    ));
    if users.to_delete > 0 {
        printer.prose(if settings.even_if_used {
            "      users that have signed in since are deleted, too (--even-if-used)"
        } else {
            "      users that have signed in since, or may have, are kept"
        });
    }
    if users.to_restore > 0 {
        printer.prose(if settings.allow_messages {
            "      addresses that were not verified are restored, and may get a code (--allow-messages)"
        } else {
            "      addresses that were not verified are not restored, because they may get a code"
        });
    }
}
