//! What stands against the number of sign-ups a second that was named.

use super::{Problem, RunIntent};
use crate::preflight::rates::{Excess, GrantedQuota};

/// More than the account has room for: nothing breaks by it, and others suffer.
pub(super) fn rate(meant: RunIntent<'_>, found: &mut Vec<Problem>) {
    let Some(Excess { flag, named, quota }) = meant.rates.creation.excess() else {
        return;
    };
    let (room, whether) = match quota {
        GrantedQuota::Granted(limit) => (
            format!("this account's quota of {limit} sign-ups a second (GetProvisionedLimit)"),
            "",
        ),
        GrantedQuota::Documented(limit, why) => (
            format!(
                "AWS's default quota of {limit} sign-ups a second ({})",
                match why {
                    Some(code) => format!("GetProvisionedLimit failed: {code}"),
                    None => "this account's quota was not requested".to_owned(),
                }
            ),
            "unless the account has a higher quota, ",
        ),
    };
    found.push(Problem::notice(
        "rate_above_quota",
        format!(
            "{flag} {named} exceeds {room}: {whether}requests above it are throttled and retried, so the run slows down to the quota, and people who sign up in the meantime are throttled as well"
        ),
        format!(
            "pass a {flag} below {}, or omit it to use a share of the quota (--share)",
            quota.a_second()
        ),
    ));
}

#[cfg(test)]
mod tests {
    use super::super::problems;
    use super::super::tests::{plain, rates};
    use super::RunIntent;
    use crate::pace::Category;
    use crate::pool::Failure;
    use crate::pool::failure::Operation;
    use crate::preflight::ask::Found;
    use crate::preflight::calls::{Call, Unanswered};
    use crate::user::pool_rules::PoolRules;

    #[test]
    fn more_sign_ups_a_second_than_there_is_room_for_are_told_with_who_says_so() {
        let granted = Found {
            limits: vec![(Category::UserCreation, 70)],
            ..Found::default()
        };
        let denied = Found {
            unanswered: vec![Unanswered {
                call: Call::GetProvisionedLimit,
                failure: Failure::answered(Operation::Read, 400, "AccessDeniedException", "no"),
                needed: false,
            }],
            ..Found::default()
        };
        for (rate, found, said) in [
            (70, &granted, None),
            (
                71,
                &granted,
                Some(
                    "--rate 71 exceeds this account's quota of 70 sign-ups a second (GetProvisionedLimit): requests",
                ),
            ),
            (50, &denied, None),
            (
                51,
                &denied,
                Some(
                    "--rate 51 exceeds AWS's default quota of 50 sign-ups a second (GetProvisionedLimit failed: \
                     AccessDeniedException): unless the account has a higher quota, requests",
                ),
            ),
            (
                51,
                &Found::default(),
                Some("(this account's quota was not requested): unless"),
            ),
        ] {
            let rates = rates(Some(rate), found);
            let meant = RunIntent {
                rates: &rates,
                ..plain()
            };
            let all = problems(Some(&PoolRules::default()), &[], meant);
            let told = all
                .iter()
                .find(|problem| problem.code == "rate_above_quota");
            assert_eq!(told.is_some(), said.is_some(), "{rate}: {all:?}");
            let words = said.unwrap_or_default();
            assert!(
                told.is_none_or(|told| told.message.contains(words) && !told.is_refusal()),
                "{told:?}"
            );
        }
    }
}
