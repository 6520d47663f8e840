//! AdminListUserAuthEvents: the events that threat protection recorded for a user.
//!
//! AWS does not document the order of events; here, the latest comes first. No event has a risk.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::list::{from_token, to_token};
use crate::rehearsal::protocol::ServiceError;
use crate::rehearsal::request::parse;
use crate::rehearsal::seeded;
use crate::rehearsal::state::{PoolState, SignIn};
use crate::rehearsal::users::UserIndex;

/// The maximum number of events per page (the service's model).
const MAX_PAGE_SIZE: usize = 60;

/// Records a sign-in attempt.
pub(in crate::rehearsal) fn record(
    pool: &mut PoolState,
    index: UserIndex,
    at: Duration,
    passed: bool,
) {
    if let Some(user) = pool.users.get_mut(index).filter(|_| passed) {
        user.signed_in += 1;
    }
    if pool.settings.threat_protection {
        let at_ms = pool.clock.wall_ms(at);
        let attempts = pool.sign_ins.entry(index).or_default();
        attempts.push(SignIn { at_ms, passed });
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EventsRequest {
    user_pool_id: Option<String>,
    username: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// Handles AdminListUserAuthEvents.
pub(in crate::rehearsal) fn list(pool: &PoolState, body: &[u8]) -> Result<Value, ServiceError> {
    let request: EventsRequest = parse(body)?;
    pool.check_pool_id(request.user_pool_id.as_deref())?;
    let size = match request.max_results {
        None | Some(0) => MAX_PAGE_SIZE,
        Some(size) if size <= MAX_PAGE_SIZE => size,
        Some(_) => {
            let message = format!("Member must have value less than or equal to {MAX_PAGE_SIZE}");
            return Err(ServiceError::constraint("maxResults", &message));
        }
    };
    if !pool.settings.threat_protection {
        return Err(ServiceError::bad_request(
            "UserPoolAddOnNotEnabledException",
            "Threat protection is not enabled for this user pool.",
        ));
    }
    let index = pool.find_user(request.username.as_deref())?;
    let first = match request.next_token.as_deref() {
        Some(token) => from_token(token)?,
        None => 0,
    };
    let events = events(pool, index)?;
    let page: Vec<_> = events.iter().rev().skip(first).take(size).collect();
    let next = first.saturating_add(page.len());
    let mut response = json!({ "AuthEvents": page });
    if next < events.len() {
        response["NextToken"] = to_token(next).into();
    }
    Ok(response)
}

/// Returns all events of a user, oldest first: its sign-up, if any, and its sign-in attempts.
fn events(pool: &PoolState, index: UserIndex) -> Result<Vec<Value>, ServiceError> {
    let user = pool.user(index)?;
    let sign_up = (!user.preexisting).then_some(("SignUp", user.created_ms, true));
    let sign_ins = pool.sign_ins.get(&index).into_iter().flatten();
    let sign_ins = sign_ins.map(|sign_in| ("SignIn", sign_in.at_ms, sign_in.passed));
    let sub = seeded::uuid_text(user.sub);
    let numbered = sign_up.into_iter().chain(sign_ins).zip(0..);
    Ok(numbered
        .map(|((kind, at_ms, passed), count)| {
            let id = seeded::as_uuid(seeded::bits(pool.settings.seed, "event", &sub, count));
            let mut event = json!({
                "EventId": seeded::uuid_text(id),
                "EventType": kind,
                "CreationDate": pool.date(at_ms),
                "EventResponse": if passed { "Pass" } else { "Fail" },
                "EventRisk": { "RiskDecision": "NoRisk", "CompromisedCredentialsDetected": false },
            });
            if kind == "SignIn" {
                let result = if passed { "Success" } else { "Failure" };
                event["ChallengeResponses"] =
                    json!([{ "ChallengeName": "Password", "ChallengeResponse": result }]);
            }
            event
        })
        .collect())
}
