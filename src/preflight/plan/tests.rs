use super::{Ceilings, Rates, RunPlan, StepKind, SurveyCounts, users_a_second};
use crate::pace::Category;
use crate::pool::failure::Operation;
use crate::pool::{Failure, LookupMode};
use crate::preflight::ask::Found;
use crate::preflight::calls::{Call, Unanswered};
use crate::preflight::prescan::{ExistingUserPolicy, PrescanMode, ScanInput, reading};
use crate::preflight::rates::RatesAsked;
use crate::user::pool_rules::{Contact, PoolRules};
use std::num::NonZeroU32;
use std::time::Duration;

#[test]
fn users_a_second_are_those_of_the_slowest_budget_with_their_steps() {
    let rate = |a_second| NonZeroU32::new(a_second).unwrap();
    let ceilings = Ceilings {
        creation: rate(40),
        read: rate(96),
        update: rate(25),
        resource_read: rate(40),
        list: rate(24),
    };
    let mut counts = SurveyCounts::default();
    let near = |counts: &SurveyCounts, expected: f64| {
        let found = users_a_second(counts, ceilings);
        assert!(
            (found - expected).abs() < 1e-9,
            "{found} and not {expected}"
        );
    };
    near(&counts, 40.0);
    counts.to_send = 10;
    near(&counts, 40.0);
    for _ in 0..10 {
        counts.steps.add(StepKind::Confirm);
    }
    near(&counts, 20.0);
    for _ in 0..20 {
        counts.steps.add(StepKind::AddToGroup);
    }
    near(&counts, 12.5);
}

#[test]
fn time_is_that_of_the_slower_budget() {
    let counts = SurveyCounts {
        rows: 1_001,
        to_send: 1_001,
        ..SurveyCounts::default()
    };
    let plan_of = |read, look_ups| {
        let asked = RatesAsked {
            creation: NonZeroU32::new(50),
            read: NonZeroU32::new(read),
            update: None,
            list: NonZeroU32::new(5),
            share: 1.0,
        };
        let rates = Rates::new(&asked, &Found::default());
        RunPlan::new(counts, None, rates, look_ups, None)
    };
    let plan = |read, look_ups| plan_of(read, look_ups).time();
    assert_eq!(plan(120, LookupMode::Get), Duration::from_secs(21));
    assert_eq!(plan(10, LookupMode::Get), Duration::from_secs(101));
    assert_eq!(plan(10, LookupMode::None), Duration::from_secs(21));
    assert_eq!(plan(10, LookupMode::List), Duration::from_secs(201));
    // Lookups that may not be needed are not promised.
    for (read, look_ups, said) in [
        (120, LookupMode::Get, "time: about 21s\n"),
        (10, LookupMode::None, "time: about 21s\n"),
        (
            10,
            LookupMode::Get,
            "time: up to 1m 41s (21s if no user exists yet)\n",
        ),
        (
            10,
            LookupMode::List,
            "time: up to 3m 21s (21s if no user exists yet)\n",
        ),
    ] {
        let plan = plan_of(read, look_ups);
        assert!(plan.to_string().contains(said), "{plan}");
        let document = serde_json::to_value(&plan).unwrap();
        assert_eq!(document["seconds_without_lookups"], 21);
    }
}

#[test]
fn time_that_only_lookups_take_is_an_upper_bound_with_steps_and_with_a_trigger() {
    let mut plan = plan_at_defaults(1_000, &[StepKind::Confirm]);
    plan.rates.read.a_second = NonZeroU32::new(10).unwrap();
    let said = plan.to_string();
    assert!(
        said.contains("time: up to 1m 40s (40s if no user exists yet)\n"),
        "{said}"
    );
    assert!(
        said.contains("of these calls; time: up to 1m 40s"),
        "{said}"
    );
}

/// The plan for so many users, each of whom has these steps, at the default quotas, all of which may be used.
fn plan_at_defaults(users: u64, kinds: &[StepKind]) -> RunPlan {
    let mut counts = SurveyCounts {
        rows: users,
        to_send: users,
        ..SurveyCounts::default()
    };
    for _ in 0..users {
        for kind in kinds {
            counts.steps.add(*kind);
        }
    }
    let asked = RatesAsked {
        creation: None,
        read: None,
        update: None,
        list: None,
        share: 1.0,
    };
    let rates = Rates::new(&asked, &Found::default());
    RunPlan::new(counts, None, rates, LookupMode::Get, None)
}

#[test]
fn steps_share_the_quotas_of_an_account() {
    use StepKind::{AddToGroup, Confirm, Disable, Verify};
    // Users a second: 50; 25; 12.5; 12.5; 25; 8.33.
    for (kinds, seconds) in [
        (&[] as &[StepKind], 20),
        (&[Confirm], 40),
        (&[Confirm, Verify, AddToGroup], 80),
        (&[Verify, AddToGroup], 80),
        (&[Disable], 40),
        (&[Confirm, Verify, AddToGroup, AddToGroup], 120),
    ] {
        let plan = plan_at_defaults(1_000, kinds);
        assert_eq!(plan.time(), Duration::from_secs(seconds), "{kinds:?}");
    }
}

