//! The state of the pool: settings, users, groups and counters. Independent of the operations.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde_json::{Map, Value};

use super::clock::PoolClock;
use super::faults::FaultCounters;
use super::password::PasswordDigest;
use super::schema::Schema;
use super::seeded;
use super::settings::PoolSettings;
use super::stats::{AuditedUser, Recorder};
use super::traffic::Traffic;
use super::user::{PoolUser, StoredAttribute};
use super::users::{UserIndex, Users};

/// The age of preexisting users without a creation time.
const YEAR_MS: i64 = 365 * 86_400_000;

/// A group of the pool.
pub(super) struct PoolGroup {
    pub(super) name: String,
    /// The other members, as in the request: `Description`, `Precedence`, `RoleArn`.
    pub(super) members: Map<String, Value>,
    pub(super) created_ms: i64,
}

impl PoolGroup {
    pub(super) fn new(name: String, created_ms: i64) -> PoolGroup {
        PoolGroup {
            name,
            members: Map::new(),
            created_ms,
        }
    }
}

/// An attempt to sign in with a password.
#[derive(Debug, Clone, Copy)]
pub(super) struct SignIn {
    pub(super) at_ms: i64,
    pub(super) passed: bool,
}

/// The sign-in attempts of each user, oldest first.
pub(super) type SignIns = HashMap<UserIndex, Vec<SignIn>>;

/// A user that passed all checks and can be created.
pub(super) struct Candidate {
    /// The sign-in name, as sent.
    pub(super) name: String,
    pub(super) sub: u128,
    pub(super) attributes: Vec<StoredAttribute>,
    /// `None` if the pool allows passwordless sign-in and the request has no password.
    pub(super) password: Option<PasswordDigest>,
    /// Whether the request carries the data that makes the trigger confirm the user.
    pub(super) matches_trigger: bool,
}

/// The state of the pool.
pub(super) struct PoolState {
    pub(super) settings: PoolSettings,
    pub(super) schema: Schema,
    pub(super) users: Users,
    /// Never shrinks, so that users can refer to groups by index.
    pub(super) groups: Vec<PoolGroup>,
    /// Sign-ins recorded by threat protection.
    pub(super) sign_ins: SignIns,
    pub(super) clock: PoolClock,
    pub(super) stats: Recorder,
    pub(super) traffic: Traffic,
    pub(super) fault_counters: FaultCounters,
    /// How many of the next SignUps a throttling burst still refuses.
    pub(super) burst_remaining: u32,
    /// SignUps within the quota so far.
    pub(super) sign_ups: u64,
    /// Confirmation codes sent so far.
    pub(super) messages_sent: u32,
    pub(super) signed_calls: u64,
    pub(super) requests: u64,
    /// Users to be created later, by time and request number.
    scheduled: BTreeMap<(Duration, u64), Candidate>,
}

impl PoolState {
    /// Creates a pool with its preexisting users, or reports an error in the settings.
    pub(super) fn new(settings: PoolSettings) -> Result<PoolState, String> {
        settings.check()?;
        let schema = Schema::new(&settings)?;
        let clock = PoolClock::start(settings.date_offset_ms);
        let started_ms = clock.wall_ms(Duration::ZERO);
        let groups = settings.groups.iter().cloned();
        let groups = groups.map(|name| PoolGroup::new(name, started_ms));
        let mut pool = PoolState {
            schema,
            users: Users::new(&settings),
            groups: groups.collect(),
            sign_ins: SignIns::new(),
            stats: Recorder::start(started_ms),
            clock,
            traffic: Traffic::new(
                &settings.quotas,
                &settings.quota_changes,
                &settings.live_sign_ups,
            ),
            fault_counters: FaultCounters::new(),
            burst_remaining: 0,
            sign_ups: 0,
            messages_sent: 0,
            signed_calls: 0,
            requests: 0,
            scheduled: BTreeMap::new(),
            settings,
        };
        pool.add_preexisting()?;
        Ok(pool)
    }

