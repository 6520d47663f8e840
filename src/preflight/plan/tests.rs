use super::{
    Ceilings, ExistingUsers, NewUserCounts, Rates, RunPlan, StepKind, SurveyCounts,
    users_per_second,
};
use crate::pace::Category;
use crate::pool::failure::Operation;
use crate::pool::{Failure, LookupMode};
use crate::preflight::calls::{Call, FailedCall};
use crate::preflight::prescan::{ExistingUserPolicy, PrescanMode, ScanInput, plan_prescan};
use crate::preflight::queries::PoolAnswers;
use crate::preflight::rates::RateOptions;
use crate::user::pool_rules::{Contact, PoolRules};
use std::num::NonZeroU32;
use std::time::Duration;

#[test]
fn users_per_second_follow_the_slowest_quota() {
    let rate = |per_second| NonZeroU32::new(per_second).unwrap();
    let ceilings = Ceilings {
        creation: rate(40),
        read: rate(96),
        update: rate(25),
        resource_read: rate(40),
        list: rate(24),
    };
    let mut counts = SurveyCounts::default();
    let assert_near = |counts: &SurveyCounts, expected: f64| {
        let actual = users_per_second(counts, ceilings);
        assert!(
            (actual - expected).abs() < 1e-9,
            "{actual} is not {expected}"
        );
    };
    assert_near(&counts, 40.0);
    counts.to_send = 10;
    assert_near(&counts, 40.0);
    for _ in 0..10 {
        counts.steps.add(StepKind::Confirm);
    }
    assert_near(&counts, 20.0);
    for _ in 0..20 {
        counts.steps.add(StepKind::AddToGroup);
    }
    assert_near(&counts, 12.5);
}

#[test]
fn time_follows_the_slowest_quota() {
    let counts = SurveyCounts {
        rows: 1_001,
        to_send: 1_001,
        ..SurveyCounts::default()
    };
    let plan = |read, lookup| {
        let options = RateOptions {
            creation: NonZeroU32::new(50),
            read: NonZeroU32::new(read),
            list: NonZeroU32::new(5),
            ..RateOptions::of_share(1.0)
        };
        let rates = Rates::new(&options, &PoolAnswers::default());
        RunPlan::new(counts, None, rates, lookup, ExistingUsers::Unknown)
    };
    let time = |read, lookup| plan(read, lookup).time();
    assert_eq!(time(120, LookupMode::Get), Duration::from_secs(21));
    assert_eq!(time(10, LookupMode::Get), Duration::from_secs(101));
    assert_eq!(time(10, LookupMode::None), Duration::from_secs(21));
    assert_eq!(time(10, LookupMode::List), Duration::from_secs(201));
    // The text says "up to" if the lookups may not be needed.
    for (read, lookup, expected) in [
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
        let plan = plan(read, lookup);
        assert!(plan.to_string().contains(expected), "{plan}");
        let document = serde_json::to_value(&plan).unwrap();
        assert_eq!(document["seconds_without_lookups"], 21);
    }
}

#[test]
fn time_for_lookups_is_an_upper_bound() {
    let mut plan = plan_at_defaults(1_000, &[StepKind::Confirm]);
    plan.rates.read.per_second = NonZeroU32::new(10).unwrap();
    let text = plan.to_string();
    assert!(
        text.contains("time: up to 1m 40s (40s if no user exists yet)\n"),
        "{text}"
    );
    assert!(
        text.contains("of these calls; time: up to 1m 40s"),
        "{text}"
    );
}

/// Returns the plan for this many users, each with these steps, at the full default quotas.
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
    let options = RateOptions::of_share(1.0);
    let rates = Rates::new(&options, &PoolAnswers::default());
    RunPlan::new(counts, None, rates, LookupMode::Get, ExistingUsers::Unknown)
}

