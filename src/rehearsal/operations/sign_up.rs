//! SignUp and its faults. `sign_up_request` checks the request, `creation` creates the user.

use std::time::Duration;

use super::creation::{Commit, commit, limit_exceeded};
use super::sign_up_request::SignUpRequest;
use crate::rehearsal::faults::SignUpFault;
use crate::rehearsal::protocol::ServiceError;
use crate::rehearsal::reply::{OperationReply, Outgoing};
use crate::rehearsal::request::parse;
use crate::rehearsal::seeded;
use crate::rehearsal::state::PoolState;

/// Handles a SignUp that arrived at `at`.
pub(in crate::rehearsal) fn sign_up(
    pool: &mut PoolState,
    at: Duration,
    within_quota: bool,
    body: &[u8],
) -> OperationReply {
    let request: SignUpRequest = match parse(body) {
        Ok(request) => request,
        Err(error) => return OperationReply::from(Err(error)),
    };
    if let Some(name) = request.countable_name() {
        pool.users.count_sign_up(name);
    }
    if !within_quota {
        return OperationReply::from(Err(ServiceError::too_many_requests()));
    }
    pool.sign_ups += 1;
    let (faults, sign_up) = (&pool.settings.faults, pool.sign_ups);
    let (lost_pool, firewall) = (faults.lost_pool_after, faults.firewall_after);
    if pool.fault_began("lost_pool_after", lost_pool, sign_up) {
        let message = format!("User pool {} does not exist.", pool.settings.pool_id);
        return OperationReply::from(Err(ServiceError::not_found(message)));
    }
    if pool.fault_began("firewall_after", firewall, sign_up) {
        return OperationReply::from(Err(ServiceError::blocked_by_firewall()));
    }
    if pool.burst_remaining > 0 {
        pool.burst_remaining -= 1;
        return OperationReply::from(Err(ServiceError::too_many_requests()));
    }
    let fault = request.countable_name().and_then(|name| draw(pool, name));
    if let Some(outgoing) = fault.and_then(|fault| fault_before(pool, fault)) {
        return OperationReply::from(outgoing);
    }
    let commit = match (request.check(pool), fault) {
        (Err(refusal), _) => Commit::from(refusal),
        (Ok(candidate), Some(SignUpFault::CommitLate(delay))) => {
            pool.stats.record_fault("commit_late");
            pool.commit_later(at + delay, candidate);
            return OperationReply::from(Outgoing::Nothing);
        }
        (Ok(candidate), _) => commit(pool, candidate, at),
    };
    fault_after(pool, fault, commit)
}

/// Draws the fault of this SignUp by the name and its number of earlier draws.
fn draw(pool: &mut PoolState, name: &str) -> Option<SignUpFault> {
    let history = pool.users.history_mut(name);
    history.draws += 1;
    let count = u64::from(history.draws);
    let fraction = seeded::fraction(pool.settings.seed, "sign-up", &pool.users.key(name), count);
    pool.settings.faults.for_sign_up(fraction)
}

/// Returns the response if the fault prevents the creation.
fn fault_before(pool: &mut PoolState, fault: SignUpFault) -> Option<Outgoing> {
    let outgoing = match fault {
        SignUpFault::DropBefore => Outgoing::Nothing,
        SignUpFault::Error500Before => Outgoing::Error(ServiceError::internal()),
        SignUpFault::Throttle => Outgoing::Error(ServiceError::too_many_requests()),
        SignUpFault::ThrottleBurst(requests) => {
            pool.burst_remaining = requests.saturating_sub(1);
            Outgoing::Error(ServiceError::too_many_requests())
        }
        SignUpFault::UnexpectedLambdaBefore => Outgoing::Error(ServiceError::unexpected_lambda()),
        SignUpFault::CommitThenDrop
        | SignUpFault::AnswerLate(_)
        | SignUpFault::CommitLate(_)
        | SignUpFault::Error500After
        | SignUpFault::TruncatedBody
        | SignUpFault::NonJsonBody
        | SignUpFault::LimitExceededAfter
        | SignUpFault::UnexpectedLambdaAfter => return None,
    };
    pool.stats.record_fault(fault.name());
    Some(outgoing)
}

/// Returns the response after the creation succeeded or was refused. A fault can drop or delay a
/// refusal, but does not replace it.
fn fault_after(pool: &mut PoolState, fault: Option<SignUpFault>, commit: Commit) -> OperationReply {
    let Commit { created, result } = commit;
    let Some(fault) = fault else {
        let sign_up_of = created.filter(|_| result.is_ok());
        return OperationReply {
            sign_up_of,
            ..OperationReply::from(result)
        };
    };
    let extra_delay = if let SignUpFault::AnswerLate(delay) = fault {
        delay
    } else {
        Duration::ZERO
    };
    let outgoing = match (fault, result) {
        (SignUpFault::CommitThenDrop | SignUpFault::CommitLate(_), _) => Outgoing::Nothing,
        (SignUpFault::Error500After, Ok(_)) => Outgoing::Error(ServiceError::internal()),
        (SignUpFault::TruncatedBody, Ok(body)) => Outgoing::Truncated(body),
        (SignUpFault::NonJsonBody, Ok(_)) => Outgoing::Html,
        (SignUpFault::LimitExceededAfter, Ok(_)) => Outgoing::Error(limit_exceeded()),
        (SignUpFault::UnexpectedLambdaAfter, Ok(_)) => {
            Outgoing::Error(ServiceError::unexpected_lambda())
        }
        (SignUpFault::AnswerLate(_), result) => Outgoing::from(result),
        (_, result) => {
            return OperationReply {
                sign_up_of: created.filter(|_| result.is_ok()),
                ..OperationReply::from(result)
            };
        }
    };
    pool.stats.record_fault(fault.name());
    let sign_up_of = created.filter(|_| matches!(outgoing, Outgoing::Success(_)));
    OperationReply {
        outgoing,
        extra_delay,
        sign_up_of,
    }
}
