//! Quotas and their changes while the pool runs.

use aws_sdk_cognitoidentityprovider::types::{LimitClass, LimitDefinitionType};

use super::*;

#[test]
fn throttles_requests_over_the_quota() {
    let user_creation = QuotaSetting {
        rate: 0.001,
        burst: 2.0,
    };
    let settings = quick();
    let quotas = Quotas {
        user_creation,
        ..settings.quotas.clone()
    };
    let test_pool = TestPool::with(PoolSettings { quotas, ..settings });
    let errors: Vec<_> = ["a", "b", "c"]
        .map(|name| test_pool.sign_up(name).err())
        .into_iter()
        .collect();
    assert_eq!(
        errors,
        [None, None, Some("TooManyRequestsException".to_owned())]
    );
    let stats = test_pool.server.stats();
    assert_eq!(stats.operations["SignUp"].throttled, 1);
    assert_eq!(stats.categories["UserCreation"].over_quota, 1);
    assert_eq!((stats.users, stats.created_by_sign_up), (2, 2));
}

/// Returns the provisioned and the free limit of UserCreation.
fn provisioned_limit(test_pool: &TestPool) -> (i32, i32) {
    let definition = LimitDefinitionType::builder()
        .limit_class(LimitClass::ApiCategory)
        .attributes("Category", "UserCreation")
        .build()
        .unwrap();
    let request = test_pool
        .client
        .get_provisioned_limit()
        .limit_definition(definition);
    let response = test_pool.runtime.block_on(request.send()).unwrap();
    let limit = response.limit().unwrap();
    (limit.provisioned_limit_value(), limit.free_limit_value())
}

#[test]
fn returns_the_provisioned_limit() {
    let quotas = Quotas {
        user_creation: QuotaSetting::per_second(35.0),
        ..Quotas::default()
    };
    let test_pool = TestPool::with(PoolSettings { quotas, ..quick() });
    assert_eq!(provisioned_limit(&test_pool), (35, 50));
}

#[test]
fn quota_changes_are_enforced_but_not_reported() {
    let quota_changes = vec![QuotaChange {
        after_ms: 0,
        category: QuotaCategory::UserCreation,
        rate: 0.001,
        burst: None,
    }];
    let test_pool = TestPool::with(PoolSettings {
        quota_changes,
        ..quick()
    });
    test_pool.sign_up("jane").unwrap();
    assert_eq!(
        test_pool.sign_up("joe").unwrap_err(),
        "TooManyRequestsException"
    );
    assert_eq!(provisioned_limit(&test_pool), (100_000, 50));
    let seconds = &test_pool.server.stats().categories["UserCreation"].per_second;
    let over_quota: Vec<_> = seconds.iter().map(|second| second.over_quota).collect();
    assert_eq!(over_quota.iter().sum::<u64>(), 1, "{over_quota:?}");
}

#[test]
fn live_sign_ups_use_the_quota() {
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
    let test_pool = TestPool::with(PoolSettings {
        quotas,
        live_sign_ups,
        ..settings
    });
    assert_eq!(test_pool.server.stats().live_sign_ups.requests, 0);
    assert_eq!(
        test_pool.sign_up("jane").unwrap_err(),
        "TooManyRequestsException",
        "the live sign-up took the only token"
    );
    let stats = test_pool.server.stats();
    assert_eq!(
        stats.live_sign_ups,
        LiveSignUpStats {
            requests: 1,
            over_quota: 0
        }
    );
    assert_eq!(stats.operations["SignUp"].requests, 1);
    assert_eq!(stats.users, 0);
}

#[test]
fn rejects_invalid_live_sign_ups_at_start() {
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
