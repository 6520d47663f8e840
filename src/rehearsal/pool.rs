//! The pool as a whole: its state, and the way of a request through it.
//!
//! It owns the order of things (counted, signed, within its quota, then the operation) and what the operations share.
//! It does no I/O and never waits: the reply says how long `server` is to wait.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::auth_events::SignIns;
use super::clock::PoolClock;
use super::groups::PoolGroup;
use super::operation::{ServiceOperation, looks_signed};
use super::protocol::ServiceError;
use super::schema::Schema;
use super::seeded;
use super::settings::PoolSettings;
use super::sign_up_request::Candidate;
use super::signed_faults::FaultCounters;
use super::stats::{Answered, AuditedUser, Recorder, Stats};
use super::traffic::Traffic;
use super::user::PoolUser;
use super::users::{UserIndex, Users};
use super::{
    admin, auth_events, creation, describe, groups, list, sign_in, sign_up, signed_faults,
    signing_time,
};

/// A year, for users that were there long before.
const YEAR_MS: i64 = 365 * 86_400_000;

/// A request as it came, without HTTP's types.
pub(super) struct Request<'a> {
    /// The header `x-amz-target`.
    pub(super) target: &'a str,
    /// The header `authorization`.
    pub(super) authorization: Option<&'a str>,
    /// The header `x-amz-date`: when the request was signed.
    pub(super) signed_at: Option<&'a str>,
    pub(super) body: &'a [u8],
}

/// What goes out over the connection.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// A success.
    Success(Value),
    /// A success whose body breaks off in the middle.
    Truncated(Value),
    /// A page that is no JSON, with a success's status.
    Html,
    Error(ServiceError),
    /// Not a byte: the connection closes.
    Nothing,
}

impl From<Result<Value, ServiceError>> for Outgoing {
    fn from(result: Result<Value, ServiceError>) -> Outgoing {
        result.map_or_else(Outgoing::Error, Outgoing::Success)
    }
}

/// The answer to a request, and how it is to be given.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) outgoing: Outgoing,
    /// How long the client waits for it.
    pub(super) delay: Duration,
    /// The user whose SignUp this answers with a success.
    pub(super) sign_up_of: Option<UserIndex>,
    /// The request's number, for `x-amzn-requestid`.
    pub(super) request_id: String,
    /// What the pool's clock shows, in milliseconds since 1970.
    pub(super) date_ms: i64,
}

/// What an operation has to say: the reply without what every reply has.
pub(super) struct OperationReply {
    pub(super) outgoing: Outgoing,
    pub(super) extra_delay: Duration,
    pub(super) sign_up_of: Option<UserIndex>,
}

impl From<Outgoing> for OperationReply {
    fn from(outgoing: Outgoing) -> OperationReply {
        OperationReply {
            outgoing,
            extra_delay: Duration::ZERO,
            sign_up_of: None,
        }
    }
}

impl From<Result<Value, ServiceError>> for OperationReply {
    fn from(result: Result<Value, ServiceError>) -> OperationReply {
        OperationReply::from(Outgoing::from(result))
    }
}

/// The state of the pool.
pub(super) struct PoolState {
    pub(super) settings: PoolSettings,
    pub(super) schema: Schema,
    pub(super) users: Users,
    /// By their places: a group is never taken away.
    pub(super) groups: Vec<PoolGroup>,
    /// What threat protection remembers.
    pub(super) sign_ins: SignIns,
    pub(super) clock: PoolClock,
    pub(super) stats: Recorder,
    traffic: Traffic,
    /// How often signed calls were tried by faults.
    pub(super) drawn: FaultCounters,
    /// SignUps to come that a burst of throttling takes.
    pub(super) throttled_ahead: u32,
    /// SignUps within the quota so far.
    pub(super) sign_ups: u64,
    /// Codes sent so far.
    pub(super) messages_sent: u32,
    signed_calls: u64,
    requests: u64,
    /// Users whose creation is under way, by the time it comes to pass.
    late: BTreeMap<(Duration, u64), Candidate>,
}

