//! Applies faults to signed calls.
//!
//! The draw for the k-th call of an operation about a user (for ListUsers: with a filter and a
//! token) depends on (seed, operation, user, k) only.

use serde::Deserialize;

use super::faults::{FaultEffect, SignedCall, SignedFault};
use super::operation::ServiceOperation;
use super::protocol::ServiceError;
use super::reply::{OperationReply, Outgoing};
use super::request::parse;
use super::seeded;
use super::state::PoolState;

/// What the draw depends on.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FaultKey {
    username: Option<String>,
    filter: Option<String>,
    pagination_token: Option<String>,
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
    pool.stats.fault(fault.name);
    OperationReply::from(match fault.strike {
        FaultEffect::DropBefore => Outgoing::Nothing,
        FaultEffect::CommitThenDrop => {
            // The answer is lost, the effect is not.
            call(pool);
            Outgoing::Nothing
        }
        FaultEffect::Error500 => Outgoing::Error(ServiceError::internal()),
        FaultEffect::Throttle => Outgoing::Error(ServiceError::too_many_requests()),
    })
}

fn draw(pool: &mut PoolState, operation: ServiceOperation, body: &[u8]) -> Option<SignedFault> {
    let kind = kind(operation)?;
    // Without faults for such calls, nothing is counted.
    pool.settings.faults.for_signed(kind, 0.0)?;
    let about: FaultKey = parse(body).ok()?;
    let about = match kind {
        SignedCall::List => format!(
            "{}\n{}",
            about.filter.unwrap_or_default(),
            about.pagination_token.unwrap_or_default()
        )
        .into_boxed_str(),
        SignedCall::LookUp | SignedCall::Write => pool.users.key(&about.username?),
    };
    let key = (operation.name(), about);
    let count = pool.drawn.get(&key).map_or(1, |earlier| earlier + 1);
    let fraction = seeded::fraction(pool.settings.seed, key.0, &key.1, count);
    pool.drawn.insert(key, count);
    pool.settings.faults.for_signed(kind, fraction)
}

/// The kind of faults that an operation can have.
fn kind(operation: ServiceOperation) -> Option<SignedCall> {
    match operation {
        ServiceOperation::AdminGetUser => Some(SignedCall::LookUp),
        ServiceOperation::ListUsers => Some(SignedCall::List),
        ServiceOperation::AdminConfirmSignUp
        | ServiceOperation::AdminUpdateUserAttributes
        | ServiceOperation::AdminAddUserToGroup
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
