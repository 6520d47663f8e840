//! Applies faults to signed calls.
//!
//! The draw for the k-th call of an operation for a user (for listings: with a filter or
//! group and a token) depends only on (seed, operation, user, k).

use serde::Deserialize;

use super::faults::{FaultEffect, SignedCall, SignedFault};
use super::operation::ServiceOperation;
use super::protocol::ServiceError;
use super::reply::{OperationReply, Outgoing};
use super::request::parse;
use super::seeded;
use super::state::PoolState;

/// The members of the request that the draw depends on.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DrawInput {
    username: Option<String>,
    filter: Option<String>,
    pagination_token: Option<String>,
    group_name: Option<String>,
    next_token: Option<String>,
}

/// Performs the call, unless a fault prevents it.
pub(super) fn perform(
    pool: &mut PoolState,
    operation: ServiceOperation,
    body: &[u8],
    call: impl FnOnce(&mut PoolState) -> OperationReply,
) -> OperationReply {
    let Some(fault) = draw(pool, operation, body) else {
        return call(pool);
    };
    pool.stats.record_fault(fault.name);
    OperationReply::from(match fault.effect {
        FaultEffect::DropBefore => Outgoing::Nothing,
        FaultEffect::CommitThenDrop => {
            // The response is lost, but the change is made.
            call(pool);
            Outgoing::Nothing
        }
        FaultEffect::Error500 => Outgoing::Error(ServiceError::internal()),
        FaultEffect::Throttle => Outgoing::Error(ServiceError::too_many_requests()),
    })
}

fn draw(pool: &mut PoolState, operation: ServiceOperation, body: &[u8]) -> Option<SignedFault> {
    let kind = kind(operation)?;
    // Counts nothing if no fault is configured for such calls.
    pool.settings.faults.for_signed(kind, 0.0)?;
    let input: DrawInput = parse(body).ok()?;
    let subject = match kind {
        SignedCall::List => format!(
            "{}\n{}",
            input.filter.or(input.group_name).unwrap_or_default(),
            input
                .pagination_token
                .or(input.next_token)
                .unwrap_or_default()
        )
        .into_boxed_str(),
        SignedCall::LookUp | SignedCall::Write => pool.users.key(&input.username?),
    };
    let key = (operation.name(), subject);
    let count = pool
        .fault_counters
        .get(&key)
        .map_or(1, |previous| previous + 1);
    let fraction = seeded::fraction(pool.settings.seed, key.0, &key.1, count);
    pool.fault_counters.insert(key, count);
    pool.settings.faults.for_signed(kind, fraction)
}

/// Returns the kind of faults that apply to an operation.
fn kind(operation: ServiceOperation) -> Option<SignedCall> {
    match operation {
        ServiceOperation::AdminGetUser | ServiceOperation::AdminListGroupsForUser => {
            Some(SignedCall::LookUp)
        }
        ServiceOperation::ListUsers | ServiceOperation::ListUsersInGroup => Some(SignedCall::List),
        ServiceOperation::AdminConfirmSignUp
        | ServiceOperation::AdminUpdateUserAttributes
        | ServiceOperation::AdminAddUserToGroup
        | ServiceOperation::AdminRemoveUserFromGroup
        | ServiceOperation::AdminDisableUser
        | ServiceOperation::AdminEnableUser
        | ServiceOperation::AdminDeleteUser => Some(SignedCall::Write),
        ServiceOperation::SignUp
        | ServiceOperation::InitiateAuth
        | ServiceOperation::AdminInitiateAuth
        | ServiceOperation::AdminListUserAuthEvents
        | ServiceOperation::CreateGroup
        | ServiceOperation::GetGroup
        | ServiceOperation::ListGroups
        | ServiceOperation::DescribeUserPool
        | ServiceOperation::DescribeUserPoolClient
        | ServiceOperation::GetProvisionedLimit => None,
    }
}
