//! How fast a run may go, and who says so. Pure: from what was asked for and what the pool answered to a ceiling for each category.

use std::fmt;
use std::num::NonZeroU32;

use serde::{Serialize, Serializer};

use super::ask::Found;
use super::calls::Call;
use crate::pace::{Category, Ceilings};

/// What the command line asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatesAsked {
    /// Sign-ups a second; none: a share of what the account is granted.
    pub creation: Option<NonZeroU32>,
    /// Look-ups a second; none: a share of what the account is granted.
    pub read: Option<NonZeroU32>,
    /// Steps after a sign-up a second, those of [`Category::UserUpdate`]; none: a share of what the account is granted.
    pub update: Option<NonZeroU32>,
    /// Requests a second to the listing; none: a share of what the account is granted.
    pub list: Option<NonZeroU32>,
    /// The share, from 0 to 1.
    pub share: f64,
}

impl RatesAsked {
    /// Categories whose limit the pool is asked for. That of the listing is asked for where it is known that it will be used. `weighed`:
    /// the run is weighed before it begins, and so is a number of sign-ups a second that is named.
    #[must_use]
    pub fn limits(&self, weighed: bool, looks_up: bool, updates: bool) -> Vec<Category> {
        let mut limits = Vec::new();
        if self.creation.is_none() || weighed {
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

/// Who says how fast.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Says {
    /// The command line; what the account has room for, as far as it is known.
    Flag(&'static str, GrantedQuota),
    /// A share of what the account has room for.
    Share(GrantedQuota),
}

/// What an account has room for in a category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantedQuota {
    /// `GetProvisionedLimit` says so: requests a second.
    Granted(u32),
    /// AWS's documentation says so of accounts that asked for no more; with the code of the answer that came instead of a limit, where
    /// one was asked for.
    Documented(u32, Option<String>),
}

impl GrantedQuota {
    fn of(category: Category, found: &Found) -> Self {
        match found.limit(category) {
            Some(limit) => Self::Granted(limit),
            None => {
                let why = found
                    .unanswered(Call::GetProvisionedLimit)
                    .map(|unanswered| unanswered.failure.code.clone());
                Self::Documented(category.documented(), why)
            }
        }
    }

    /// Requests a second.
    #[must_use]
    pub fn a_second(&self) -> u32 {
        match self {
            Self::Granted(limit) | Self::Documented(limit, _) => *limit,
        }
    }
}

/// A number that was named, and is more than the account has room for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excess<'a> {
    /// The flag that names it.
    pub flag: &'static str,
    /// Requests a second, as named.
    pub named: NonZeroU32,
    /// What there is room for.
    pub quota: &'a GrantedQuota,
}

/// How fast one category may go.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    says: Says,
    share: f64,
    /// Requests a second, never more.
    pub a_second: NonZeroU32,
}

impl Rate {
    fn new(
        category: Category,
        named: Option<(NonZeroU32, &'static str)>,
        share: f64,
        found: &Found,
    ) -> Self {
        if let Some((a_second, flag)) = named {
            return Self {
                says: Says::Flag(flag, GrantedQuota::of(category, found)),
                share,
                a_second,
            };
        }
        let quota = GrantedQuota::of(category, found);
        let limit = quota.a_second();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not more than the limit itself"
        )]
        let shared = (f64::from(limit) * share) as u32;
        Self {
            says: Says::Share(quota),
            share,
            a_second: NonZeroU32::new(shared).unwrap_or(NonZeroU32::MIN),
        }
    }

    /// Where a flag names more than the account has room for.
    #[must_use]
    pub fn excess(&self) -> Option<Excess<'_>> {
        match &self.says {
            Says::Flag(flag, quota) if self.a_second.get() > quota.a_second() => Some(Excess {
                flag,
                named: self.a_second,
                quota,
            }),
            Says::Flag(..) | Says::Share(_) => None,
        }
    }
}

/// A rate in JSON documents.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct RateDocument<'a> {
    /// Requests per second.
    a_second: NonZeroU32,
    /// Where the rate comes from: a flag, the limit that the account was granted, or AWS's documented default.
    source: RateSource,
    /// The flag that sets the rate.
    flag: Option<&'static str>,
    /// The account's limit, if the rate is a share of it.
    limit: Option<u32>,
    /// That share, from 0 to 1.
    share: Option<f64>,
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
        let (source, flag, limit, unanswered) = match &self.says {
            Says::Flag(flag, _) => (RateSource::Flag, Some(*flag), None, None),
            Says::Share(GrantedQuota::Granted(limit)) => {
                (RateSource::Granted, None, Some(*limit), None)
            }
            Says::Share(GrantedQuota::Documented(limit, code)) => {
                (RateSource::Documented, None, Some(*limit), code.as_deref())
            }
        };
        RateDocument {
            a_second: self.a_second,
            source,
            flag,
            limit,
            share: limit.map(|_| self.share),
            unanswered,
        }
        .serialize(serializer)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            says,
            share,
            a_second,
        } = self;
        let percent = (share * 1_000.0).round() / 10.0;
        write!(f, "{a_second}/s ")?;
        match says {
            Says::Flag(flag, _) => write!(f, "({flag})"),
            Says::Share(GrantedQuota::Granted(limit)) => write!(
                f,
                "({percent}% of the account's quota of {limit}/s; --share)"
            ),
            Says::Share(GrantedQuota::Documented(limit, None)) => {
                write!(
                    f,
                    "({percent}% of AWS's default quota of {limit}/s; --share)"
                )
            }
            Says::Share(GrantedQuota::Documented(limit, Some(code))) => write!(
                f,
                "({percent}% of AWS's default quota of {limit}/s, because GetProvisionedLimit failed: {code}; --share)"
            ),
        }
    }
}

