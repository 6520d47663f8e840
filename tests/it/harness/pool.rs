//! The rehearsal pool in this process. Tests compare results with its own record of what happened.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use cognito_import::rehearsal::{
    AuditedUser, ExistingUser, LateFault, PoolSettings, QuotaSetting, Quotas, RehearsalPool,
    SimulatedLatency, Stats,
};

use super::{Sdk, wait_until};

/// A quota that only tests of quotas reach.
const PLENTY: f64 = 100_000.0;

/// A pool that answers at once and never throttles.
pub(crate) fn quick() -> PoolSettings {
    PoolSettings {
        latency: SimulatedLatency {
            base_ms: 1,
            jitter_ms: 1,
        },
        quotas: Quotas {
            user_creation: QuotaSetting::per_second(PLENTY),
            user_read: QuotaSetting::per_second(PLENTY),
            user_update: QuotaSetting::per_second(PLENTY),
            user_list: QuotaSetting::per_second(PLENTY),
            user_authentication: QuotaSetting::per_second(PLENTY),
            ..Quotas::default()
        },
        ..PoolSettings::default()
    }
}

/// A pool that accepts sign-ups but answers them only after a run has ended.
pub(crate) fn silent() -> PoolSettings {
    let mut settings = quick();
    settings.faults.answer_late = LateFault {
        probability: 1.0,
        delay_ms: 60_000,
    };
    settings
}

/// An existing user without attributes.
pub(crate) fn existing_user(username: &str) -> ExistingUser {
    ExistingUser {
        username: username.to_owned(),
        ..ExistingUser::default()
    }
}

/// Asserts that the pool only received Describe calls.
#[track_caller]
pub(crate) fn assert_only_described(pool: &Pool) {
    let operations = pool.stats().operations;
    let mut received = operations.iter().filter(|(_, stats)| stats.requests > 0);
    assert!(
        received.all(|(name, _)| name.starts_with("DescribeUserPool")),
        "{operations:?}"
    );
}

/// A running pool.
pub(crate) struct Pool {
    running: RehearsalPool,
    settings: PoolSettings,
}

impl Pool {
    pub(crate) fn start(settings: PoolSettings) -> Self {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            running: RehearsalPool::start(any_port, settings.clone()).unwrap(),
            settings,
        }
    }

    pub(crate) fn settings(&self) -> &PoolSettings {
        &self.settings
    }

    pub(crate) fn url(&self) -> String {
        self.running.endpoint_url()
    }

    pub(crate) fn stats(&self) -> Stats {
        self.running.stats()
    }

    /// The number of requests for this operation.
    pub(crate) fn requests(&self, operation: &str) -> u64 {
        self.stats()
            .operations
            .get(operation)
            .map_or(0, |stats| stats.requests)
    }

    /// Waits until the pool has received this many requests for the operation.
    pub(crate) fn wait_for_requests(&self, operation: &str, count: u64) {
        wait_until(&format!("{count} {operation} requests"), || {
            (self.requests(operation) >= count).then_some(())
        });
    }

    /// Every user in the pool, by username.
    pub(crate) fn users(&self) -> BTreeMap<String, AuditedUser> {
        let users = self.running.stats_users();
        users
            .into_iter()
            .map(|user| (user.username.clone(), user))
            .collect()
    }

    /// An SDK client for this pool.
    pub(crate) fn sdk(&self) -> Sdk {
        Sdk::new(&self.url(), &self.settings.region, "AKIAMADEUP", "made-up")
    }

    /// Stops this pool and starts another with the same users and changed settings.
    pub(crate) fn restart_with(self, change: impl FnOnce(&mut PoolSettings)) -> Self {
        let mut settings = self.settings.clone();
        // Stop first: a sign-up that arrives after the users were read would be lost.
        settings.existing = self
            .running
            .stop_and_audit()
            .into_iter()
            .map(|user| ExistingUser {
                username: user.username,
                attributes: user.attributes,
                status: user.status,
                enabled: user.enabled,
                created: Some(user.created.div_euclid(1_000)),
            })
            .collect();
        change(&mut settings);
        Self::start(settings)
    }

    /// Stops the pool. Connections to its address are refused from then on.
    pub(crate) fn stop(self) {
        self.running.stop();
    }
}
