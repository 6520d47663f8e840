use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use super::failed_calls::{denied, failing};
use super::{EMAIL, NO_FLAGS, VALID_LIST, client, plain_run, rates};
use crate::mapping::HeaderNotice;
use crate::pace::Category;
use crate::pool::failure::{
    ATTEMPT_TIMED_OUT, CONNECT_FAILED, CONNECTION_LOST, Operation, UNREADABLE_ANSWER,
};
use crate::pool::{Advice, Failure, Sent};
use crate::preflight::calls::{Call, FailedCall, remedy};
use crate::preflight::problems::{Allowed, Problem, RunIntent, StepIntent, Weight, problems};
use crate::preflight::queries::PoolAnswers;
use crate::preflight::survey::{AliasRepeats, FindingExample, NoteCount, SurveyCounts};
use crate::user::pool_rules::{AttributeRule, ClientRules, Contact, PoolRules};
use crate::user::{FlagsGiven, NoteKind, StepKind};

/// The text of all problems, each message once.
#[derive(Default)]
struct RenderedMessages {
    text: String,
    codes: BTreeSet<&'static str>,
}

impl RenderedMessages {
    fn add(
        &mut self,
        rules: Option<&PoolRules>,
        failed_calls: &[FailedCall],
        intent: RunIntent<'_>,
    ) {
        for problem in problems(rules, failed_calls, intent) {
            self.add_problem(&problem);
        }
    }

    fn add_problem(&mut self, problem: &Problem) {
        let kind = match problem.weight {
            Weight::Refusal => "refused",
            Weight::Notice => "notice",
        };
        let block = format!("{kind}: {problem}\n");
        if !self.text.contains(&block) {
            self.text.push_str(&block);
        }
        self.codes.insert(problem.code);
    }
}

/// Returns the codes in the sources of this module, so that no message is left out.
fn codes_in_sources() -> BTreeSet<&'static str> {
    let sources = [
        include_str!("../../problems.rs"),
        include_str!("../aliases.rs"),
        include_str!("../attributes.rs"),
        include_str!("../failed_calls.rs"),
        include_str!("../follow_up.rs"),
        include_str!("../rate.rs"),
        include_str!("../rows.rs"),
        include_str!("../../../user/password_column.rs"),
    ];
    let literals = sources.iter().flat_map(|source| {
        let openings = ["refusal(", "notice(", "            (\n"];
        openings.into_iter().flat_map(move |opening| {
            let after = source.split(opening).skip(1);
            after.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
        })
    });
    let is_code = |text: &&str| text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    literals.filter(is_code).collect()
}

const EVERYTHING: Allowed = Allowed {
    messages: true,
    message_limit: true,
    alias_moves: true,
    alias_repeats: true,
    strict: false,
};

#[expect(clippy::too_many_lines, reason = "a list of cases")]
fn about_the_pool(messages: &mut RenderedMessages) {
    let admin_only = PoolRules {
        admin_create_user_only: true,
        ..PoolRules::default()
    };
    messages.add(Some(&admin_only), &[], plain_run());
    messages.add(
        Some(&client(|client| client.has_secret = true)),
        &[],
        plain_run(),
    );
    let rules = client(|_| {});
    let intent = RunIntent {
        secret_given: true,
        with_password: false,
        ..plain_run()
    };
    messages.add(Some(&rules), &[], intent);
    let attribute = |name: &str, required| AttributeRule {
        name: name.into(),
        required,
        ..AttributeRule::default()
    };
    let rules = PoolRules {
        schema: vec![
            attribute("email", true),
            attribute("name", true),
            attribute("nickname", false),
            attribute("custom:shoe", false),
        ],
        ..client(|client| client.write_attributes = Some(vec!["email".into(), "nickname".into()]))
    };
    let attributes = [
        ("custom:shoe", Some("custom:shoe")),
        ("nickname", Some("Alias")),
        ("nikname", Some("nikname")),
        ("gender", Some("gender")),
        ("locale", Some("Language")),
        ("profile", None),
        ("custom:a-name-that-is-much-too-long", Some("long")),
    ];
    let attributes = attributes.map(|(name, column)| (name.to_owned(), column.map(str::to_owned)));
    for attributes in [&attributes[..], &attributes[2..4]] {
        let intent = RunIntent {
            attributes,
            ..plain_run()
        };
        messages.add(Some(&rules), &[], intent);
    }
    let verifies = PoolRules {
        auto_verified_attributes: vec![Contact::Email, Contact::PhoneNumber],
        ..PoolRules::default()
    };
    messages.add(Some(&verifies), &[], plain_run());
    let one = SurveyCounts {
        with_email: 1,
        with_phone_number: 1,
        ..VALID_LIST
    };
    for counts in [Some(&one), None] {
        let intent = RunIntent {
            counts,
            ..plain_run()
        };
        messages.add(Some(&verifies), &[], intent);
    }
    for triggers in [vec![], vec!["PreSignUp".to_owned()]] {
        let rules = PoolRules {
            alias_attributes: vec!["email".into()],
            triggers,
            ..verifies.clone()
        };
        messages.add(Some(&rules), &[], plain_run());
    }
    for verified in [true, false] {
        let repeats = [AliasRepeats {
            contact: Contact::Email,
            addresses: 1,
            rows: 2,
            verified,
            examples: examples(),
        }];
        let intent = RunIntent {
            alias_repeats: &repeats,
            ..plain_run()
        };
        messages.add(Some(&client(|_| {})), &[], intent);
    }
}

