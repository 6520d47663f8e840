mod messages;
mod unanswered;

use std::num::NonZeroU32;
use std::sync::LazyLock;

use super::{Allowed, Problem, RunIntent, StepIntent, Weight, problems};
use crate::preflight::ask::Found;
use crate::preflight::prescan::ExistingUserPolicy;
use crate::preflight::rates::{Rates, RatesAsked};
use crate::preflight::survey::{StepTotals, SurveyCounts};
use crate::user::password_column::PasswordCounts;
use crate::user::pool_rules::{
    AttributeRule, ClientRules, Contact, EmailSendingAccount, PoolRules,
};
use crate::user::{FlagsGiven, StepKind};

const SOUND: SurveyCounts = SurveyCounts {
    rows: 100,
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

static RATES: LazyLock<Rates> = LazyLock::new(|| rates(None, &Found::default()));

/// With so many sign-ups a second named.
pub(super) fn rates(creation: Option<u32>, found: &Found) -> Rates {
    let asked = RatesAsked {
        creation: creation.and_then(NonZeroU32::new),
        read: None,
        update: None,
        list: None,
        share: 0.8,
    };
    Rates::new(&asked, found)
}

fn codes(found: &[Problem], weight: Weight) -> Vec<&'static str> {
    let of_weight = found.iter().filter(|problem| problem.weight == weight);
    of_weight.map(|problem| problem.code).collect()
}

/// A plain list, and nothing allowed.
pub(super) fn plain() -> RunIntent<'static> {
    RunIntent {
        attributes: &EMAIL,
        with_password: true,
        secret_given: false,
        looks: ExistingUserPolicy::default(),
        rates: &RATES,
        counts: Some(&SOUND),
        notes: &[],
        alias_repeats: &[],
        given: &NO_FLAGS,
        steps: StepIntent::default(),
        allowed: Allowed::default(),
        names_pool: true,
        begun: false,
    }
}

fn refusals<'a>(rules: &PoolRules, change: impl FnOnce(&mut RunIntent<'a>)) -> Vec<&'static str> {
    let mut meant = plain();
    change(&mut meant);
    codes(&problems(Some(rules), &[], meant), Weight::Refusal)
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
fn a_plain_pool_has_nothing_against_a_plain_list() {
    assert_eq!(refusals(&PoolRules::default(), |_| {}), [""; 0]);
}

#[test]
fn what_no_sign_up_would_pass_is_refused() {
    let admin_only = PoolRules {
        admin_create_user_only: true,
        ..PoolRules::default()
    };
    assert_eq!(refusals(&admin_only, |_| {}), ["sign_up_not_permitted"]);
    let secret = client(|client| client.has_secret = true);
    assert_eq!(refusals(&secret, |_| {}), ["secret_missing"]);
    assert_eq!(
        refusals(&secret, |meant| meant.secret_given = true),
        [""; 0]
    );
    let passwords = PoolRules::default();
    assert_eq!(
        refusals(&passwords, |meant| meant.with_password = false),
        ["password_needed"]
    );
    let passwordless = PoolRules {
        allowed_first_auth_factors: vec!["PASSWORD".into(), "EMAIL_OTP".into()],
        ..PoolRules::default()
    };
    assert_eq!(
        refusals(&passwordless, |meant| meant.with_password = false),
        [""; 0]
    );
}

#[test]
fn addresses_that_mostly_begin_with_an_apostrophe_are_refused_with_the_flag_that_drops_it() {
    let with_apostrophe = |count| SurveyCounts {
        with_apostrophe: count,
        ..SOUND
    };
    let rules = PoolRules::default();
    // Somebody may be called so.
    let few = with_apostrophe(50);
    assert_eq!(refusals(&rules, |meant| meant.counts = Some(&few)), [""; 0]);
    let most = with_apostrophe(51);
    assert_eq!(
        refusals(&rules, |meant| meant.counts = Some(&most)),
        ["apostrophes"]
    );
}

#[test]
fn attributes_are_compared_with_schema_and_client() {
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
    let found = refusals(&rules, |meant| meant.attributes = &attributes);
    assert_eq!(found, ["attribute_unknown", "attribute_not_writable"]);
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
    // The username stands for the address.
    let by_email = PoolRules {
        username_attributes: vec![Contact::Email],
        schema: vec![attribute("email", true)],
        ..PoolRules::default()
    };
    assert_eq!(refusals(&by_email, |meant| meant.attributes = &[]), [""; 0]);
    let long = [("custom:a-name-that-is-much-too-long".to_owned(), None)];
    let found = refusals(&PoolRules::default(), |meant| meant.attributes = &long);
    assert_eq!(found, ["attribute_name"]);
}

