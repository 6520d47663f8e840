//! Faults of signed calls, as `faults` knows them: which fault a call meets, and what becomes of the call then.
//!
//! The draw for the k-th call of an operation about a user (for ListUsers: with a filter and a token) depends on (seed,
//! operation, user, k) only.

use std::collections::HashMap;

use serde::Deserialize;

use super::faults::{SignedCall, SignedFault, Strike};
use super::operation::Operation;
use super::pool::{Answer, Outgoing, Pool};
use super::protocol::ServiceError;
use super::request::parse;
use super::seeded;

/// How often a fault was drawn, by operation and what it was about. Empty in a pool without such faults.
pub(super) type Drawn = HashMap<(&'static str, Box<str>), u64>;

/// What the draw depends on.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct About {
    username: Option<String>,
    filter: Option<String>,
    pagination_token: Option<String>,
}

/// Performs the call, unless a fault has it otherwise.
pub(super) fn perform(
    pool: &mut Pool,
    operation: Operation,
    body: &[u8],
    call: impl FnOnce(&mut Pool) -> Answer,
) -> Answer {
    let Some(fault) = draw(pool, operation, body) else {
        return call(pool);
    };
    pool.stats.fault(fault.name);
    Answer::from(match fault.strike {
        Strike::DropBefore => Outgoing::Nothing,
        Strike::CommitThenDrop => {
            // What it says is lost, what it did is not.
            call(pool);
            Outgoing::Nothing
        }
        Strike::Error500 => Outgoing::Error(ServiceError::internal()),
        Strike::Throttle => Outgoing::Error(ServiceError::too_many_requests()),
    })
}

fn draw(pool: &mut Pool, operation: Operation, body: &[u8]) -> Option<SignedFault> {
    let kind = kind(operation)?;
    // Where no such call fails, what they are about is not counted, and so not kept.
    pool.settings.faults.for_signed(kind, 0.0)?;
    let about: About = parse(body).ok()?;
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

/// Which faults an operation can meet here, if any.
fn kind(operation: Operation) -> Option<SignedCall> {
    match operation {
        Operation::AdminGetUser => Some(SignedCall::LookUp),
        Operation::ListUsers => Some(SignedCall::List),
        Operation::AdminConfirmSignUp
        | Operation::AdminUpdateUserAttributes
        | Operation::AdminAddUserToGroup
        | Operation::AdminDisableUser
        | Operation::AdminEnableUser
        | Operation::AdminDeleteUser => Some(SignedCall::Write),
        Operation::SignUp
        | Operation::InitiateAuth
        | Operation::AdminInitiateAuth
        | Operation::AdminListUserAuthEvents
        | Operation::CreateGroup
        | Operation::GetGroup
        | Operation::ListGroups
        | Operation::DescribeUserPool
        | Operation::DescribeUserPoolClient
        | Operation::GetProvisionedLimit => None,
    }
}