fn examples() -> Vec<FindingExample> {
    vec![FindingExample {
        row: 7,
        line: 8,
        found: "column E-Mail: \"ann@example.com\"".to_owned(),
    }]
}

fn about_the_rows(messages: &mut RenderedMessages) {
    let strict = Allowed {
        strict: true,
        ..Allowed::default()
    };
    let mut cases = vec![
        SurveyCounts {
            rows: 0,
            ..VALID_LIST
        },
        SurveyCounts {
            invalid: 51,
            ..VALID_LIST
        },
        SurveyCounts {
            invalid: 1,
            ..VALID_LIST
        },
        SurveyCounts {
            swallowing: 1,
            ..VALID_LIST
        },
        SurveyCounts {
            with_apostrophe: 60,
            ..VALID_LIST
        },
    ];
    for change in [
        |counts: &mut SurveyCounts| counts.passwords.with_hash = 60,
        |counts: &mut SurveyCounts| counts.passwords.with_digest = 60,
        |counts: &mut SurveyCounts| counts.passwords.with_one_character = 100,
        |counts: &mut SurveyCounts| counts.passwords.same_password = true,
    ] {
        let mut counts = VALID_LIST;
        change(&mut counts);
        cases.push(counts);
    }
    let all = FlagsGiven::from_iter(["--quote", "--drop-apostrophe", "--group-separator"]);
    let rules = client(|_| {});
    for counts in cases.iter().map(Some).chain([None]) {
        for given in [&*NO_FLAGS, &all] {
            let intent = RunIntent {
                counts,
                given,
                allowed: strict,
                ..plain_run()
            };
            messages.add(Some(&rules), &[], intent);
        }
    }
    let notes = [NoteCount {
        kind: NoteKind::NullMarker,
        count: 3,
        examples: examples(),
    }];
    let intent = RunIntent {
        notes: &notes,
        ..plain_run()
    };
    messages.add(Some(&rules), &[], intent);
}

fn about_the_steps_and_the_rate(messages: &mut RenderedMessages) {
    let missing: Vec<String> = (0..10).map(|number| format!("g{number}")).collect();
    let by_flag: [Arc<str>; 1] = ["g0".into()];
    let steps = |groups, missing_groups, for_all_users| StepIntent {
        update: None,
        kinds: &StepKind::ALL,
        groups,
        rows_name_groups: true,
        missing_groups,
        for_all_users,
        create_groups: false,
    };
    let all = FlagsGiven::from_iter(["--group-separator"]);
    let rules = client(|_| {});
    for (counts, given, steps) in [
        (Some(&VALID_LIST), &*NO_FLAGS, steps(10_001, &[], &[])),
        (Some(&VALID_LIST), &all, steps(10_001, &[], &[])),
        (Some(&VALID_LIST), &all, steps(10, &missing, &[])),
        (Some(&VALID_LIST), &all, steps(10, &missing[..2], &by_flag)),
        (Some(&VALID_LIST), &all, steps(10, &missing[..1], &by_flag)),
        (None, &*NO_FLAGS, steps(0, &[], &[])),
    ] {
        let intent = RunIntent {
            counts,
            given,
            steps,
            ..plain_run()
        };
        messages.add(Some(&rules), &[], intent);
    }
    let mut answers = PoolAnswers::default();
    let above = rates(Some(60), &answers);
    answers.limits.push((Category::UserCreation, 55));
    let above_granted = rates(Some(60), &answers);
    answers.limits.clear();
    answers.failed_calls.push(denied(Call::GetProvisionedLimit));
    let above_unknown = rates(Some(60), &answers);
    for rates in [&above, &above_granted, &above_unknown] {
        let intent = RunIntent {
            rates,
            ..plain_run()
        };
        messages.add(Some(&rules), &[], intent);
    }
}

