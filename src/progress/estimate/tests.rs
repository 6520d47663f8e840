use super::{Estimate, ExpectedRows, ExpectedWork, remaining_time};
use crate::import::{Bottleneck, OutcomeCounts, Progress};
use crate::outcome::Outcome;
use crate::pace::PaceReading;
use std::time::Duration;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn expected(total: u64, to_send: u64) -> ExpectedWork {
    ExpectedWork {
        rows: Some(ExpectedRows { total, to_send }),
        bytes: Some(1_000),
        users_per_second: 40.0,
    }
}

/// Returns the progress after `at` seconds with `rows` created users and `allowed` of 40 sign-ups
/// per second.
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
fn remaining_time_uses_the_lower_rate() {
    let secs = |users, planned, observed| {
        remaining_time(users, planned, observed).map(|time| time.as_secs())
    };
    assert_eq!(secs(400.0, 40.0, None), Some(10), "planned");
    assert_eq!(secs(400.0, 40.0, Some(20.0)), Some(20), "observed");
    assert_eq!(
        secs(400.0, 10.0, Some(20.0)),
        Some(40),
        "throttled just now"
    );
    assert_eq!(secs(400.0, 40.0, Some(0.0)), None, "no progress");
    assert_eq!(secs(400.0, 0.0, None), None);
    assert_eq!(secs(0.0, 40.0, Some(0.0)), Some(0), "finished");
}

#[test]
fn steady_run() {
    let mut estimate = Estimate::new(expected(4_000, 4_000));
    let mut status = estimate.update(&created(0, 0, 40.0));
    assert_eq!(
        (status.fraction, status.remaining),
        (Some(0.0), Some(seconds(100)))
    );
    for at in 1..=30 {
        status = estimate.update(&created(at, at * 40, 40.0));
    }
    assert_eq!(
        (status.rows, status.total, status.fraction),
        (1_200, Some(4_000), Some(0.3))
    );
    assert!((status.rate - 40.0).abs() < 0.01, "{status:?}");
    assert_eq!(status.remaining, Some(seconds(70)));
}

#[test]
fn reacts_to_throttling_at_once_but_to_recovery_gradually() {
    let mut estimate = Estimate::new(expected(4_000, 4_000));
    for at in 0..=20 {
        estimate.update(&created(at, at * 40, 40.0));
    }
    let throttled = estimate.update(&created(21, 820, 20.0));
    assert_eq!(throttled.remaining, Some(seconds(159)));
    for at in 22..=60 {
        estimate.update(&created(at, 820 + (at - 21) * 20, 20.0));
    }
    let recovered = estimate.update(&created(61, 1_640, 40.0));
    assert!(recovered.remaining > Some(seconds(100)), "{recovered:?}");
    assert!(recovered.rate < 30.0, "{recovered:?}");
}

#[test]
fn resumed_run_starts_with_earlier_rows_and_a_new_rate() {
    let mut estimate = Estimate::new(expected(1_000, 900));
    let mut progress = created(0, 0, 40.0);
    progress.counts.add_many(Outcome::Created, 400);
    progress.counts.add_many(Outcome::Invalid, 100);
    let status = estimate.update(&progress);
    assert_eq!(
        (status.rows, status.fraction, status.rate),
        (500, Some(0.5), 0.0)
    );
    assert_eq!(
        status.remaining.map(|left| left.as_secs()),
        Some(12),
        "500 at 40"
    );
}

#[test]
fn users_found_by_the_listing_take_no_time() {
    let mut estimate = Estimate::new(expected(100_000, 100_000));
    let mut progress = Progress::default();
    for at in 0..=10 {
        // One percent of the rows is sent; the listing settles the rest.
        progress = created(at, at * 40, 40.0);
        progress.counts.add_many(Outcome::Existed, at * 3_960);
        progress.rows_now = at * 4_000;
        estimate.update(&progress);
    }
    let status = estimate.update(&progress);
    assert_eq!(status.fraction, Some(0.4));
    let left = status.remaining.unwrap().as_secs();
    assert!((14..=16).contains(&left), "600 of 60,000 at 40: {left}");
}

#[test]
fn uses_bytes_if_rows_are_unknown_but_never_reaches_100_percent() {
    let mut estimate = Estimate::new(ExpectedWork {
        rows: None,
        ..expected(0, 0)
    });
    let mut progress = created(10, 400, 40.0);
    progress.bytes = 500;
    let status = estimate.update(&progress);
    assert_eq!((status.total, status.fraction), (None, Some(0.5)));
    assert_eq!(status.remaining.map(|left| left.as_secs()), Some(10));
    progress.bytes = 1_000;
    assert_eq!(estimate.update(&progress).fraction, Some(0.99));
    let mut unknown = Estimate::new(ExpectedWork {
        rows: None,
        bytes: None,
        users_per_second: 40.0,
    });
    let status = unknown.update(&progress);
    assert_eq!((status.fraction, status.remaining), (None, None));
}

#[test]
fn stopping_run_has_no_remaining_time_and_excludes_unsent_rows() {
    let mut estimate = Estimate::new(expected(1_000, 1_000));
    let mut progress = created(10, 400, 40.0);
    progress.counts.add_many(Outcome::Unsent, 600);
    progress.bottleneck = Some(Bottleneck::Stopping { in_flight: 3 });
    let status = estimate.update(&progress);
    assert_eq!(
        (status.rows, status.fraction, status.remaining),
        (400, Some(0.4), None)
    );
}

#[test]
fn no_remaining_time_while_the_pool_does_not_answer() {
    for rows in [expected(100, 100).rows, None] {
        let mut estimate = Estimate::new(ExpectedWork {
            rows,
            ..expected(0, 0)
        });
        // The whole list was read, but nothing has been answered.
        let mut progress = created(8, 0, 40.0);
        progress.bytes = 1_000;
        progress.in_flight = 100;
        progress.bottleneck = Some(Bottleneck::Unanswered {
            since: seconds(8),
            in_flight: 100,
        });
        assert_eq!(estimate.update(&progress).remaining, None);
    }
}

#[test]
fn no_remaining_time_before_the_first_answer_if_rows_are_unknown() {
    let mut estimate = Estimate::new(ExpectedWork {
        rows: None,
        ..expected(0, 0)
    });
    let mut progress = created(2, 0, 40.0);
    progress.bytes = 1_000;
    progress.in_flight = 100;
    assert_eq!(estimate.update(&progress).remaining, None);
}

#[test]
fn users_with_pending_steps_are_not_done() {
    let mut estimate = Estimate::new(ExpectedWork {
        users_per_second: 20.0,
        ..expected(400, 400)
    });
    let mut status = None;
    for at in 0..=10 {
        // Sign-ups run ahead of the steps that follow.
        let mut progress = created(at, at * 40, 40.0);
        progress.to_follow = usize::try_from(at * 20).unwrap();
        status = Some(estimate.update(&progress));
    }
    let status = status.unwrap();
    assert_eq!(status.fraction, Some(1.0));
    assert_eq!(status.remaining, Some(seconds(10)), "200 users at 20");
}
