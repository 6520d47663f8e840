use super::{Estimate, ExpectedRows, ExpectedWork, time_left};
use crate::import::{Bottleneck, OutcomeCounts, Progress};
use crate::outcome::Outcome;
use crate::pace::PaceReading;
use std::time::Duration;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn expected(all: u64, to_send: u64) -> ExpectedWork {
    ExpectedWork {
        rows: Some(ExpectedRows { all, to_send }),
        bytes: Some(1_000),
        users_a_second: 40.0,
    }
}

/// So many created after so many seconds, at this many allowed of 40.
fn created(at: u64, rows: u64, allowed: f64) -> Progress {
    let mut counts = OutcomeCounts::default();
    counts.add_many(Outcome::Created, rows);
    Progress {
        counts,
        rows_now: rows,
        sent_now: rows,
        sign_ups: PaceReading {
            sent: rows,
            ceiling: 40.0,
            allowed,
            ..PaceReading::default()
        },
        elapsed: seconds(at),
        ..Progress::default()
    }
}

#[test]
fn the_time_left_is_that_of_the_lower_rate() {
    let left = |users, planned, observed| time_left(users, planned, observed).map(|t| t.as_secs());
    assert_eq!(left(400.0, 40.0, None), Some(10), "as planned");
    assert_eq!(left(400.0, 40.0, Some(20.0)), Some(20), "as seen");
    assert_eq!(
        left(400.0, 10.0, Some(20.0)),
        Some(40),
        "slowed down just now"
    );
    assert_eq!(left(400.0, 40.0, Some(0.0)), None, "nothing goes on");
    assert_eq!(left(400.0, 0.0, None), None);
    assert_eq!(left(0.0, 40.0, Some(0.0)), Some(0), "nothing is left");
}

#[test]
fn a_steady_run_is_told_by_its_rows_and_its_rate() {
    let mut estimate = Estimate::new(expected(4_000, 4_000));
    let mut view = estimate.view(&created(0, 0, 40.0));
    assert_eq!((view.share, view.left), (Some(0.0), Some(seconds(100))));
    for at in 1..=30 {
        view = estimate.view(&created(at, at * 40, 40.0));
    }
    assert_eq!(
        (view.rows, view.of, view.share),
        (1_200, Some(4_000), Some(0.3))
    );
    assert!((view.a_second - 40.0).abs() < 0.01, "{view:?}");
    assert_eq!(view.left, Some(seconds(70)));
}

#[test]
fn a_slow_down_counts_at_once_and_its_end_when_it_is_seen() {
    let mut estimate = Estimate::new(expected(4_000, 4_000));
    for at in 0..=20 {
        estimate.view(&created(at, at * 40, 40.0));
    }
    let slowed = estimate.view(&created(21, 820, 20.0));
    assert_eq!(slowed.left, Some(seconds(159)));
    for at in 22..=60 {
        estimate.view(&created(at, 820 + (at - 21) * 20, 20.0));
    }
    let again = estimate.view(&created(61, 1_640, 40.0));
    assert!(again.left > Some(seconds(100)), "{again:?}");
    assert!(again.a_second < 30.0, "{again:?}");
}

#[test]
fn a_run_that_goes_on_begins_where_it_stands_with_a_rate_of_its_own() {
    let mut estimate = Estimate::new(expected(1_000, 900));
    let mut progress = created(0, 0, 40.0);
    progress.counts.add_many(Outcome::Created, 400);
    progress.counts.add_many(Outcome::Invalid, 100);
    let view = estimate.view(&progress);
    assert_eq!(
        (view.rows, view.share, view.a_second),
        (500, Some(0.5), 0.0)
    );
    assert_eq!(view.left.map(|left| left.as_secs()), Some(12), "500 at 40");
}

#[test]
fn rows_whose_users_the_listing_shows_cost_nothing() {
    let mut estimate = Estimate::new(expected(100_000, 100_000));
    let mut progress = Progress::default();
    for at in 0..=10 {
        // A hundredth is sent, and the rest jumps by.
        progress = created(at, at * 40, 40.0);
        progress.counts.add_many(Outcome::Existed, at * 3_960);
        progress.rows_now = at * 4_000;
        estimate.view(&progress);
    }
    let view = estimate.view(&progress);
    assert_eq!(view.share, Some(0.4));
    let left = view.left.unwrap().as_secs();
    assert!((14..=16).contains(&left), "600 of 60,000 at 40: {left}");
}

#[test]
fn without_a_count_the_bytes_say_how_far_it_is_and_never_that_it_is_over() {
    let mut estimate = Estimate::new(ExpectedWork {
        rows: None,
        ..expected(0, 0)
    });
    let mut progress = created(10, 400, 40.0);
    progress.bytes = 500;
    let view = estimate.view(&progress);
    assert_eq!((view.of, view.share), (None, Some(0.5)));
    assert_eq!(view.left.map(|left| left.as_secs()), Some(10));
    progress.bytes = 1_000;
    assert_eq!(estimate.view(&progress).share, Some(0.99));
    let mut unknown = Estimate::new(ExpectedWork {
        rows: None,
        bytes: None,
        users_a_second: 40.0,
    });
    let view = unknown.view(&progress);
    assert_eq!((view.share, view.left), (None, None));
}

#[test]
fn a_run_that_stops_has_no_time_left_and_what_it_leaves_is_not_behind_it() {
    let mut estimate = Estimate::new(expected(1_000, 1_000));
    let mut progress = created(10, 400, 40.0);
    progress.counts.add_many(Outcome::Unsent, 600);
    progress.bottleneck = Some(Bottleneck::Stopping { in_flight: 3 });
    let view = estimate.view(&progress);
    assert_eq!((view.rows, view.share, view.left), (400, Some(0.4), None));
}

#[test]
fn users_whose_steps_are_not_all_taken_are_not_done() {
    let mut estimate = Estimate::new(ExpectedWork {
        users_a_second: 20.0,
        ..expected(400, 400)
    });
    let mut view = None;
    for at in 0..=10 {
        // Sign-ups run ahead of the steps that follow.
        let mut progress = created(at, at * 40, 40.0);
        progress.to_follow = usize::try_from(at * 20).unwrap();
        view = Some(estimate.view(&progress));
    }
    let view = view.unwrap();
    assert_eq!(view.share, Some(1.0));
    assert_eq!(view.left, Some(seconds(10)), "200 users at 20");
}