impl PoolState {
    /// A pool with these settings and its existing users, or what is wrong with the settings.
    pub(super) fn new(settings: PoolSettings) -> Result<PoolState, String> {
        settings.check()?;
        let schema = Schema::new(&settings)?;
        let clock = PoolClock::start(settings.date_offset_ms);
        let started_ms = clock.wall_ms(Duration::ZERO);
        let groups = settings.groups.iter().cloned();
        let groups = groups.map(|name| PoolGroup::new(name, started_ms));
        let mut pool = PoolState {
            schema,
            users: Users::of(&settings),
            groups: groups.collect(),
            sign_ins: SignIns::new(),
            stats: Recorder::start(started_ms),
            clock,
            traffic: Traffic::new(
                &settings.quotas,
                &settings.quota_changes,
                &settings.live_sign_ups,
            ),
            drawn: FaultCounters::new(),
            throttled_ahead: 0,
            sign_ups: 0,
            messages_sent: 0,
            signed_calls: 0,
            requests: 0,
            late: BTreeMap::new(),
            settings,
        };
        pool.add_existing()?;
        Ok(pool)
    }

    fn add_existing(&mut self) -> Result<(), String> {
        let year_ago = self.clock.wall_ms(Duration::ZERO).saturating_sub(YEAR_MS);
        for existing in std::mem::take(&mut self.settings.existing) {
            let name = existing.username.as_str();
            if self.users.by_name(name).is_some() {
                return Err(format!("existing: {name:?} is there twice"));
            }
            let mut attributes = existing.attributes.clone();
            if let Some(attribute) = self.attribute_of_username(name) {
                attributes
                    .entry(attribute.to_owned())
                    .or_insert_with(|| name.to_owned());
            }
            let sub = self.sub_of(name);
            let created_ms = existing
                .created
                .map_or(year_ago, |seconds| seconds.saturating_mul(1_000));
            let user = PoolUser {
                attributes: attributes
                    .iter()
                    .map(|(name, value)| self.schema.attribute(name, value))
                    .collect(),
                enabled: existing.enabled,
                preexisting: true,
                ..PoolUser::new(
                    self.stored_username(name, sub),
                    sub,
                    existing.status,
                    created_ms,
                )
            };
            self.users.add(name, user);
        }
        Ok(())
    }

    /// Takes a request and decides its answer.
    pub(super) fn handle(&mut self, request: &Request<'_>) -> Reply {
        let at = self.clock.elapsed();
        self.commit_what_is_due(at);
        self.requests += 1;
        let operation = ServiceOperation::from_target(request.target);
        self.stats.arrived(operation, at);
        let answer = match operation {
            Some(operation) => self.answer(operation, at, request),
            None => OperationReply::from(Err(ServiceError::bad_request(
                "UnknownOperationException",
                "",
            ))),
        };
        let answered = match &answer.outgoing {
            Outgoing::Success(_) | Outgoing::Truncated(_) | Outgoing::Html => Answered::Ok,
            Outgoing::Error(error) => Answered::Error(error.code),
            Outgoing::Nothing => Answered::Dropped,
        };
        self.stats.answered(operation, answered);
        Reply {
            outgoing: answer.outgoing,
            delay: self.latency() + answer.extra_delay,
            sign_up_of: answer.sign_up_of,
            request_id: seeded::uuid_text(seeded::as_uuid(self.chance("request"))),
            date_ms: self.clock.wall_ms(at),
        }
    }

