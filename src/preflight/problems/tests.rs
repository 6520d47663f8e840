mod failed_calls;
mod messages;

use std::num::NonZeroU32;
use std::sync::LazyLock;

use super::{Allowed, Problem, RunIntent, StepIntent, Weight, problems};
use crate::preflight::queries::PoolAnswers;
use crate::preflight::rates::{RateOptions, Rates};
use crate::preflight::survey::{StepTotals, SurveyCounts};
use crate::user::password_column::PasswordCounts;
use crate::user::pool_rules::{
    AttributeRule, ClientRules, Contact, EmailSendingAccount, PoolRules,
};
use crate::user::{FlagsGiven, StepKind};

const VALID_LIST: SurveyCounts = SurveyCounts {
    rows: 100,
    left_out: 0,
    to_send: 100,
    invalid: 0,
    skipped: 0,
    duplicates: 0,
    with_email: 100,
    with_phone_number: 0,
    with_both: 0,
    with_apostrophe: 0,
    swallowing: 0,
    misquoted: 0,
    passwords: PasswordCounts {
        with_password: 100,
        with_hash: 0,
        with_digest: 0,
        with_one_character: 0,
        same_password: false,
    },
    steps: StepTotals::NONE,
};

static NO_FLAGS: LazyLock<FlagsGiven> = LazyLock::new(FlagsGiven::default);

static EMAIL: LazyLock<Vec<(String, Option<String>)>> =
    LazyLock::new(|| vec![("email".to_owned(), Some("E-Mail".to_owned()))]);

static RATES: LazyLock<Rates> = LazyLock::new(|| rates(None, &PoolAnswers::default()));

/// Returns the rates with this value of `--rate`.
pub(super) fn rates(creation: Option<u32>, answers: &PoolAnswers) -> Rates {
    let options = RateOptions {
        creation: creation.and_then(NonZeroU32::new),
        ..RateOptions::of_share(0.8)
    };
    Rates::new(&options, answers)
}

fn codes(problems: &[Problem], weight: Weight) -> Vec<&'static str> {
    let of_weight = problems.iter().filter(|problem| problem.weight == weight);
    of_weight.map(|problem| problem.code).collect()
}

/// Returns a run of a valid list with no risks accepted.
pub(super) fn plain_run() -> RunIntent<'static> {
    RunIntent {
        attributes: &EMAIL,
        with_password: true,
        secret_given: false,
        rates: &RATES,
        counts: Some(&VALID_LIST),
        notes: &[],
        alias_repeats: &[],
        given: &NO_FLAGS,
        steps: StepIntent::default(),
        allowed: Allowed::default(),
        pool_known: true,
        resumed: false,
    }
}

fn refusals<'a>(rules: &PoolRules, change: impl FnOnce(&mut RunIntent<'a>)) -> Vec<&'static str> {
    let mut intent = plain_run();
    change(&mut intent);
    codes(&problems(Some(rules), &[], intent), Weight::Refusal)
}

fn client(change: impl FnOnce(&mut ClientRules)) -> PoolRules {
    let mut client = ClientRules::default();
    change(&mut client);
    PoolRules {
        client: Some(client),
        ..PoolRules::default()
    }
}

#[test]
fn a_valid_list_and_a_default_pool_have_no_problems() {
    assert_eq!(refusals(&PoolRules::default(), |_| {}), [""; 0]);
}

#[test]
fn refuses_runs_in_which_every_sign_up_would_fail() {
    let admin_only = PoolRules {
        admin_create_user_only: true,
        ..PoolRules::default()
    };
    assert_eq!(refusals(&admin_only, |_| {}), ["sign_up_not_permitted"]);
    let secret = client(|client| client.has_secret = true);
    assert_eq!(refusals(&secret, |_| {}), ["secret_missing"]);
    assert_eq!(
        refusals(&secret, |intent| intent.secret_given = true),
        [""; 0]
    );
    let passwords = PoolRules::default();
    assert_eq!(
        refusals(&passwords, |intent| intent.with_password = false),
        ["password_needed"]
    );
    let passwordless = PoolRules {
        allowed_first_auth_factors: vec!["PASSWORD".into(), "EMAIL_OTP".into()],
        ..PoolRules::default()
    };
    assert_eq!(
        refusals(&passwordless, |intent| intent.with_password = false),
        [""; 0]
    );
}

