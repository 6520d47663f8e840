//! What follows the sign-ups: whether it fits the rest of what is asked for.

use super::CommandError;
use super::list::List;
use crate::pace::Category;
use crate::pool::category_of;
use crate::preflight::prescan::ExistingUserPolicy;
use crate::user::StepKind;

/// Refuses what asks for nothing, and steps that nobody could sign.
pub(super) fn refuse_misfits(
    list: &List,
    follow_up_existing: bool,
    looks: ExistingUserPolicy,
) -> Result<(), CommandError> {
    let kinds = list.mapping.follow_up_kinds();
    if kinds.is_empty() && follow_up_existing {
        return Err(CommandError::refusal(
            "--follow-up-existing: nothing follows the sign-ups",
            "add --confirm, --verify, --group or --disable-where, or leave it out",
        ));
    }
    if list.mapping.creates_groups() && !kinds.contains(&StepKind::AddToGroup) {
        return Err(CommandError::refusal(
            "--create-groups: no groups are named",
            "add --group NAME or a column groups, or leave it out (in a mapping file: follow_up.create_groups)",
        ));
    }
    if !kinds.is_empty() && !looks.lookup.any() {
        let asked: Vec<&str> = kinds.iter().map(|kind| kind.requested_by()).collect();
        return Err(CommandError::refusal(
            format_args!(
                "--no-lookup (or --lookup none) signs no request, and what follows a sign-up has to be signed ({})",
                asked.join(", ")
            ),
            "leave one of the two out",
        ));
    }
    Ok(())
}

/// Whether steps draw on the quota of those who change users.
pub(super) fn updates(list: &List) -> bool {
    let kinds = list.mapping.follow_up_kinds();
    kinds
        .into_iter()
        .any(|kind| category_of(kind) == Category::UserUpdate)
}
