//! Request quotas: like Cognito, one token bucket for all operations of a category.
//!
//! The rates are those of AWS's page "Quotas in Amazon Cognito". The size of the real buckets is
//! not documented; here, a bucket holds one second's worth by default.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A category of operations that share a quota; [`Quotas`] lists the operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuotaCategory {
    /// Operations that create or confirm users.
    UserCreation,
    /// Operations that sign users in.
    UserAuthentication,
    /// Operations that look up a user.
    UserRead,
    /// Operations that change a user.
    UserUpdate,
    /// Operations that read a user's resources.
    UserResourceRead,
    /// Operations that list users.
    UserList,
    /// Operations that describe the pool.
    UserPoolRead,
    /// Operations that read the pool's resources, such as groups.
    UserPoolResourceRead,
    /// Operations that change the pool's resources.
    UserPoolResourceUpdate,
    /// Operations that describe an app client.
    UserPoolClientRead,
    /// Operations about quotas.
    LimitManagement,
}

impl QuotaCategory {
    pub(super) const ALL: [QuotaCategory; 11] = [
        QuotaCategory::UserCreation,
        QuotaCategory::UserAuthentication,
        QuotaCategory::UserRead,
        QuotaCategory::UserUpdate,
        QuotaCategory::UserResourceRead,
        QuotaCategory::UserList,
        QuotaCategory::UserPoolRead,
        QuotaCategory::UserPoolResourceRead,
        QuotaCategory::UserPoolResourceUpdate,
        QuotaCategory::UserPoolClientRead,
        QuotaCategory::LimitManagement,
    ];

    /// Returns AWS's name for it, as used by GetProvisionedLimit.
    pub(super) fn name(self) -> &'static str {
        match self {
            QuotaCategory::UserCreation => "UserCreation",
            QuotaCategory::UserAuthentication => "UserAuthentication",
            QuotaCategory::UserRead => "UserRead",
            QuotaCategory::UserUpdate => "UserUpdate",
            QuotaCategory::UserResourceRead => "UserResourceRead",
            QuotaCategory::UserList => "UserList",
            QuotaCategory::UserPoolRead => "UserPoolRead",
            QuotaCategory::UserPoolResourceRead => "UserPoolResourceRead",
            QuotaCategory::UserPoolResourceUpdate => "UserPoolResourceUpdate",
            QuotaCategory::UserPoolClientRead => "UserPoolClientRead",
            QuotaCategory::LimitManagement => "LimitManagement",
        }
    }
}

/// The quota of one category.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "QuotaInput")]
pub struct QuotaSetting {
    /// Sustained requests per second.
    pub rate: f64,
    /// Requests at once after a pause. Defaults to the rate (at least 1).
    pub burst: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuotaInput {
    rate: f64,
    burst: Option<f64>,
}

impl From<QuotaInput> for QuotaSetting {
    fn from(input: QuotaInput) -> QuotaSetting {
        QuotaSetting {
            burst: input.burst.unwrap_or(input.rate.max(1.0)),
            ..QuotaSetting::per_second(input.rate)
        }
    }
}

impl QuotaSetting {
    /// Allows `rate` requests per second and a burst of one second's worth (at least 1).
    #[must_use]
    pub fn per_second(rate: f64) -> QuotaSetting {
        QuotaSetting {
            rate,
            burst: rate.max(1.0),
        }
    }

    /// Returns whether rate and burst are in range.
    pub(super) fn is_valid(&self) -> bool {
        let QuotaSetting { rate, burst } = self;
        rate.is_finite() && *rate > 0.0 && burst.is_finite() && *burst >= 1.0
    }
}

/// The quotas of an account and Region, by category. The defaults are those of AWS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quotas {
    /// SignUp and AdminConfirmSignUp: 50 per second.
    pub user_creation: QuotaSetting,
    /// InitiateAuth and AdminInitiateAuth: 120 per second.
    pub user_authentication: QuotaSetting,
    /// AdminGetUser: 120 per second.
    pub user_read: QuotaSetting,
    /// AdminUpdateUserAttributes, AdminAddUserToGroup, AdminRemoveUserFromGroup, AdminDisableUser,
    /// AdminEnableUser and AdminDeleteUser: 25 per second.
    pub user_update: QuotaSetting,
    /// AdminListUserAuthEvents and AdminListGroupsForUser: 50 per second.
    pub user_resource_read: QuotaSetting,
    /// ListUsers and ListUsersInGroup: 30 per second.
    pub user_list: QuotaSetting,
    /// DescribeUserPool: 15 per second.
    pub user_pool_read: QuotaSetting,
    /// GetGroup and ListGroups: 20 per second.
    pub user_pool_resource_read: QuotaSetting,
    /// CreateGroup: 15 per second.
    pub user_pool_resource_update: QuotaSetting,
    /// DescribeUserPoolClient: 15 per second.
    pub user_pool_client_read: QuotaSetting,
    /// GetProvisionedLimit: 1 per second.
    pub limit_management: QuotaSetting,
}

impl Default for Quotas {
    fn default() -> Quotas {
        Quotas {
            user_creation: QuotaSetting::per_second(50.0),
            user_authentication: QuotaSetting::per_second(120.0),
            user_read: QuotaSetting::per_second(120.0),
            user_update: QuotaSetting::per_second(25.0),
            user_resource_read: QuotaSetting::per_second(50.0),
            user_list: QuotaSetting::per_second(30.0),
            user_pool_read: QuotaSetting::per_second(15.0),
            user_pool_resource_read: QuotaSetting::per_second(20.0),
            user_pool_resource_update: QuotaSetting::per_second(15.0),
            user_pool_client_read: QuotaSetting::per_second(15.0),
            limit_management: QuotaSetting::per_second(1.0),
        }
    }
}