fn about_the_calls(messages: &mut RenderedMessages) {
    let calls = [
        Call::DescribeUserPool,
        Call::DescribeUserPoolClient,
        Call::AdminGetUser,
        Call::Step(StepKind::Confirm),
        Call::Step(StepKind::AddToGroup),
        Call::ListGroups,
        Call::ListUsers,
        Call::GetProvisionedLimit,
    ];
    let known = PoolRules::default();
    for call in calls {
        for failed in [denied(call), failing(call, 500, "InternalErrorException")] {
            for needed in [true, false] {
                let failed_calls = [FailedCall {
                    needed,
                    ..failed.clone()
                }];
                let rules = (call != Call::DescribeUserPool).then_some(&known);
                messages.add(rules, &failed_calls, plain_run());
            }
        }
    }
    let creating = RunIntent {
        steps: StepIntent {
            create_groups: true,
            ..StepIntent::default()
        },
        ..plain_run()
    };
    let failed_calls = [failing(Call::ListGroups, 500, "InternalErrorException")];
    messages.add(Some(&known), &failed_calls, creating);
    let file = FlagsGiven::from_iter(["--pool"]);
    for (rules, pool_known, given) in [
        (None, true, &*NO_FLAGS),
        (None, false, &*NO_FLAGS),
        (Some(&known), true, &file),
        (Some(&known), true, &*NO_FLAGS),
    ] {
        let intent = RunIntent {
            pool_known,
            given,
            ..plain_run()
        };
        messages.add(rules, &[], intent);
    }
}

#[test]
fn every_refusal_and_notice() {
    let mut messages = RenderedMessages::default();
    about_the_pool(&mut messages);
    about_the_rows(&mut messages);
    about_the_steps_and_the_rate(&mut messages);
    about_the_calls(&mut messages);
    messages.add_problem(&Problem::of_header(&HeaderNotice {
        code: "header",
        message: "line 1\nline 2".to_owned(),
        hint: "do this".to_owned(),
    }));
    let missing = &codes_in_sources() - &messages.codes;
    assert_eq!(missing, BTreeSet::new());
    assert_messages!("preflight", messages.text);
    // No problem remains if everything is fixed or allowed.
    let intent = RunIntent {
        allowed: EVERYTHING,
        attributes: &EMAIL,
        ..plain_run()
    };
    let rules = PoolRules {
        client: Some(ClientRules::default()),
        ..PoolRules::default()
    };
    assert_eq!(problems(Some(&rules), &[], intent), []);
}

#[test]
fn hints_for_failed_calls() {
    let mut text = String::new();
    for (status, code) in [
        (400, "AccessDeniedException"),
        (400, "ExpiredTokenException"),
        (400, "NotAuthorizedException"),
        (400, "ResourceNotFoundException"),
        (400, "RequestTimeTooSkewed"),
        (400, "TooManyRequestsException"),
        (400, "BrandNewException"),
        (403, "ForbiddenException"),
        (500, "InternalErrorException"),
    ] {
        let failure = Failure::answered(Operation::Read, status, code, "");
        let _ = writeln!(text, "{status} {code}: {}", remedy(&failure));
    }
    for (code, advice) in [
        (CONNECT_FAILED, Advice::Unreachable),
        (ATTEMPT_TIMED_OUT, Advice::Retry),
        (CONNECTION_LOST, Advice::Retry),
        (UNREADABLE_ANSWER, Advice::Retry),
    ] {
        let failure = Failure::new(Sent::Answered, advice, code, "");
        let _ = writeln!(text, "{code}: {}", remedy(&failure));
    }
    assert_messages!("preflight_calls", text);
}
