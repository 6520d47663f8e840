//! Dispatches requests to operations: counts them, checks signature and quota, and calls the
//! operation.
//!
//! Does no I/O and never waits: the reply contains the delay for `server` to apply.

use std::time::Duration;

use serde_json::Value;

use super::operation::{ServiceOperation, looks_signed};
use super::operations::{
    admin, auth_events, creation, describe, group_members, groups, list, sign_in, sign_up,
};
use super::protocol::ServiceError;
use super::reply::{OperationReply, Outgoing, Reply};
use super::state::PoolState;
use super::stats::{AuditedUser, RequestOutcome, Stats};
use super::{seeded, signed_faults, signing_time};

/// A request, without HTTP's types.
pub(super) struct Request<'a> {
    /// The header `x-amz-target`.
    pub(super) target: &'a str,
    /// The header `authorization`.
    pub(super) authorization: Option<&'a str>,
    /// The header `x-amz-date`: when the request was signed.
    pub(super) signed_at: Option<&'a str>,
    pub(super) body: &'a [u8],
}

impl PoolState {
    /// Handles a request and decides the response.
    pub(super) fn handle(&mut self, request: &Request<'_>) -> Reply {
        let at = self.clock.elapsed();
        self.commit_due(at);
        self.requests += 1;
        let operation = ServiceOperation::from_target(request.target);
        self.stats.record_arrival(operation, at);
        let reply = match operation {
            Some(operation) => self.call(operation, at, request),
            None => OperationReply::from(Err(ServiceError::bad_request(
                "UnknownOperationException",
                "",
            ))),
        };
        let outcome = match &reply.outgoing {
            Outgoing::Success(_) | Outgoing::Truncated(_) | Outgoing::Html => RequestOutcome::Ok,
            Outgoing::Error(error) => RequestOutcome::Error(error.code),
            Outgoing::Nothing => RequestOutcome::Dropped,
        };
        self.stats.record_outcome(operation, outcome);
        Reply {
            outgoing: reply.outgoing,
            delay: self.latency() + reply.extra_delay,
            sign_up_of: reply.sign_up_of,
            request_id: seeded::uuid_text(seeded::as_uuid(self.random_bits("request"))),
            date_ms: self.clock.wall_ms(at),
        }
    }

    fn call(
        &mut self,
        operation: ServiceOperation,
        at: Duration,
        request: &Request<'_>,
    ) -> OperationReply {
        if operation.is_signed()
            && let Err(error) = self.check_signed(request, at)
        {
            return OperationReply::from(Err(error));
        }
        if operation == ServiceOperation::SignUp {
            self.traffic.note_sign_up(at);
        }
        let within_quota = self.traffic.take(operation.category(), at);
        if !within_quota {
            self.stats.record_over_quota(operation.category());
        }
        let body = request.body;
        if operation == ServiceOperation::SignUp {
            return sign_up::sign_up(self, at, within_quota, body);
        }
        if !within_quota {
            return OperationReply::from(Err(ServiceError::too_many_requests()));
        }
        signed_faults::perform(self, operation, body, |pool| {
            OperationReply::from(pool.perform(operation, at, body))
        })
    }

    /// Performs any operation except SignUp.
    fn perform(
        &mut self,
        operation: ServiceOperation,
        at: Duration,
        body: &[u8],
    ) -> Result<Value, ServiceError> {
        match operation {
            // `call` handles SignUp itself.
            ServiceOperation::SignUp => Err(ServiceError::internal()),
            ServiceOperation::AdminGetUser => admin::get_user(self, body),
            ServiceOperation::InitiateAuth => sign_in::initiate_auth(self, at, body),
            ServiceOperation::AdminInitiateAuth => sign_in::admin_initiate_auth(self, at, body),
            ServiceOperation::AdminConfirmSignUp => admin::confirm_sign_up(self, at, body),
            ServiceOperation::AdminUpdateUserAttributes => admin::update_attributes(self, at, body),
            ServiceOperation::AdminAddUserToGroup => groups::add_user(self, body),
            ServiceOperation::AdminRemoveUserFromGroup => group_members::remove_user(self, body),
            ServiceOperation::AdminDisableUser => admin::set_enabled(self, at, body, false),
            ServiceOperation::AdminEnableUser => admin::set_enabled(self, at, body, true),
            ServiceOperation::AdminDeleteUser => admin::delete_user(self, body),
            ServiceOperation::AdminListUserAuthEvents => auth_events::list(self, body),
            ServiceOperation::AdminListGroupsForUser => group_members::list_groups(self, body),
            ServiceOperation::ListUsers => list::list_users(self, at, body),
            ServiceOperation::ListUsersInGroup => group_members::list_users(self, at, body),
            ServiceOperation::CreateGroup => groups::create(self, at, body),
            ServiceOperation::GetGroup => groups::get(self, body),
            ServiceOperation::ListGroups => groups::list(self, body),
            ServiceOperation::DescribeUserPool => describe::user_pool(self, body),
            ServiceOperation::DescribeUserPoolClient => describe::client(self, body),
            ServiceOperation::GetProvisionedLimit => describe::provisioned_limit(self, body),
        }
    }

    fn check_signed(&mut self, request: &Request<'_>, at: Duration) -> Result<(), ServiceError> {
        if !looks_signed(request.authorization) {
            return Err(ServiceError::bad_request(
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            ));
        }
        if self.settings.check_signing_time {
            signing_time::check(request.signed_at, self.clock.wall_ms(at))?;
        }
        self.signed_calls += 1;
        let first = self.settings.faults.expired_credentials_after;
        if self.fault_began("expired_credentials_after", first, self.signed_calls) {
            let message = "The security token included in the request is expired";
            return Err(ServiceError::bad_request("ExpiredTokenException", message));
        }
        Ok(())
    }

    /// Returns whether a fault that begins with the `first` request affects this one, and records
    /// it.
    pub(super) fn fault_began(&mut self, fault: &str, first: Option<u64>, request: u64) -> bool {
        let began = first.is_some_and(|first| request >= first);
        if began {
            self.stats.record_fault(fault);
        }
        began
    }

    /// Creates the scheduled users that are due. Every access to the pool calls this first, so no
    /// timer is needed.
    fn commit_due(&mut self, now: Duration) {
        while let Some((due, candidate)) = self.next_due(now) {
            creation::commit(self, candidate, due);
        }
    }

    /// Returns the counts so far.
    pub(super) fn snapshot(&mut self) -> Stats {
        let now = self.clock.elapsed();
        self.commit_due(now);
        let live_sign_ups = self.traffic.live_sign_ups(now);
        self.stats.snapshot(self.users.len(), live_sign_ups)
    }

    /// Returns the true state of every user.
    pub(super) fn audit(&mut self) -> Vec<AuditedUser> {
        self.commit_due(self.clock.elapsed());
        self.users
            .iter()
            .map(|user| self.audit_user(user))
            .collect()
    }

    fn random_bits(&self, purpose: &str) -> u128 {
        seeded::bits(self.settings.seed, purpose, "", self.requests)
    }

    fn latency(&self) -> Duration {
        let latency = self.settings.latency;
        let jitter = seeded::fraction(self.settings.seed, "latency", "", self.requests);
        Duration::from_millis(latency.base_ms)
            + Duration::from_millis(latency.jitter_ms).mul_f64(jitter)
    }
}