/// How fast a run may go.
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
    /// Works it out.
    #[must_use]
    pub fn new(asked: &RatesAsked, found: &Found) -> Self {
        let rate = |category, named: Option<NonZeroU32>, flag| {
            Rate::new(
                category,
                named.map(|named| (named, flag)),
                asked.share,
                found,
            )
        };
        Self {
            creation: rate(Category::UserCreation, asked.creation, "--rate"),
            read: rate(Category::UserRead, asked.read, "--lookup-rate"),
            update: rate(Category::UserUpdate, asked.update, "--update-rate"),
            resource_read: rate(Category::UserResourceRead, None, ""),
            list: rate(Category::UserList, asked.list, "--list-rate"),
        }
    }

    /// The numbers alone.
    #[must_use]
    pub fn ceilings(&self) -> Ceilings {
        Ceilings {
            creation: self.creation.a_second,
            read: self.read.a_second,
            update: self.update.a_second,
            resource_read: self.resource_read.a_second,
            list: self.list.a_second,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, Found, GrantedQuota, Rates, RatesAsked};
    use crate::pace::Category;
    use crate::pool::{Advice, Failure, Sent};
    use crate::preflight::calls::Unanswered;
    use std::num::NonZeroU32;

    const AUTO: RatesAsked = RatesAsked {
        creation: None,
        read: None,
        update: None,
        list: None,
        share: 0.8,
    };

    fn named(asked: &RatesAsked, found: &Found) -> [(u32, String); 2] {
        let rates = Rates::new(asked, found);
        [&rates.creation, &rates.read].map(|rate| (rate.a_second.get(), rate.to_string()))
    }

    #[test]
    fn what_is_granted_is_shared() {
        let found = Found {
            limits: vec![(Category::UserCreation, 310), (Category::UserRead, 1)],
            ..Found::default()
        };
        let [(creation, says), (read, _)] = named(&AUTO, &found);
        assert_eq!((creation, read), (248, 1));
        assert_eq!(says, "248/s (80% of the account's quota of 310/s; --share)");
    }

    #[test]
    fn without_an_answer_the_documented_defaults_hold() {
        let found = Found {
            unanswered: vec![Unanswered {
                call: Call::GetProvisionedLimit,
                failure: Failure {
                    sent: Sent::Answered,
                    advice: Advice::GiveUp,
                    code: "AccessDeniedException".to_owned(),
                    message: String::new(),
                },
                needed: false,
            }],
            ..Found::default()
        };
        let [(creation, says), (read, _)] = named(&AUTO, &found);
        assert_eq!((creation, read), (40, 96));
        assert_eq!(
            says,
            "40/s (80% of AWS's default quota of 50/s, because GetProvisionedLimit failed: AccessDeniedException; --share)"
        );
        let [(_, says), _] = named(&AUTO, &Found::default());
        assert_eq!(says, "40/s (80% of AWS's default quota of 50/s; --share)");
    }

    #[test]
    fn a_named_rate_is_taken_as_it_is_and_not_asked_for() {
        let asked = RatesAsked {
            creation: NonZeroU32::new(7),
            ..AUTO
        };
        let found = Found {
            limits: vec![(Category::UserCreation, 50)],
            ..Found::default()
        };
        let [(creation, says), _] = named(&asked, &found);
        assert_eq!((creation, says.as_str()), (7, "7/s (--rate)"));
        assert_eq!(asked.limits(false, true, false), [Category::UserRead]);
        assert_eq!(asked.limits(false, false, false), []);
        assert_eq!(
            asked.limits(false, true, true),
            [Category::UserRead, Category::UserUpdate]
        );
        assert_eq!(
            asked.limits(true, false, false),
            [Category::UserCreation],
            "a run that is weighed first hears whether there is room for the number"
        );
    }

    #[test]
    fn more_than_there_is_room_for_is_found() {
        let asked = |creation| RatesAsked {
            creation: NonZeroU32::new(creation),
            ..AUTO
        };
        let granted = Found {
            limits: vec![(Category::UserCreation, 70)],
            ..Found::default()
        };
        for (rate, found, room) in [
            (70, &granted, None),
            (71, &granted, Some(GrantedQuota::Granted(70))),
            (50, &Found::default(), None),
            (
                51,
                &Found::default(),
                Some(GrantedQuota::Documented(50, None)),
            ),
        ] {
            let rates = Rates::new(&asked(rate), found);
            let excess = rates.creation.excess();
            assert_eq!(excess.map(|excess| excess.quota.clone()), room, "{rate}");
        }
        assert_eq!(Rates::new(&AUTO, &granted).creation.excess(), None);
    }
}