    fn answer(
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
            self.traffic.sign_up_arrives(at);
        }
        let within_quota = self.traffic.take(operation.category(), at);
        if !within_quota {
            self.stats.over_quota(operation.category());
        }
        let body = request.body;
        if operation == ServiceOperation::SignUp {
            return sign_up::answer(self, at, within_quota, body);
        }
        if !within_quota {
            return OperationReply::from(Err(ServiceError::too_many_requests()));
        }
        signed_faults::perform(self, operation, body, |pool| {
            OperationReply::from(pool.perform(operation, at, body))
        })
    }

    /// Performs every operation but SignUp.
    fn perform(
        &mut self,
        operation: ServiceOperation,
        at: Duration,
        body: &[u8],
    ) -> Result<Value, ServiceError> {
        match operation {
            ServiceOperation::SignUp | ServiceOperation::AdminGetUser => {
                admin::get_user(self, body)
            }
            ServiceOperation::InitiateAuth => sign_in::initiate_auth(self, at, body),
            ServiceOperation::AdminInitiateAuth => sign_in::admin_initiate_auth(self, at, body),
            ServiceOperation::AdminConfirmSignUp => admin::confirm_sign_up(self, at, body),
            ServiceOperation::AdminUpdateUserAttributes => admin::update_attributes(self, at, body),
            ServiceOperation::AdminAddUserToGroup => groups::add_user(self, body),
            ServiceOperation::AdminDisableUser => admin::set_enabled(self, at, body, false),
            ServiceOperation::AdminEnableUser => admin::set_enabled(self, at, body, true),
            ServiceOperation::AdminDeleteUser => admin::delete_user(self, body),
            ServiceOperation::AdminListUserAuthEvents => auth_events::list(self, body),
            ServiceOperation::ListUsers => list::list_users(self, at, body),
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
        if self
            .settings
            .faults
            .expired_credentials_after
            .is_some_and(|first| self.signed_calls >= first)
        {
            self.stats.fault("expired_credentials_after");
            let message = "The security token included in the request is expired";
            return Err(ServiceError::bad_request("ExpiredTokenException", message));
        }
        Ok(())
    }

    /// Has a user made later, without an answer to anybody.
    pub(super) fn commit_later(&mut self, due: Duration, candidate: Candidate) {
        self.late.insert((due, self.requests), candidate);
    }

    /// Makes the users whose time has come. Nobody can see the pool in between, so that it is as good as a timer.
    fn commit_what_is_due(&mut self, now: Duration) {
        while let Some(entry) = self.late.first_entry().filter(|entry| entry.key().0 <= now) {
            let ((due, _), candidate) = entry.remove_entry();
            creation::commit(self, candidate, due);
        }
    }

    /// The answer to a SignUp was written out whole.
    pub(super) fn delivered(&mut self, index: UserIndex) {
        if let Some(user) = self.users.get_mut(index) {
            user.answers_delivered += 1;
        }
    }

    /// The counts so far.
    pub(super) fn snapshot(&mut self) -> Stats {
        let now = self.clock.elapsed();
        self.commit_what_is_due(now);
        let live_sign_ups = self.traffic.live_sign_ups(now);
        self.stats.snapshot(self.users.len(), live_sign_ups)
    }

    /// The truth about every user.
    pub(super) fn audit(&mut self) -> Vec<AuditedUser> {
        self.commit_what_is_due(self.clock.elapsed());
        self.users.iter().map(|user| self.truth(user)).collect()
    }

    fn truth(&self, user: &PoolUser) -> AuditedUser {
        let group = |at: &u16| Some(self.groups.get(usize::from(*at))?.name.clone());
        AuditedUser {
            username: user.username.to_string(),
            sub: seeded::uuid_text(user.sub),
            created: user.created_ms,
            preexisting: user.preexisting,
            sign_ups_asked: user.asked.sign_ups,
            sign_ups_accepted: user.sign_ups_accepted,
            answers_delivered: user.answers_delivered,
            sign_ups_after_answer: user.sign_ups_after_answer,
            status: user.status,
            enabled: user.enabled,
            signed_in: user.signed_in,
            groups: user.groups.iter().filter_map(group).collect(),
            attributes: user
                .attributes
                .iter()
                .map(|a| (a.name.to_string(), a.value.to_string()))
                .collect(),
        }
    }

    fn chance(&self, purpose: &str) -> u128 {
        seeded::bits(self.settings.seed, purpose, "", self.requests)
    }

    fn latency(&self) -> Duration {
        let latency = self.settings.latency;
        let share = seeded::fraction(self.settings.seed, "latency", "", self.requests);
        Duration::from_millis(latency.base_ms)
            + Duration::from_millis(latency.jitter_ms).mul_f64(share)
    }
}
