//! The rehearsal pool, in this process: its own account of what happened is what results are checked against.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use cognito_import::rehearsal::{
    AuditedUser, ExistingUser, LateFault, PoolSettings, QuotaSetting, Quotas, RehearsalPool,
    SimulatedLatency, Stats,
};

use super::Sdk;

/// More requests a second than any test sends, unless it is about quotas.
const PLENTY: f64 = 100_000.0;

/// A pool that answers at once and throttles nobody.
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

/// A pool that takes sign-ups and answers none of them while a run lives.
pub(crate) fn silent() -> PoolSettings {
    let mut settings = quick();
    settings.faults.answer_late = LateFault {
        probability: 1.0,
        delay_ms: 60_000,
    };
    settings
}

/// The pool was asked nothing but what it is like.
#[track_caller]
pub(crate) fn assert_only_described(pool: &Pool) {
    let operations = pool.stats().operations;
    let mut asked = operations.iter().filter(|(_, stats)| stats.requests > 0);
    assert!(
        asked.all(|(name, _)| name.starts_with("DescribeUserPool")),
        "{operations:?}"
    );
}

/// A pool that is at work.
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

    /// Requests for this operation that arrived.
    pub(crate) fn requests(&self, operation: &str) -> u64 {
        self.stats()
            .operations
            .get(operation)
            .map_or(0, |stats| stats.requests)
    }

    /// The truth about every user, by username.
    pub(crate) fn users(&self) -> BTreeMap<String, AuditedUser> {
        let users = self.running.stats_users();
        users
            .into_iter()
            .map(|user| (user.username.clone(), user))
            .collect()
    }

    /// The SDK, as another program of the pool's owner would use it.
    pub(crate) fn sdk(&self) -> Sdk {
        Sdk::new(&self.url(), &self.settings.region, "AKIAMADEUP", "made-up")
    }

    /// Ends it, and starts another one with the same users and other settings.
    pub(crate) fn restart_with(self, change: impl FnOnce(&mut PoolSettings)) -> Self {
        let mut settings = self.settings.clone();
        // Sign-ups may still arrive: a user who is added after the others were read would be lost.
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

    /// Ends it: nobody listens at its address any more.
    pub(crate) fn stop(self) {
        self.running.stop();
    }
}