#[test]
fn messages_to_real_people_have_to_be_allowed() {
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
        ..SOUND
    };
    let nobody = SurveyCounts {
        with_email: 0,
        ..SOUND
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
            Some(&SOUND),
            Allowed::default(),
            &["messages", "message_limit"],
        ),
        (&verifies, Some(&SOUND), messages, &["message_limit"]),
        (&verifies, Some(&SOUND), both, &[]),
        (&verifies, Some(&few), messages, &[]),
        (&verifies, Some(&nobody), Allowed::default(), &[]),
        (&verifies, None, messages, &["message_limit"]),
        (&by_ses, Some(&SOUND), Allowed::default(), &["messages"]),
        (&by_ses, Some(&SOUND), messages, &[]),
        (&with_trigger, Some(&SOUND), Allowed::default(), &[]),
    ];
    for (rules, counts, allowed, expected) in cases {
        let found = refusals(rules, |meant| {
            meant.counts = counts;
            meant.allowed = allowed;
        });
        assert_eq!(found, expected, "{counts:?} {allowed:?}");
    }
}

#[test]
fn aliases_that_a_trigger_may_move_have_to_be_allowed() {
    let aliases = PoolRules {
        alias_attributes: vec!["email".into()],
        ..PoolRules::default()
    };
    assert_eq!(refusals(&aliases, |_| {}), [""; 0]);
    let moving = PoolRules {
        triggers: vec!["PreSignUp".into()],
        ..aliases
    };
    assert_eq!(refusals(&moving, |_| {}), ["alias_moves"]);
    assert_eq!(refusals(&moving, |meant| meant.attributes = &[]), [""; 0]);
    let allowed = |meant: &mut RunIntent<'_>| meant.allowed.alias_moves = true;
    assert_eq!(refusals(&moving, allowed), [""; 0]);
}

#[test]
fn broken_rows_are_weighed() {
    let strict = Allowed {
        strict: true,
        ..Allowed::default()
    };
    let with = |invalid| SurveyCounts { invalid, ..SOUND };
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
        let found = refusals(&PoolRules::default(), |meant| {
            meant.counts = counts.as_ref();
            meant.allowed = allowed;
        });
        assert_eq!(found, expected, "{counts:?}");
    }
}

#[test]
fn groups_that_the_pool_does_not_have_are_named_unless_they_are_made() {
    let some = |count: usize| -> Vec<String> { (0..count).map(|n| format!("g{n}")).collect() };
    let ten = some(10);
    let meant = |create_groups, groups, missing_groups| StepIntent {
        kinds: &[],
        groups,
        rows_name_groups: true,
        missing_groups,
        of_everybody: &[],
        create_groups,
    };
    for (steps, expected) in [
        (meant(false, 12, ten.as_slice()), vec!["group_missing"]),
        (meant(true, 12, ten.as_slice()), vec![]),
        (meant(false, 12, &[]), vec![]),
        (meant(true, 10_001, &[]), vec!["groups_too_many"]),
    ] {
        let found = refusals(&PoolRules::default(), |sign_ups| sign_ups.steps = steps);
        assert_eq!(found, expected, "{steps:?}");
    }
    assert_eq!(super::follow_up::told(&some(2)), "g0, g1");
    assert!(super::follow_up::told(&ten).ends_with("g7 and 2 more"));
}

#[test]
fn a_step_that_no_row_would_have_is_told() {
    let mut counts = SOUND;
    counts.steps.add(StepKind::Confirm);
    let notices = |begun| {
        let meant = RunIntent {
            counts: Some(&counts),
            steps: StepIntent {
                kinds: &StepKind::ALL,
                ..StepIntent::default()
            },
            begun,
            ..plain()
        };
        let found = problems(Some(&PoolRules::default()), &[], meant);
        let notices = codes(&found, Weight::Notice).into_iter();
        notices.filter(|code| *code == "step_without_users").count()
    };
    assert_eq!(notices(false), 3, "verify, groups, disable");
    assert_eq!(notices(true), 0);
}
