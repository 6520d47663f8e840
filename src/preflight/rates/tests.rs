//! The rates of processes, and where they come from.

use super::{Call, GrantedQuota, PoolAnswers, RateOptions, Rates};
use crate::pace::Category;
use crate::pool::{Advice, Failure, Sent};
use crate::preflight::calls::FailedCall;
use std::num::NonZeroU32;

const DEFAULTS: RateOptions = RateOptions::of_share(0.8);

fn creation_and_read(options: &RateOptions, answers: &PoolAnswers) -> [(u32, String); 2] {
    let rates = Rates::new(options, answers);
    [&rates.creation, &rates.read].map(|rate| (rate.per_second.get(), rate.to_string()))
}

#[test]
fn uses_a_share_of_the_granted_quota() {
    let answers = PoolAnswers {
        limits: vec![(Category::UserCreation, 310), (Category::UserRead, 1)],
        ..PoolAnswers::default()
    };
    let [(creation, text), (read, _)] = creation_and_read(&DEFAULTS, &answers);
    assert_eq!((creation, read), (248, 1));
    assert_eq!(text, "248/s (80% of the account's quota of 310/s; --share)");
}

#[test]
fn parts_divide_the_share_but_not_a_given_rate() {
    let parts = |parts, creation| {
        let options = RateOptions {
            creation: NonZeroU32::new(creation),
            parts: NonZeroU32::new(parts).unwrap(),
            ..DEFAULTS
        };
        Rates::new(&options, &PoolAnswers::default()).creation
    };
    let rate = parts(3, 0);
    assert_eq!(
        rate.to_string(),
        "13/s (80% of AWS's default quota of 50/s, divided by 3 parts; --share)"
    );
    assert_eq!(parts(3, 7).to_string(), "7/s (--rate)");
    for (number, creation, is_exceeded) in
        [(1, 0, false), (40, 0, false), (41, 0, true), (41, 7, false)]
    {
        let rate = parts(number, creation);
        assert_eq!(rate.has_too_many_parts(), is_exceeded, "{number}");
    }
}

#[test]
fn falls_back_to_the_documented_quotas() {
    let answers = PoolAnswers {
        failed_calls: vec![FailedCall {
            call: Call::GetProvisionedLimit,
            failure: Failure::new(Sent::Answered, Advice::GiveUp, "AccessDeniedException", ""),
            needed: false,
        }],
        ..PoolAnswers::default()
    };
    let [(creation, text), (read, _)] = creation_and_read(&DEFAULTS, &answers);
    assert_eq!((creation, read), (40, 96));
    assert_eq!(
        text,
        "40/s (80% of AWS's default quota of 50/s, because GetProvisionedLimit failed: \
         AccessDeniedException; --share)"
    );
    let [(_, text), _] = creation_and_read(&DEFAULTS, &PoolAnswers::default());
    assert_eq!(text, "40/s (80% of AWS's default quota of 50/s; --share)");
}

#[test]
fn a_given_rate_is_used_as_is_and_its_quota_is_not_requested() {
    let options = RateOptions {
        creation: NonZeroU32::new(7),
        ..DEFAULTS
    };
    let answers = PoolAnswers {
        limits: vec![(Category::UserCreation, 50)],
        ..PoolAnswers::default()
    };
    let [(creation, text), _] = creation_and_read(&options, &answers);
    assert_eq!((creation, text.as_str()), (7, "7/s (--rate)"));
    assert_eq!(options.limits(false, true, false), [Category::UserRead]);
    assert_eq!(options.limits(false, false, false), []);
    assert_eq!(
        options.limits(false, true, true),
        [Category::UserRead, Category::UserUpdate]
    );
    assert_eq!(
        options.limits(true, false, false),
        [Category::UserCreation],
        "the preflight compares the rate with the quota"
    );
}

#[test]
fn detects_a_rate_above_the_quota() {
    let options = |creation| RateOptions {
        creation: NonZeroU32::new(creation),
        ..DEFAULTS
    };
    let granted = PoolAnswers {
        limits: vec![(Category::UserCreation, 70)],
        ..PoolAnswers::default()
    };
    for (rate, answers, expected) in [
        (70, &granted, None),
        (71, &granted, Some(GrantedQuota::Granted(70))),
        (50, &PoolAnswers::default(), None),
        (
            51,
            &PoolAnswers::default(),
            Some(GrantedQuota::Documented(50, None)),
        ),
    ] {
        let rates = Rates::new(&options(rate), answers);
        let quota = rates.creation.excess().map(|excess| excess.quota.clone());
        assert_eq!(quota, expected, "{rate}");
    }
    assert_eq!(Rates::new(&DEFAULTS, &granted).creation.excess(), None);
}
