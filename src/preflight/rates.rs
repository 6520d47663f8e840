//! The maximum request rate of each quota category, and where it comes from. Pure: a function of
//! the flags and the pool's answers.

use std::fmt;
use std::num::NonZeroU32;

use serde::{Serialize, Serializer};

use super::calls::Call;
use super::queries::PoolAnswers;
use crate::pace::{Category, Ceilings};

/// Rates from the command line, in requests per second. `None` means a share of the account's
/// quota.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateOptions {
    /// Sign-ups.
    pub creation: Option<NonZeroU32>,
    /// Lookups.
    pub read: Option<NonZeroU32>,
    /// Follow-up steps in [`Category::UserUpdate`].
    pub update: Option<NonZeroU32>,
    /// ListUsers.
    pub list: Option<NonZeroU32>,
    /// The share of the quota, from 0 to 1.
    pub share: f64,
    /// The number of processes among which that share is divided.
    pub parts: NonZeroU32,
}

impl RateOptions {
    /// A share of each quota, for a single process.
    #[must_use]
    pub const fn of_share(share: f64) -> Self {
        Self {
            creation: None,
            read: None,
            update: None,
            list: None,
            share,
            parts: NonZeroU32::MIN,
        }
    }

    /// Returns the categories whose quota is requested. With `preflight`, this includes sign-ups
    /// even if their rate is given, to compare the two. The quota for listing is requested later,
    /// if it is needed.
    #[must_use]
    pub fn limits(&self, preflight: bool, looks_up: bool, updates: bool) -> Vec<Category> {
        let mut limits = Vec::new();
        if self.creation.is_none() || preflight {
            limits.push(Category::UserCreation);
        }
        if self.read.is_none() && looks_up {
            limits.push(Category::UserRead);
        }
        if self.update.is_none() && updates {
            limits.push(Category::UserUpdate);
        }
        limits
    }
}

/// Where a rate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum RateBasis {
    /// A flag; the quota is kept for comparison.
    Flag(&'static str, GrantedQuota),
    /// A share of the quota.
    Share(GrantedQuota),
}

/// The account's quota in a category, in requests per second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantedQuota {
    /// From `GetProvisionedLimit`.
    Granted(u32),
    /// The default in AWS's documentation, with the error code of `GetProvisionedLimit` if it
    /// failed.
    Documented(u32, Option<String>),
}

impl GrantedQuota {
    fn new(category: Category, answers: &PoolAnswers) -> Self {
        match answers.limit(category) {
            Some(limit) => Self::Granted(limit),
            None => {
                let error_code = answers
                    .failure_of(Call::GetProvisionedLimit)
                    .map(|failed| failed.failure.code.clone());
                Self::Documented(category.default_quota(), error_code)
            }
        }
    }

    /// Returns the quota in requests per second.
    #[must_use]
    pub fn per_second(&self) -> u32 {
        match self {
            Self::Granted(limit) | Self::Documented(limit, _) => *limit,
        }
    }
}

/// A rate above the account's quota.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excess<'a> {
    /// The flag that sets the rate.
    pub flag: &'static str,
    /// Requests per second.
    pub rate: NonZeroU32,
    pub quota: &'a GrantedQuota,
}

/// The maximum rate of one category.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    basis: RateBasis,
    share: f64,
    parts: NonZeroU32,
    /// The maximum number of requests per second.
    pub per_second: NonZeroU32,
}

impl Rate {
    fn new(
        category: Category,
        given: Option<(NonZeroU32, &'static str)>,
        options: &RateOptions,
        answers: &PoolAnswers,
    ) -> Self {
        let RateOptions { share, parts, .. } = *options;
        let quota = GrantedQuota::new(category, answers);
        if let Some((per_second, flag)) = given {
            return Self {
                basis: RateBasis::Flag(flag, quota),
                share,
                parts: NonZeroU32::MIN,
                per_second,
            };
        }
        Self {
            per_second: NonZeroU32::new(shared(&quota, share) / parts).unwrap_or(NonZeroU32::MIN),
            basis: RateBasis::Share(quota),
            share,
            parts,
        }
    }

    /// Returns the greatest number of parts that leaves each of them one request a second.
    #[must_use]
    pub fn max_parts(&self) -> u32 {
        match &self.basis {
            RateBasis::Flag(..) => u32::MAX,
            RateBasis::Share(quota) => shared(quota, self.share),
        }
    }

    /// Returns whether one request a second would be more than the share of each part.
    #[must_use]
    pub fn has_too_many_parts(&self) -> bool {
        self.parts > NonZeroU32::MIN && self.parts.get() > self.max_parts()
    }

    /// Returns the flag and the quota if the flag exceeds the quota.
    #[must_use]
    pub fn excess(&self) -> Option<Excess<'_>> {
        match &self.basis {
            RateBasis::Flag(flag, quota) if self.per_second.get() > quota.per_second() => {
                Some(Excess {
                    flag,
                    rate: self.per_second,
                    quota,
                })
            }
            RateBasis::Flag(..) | RateBasis::Share(_) => None,
        }
    }
}

