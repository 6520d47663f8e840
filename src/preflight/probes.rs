//! Probes that show whether a follow-up step is permitted, without changing anything: the request
//! names a user that does not exist.

use std::fmt::Write as _;

use crate::pool::failure::FailureKind;
use crate::pool::{Advice, Cognito, Failure, Stop};
use crate::user::{Addresses, FollowUpStep, StepKind};

/// Sends a step of this kind for a user that does not exist. Succeeds if the step is permitted.
pub(super) async fn probe_step(
    pool: &Cognito,
    kind: StepKind,
    pool_exists: bool,
) -> Result<(), Failure> {
    match pool.follow_up(&unused_username(), &sample_step(kind)).await {
        Err(failure) if is_permitted(&failure, kind, pool_exists) => Ok(()),
        Err(failure) => Err(failure),
        Ok(()) => Err(Failure::unreadable(
            "the answer is a success for a user that does not exist",
        )),
    }
}

/// Returns a random username that no user has.
pub(super) fn unused_username() -> String {
    let mut name = "cognito-import-preflight-".to_owned();
    let _ = write!(name, "{:016x}", fastrand::u64(..));
    name
}

fn sample_step(kind: StepKind) -> FollowUpStep {
    match kind {
        StepKind::Update => FollowUpStep::Update,
        StepKind::Confirm => FollowUpStep::Confirm,
        StepKind::Verify => FollowUpStep::Verify(Addresses::Email),
        // The group need not exist.
        StepKind::AddToGroup => FollowUpStep::AddToGroup("cognito-import-preflight".into()),
        StepKind::Disable => FollowUpStep::Disable,
    }
}

/// Returns whether this failure shows that the step is permitted: only the user or the group is
/// missing.
fn is_permitted(failure: &Failure, kind: StepKind, pool_exists: bool) -> bool {
    // The pool answered an earlier call, so what was not found is the group.
    let not_found = failure.advice == Advice::Stop(Stop::NotFound)
        && kind == StepKind::AddToGroup
        && pool_exists;
    let group_missing = not_found || failure.advice == Advice::Stop(Stop::GroupMissing);
    group_missing || failure.kind() == FailureKind::UserNotFound
}

#[cfg(test)]
mod tests {
    use super::{StepKind, is_permitted};
    use crate::pool::Failure;
    use crate::pool::failure::Operation;

    #[test]
    fn a_missing_resource_is_the_group_if_the_pool_exists() {
        let not_found = |operation| {
            let message = "User pool or crew not found";
            Failure::answered(operation, 400, "ResourceNotFoundException", message)
        };
        let group = not_found(Operation::WriteToGroup);
        let other = not_found(Operation::Write);
        assert!(is_permitted(&group, StepKind::AddToGroup, false));
        assert!(is_permitted(&other, StepKind::AddToGroup, true));
        assert!(!is_permitted(&other, StepKind::AddToGroup, false));
        assert!(!is_permitted(&other, StepKind::Confirm, true));
        let code = "UserNotFoundException";
        let user = Failure::answered(Operation::Write, 400, code, "User does not exist.");
        assert!(is_permitted(&user, StepKind::Disable, false));
    }
}