#[test]
fn refuses_lists_in_which_most_addresses_begin_with_an_apostrophe() {
    let with_apostrophe = |count| SurveyCounts {
        with_apostrophe: count,
        ..VALID_LIST
    };
    let rules = PoolRules::default();
    let few = with_apostrophe(50);
    assert_eq!(
        refusals(&rules, |intent| intent.counts = Some(&few)),
        [""; 0]
    );
    let most = with_apostrophe(51);
    assert_eq!(
        refusals(&rules, |intent| intent.counts = Some(&most)),
        ["apostrophes"]
    );
}

#[test]
fn compares_attributes_with_schema_and_client() {
    let attribute = |name: &str, required| AttributeRule {
        name: name.into(),
        required,
        ..AttributeRule::default()
    };
    let schema = vec![
        attribute("email", true),
        attribute("sub", true),
        attribute("name", true),
    ];
    let rules = PoolRules {
        schema: schema.clone(),
        ..client(|client| client.write_attributes = Some(vec!["email".into()]))
    };
    let attributes = ["email", "name", "custom:shoe"].map(|name| (name.to_owned(), None));
    let codes = refusals(&rules, |intent| intent.attributes = &attributes);
    assert_eq!(codes, ["attribute_unknown", "attribute_not_writable"]);
    assert_eq!(
        refusals(
            &PoolRules {
                client: None,
                ..rules.clone()
            },
            |_| {}
        ),
        ["attribute_required"]
    );
    // The username provides the required address.
    let by_email = PoolRules {
        username_attributes: vec![Contact::Email],
        schema: vec![attribute("email", true)],
        ..PoolRules::default()
    };
    assert_eq!(
        refusals(&by_email, |intent| intent.attributes = &[]),
        [""; 0]
    );
    let long = [("custom:a-name-that-is-much-too-long".to_owned(), None)];
    let codes = refusals(&PoolRules::default(), |intent| intent.attributes = &long);
    assert_eq!(codes, ["attribute_name"]);
}

#[test]
fn refuses_to_send_messages_without_permission() {
    let verifies = PoolRules {
        auto_verified_attributes: vec![Contact::Email],
        ..PoolRules::default()
    };
    let by_ses = PoolRules {
        email_sending_account: EmailSendingAccount::Developer,
        ..verifies.clone()
    };
    let with_trigger = PoolRules {
        triggers: vec!["PreSignUp".into()],
        ..verifies.clone()
    };
    let few = SurveyCounts {
        with_email: 50,
        ..VALID_LIST
    };
    let none = SurveyCounts {
        with_email: 0,
        ..VALID_LIST
    };
    let messages = Allowed {
        messages: true,
        ..Allowed::default()
    };
    let both = Allowed {
        message_limit: true,
        ..messages
    };
    let cases: [(&PoolRules, Option<&SurveyCounts>, Allowed, &[&str]); 9] = [
        (
            &verifies,
            Some(&VALID_LIST),
            Allowed::default(),
            &["messages", "message_limit"],
        ),
        (&verifies, Some(&VALID_LIST), messages, &["message_limit"]),
        (&verifies, Some(&VALID_LIST), both, &[]),
        (&verifies, Some(&few), messages, &[]),
        (&verifies, Some(&none), Allowed::default(), &[]),
        (&verifies, None, messages, &["message_limit"]),
        (
            &by_ses,
            Some(&VALID_LIST),
            Allowed::default(),
            &["messages"],
        ),
        (&by_ses, Some(&VALID_LIST), messages, &[]),
        (&with_trigger, Some(&VALID_LIST), Allowed::default(), &[]),
    ];
    for (rules, counts, allowed, expected) in cases {
        let codes = refusals(rules, |intent| {
            intent.counts = counts;
            intent.allowed = allowed;
        });
        assert_eq!(codes, expected, "{counts:?} {allowed:?}");
    }
}