/// Returns this share of a quota, in whole requests per second.
fn shared(quota: &GrantedQuota, share: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not more than the quota itself"
    )]
    let shared = (f64::from(quota.per_second()) * share) as u32;
    shared
}

/// A rate in JSON documents.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct RateDocument<'a> {
    /// Requests per second.
    a_second: NonZeroU32,
    /// Where the rate comes from: a flag, the limit that the account was granted, or AWS's
    /// documented default.
    source: RateSource,
    /// The flag that sets the rate.
    flag: Option<&'static str>,
    /// The account's limit, if the rate is a share of it.
    limit: Option<u32>,
    /// That share, from 0 to 1.
    share: Option<f64>,
    /// The number of parts among which that share is divided; null if the run has none.
    parts: Option<NonZeroU32>,
    /// The error code of GetProvisionedLimit, if it failed and the documented default is used.
    unanswered: Option<&'a str>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum RateSource {
    Flag,
    Granted,
    Documented,
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (source, flag, limit, unanswered) = match &self.basis {
            RateBasis::Flag(flag, _) => (RateSource::Flag, Some(*flag), None, None),
            RateBasis::Share(GrantedQuota::Granted(limit)) => {
                (RateSource::Granted, None, Some(*limit), None)
            }
            RateBasis::Share(GrantedQuota::Documented(limit, code)) => {
                (RateSource::Documented, None, Some(*limit), code.as_deref())
            }
        };
        RateDocument {
            a_second: self.per_second,
            source,
            flag,
            limit,
            share: limit.map(|_| self.share),
            parts: limit.and((self.parts > NonZeroU32::MIN).then_some(self.parts)),
            unanswered,
        }
        .serialize(serializer)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            basis,
            share,
            parts,
            per_second,
        } = self;
        let percent = (share * 1_000.0).round() / 10.0;
        let divided = match parts.get() {
            1 => String::new(),
            parts => format!(", divided by {parts} parts"),
        };
        write!(f, "{per_second}/s ")?;
        match basis {
            RateBasis::Flag(flag, _) => write!(f, "({flag})"),
            RateBasis::Share(GrantedQuota::Granted(limit)) => write!(
                f,
                "({percent}% of the account's quota of {limit}/s{divided}; --share)"
            ),
            RateBasis::Share(GrantedQuota::Documented(limit, None)) => {
                write!(
                    f,
                    "({percent}% of AWS's default quota of {limit}/s{divided}; --share)"
                )
            }
            RateBasis::Share(GrantedQuota::Documented(limit, Some(code))) => write!(
                f,
                "({percent}% of AWS's default quota of {limit}/s{divided}, because GetProvisionedLimit \
                 failed: {code}; --share)"
            ),
        }
    }
}

/// The maximum rate of each category.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    /// `SignUp`.
    pub creation: Rate,
    /// `AdminGetUser`.
    pub read: Rate,
    /// `AdminUpdateUserAttributes`, `AdminAddUserToGroup`, `AdminDisableUser`, `AdminDeleteUser`.
    pub update: Rate,
    /// `AdminListUserAuthEvents`.
    pub resource_read: Rate,
    /// `ListUsers`.
    pub list: Rate,
}

impl Rates {
    /// Computes the rates.
    #[must_use]
    pub fn new(options: &RateOptions, answers: &PoolAnswers) -> Self {
        let rate = |category, given: Option<NonZeroU32>, flag| {
            let given = given.map(|rate| (rate, flag));
            Rate::new(category, given, options, answers)
        };
        Self {
            creation: rate(Category::UserCreation, options.creation, "--rate"),
            read: rate(Category::UserRead, options.read, "--lookup-rate"),
            update: rate(Category::UserUpdate, options.update, "--update-rate"),
            resource_read: rate(Category::UserResourceRead, None, ""),
            list: rate(Category::UserList, options.list, "--list-rate"),
        }
    }

    /// Returns the rates without their origin.
    #[must_use]
    pub fn ceilings(&self) -> Ceilings {
        Ceilings {
            creation: self.creation.per_second,
            read: self.read.per_second,
            update: self.update.per_second,
            resource_read: self.resource_read.per_second,
            list: self.list.per_second,
        }
    }
}

#[cfg(test)]
mod tests;