#[test]
fn the_plan_names_the_calls_their_time_and_the_cheaper_way() {
    let all = [StepKind::Confirm, StepKind::Verify, StepKind::AddToGroup];
    let mut plan = plan_at_defaults(1_000, &all);
    plan.groups_to_make = vec!["beta".to_owned(), "staff".to_owned()];
    let said = plan.to_string();
    for words in [
        "UserCreation: 1000 SignUp and up to 1000 AdminConfirmSignUp at 50/s",
        "UserUpdate: up to 1000 AdminUpdateUserAttributes, 1000 AdminAddUserToGroup at 25/s",
        "groups: 2 to create first: beta, staff",
        "time: about 1m 20s (20s without follow-up steps)",
        "saves 2000 of these calls; time: about 40s",
    ] {
        assert!(said.contains(words), "{words:?} in\n{said}");
    }
    let plain = plan_at_defaults(1_000, &[]).to_string();
    assert!(
        !plain.contains("UserUpdate") && !plain.contains("cheaper"),
        "{plain}"
    );
}

#[test]
fn a_plan_that_sends_nothing_says_so_and_names_no_requests() {
    let plan = plan_at_defaults(0, &[]).to_string();
    assert!(
        plan.contains("requests: none (no rows to sign up)"),
        "{plan}"
    );
    for absent in ["UserCreation", "UserRead", "time:"] {
        assert!(!plan.contains(absent), "{absent} in {plan}");
    }
}

#[test]
fn that_confirmed_users_stay_after_an_undo_is_said_where_nothing_tells_who_signed_in() {
    let with = |kinds: &[StepKind], threat_protection| {
        let mut plan = plan_at_defaults(10, kinds);
        plan.threat_protection = threat_protection;
        plan.to_string()
    };
    let confirm = [StepKind::Confirm];
    assert!(with(&confirm, Some(false)).contains("because the pool has no threat protection"));
    assert!(with(&confirm, None).contains("unless the pool has threat protection"));
    for silent in [with(&confirm, Some(true)), with(&[], Some(false))] {
        assert!(!silent.contains("undo:"), "{silent}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a list of cases")]
fn messages() {
    use StepKind::{AddToGroup, Confirm, Disable, Verify};
    let mut text = String::new();
    let mut add = |title: &str, plan: &RunPlan| text += &format!("{title}:\n{plan}\n\n");
    add("nothing to send", &plan_at_defaults(0, &[]));
    add("one row", &plan_at_defaults(1, &[]));
    let mut plan = plan_at_defaults(1_000, &[Confirm, Verify, AddToGroup, Disable]);
    plan.counts.skipped = 3;
    plan.groups_to_make = (1..=12).map(|number| format!("g{number}")).collect();
    add("all steps", &plan);
    let rules = |triggers: &[&str], threat_protection| PoolRules {
        triggers: triggers.iter().map(|name| (*name).to_owned()).collect(),
        auto_verified_attributes: vec![Contact::Email, Contact::PhoneNumber],
        threat_protection,
        ..PoolRules::default()
    };
    let counts = SurveyCounts {
        with_email: 1,
        with_phone_number: 2,
        duplicates: 1,
        invalid: 1,
        ..plan_at_defaults(1_000, &[Confirm]).counts
    };
    let mut found = Found::default();
    let mut of = |rules: &PoolRules, asked: &RatesAsked, looks: LookupMode, prescan, users| {
        let rates = Rates::new(asked, &found);
        let input = ScanInput {
            users,
            rows: Some(1_000),
            rates: &rates,
            time: None,
        };
        let policy = ExistingUserPolicy {
            look_ups: looks,
            prescan,
        };
        let reading = reading(policy, input);
        let plan = RunPlan::new(counts, Some(rules), rates.clone(), looks, reading);
        found.limits = vec![(Category::UserCreation, 100), (Category::UserRead, 200)];
        plan
    };
    let share = RatesAsked {
        creation: None,
        read: None,
        update: None,
        list: None,
        share: 0.8,
    };
    let flags = RatesAsked {
        creation: NonZeroU32::new(10),
        read: NonZeroU32::new(5),
        list: NonZeroU32::new(3),
        ..share
    };
    let never = PrescanMode::Never;
    let messages = rules(&[], false);
    add(
        "messages",
        &of(&messages, &share, LookupMode::Get, never, None),
    );
    let trigger = rules(&["PreSignUp"], true);
    add(
        "a trigger",
        &of(&trigger, &share, LookupMode::Get, never, None),
    );
    add(
        "rates from flags",
        &of(&trigger, &flags, LookupMode::List, never, None),
    );
    add(
        "no lookups",
        &of(&trigger, &flags, LookupMode::None, never, None),
    );
    let always = PrescanMode::Always;
    add(
        "a prescan",
        &of(&trigger, &share, LookupMode::Get, always, Some(600)),
    );
    add(
        "a pool of unknown size",
        &of(&trigger, &share, LookupMode::Get, always, None),
    );
    found.limits.clear();
    found.unanswered.push(Unanswered {
        call: Call::GetProvisionedLimit,
        failure: Failure::answered(Operation::Read, 400, "AccessDeniedException", ""),
        needed: false,
    });
    let rates = Rates::new(&share, &found);
    let plan = RunPlan::new(counts, None, rates, LookupMode::Get, None);
    add("no limit and no rules", &plan);
    assert_messages!("plan", text.trim_end());
}
