//! Request rates by category, as Cognito counts them: one token bucket for all operations of a
//! category.
//!
//! Rates are those of AWS's page "Quotas in Amazon Cognito"; how deep the real buckets are is not
//! documented, so a bucket here holds one second's worth unless told otherwise.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A category of operations that draw on one quota. Which they are, [`Quotas`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuotaCategory {
    /// Those that make or confirm users.
    UserCreation,
    /// Those that sign users in.
    UserAuthentication,
    /// Those that look a user up.
    UserRead,
    /// Those that change a user.
    UserUpdate,
    /// Those that read what belongs to a user.
    UserResourceRead,
    /// Those that list users.
    UserList,
    /// Those that describe the pool.
    UserPoolRead,
    /// Those that describe what belongs to the pool, such as groups.
    UserPoolResourceRead,
    /// Those that change what belongs to the pool.
    UserPoolResourceUpdate,
    /// Those that describe an app client.
    UserPoolClientRead,
    /// Those about quotas.
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

    /// The name AWS gives it, as GetProvisionedLimit takes it.
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

/// How many requests a category takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "QuotaInput")]
pub struct QuotaSetting {
    /// Requests a second, for as long as one likes.
    pub rate: f64,
    /// Requests at once after a rest. Left out of a settings file, it is the rate (at least 1).
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
    /// `rate` requests a second, and a second's worth of them at once (at least one).
    #[must_use]
    pub fn per_second(rate: f64) -> QuotaSetting {
        QuotaSetting {
            rate,
            burst: rate.max(1.0),
        }
    }

    /// Whether a bucket can have it.
    pub(super) fn is_possible(&self) -> bool {
        let QuotaSetting { rate, burst } = self;
        rate.is_finite() && *rate > 0.0 && burst.is_finite() && *burst >= 1.0
    }
}

/// The quotas of an account and Region, by category. The defaults are AWS's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quotas {
    /// SignUp and AdminConfirmSignUp together: 50 a second.
    pub user_creation: QuotaSetting,
    /// InitiateAuth and AdminInitiateAuth: 120 a second.
    pub user_authentication: QuotaSetting,
    /// AdminGetUser: 120 a second.
    pub user_read: QuotaSetting,
    /// AdminUpdateUserAttributes, AdminAddUserToGroup, AdminDisableUser, AdminEnableUser and
    /// AdminDeleteUser: 25 a second.
    pub user_update: QuotaSetting,
    /// AdminListUserAuthEvents: 50 a second.
    pub user_resource_read: QuotaSetting,
    /// ListUsers: 30 a second.
    pub user_list: QuotaSetting,
    /// DescribeUserPool: 15 a second.
    pub user_pool_read: QuotaSetting,
    /// GetGroup and ListGroups: 20 a second.
    pub user_pool_resource_read: QuotaSetting,
    /// CreateGroup: 15 a second.
    pub user_pool_resource_update: QuotaSetting,
    /// DescribeUserPoolClient: 15 a second.
    pub user_pool_client_read: QuotaSetting,
    /// GetProvisionedLimit: 1 a second.
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

    /// What is wrong with a quota, if something is.
    pub(super) fn check(&self) -> Result<(), String> {
        for category in QuotaCategory::ALL {
            if !self.of(category).is_possible() {
                return Err(format!(
                    "quota {}: rate must be above 0 and burst at least 1",
                    category.name()
                ));
            }
        }
        Ok(())
    }
}

/// A bucket that fills at a rate and is emptied by requests.
#[derive(Debug)]
struct TokenBucket {
    quota: QuotaSetting,
    tokens: f64,
    filled_at: Duration,
}

impl TokenBucket {
    /// Fills it up to a time (since the start; never earlier than the time before).
    fn fill(&mut self, at: Duration) {
        let rest = at.saturating_sub(self.filled_at).as_secs_f64();
        self.tokens = (self.tokens + rest * self.quota.rate).min(self.quota.burst);
        self.filled_at = self.filled_at.max(at);
    }

    /// Takes a token at a time if there is one.
    fn take(&mut self, at: Duration) -> bool {
        self.fill(at);
        let granted = self.tokens >= 1.0;
        if granted {
            self.tokens -= 1.0;
        }
        granted
    }
}

/// A bucket for each category.
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

    /// Whether the category's quota has room for a request at this time; if so, it is taken.
    pub(super) fn take(&mut self, category: QuotaCategory, at: Duration) -> bool {
        self.0
            .get_mut(&category)
            .is_none_or(|bucket| bucket.take(at))
    }

    /// Gives the category another quota from this time on. What has gathered beyond the new burst
    /// is lost.
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

    fn granted(bucket: &mut TokenBucket, at_ms: u64, asked: usize) -> usize {
        (0..asked)
            .filter(|_| bucket.take(Duration::from_millis(at_ms)))
            .count()
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
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
            "a rest fills it to the burst and no further"
        );
    }

    #[test]
    fn categories_do_not_draw_on_each_other() {
        let mut buckets = Buckets::full(&Quotas {
            user_list: QuotaSetting::per_second(1.0),
            ..Quotas::default()
        });
        assert!(buckets.take(QuotaCategory::UserList, Duration::ZERO));
        assert!(!buckets.take(QuotaCategory::UserList, Duration::ZERO));
        assert!(buckets.take(QuotaCategory::UserRead, Duration::ZERO));
    }

    #[test]
    fn a_burst_left_out_is_the_rate() {
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
    fn a_quota_of_nothing_is_refused() {
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
