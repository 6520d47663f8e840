//! The notice about a sign-up rate above the account's quota.

use super::{Problem, RunIntent};
use crate::preflight::rates::{Excess, GrantedQuota};

/// Reports a rate above the quota. The run would work, but throttle other clients.
pub(super) fn rate(intent: RunIntent<'_>, problems: &mut Vec<Problem>) {
    let Some(Excess { flag, rate, quota }) = intent.rates.creation.excess() else {
        return;
    };
    let (limit, condition) = match quota {
        GrantedQuota::Granted(limit) => (
            format!("this account's quota of {limit} sign-ups a second (GetProvisionedLimit)"),
            "",
        ),
        GrantedQuota::Documented(limit, error_code) => (
            format!(
                "AWS's default quota of {limit} sign-ups a second ({})",
                match error_code {
                    Some(code) => format!("GetProvisionedLimit failed: {code}"),
                    None => "this account's quota was not requested".to_owned(),
                }
            ),
            "unless the account has a higher quota, ",
        ),
    };
    problems.push(Problem::notice(
        "rate_above_quota",
        format!(
            "{flag} {rate} exceeds {limit}: {condition}requests above it are throttled and \
             retried, so the run slows down to the quota, and people who sign up in the meantime \
             are throttled too"
        ),
        format!(
            "pass a {flag} below {}, or omit it to use a share of the quota (--share)",
            quota.per_second()
        ),
    ));
}

#[cfg(test)]
mod tests {
    use super::super::problems;
    use super::super::tests::{plain_run, rates};
    use super::RunIntent;
    use crate::pace::Category;
    use crate::pool::Failure;
    use crate::pool::failure::Operation;
    use crate::preflight::calls::{Call, FailedCall};
    use crate::preflight::queries::PoolAnswers;
    use crate::user::pool_rules::PoolRules;

    #[test]
    fn reports_a_rate_above_the_quota_and_the_source_of_the_quota() {
        let granted = PoolAnswers {
            limits: vec![(Category::UserCreation, 70)],
            ..PoolAnswers::default()
        };
        let denied = PoolAnswers {
            failed_calls: vec![FailedCall {
                call: Call::GetProvisionedLimit,
                failure: Failure::answered(Operation::Read, 400, "AccessDeniedException", "no"),
                needed: false,
            }],
            ..PoolAnswers::default()
        };
        for (rate, answers, expected) in [
            (70, &granted, None),
            (
                71,
                &granted,
                Some(
                    "--rate 71 exceeds this account's quota of 70 sign-ups a second \
                     (GetProvisionedLimit): requests",
                ),
            ),
            (50, &denied, None),
            (
                51,
                &denied,
                Some(
                    "--rate 51 exceeds AWS's default quota of 50 sign-ups a second \
                     (GetProvisionedLimit failed: AccessDeniedException): unless the account has a \
                     higher quota, requests",
                ),
            ),
            (
                51,
                &PoolAnswers::default(),
                Some("(this account's quota was not requested): unless"),
            ),
        ] {
            let rates = rates(Some(rate), answers);
            let intent = RunIntent {
                rates: &rates,
                ..plain_run()
            };
            let all = problems(Some(&PoolRules::default()), &[], intent);
            let notice = all
                .iter()
                .find(|problem| problem.code == "rate_above_quota");
            assert_eq!(notice.is_some(), expected.is_some(), "{rate}: {all:?}");
            let expected = expected.unwrap_or_default();
            assert!(
                notice.is_none_or(|notice| {
                    notice.message.contains(expected) && !notice.is_refusal()
                }),
                "{notice:?}"
            );
        }
    }
}
