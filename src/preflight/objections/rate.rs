//! What stands against the number of sign-ups a second that was named.

use super::{Objection, RunIntent};
use crate::preflight::rates::{Excess, GrantedQuota};

/// More than the account has room for: nothing breaks by it, and others suffer.
pub(super) fn rate(meant: RunIntent<'_>, found: &mut Vec<Objection>) {
    let Some(Excess { flag, named, quota }) = meant.rates.creation.excess() else {
        return;
    };
    let (room, whether) = match quota {
        GrantedQuota::Granted(limit) => (
            format!(
                "the {limit} sign-ups a second that this account is granted (GetProvisionedLimit)"
            ),
            "",
        ),
        GrantedQuota::Documented(limit, why) => (
            format!(
                "the {limit} sign-ups a second that AWS grants by default ({})",
                match why {
                    Some(code) => format!("GetProvisionedLimit failed: {code}"),
                    None => "what this account is granted was not asked".to_owned(),
                }
            ),
            "unless the account is granted more, ",
        ),
    };
    found.push(Objection::notice(
        "rate_above_quota",
        format!(
            "{flag} {named} is more than {room}: {whether}what is above it is throttled and sent again, so that the run slows down to what \
             is granted, and people who sign up themselves meanwhile are throttled as well"
        ),
        format!(
            "name less than {} with {flag}, or leave it out: a share of what is granted is used (--share)",
            quota.a_second()
        ),
    ));
}

#[cfg(test)]
mod tests {
    use super::super::objections;
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
                    "--rate 71 is more than the 70 sign-ups a second that this account is granted (GetProvisionedLimit): what",
                ),
            ),
            (50, &denied, None),
            (
                51,
                &denied,
                Some(
                    "--rate 51 is more than the 50 sign-ups a second that AWS grants by default (GetProvisionedLimit failed: \
                     AccessDeniedException): unless the account is granted more, what",
                ),
            ),
            (
                51,
                &Found::default(),
                Some("AWS grants by default (what this account is granted was not asked): unless"),
            ),
        ] {
            let rates = rates(Some(rate), found);
            let meant = RunIntent {
                rates: &rates,
                ..plain()
            };
            let all = objections(Some(&PoolRules::default()), &[], meant);
            let told = all
                .iter()
                .find(|objection| objection.code == "rate_above_quota");
            assert_eq!(told.is_some(), said.is_some(), "{rate}: {all:?}");
            let words = said.unwrap_or_default();
            assert!(
                told.is_none_or(|told| told.message.contains(words) && !told.is_refusal()),
                "{told:?}"
            );
        }
    }
}