impl Quotas {
    pub(super) fn of(&self, category: QuotaCategory) -> QuotaSetting {
        match category {
            QuotaCategory::UserCreation => self.user_creation,
            QuotaCategory::UserAuthentication => self.user_authentication,
            QuotaCategory::UserRead => self.user_read,
            QuotaCategory::UserUpdate => self.user_update,
            QuotaCategory::UserResourceRead => self.user_resource_read,
            QuotaCategory::UserList => self.user_list,
            QuotaCategory::UserPoolRead => self.user_pool_read,
            QuotaCategory::UserPoolResourceRead => self.user_pool_resource_read,
            QuotaCategory::UserPoolResourceUpdate => self.user_pool_resource_update,
            QuotaCategory::UserPoolClientRead => self.user_pool_client_read,
            QuotaCategory::LimitManagement => self.limit_management,
        }
    }

    /// Checks that every quota is in range.
    pub(super) fn check(&self) -> Result<(), String> {
        for category in QuotaCategory::ALL {
            if !self.of(category).is_valid() {
                return Err(format!(
                    "quota {}: rate must be above 0 and burst at least 1",
                    category.name()
                ));
            }
        }
        Ok(())
    }
}

/// A token bucket: filled at a constant rate, emptied by requests.
#[derive(Debug)]
struct TokenBucket {
    quota: QuotaSetting,
    tokens: f64,
    filled_at: Duration,
}

impl TokenBucket {
    /// Adds the tokens accrued by `at`, a time since the start that never goes backwards.
    fn fill(&mut self, at: Duration) {
        let elapsed = at.saturating_sub(self.filled_at).as_secs_f64();
        self.tokens = (self.tokens + elapsed * self.quota.rate).min(self.quota.burst);
        self.filled_at = self.filled_at.max(at);
    }

    /// Takes a token if one is available at this time.
    fn take(&mut self, at: Duration) -> bool {
        self.fill(at);
        let granted = self.tokens >= 1.0;
        if granted {
            self.tokens -= 1.0;
        }
        granted
    }
}

/// One token bucket per category.
#[derive(Debug)]
pub(super) struct Buckets(BTreeMap<QuotaCategory, TokenBucket>);

impl Buckets {
    pub(super) fn full(quotas: &Quotas) -> Buckets {
        let bucket = |quota: QuotaSetting| TokenBucket {
            quota,
            tokens: quota.burst,
            filled_at: Duration::ZERO,
        };
        Buckets(
            QuotaCategory::ALL
                .into_iter()
                .map(|category| (category, bucket(quotas.of(category))))
                .collect(),
        )
    }

    /// Takes a token of the category; returns whether one was available.
    pub(super) fn take(&mut self, category: QuotaCategory, at: Duration) -> bool {
        self.0
            .get_mut(&category)
            .is_none_or(|bucket| bucket.take(at))
    }

    /// Changes the category's quota from this time on. Tokens beyond the new burst are lost.
    pub(super) fn change(&mut self, category: QuotaCategory, quota: QuotaSetting, at: Duration) {
        if let Some(bucket) = self.0.get_mut(&category) {
            bucket.fill(at);
            bucket.tokens = bucket.tokens.min(quota.burst);
            bucket.quota = quota;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(bucket: &mut TokenBucket, at_ms: u64, requests: usize) -> usize {
        (0..requests)
            .filter(|_| bucket.take(Duration::from_millis(at_ms)))
            .count()
    }

    #[test]
    fn bucket_grants_the_burst_and_then_the_rate() {
        let mut bucket = TokenBucket {
            quota: QuotaSetting {
                rate: 10.0,
                burst: 5.0,
            },
            tokens: 5.0,
            filled_at: Duration::ZERO,
        };
        assert_eq!(granted(&mut bucket, 0, 20), 5);
        assert_eq!(granted(&mut bucket, 100, 20), 1);
        assert_eq!(granted(&mut bucket, 350, 20), 2);
        assert_eq!(
            granted(&mut bucket, 60_000, 20),
            5,
            "a pause fills it up to the burst"
        );
    }

    #[test]
    fn categories_are_independent() {
        let mut buckets = Buckets::full(&Quotas {
            user_list: QuotaSetting::per_second(1.0),
            ..Quotas::default()
        });
        assert!(buckets.take(QuotaCategory::UserList, Duration::ZERO));
        assert!(!buckets.take(QuotaCategory::UserList, Duration::ZERO));
        assert!(buckets.take(QuotaCategory::UserRead, Duration::ZERO));
    }

    #[test]
    fn burst_defaults_to_the_rate() {
        let quota: QuotaSetting = serde_json::from_str(r#"{"rate": 7}"#).unwrap();
        assert_eq!(
            quota,
            QuotaSetting {
                rate: 7.0,
                burst: 7.0
            }
        );
        assert!(serde_json::from_str::<QuotaSetting>(r#"{"rate": 7, "bust": 1}"#).is_err());
    }

    #[test]
    fn rejects_a_rate_of_zero() {
        let quotas = Quotas {
            user_read: QuotaSetting {
                rate: 0.0,
                burst: 1.0,
            },
            ..Quotas::default()
        };
        assert!(quotas.check().unwrap_err().contains("UserRead"));
    }
}
