//! Calls that were refused or failed.

use super::{client, codes, plain};
use crate::pool::Failure;
use crate::pool::failure::Operation;
use crate::preflight::calls::{Call, Unanswered};
use crate::preflight::problems::{Allowed, RunIntent, Weight, problems};
use crate::user::StepKind;
use crate::user::pool_rules::PoolRules;

pub(super) fn failing(call: Call, status: u16, code: &str) -> Unanswered {
    Unanswered {
        call,
        failure: Failure::answered(Operation::Read, status, code, "why"),
        needed: true,
    }
}

pub(super) fn denied(call: Call) -> Unanswered {
    failing(call, 400, "AccessDeniedException")
}

#[test]
fn a_missing_permission_is_named() {
    let unanswered = [
        denied(Call::DescribeUserPool),
        denied(Call::DescribeUserPoolClient),
        denied(Call::AdminGetUser),
    ];
    let found = problems(None, &unanswered, plain());
    assert_eq!(
        codes(&found, Weight::Refusal),
        ["permission_missing", "messages_unknown"]
    );
    assert!(
        found[0].message.contains("cognito-idp:AdminGetUser"),
        "{found:?}"
    );
    assert_eq!(
        codes(&found, Weight::Notice),
        ["client_unknown", "rules_unknown"]
    );
}

#[test]
fn messages_that_may_be_sent_have_to_be_allowed_as_well() {
    let refused = |unanswered: &[Unanswered], change: fn(&mut RunIntent<'_>)| {
        let mut meant = plain();
        change(&mut meant);
        codes(&problems(None, unanswered, meant), Weight::Refusal)
    };
    let denied = [denied(Call::DescribeUserPool)];
    for unanswered in [&denied[..], &[]] {
        assert_eq!(refused(unanswered, |_| {}), ["messages_unknown"]);
        let allowed = refused(unanswered, |meant| meant.allowed.messages = true);
        assert_eq!(allowed, [""; 0]);
    }
    // A list is checked without any pool.
    assert_eq!(refused(&[], |meant| meant.names_pool = false), [""; 0]);
}

#[test]
fn a_call_that_fails_refuses_the_run_and_is_no_missing_permission() {
    for call in [
        Call::DescribeUserPool,
        Call::DescribeUserPoolClient,
        Call::AdminGetUser,
        Call::Step(StepKind::Confirm),
        Call::ListGroups,
        Call::ListUsers,
    ] {
        for (status, code) in [
            (500, "InternalErrorException"),
            (400, "TooManyRequestsException"),
            (400, "BrandNewException"),
        ] {
            let unanswered = [failing(call, status, code)];
            // Nothing that is allowed makes up for it.
            let meant = RunIntent {
                allowed: Allowed {
                    messages: true,
                    message_limit: true,
                    alias_moves: true,
                    alias_repeats: true,
                    strict: false,
                },
                ..plain()
            };
            let rules = PoolRules::default();
            let rules = (call != Call::DescribeUserPool).then_some(&rules);
            let found = problems(rules, &unanswered, meant);
            assert_eq!(codes(&found, Weight::Refusal), ["call_failed"]);
            let said = &found[0].message;
            let named = said.contains(&call.to_string()) && said.contains(code);
            assert!(named && said.contains("why"), "{said}");
        }
    }
}

#[test]
fn a_call_that_the_run_can_do_without_does_not_refuse_it() {
    for (call, notice) in [
        (Call::DescribeUserPool, None),
        (Call::ListUsers, Some("prescan")),
        (Call::GetProvisionedLimit, Some("limits_unknown")),
    ] {
        let unanswered = [Unanswered {
            needed: false,
            ..failing(call, 500, "InternalErrorException")
        }];
        let found = problems(Some(&client(|_| {})), &unanswered, plain());
        assert_eq!(codes(&found, Weight::Refusal), [""; 0], "{call}");
        let notices = codes(&found, Weight::Notice);
        assert_eq!(notices, notice.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_step_that_may_not_be_taken_is_refused_by_its_permission() {
    let unanswered = [
        denied(Call::Step(StepKind::Confirm)),
        denied(Call::ListGroups),
    ];
    let found = problems(Some(&PoolRules::default()), &unanswered, plain());
    assert_eq!(codes(&found, Weight::Refusal), ["permission_missing"]);
    assert!(found[0].message.contains("AdminConfirmSignUp"), "{found:?}");
    assert!(codes(&found, Weight::Notice).contains(&"groups_unknown"));
}