#[test]
fn steps_share_the_account_quotas() {
    use StepKind::{AddToGroup, Confirm, Disable, Verify};
    // Users per second: 50; 25; 12.5; 12.5; 25; 8.33.
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
fn displays_calls_time_and_the_cheaper_alternative() {
    let all = [StepKind::Confirm, StepKind::Verify, StepKind::AddToGroup];
    let mut plan = plan_at_defaults(1_000, &all);
    plan.groups_to_create = vec!["beta".to_owned(), "staff".to_owned()];
    let text = plan.to_string();
    for expected in [
        "UserCreation: 1000 SignUp and up to 1000 AdminConfirmSignUp at 50/s",
        "UserUpdate: up to 1000 AdminUpdateUserAttributes, 1000 AdminAddUserToGroup at 25/s",
        "groups: 2 to create first: beta, staff",
        "time: about 1m 20s (20s without follow-up steps)",
        "saves 2000 of these calls; time: about 40s",
    ] {
        assert!(text.contains(expected), "{expected:?} in\n{text}");
    }
    let plain = plan_at_defaults(1_000, &[]).to_string();
    assert!(
        !plain.contains("UserUpdate") && !plain.contains("cheaper"),
        "{plain}"
    );
}

#[test]
fn a_plan_without_rows_names_no_requests() {
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
fn warns_that_undo_keeps_confirmed_users_without_threat_protection() {
    let text = |kinds: &[StepKind], threat_protection| {
        let mut plan = plan_at_defaults(10, kinds);
        plan.threat_protection = threat_protection;
        plan.to_string()
    };
    let confirm = [StepKind::Confirm];
    assert!(text(&confirm, Some(false)).contains("without threat protection"));
    assert!(text(&confirm, None).contains("unless the pool has threat protection"));
    for silent in [text(&confirm, Some(true)), text(&[], Some(false))] {
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
    plan.counts.left_out = 1_234;
    plan.groups_to_create = (1..=12).map(|number| format!("g{number}")).collect();
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
    let mut answers = PoolAnswers::default();
    let mut plan =
        |rules: &PoolRules, options: &RateOptions, lookup: LookupMode, prescan, users| {
            let rates = Rates::new(options, &answers);
            let input = ScanInput {
                users,
                rows: Some(1_000),
                rates: &rates,
                time: None,
            };
            let policy = ExistingUserPolicy { lookup, prescan };
            let existing =
                plan_prescan(policy, input).map_or(ExistingUsers::Unknown, ExistingUsers::ToList);
            let plan = RunPlan::new(counts, Some(rules), rates.clone(), lookup, existing);
            answers.limits = vec![(Category::UserCreation, 100), (Category::UserRead, 200)];
            plan
        };
    let share = RateOptions::of_share(0.8);
    let flags = RateOptions {
        creation: NonZeroU32::new(10),
        read: NonZeroU32::new(5),
        list: NonZeroU32::new(3),
        ..share
    };
    let never = PrescanMode::Never;
    let messages = rules(&[], false);
    add(
        "messages",
        &plan(&messages, &share, LookupMode::Get, never, None),
    );
    let trigger = rules(&["PreSignUp"], true);
    add(
        "a trigger",
        &plan(&trigger, &share, LookupMode::Get, never, None),
    );
    add(
        "rates from flags",
        &plan(&trigger, &flags, LookupMode::List, never, None),
    );
    add(
        "no lookups",
        &plan(&trigger, &flags, LookupMode::None, never, None),
    );
    let always = PrescanMode::Always;
    add(
        "a prescan",
        &plan(&trigger, &share, LookupMode::Get, always, Some(600)),
    );
    add(
        "a pool of unknown size",
        &plan(&trigger, &share, LookupMode::Get, always, None),
    );
    let new = NewUserCounts::from(SurveyCounts {
        to_send: 30,
        with_email: 12,
        ..counts
    });
    let listed = plan(&messages, &share, LookupMode::Get, always, Some(600));
    add("a listed pool", &listed.only_new(new, Some(&messages)));
    let nothing_new = plan(&messages, &share, LookupMode::Get, always, Some(600));
    let none = NewUserCounts::from(SurveyCounts::default());
    add("nothing new", &nothing_new.only_new(none, Some(&messages)));
    answers.limits.clear();
    answers.failed_calls.push(FailedCall {
        call: Call::GetProvisionedLimit,
        failure: Failure::answered(Operation::Read, 400, "AccessDeniedException", ""),
        needed: false,
    });
    let rates = Rates::new(&share, &answers);
    let plan = RunPlan::new(counts, None, rates, LookupMode::Get, ExistingUsers::Unknown);
    add("no limit and no rules", &plan);
    assert_messages!("plan", text.trim_end());
}
