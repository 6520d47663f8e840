use super::{client, codes, plain_run};
use crate::pool::Failure;
use crate::pool::failure::Operation;
use crate::preflight::calls::{Call, FailedCall};
use crate::preflight::problems::{Allowed, RunIntent, Weight, problems};
use crate::user::StepKind;
use crate::user::pool_rules::PoolRules;

pub(super) fn failing(call: Call, status: u16, code: &str) -> FailedCall {
    FailedCall {
        call,
        failure: Failure::answered(Operation::Read, status, code, "why"),
        needed: true,
    }
}

pub(super) fn denied(call: Call) -> FailedCall {
    failing(call, 400, "AccessDeniedException")
}

#[test]
fn names_the_missing_permission() {
    let failed_calls = [
        denied(Call::DescribeUserPool),
        denied(Call::DescribeUserPoolClient),
        denied(Call::AdminGetUser),
    ];
    let problems = problems(None, &failed_calls, plain_run());
    assert_eq!(
        codes(&problems, Weight::Refusal),
        ["permission_missing", "messages_unknown"]
    );
    assert!(
        problems[0].message.contains("cognito-idp:AdminGetUser"),
        "{problems:?}"
    );
    assert_eq!(
        codes(&problems, Weight::Notice),
        ["client_unknown", "rules_unknown"]
    );
}

#[test]
fn refuses_unknown_messages_without_permission() {
    let refusals = |failed_calls: &[FailedCall], change: fn(&mut RunIntent<'_>)| {
        let mut intent = plain_run();
        change(&mut intent);
        codes(&problems(None, failed_calls, intent), Weight::Refusal)
    };
    let denied = [denied(Call::DescribeUserPool)];
    for failed_calls in [&denied[..], &[]] {
        assert_eq!(refusals(failed_calls, |_| {}), ["messages_unknown"]);
        let allowed = refusals(failed_calls, |intent| intent.allowed.messages = true);
        assert_eq!(allowed, [""; 0]);
    }
    // `check` without a pool.
    assert_eq!(refusals(&[], |intent| intent.pool_known = false), [""; 0]);
}

#[test]
fn a_failed_call_refuses_the_run() {
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
            let failed_calls = [failing(call, status, code)];
            // No flag overrides it.
            let intent = RunIntent {
                allowed: Allowed {
                    messages: true,
                    message_limit: true,
                    alias_moves: true,
                    alias_repeats: true,
                    strict: false,
                },
                ..plain_run()
            };
            let rules = PoolRules::default();
            let rules = (call != Call::DescribeUserPool).then_some(&rules);
            let problems = problems(rules, &failed_calls, intent);
            assert_eq!(codes(&problems, Weight::Refusal), ["call_failed"]);
            let message = &problems[0].message;
            let named = message.contains(&call.to_string()) && message.contains(code);
            assert!(named && message.contains("why"), "{message}");
        }
    }
}

#[test]
fn a_failed_optional_call_does_not_refuse_the_run() {
    for (call, notice) in [
        (Call::DescribeUserPool, None),
        (Call::ListUsers, Some("prescan")),
        (Call::GetProvisionedLimit, Some("limits_unknown")),
    ] {
        let failed_calls = [FailedCall {
            needed: false,
            ..failing(call, 500, "InternalErrorException")
        }];
        let problems = problems(Some(&client(|_| {})), &failed_calls, plain_run());
        assert_eq!(codes(&problems, Weight::Refusal), [""; 0], "{call}");
        let notices = codes(&problems, Weight::Notice);
        assert_eq!(notices, notice.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn refuses_a_step_whose_permission_is_missing() {
    let failed_calls = [
        denied(Call::Step(StepKind::Confirm)),
        denied(Call::ListGroups),
    ];
    let problems = problems(Some(&PoolRules::default()), &failed_calls, plain_run());
    assert_eq!(codes(&problems, Weight::Refusal), ["permission_missing"]);
    let message = &problems[0].message;
    assert!(message.contains("AdminConfirmSignUp"), "{message}");
    assert!(codes(&problems, Weight::Notice).contains(&"groups_unknown"));
}
