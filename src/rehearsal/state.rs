//! The state of the pool: settings, users, groups, counters. It knows no operation.

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

/// The age of existing users without a creation time.
const YEAR_MS: i64 = 365 * 86_400_000;

/// A group of the pool.
pub(super) struct PoolGroup {
    pub(super) name: String,
    /// Its other fields, as in the request: `Description`, `Precedence`, `RoleArn`.
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

/// An attempt to sign in by a password.
#[derive(Debug, Clone, Copy)]
pub(super) struct SignIn {
    pub(super) at_ms: i64,
    pub(super) passed: bool,
}

/// The attempts to sign in, by user, the latest last.
pub(super) type SignIns = HashMap<UserIndex, Vec<SignIn>>;

/// A user that passed every check and can be created.
pub(super) struct Candidate {
    /// The name to sign in by, as sent.
    pub(super) name: String,
    pub(super) sub: u128,
    pub(super) attributes: Vec<StoredAttribute>,
    /// `None` in a pool with passwordless sign-in.
    pub(super) password: Option<PasswordDigest>,
    /// Whether the request has the data by which a trigger confirms users.
    pub(super) is_vouched_for: bool,
}

/// The state of the pool.
pub(super) struct PoolState {
    pub(super) settings: PoolSettings,
    pub(super) schema: Schema,
    pub(super) users: Users,
    /// By index: groups are never deleted.
    pub(super) groups: Vec<PoolGroup>,
    /// Sign-ins recorded by threat protection.
    pub(super) sign_ins: SignIns,
    pub(super) clock: PoolClock,
    pub(super) stats: Recorder,
    pub(super) traffic: Traffic,
    /// How often each signed call drew a fault.
    pub(super) drawn: FaultCounters,
    /// The next SignUps that a burst of throttling refuses.
    pub(super) throttled_ahead: u32,
    /// SignUps within the quota so far.
    pub(super) sign_ups: u64,
    /// Codes sent so far.
    pub(super) messages_sent: u32,
    pub(super) signed_calls: u64,
    pub(super) requests: u64,
    /// Users to be created later, by time.
    late: BTreeMap<(Duration, u64), Candidate>,
}

impl PoolState {
    /// A pool with these settings and its existing users, or an error in the settings.
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

    /// Schedules the creation of a user whose request gets no answer.
    pub(super) fn commit_later(&mut self, due: Duration, candidate: Candidate) {
        self.late.insert((due, self.requests), candidate);
    }

    /// Takes the next scheduled user whose time has come.
    pub(super) fn next_due(&mut self, now: Duration) -> Option<(Duration, Candidate)> {
        let entry = self
            .late
            .first_entry()
            .filter(|entry| entry.key().0 <= now)?;
        let ((due, _), candidate) = entry.remove_entry();
        Some((due, candidate))
    }

    /// The answer to a SignUp was written completely.
    pub(super) fn delivered(&mut self, index: UserIndex) {
        if let Some(user) = self.users.get_mut(index) {
            user.answers_delivered += 1;
        }
    }

    pub(super) fn audit_user(&self, user: &PoolUser) -> AuditedUser {
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
}

/// The names of a user.
impl PoolState {
    /// The `sub` of the next user with this name. Deterministic for a seed, but never that of an
    /// earlier user with the same name.
    pub(super) fn sub_of(&self, name: &str) -> u128 {
        let deleted = u64::from(self.users.deleted(name));
        let mut others = 0;
        loop {
            let count = deleted | (others << 32);
            let bits = seeded::bits(self.settings.seed, "sub", &self.users.key(name), count);
            let sub = seeded::as_uuid(bits);
            if self.users.by_sub(&seeded::uuid_text(sub)).is_none() {
                return sub;
            }
            others += 1;
        }
    }

    /// The pool's own username: the name, or the `sub` if attributes are usernames.
    pub(super) fn stored_username(&self, name: &str, sub: u128) -> Box<str> {
        if self.settings.username_attributes.is_empty() {
            Box::from(name)
        } else {
            seeded::uuid_text(sub).into_boxed_str()
        }
    }

    /// The attribute that a name belongs to, if attributes are usernames.
    pub(super) fn attribute_of_username(&self, name: &str) -> Option<&'static str> {
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
