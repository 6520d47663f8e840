//! Quotas, and what becomes of them while the pool runs.

use aws_sdk_cognitoidentityprovider::types::{LimitClass, LimitDefinitionType};

use super::*;

#[test]
fn over_the_quota_is_too_many() {
    let user_creation = QuotaSetting {
        rate: 0.001,
        burst: 2.0,
    };
    let settings = quick();
    let quotas = Quotas {
        user_creation,
        ..settings.quotas.clone()
    };
    let rehearsed = Rehearsed::with(PoolSettings { quotas, ..settings });
    let seen: Vec<_> = ["a", "b", "c"]
        .map(|name| rehearsed.sign_up(name).err())
        .into_iter()
        .collect();
    assert_eq!(
        seen,
        [None, None, Some("TooManyRequestsException".to_owned())]
    );
    let stats = rehearsed.pool.stats();
    assert_eq!(stats.operations["SignUp"].throttled, 1);
    assert_eq!(stats.categories["UserCreation"].over_quota, 1);
    assert_eq!((stats.users, stats.created_by_sign_up), (2, 2));
}

/// The sign-ups a second that the pool says are enforced, and those that are free of charge.
fn enforced_rate(rehearsed: &Rehearsed) -> (i32, i32) {
    let definition = LimitDefinitionType::builder()
        .limit_class(LimitClass::ApiCategory)
        .attributes("Category", "UserCreation")
        .build()
        .unwrap();
    let request = rehearsed
        .client
        .get_provisioned_limit()
        .limit_definition(definition);
    let answer = rehearsed.runtime.block_on(request.send()).unwrap();
    let limit = answer.limit().unwrap();
    (limit.provisioned_limit_value(), limit.free_limit_value())
}

#[test]
fn the_enforced_rate_can_be_asked_for() {
    let quotas = Quotas {
        user_creation: QuotaSetting::per_second(35.0),
        ..Quotas::default()
    };
    let rehearsed = Rehearsed::with(PoolSettings { quotas, ..quick() });
    assert_eq!(enforced_rate(&rehearsed), (35, 50));
}

#[test]
fn a_quota_that_changes_is_enforced_but_not_told() {
    let quota_changes = vec![QuotaChange {
        after_ms: 0,
        category: QuotaCategory::UserCreation,
        rate: 0.001,
        burst: None,
    }];
    let rehearsed = Rehearsed::with(PoolSettings {
        quota_changes,
        ..quick()
    });
    rehearsed.sign_up("jane").unwrap();
    assert_eq!(
        rehearsed.sign_up("joe").unwrap_err(),
        "TooManyRequestsException"
    );
    assert_eq!(enforced_rate(&rehearsed), (100_000, 50));
    let seconds = &rehearsed.pool.stats().categories["UserCreation"].per_second;
    let over_quota: Vec<_> = seconds.iter().map(|second| second.over_quota).collect();
    assert_eq!(over_quota.iter().sum::<u64>(), 1, "{over_quota:?}");
}

#[test]
fn people_who_sign_up_meanwhile_use_the_quota_too() {
    let settings = quick();
    let quotas = Quotas {
        user_creation: QuotaSetting {
            rate: 0.001,
            burst: 1.0,
        },
        ..settings.quotas.clone()
    };
    let live_sign_ups = vec![LiveSignUps {
        after_ms: 0,
        until_ms: Some(1),
        per_second: 10.0,
    }];
    let rehearsed = Rehearsed::with(PoolSettings {
        quotas,
        live_sign_ups,
        ..settings
    });
    assert_eq!(rehearsed.pool.stats().live_sign_ups.asked, 0);
    assert_eq!(
        rehearsed.sign_up("jane").unwrap_err(),
        "TooManyRequestsException",
        "somebody else was there first"
    );
    let stats = rehearsed.pool.stats();
    assert_eq!(
        stats.live_sign_ups,
        LiveSignUpStats {
            asked: 1,
            over_quota: 0
        }
    );
    assert_eq!(stats.operations["SignUp"].requests, 1);
    assert_eq!(stats.users, 0);
}

#[test]
fn a_plan_that_cannot_be_is_refused_at_the_start() {
    let live_sign_ups = vec![LiveSignUps {
        after_ms: 0,
        until_ms: None,
        per_second: 0.0,
    }];
    let settings = PoolSettings {
        live_sign_ups,
        ..quick()
    };
    let refused = RehearsalPool::start("127.0.0.1:0".parse().unwrap(), settings);
    assert!(matches!(refused, Err(RehearsalError::Settings(_))));
}