    fn add_preexisting(&mut self) -> Result<(), String> {
        let year_ago = self.clock.wall_ms(Duration::ZERO).saturating_sub(YEAR_MS);
        for existing in std::mem::take(&mut self.settings.existing) {
            let name = existing.username.as_str();
            if self.users.by_name(name).is_some() {
                return Err(format!("existing: {name:?} is listed twice"));
            }
            let mut attributes = existing.attributes.clone();
            if let Some(attribute) = self.username_attribute(name) {
                attributes
                    .entry(attribute.to_owned())
                    .or_insert_with(|| name.to_owned());
            }
            let sub = self.next_sub(name);
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

    /// Schedules the creation of a user whose request gets no response.
    pub(super) fn commit_later(&mut self, due: Duration, candidate: Candidate) {
        self.scheduled.insert((due, self.requests), candidate);
    }

    /// Removes and returns the next scheduled user that is due by `now`.
    pub(super) fn next_due(&mut self, now: Duration) -> Option<(Duration, Candidate)> {
        let entry = self
            .scheduled
            .first_entry()
            .filter(|entry| entry.key().0 <= now)?;
        let ((due, _), candidate) = entry.remove_entry();
        Some((due, candidate))
    }

    /// Records that the response to a SignUp was written completely.
    pub(super) fn record_delivery(&mut self, index: UserIndex) {
        if let Some(user) = self.users.get_mut(index) {
            user.responses_delivered += 1;
        }
    }

    pub(super) fn audit_user(&self, user: &PoolUser) -> AuditedUser {
        let group_name = |index: &u16| Some(self.groups.get(usize::from(*index))?.name.clone());
        AuditedUser {
            username: user.username.to_string(),
            sub: seeded::uuid_text(user.sub),
            created: user.created_ms,
            preexisting: user.preexisting,
            sign_ups_received: user.history.sign_ups,
            sign_ups_accepted: user.sign_ups_accepted,
            responses_delivered: user.responses_delivered,
            sign_ups_after_response: user.sign_ups_after_response,
            status: user.status,
            enabled: user.enabled,
            signed_in: user.signed_in,
            groups: user.groups.iter().filter_map(group_name).collect(),
            attributes: user
                .attributes
                .iter()
                .map(|attribute| (attribute.name.to_string(), attribute.value.to_string()))
                .collect(),
        }
    }
}

/// Usernames and `sub`s.
impl PoolState {
    /// Returns the `sub` of the next user with this name: deterministic for a seed, and different
    /// from those of earlier users with the same name.
    pub(super) fn next_sub(&self, name: &str) -> u128 {
        let deleted = u64::from(self.users.deleted(name));
        let mut collisions = 0;
        loop {
            let count = deleted | (collisions << 32);
            let bits = seeded::bits(self.settings.seed, "sub", &self.users.key(name), count);
            let sub = seeded::as_uuid(bits);
            if self.users.by_sub(&seeded::uuid_text(sub)).is_none() {
                return sub;
            }
            collisions += 1;
        }
    }

    /// Returns the stored username: the name itself, or the `sub` if attributes are usernames.
    pub(super) fn stored_username(&self, name: &str, sub: u128) -> Box<str> {
        if self.settings.username_attributes.is_empty() {
            Box::from(name)
        } else {
            seeded::uuid_text(sub).into_boxed_str()
        }
    }

    /// Returns the attribute that the sign-in name is a value of, if attributes are usernames.
    pub(super) fn username_attribute(&self, name: &str) -> Option<&'static str> {
        let is_username = |attribute: &str| {
            self.settings
                .username_attributes
                .iter()
                .any(|known| known == attribute)
        };
        match name.starts_with('+') {
            true if is_username("phone_number") => Some("phone_number"),
            _ if is_username("email") => Some("email"),
            _ if is_username("phone_number") => Some("phone_number"),
            _ => None,
        }
    }
}