#[test]
fn refuses_to_move_aliases_without_permission() {
    let aliases = PoolRules {
        alias_attributes: vec!["email".into()],
        ..PoolRules::default()
    };
    assert_eq!(refusals(&aliases, |_| {}), [""; 0]);
    let with_trigger = PoolRules {
        triggers: vec!["PreSignUp".into()],
        ..aliases
    };
    assert_eq!(refusals(&with_trigger, |_| {}), ["alias_moves"]);
    assert_eq!(
        refusals(&with_trigger, |intent| intent.attributes = &[]),
        [""; 0]
    );
    let allow = |intent: &mut RunIntent<'_>| intent.allowed.alias_moves = true;
    assert_eq!(refusals(&with_trigger, allow), [""; 0]);
}

#[test]
fn refuses_too_many_invalid_rows() {
    let strict = Allowed {
        strict: true,
        ..Allowed::default()
    };
    let with = |invalid| SurveyCounts {
        invalid,
        ..VALID_LIST
    };
    let misquoted = |misquoted, invalid| SurveyCounts {
        misquoted,
        ..with(invalid)
    };
    let cases: [(Option<SurveyCounts>, Allowed, &[&str]); 10] = [
        (Some(with(50)), Allowed::default(), &[]),
        (Some(misquoted(99, 99)), Allowed::default(), &[]),
        (Some(misquoted(99, 99)), strict, &["strict"]),
        (
            Some(misquoted(40, 91)),
            Allowed::default(),
            &["mostly_invalid"],
        ),
        (
            Some(misquoted(100, 100)),
            Allowed::default(),
            &["mostly_invalid"],
        ),
        (Some(with(51)), Allowed::default(), &["mostly_invalid"]),
        (Some(with(51)), strict, &["mostly_invalid"]),
        (Some(with(1)), strict, &["strict"]),
        (Some(with(0)), strict, &[]),
        (None, strict, &["strict_needs_a_file"]),
    ];
    for (counts, allowed, expected) in cases {
        let codes = refusals(&PoolRules::default(), |intent| {
            intent.counts = counts.as_ref();
            intent.allowed = allowed;
        });
        assert_eq!(codes, expected, "{counts:?}");
    }
}

#[test]
fn refuses_missing_groups_unless_they_are_created() {
    let names = |count: usize| -> Vec<String> { (0..count).map(|n| format!("g{n}")).collect() };
    let ten = names(10);
    let steps = |create_groups, groups, missing_groups| StepIntent {
        update: None,
        kinds: &[],
        groups,
        rows_name_groups: true,
        missing_groups,
        for_all_users: &[],
        create_groups,
    };
    for (steps, expected) in [
        (steps(false, 12, ten.as_slice()), vec!["group_missing"]),
        (steps(true, 12, ten.as_slice()), vec![]),
        (steps(false, 12, &[]), vec![]),
        (steps(true, 10_001, &[]), vec!["groups_too_many"]),
    ] {
        let codes = refusals(&PoolRules::default(), |intent| intent.steps = steps);
        assert_eq!(codes, expected, "{steps:?}");
    }
    assert_eq!(super::follow_up::first_names(&names(2)), "g0, g1");
    assert!(super::follow_up::first_names(&ten).ends_with("g7 and 2 more"));
}

#[test]
fn reports_steps_that_apply_to_no_row() {
    let mut counts = VALID_LIST;
    counts.steps.add(StepKind::Confirm);
    let notices = |resumed| {
        let intent = RunIntent {
            counts: Some(&counts),
            steps: StepIntent {
                kinds: &StepKind::ALL,
                ..StepIntent::default()
            },
            resumed,
            ..plain_run()
        };
        let problems = problems(Some(&PoolRules::default()), &[], intent);
        let notices = codes(&problems, Weight::Notice).into_iter();
        notices.filter(|code| *code == "step_without_users").count()
    };
    assert_eq!(notices(false), 3, "verify, groups, disable");
    assert_eq!(notices(true), 0);
}
