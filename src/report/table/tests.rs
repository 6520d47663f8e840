use super::{code_lines, detail_lines, summary_table, wrapped};
use crate::outcome::{CategoryRequests, Outcome, Pace, StepCounts, Summary};
use crate::report::html::samples::summary;

/// Returns a summary with every outcome and every kind of line.
fn full_summary() -> Summary {
    let mut summary = summary(&Outcome::ALL.map(|outcome| (outcome, 1_234)));
    summary.errors = (1..=11).map(|n| (format!("code.{n:02}"), n)).collect();
    for group in (1..=12).map(|number| format!("group g{number:02}")) {
        let counts = StepCounts {
            done: 3,
            failed: 2,
            pending: 1,
        };
        summary.follow_up.insert(group, counts);
    }
    summary.follow_up_errors = [("ResourceNotFoundException".to_owned(), 2)].into();
    for (category, sent, throttled, slowed_seconds) in [
        ("UserCreation", 1_234, 5, 61.5),
        ("UserRead", 1, 0, 0.0),
        ("UserList", 9, 0, 0.0),
    ] {
        let requests = CategoryRequests { sent, throttled };
        summary.requests.insert(category.to_owned(), requests);
        summary.rates.insert(category.to_owned(), 30.5);
        let pace = Pace {
            ceiling: 40.0,
            allowed: 39.0,
            used_of_ceiling: 0.77,
            used_of_allowed: 0.79,
            slowed_seconds,
        };
        if category != "UserList" {
            summary.pace.insert(category.to_owned(), pace);
        }
    }
    summary.deliveries = [("sent", 1_000), ("refused", 2), ("none", 5)].into();
    summary.sessions = 2;
    summary.read_to_end = false;
    summary
}

#[test]
fn messages() {
    let small = summary(&[(Outcome::Created, 1)]);
    let mut text = format!("one row:\n{}\n\n", summary_table(&small, None));
    for width in [80, 110] {
        let table = summary_table(&full_summary(), Some(width));
        text += &format!("{width} columns:\n{table}\n\n");
    }
    assert_messages!("summary_table", text.trim_end());
}

#[test]
fn shows_the_rate_while_the_category_was_in_use() {
    let first_line = |sent, rate| {
        let mut summary = summary(&[(Outcome::Created, 8)]);
        let requests = CategoryRequests { sent, throttled: 0 };
        summary.requests.insert("UserList".to_owned(), requests);
        summary.rates.insert("UserList".to_owned(), rate);
        let pace = Pace {
            ceiling: 24.0,
            allowed: 24.0,
            used_of_ceiling: 0.92,
            used_of_allowed: 0.92,
            slowed_seconds: 0.0,
        };
        summary.pace.insert("UserList".to_owned(), pace);
        detail_lines(&summary).remove(0)
    };
    assert_eq!(first_line(1, 0.0), "UserList: 1 request, 0 throttled");
    assert_eq!(
        first_line(2, 0.14),
        "UserList: 2 requests, 92% of the limit of 24/s while active, 0 throttled"
    );
    assert_eq!(
        first_line(220, 22.1),
        "UserList: 220 requests, 22.1/s (limit 24/s, 92% used), 0 throttled"
    );
}

#[test]
fn rounds_rates_and_averages_the_limits_of_sessions() {
    let mut summary = summary(&[(Outcome::Created, 100)]);
    for (category, rate, ceiling, used_of_ceiling) in [
        ("UserCreation", 8.04, 19.5512, 0.44),
        ("UserList", 0.14, 522.9019, 0.92),
        ("UserRead", 0.04, 20.0, 0.002),
    ] {
        let requests = CategoryRequests {
            sent: 100,
            throttled: 0,
        };
        summary.requests.insert(category.to_owned(), requests);
        summary.rates.insert(category.to_owned(), rate);
        let pace = Pace {
            ceiling,
            allowed: ceiling,
            used_of_ceiling,
            used_of_allowed: used_of_ceiling,
            slowed_seconds: 0.0,
        };
        summary.pace.insert(category.to_owned(), pace);
    }
    assert_eq!(
        detail_lines(&summary)[..3],
        [
            "UserCreation: 100 requests, 8/s (average limit 19.6/s, 44% used), 0 throttled",
            "UserList: 100 requests, 92% of the average limit of 522.9/s while active, 0 \
             throttled",
            "UserRead: 100 requests, 0.04/s (limit 20/s, 0% used), 0 throttled",
        ]
    );
}

#[test]
fn counts_broken_rules_and_error_codes_below_headings() {
    let mut summary = summary(&[(Outcome::Invalid, 3), (Outcome::Rejected, 1)]);
    let errors = [("email.format", 2), ("InvalidParameterException", 1)];
    summary.errors = errors.map(|(code, count)| (code.to_owned(), count)).into();
    assert_eq!(
        detail_lines(&summary)[..4],
        [
            "rows by first broken rule:",
            "  2 x email.format",
            "rows by error code:",
            "  1 x InvalidParameterException",
        ]
    );
}

#[test]
fn the_ten_most_frequent_codes_have_lines_and_the_rest_are_counted() {
    let errors = |codes: u64| (1..=codes).map(|n| (format!("code.{n:02}"), n)).collect();
    let lines = code_lines(&errors(12), "", "error_code in results.csv");
    assert_eq!(lines.len(), 11, "{lines:?}");
    assert_eq!(lines[0], "12 x code.12");
    assert_eq!(lines[9], "3 x code.03");
    assert_eq!(
        lines[10],
        "2 other codes: 3 in total, see error_code in results.csv"
    );
    assert_eq!(code_lines(&errors(10), "", "").len(), 10);
    let mut summary = summary(&[(Outcome::Rejected, 300)]);
    summary.errors = errors(40);
    summary.follow_up_errors = errors(11);
    let lines = detail_lines(&summary);
    let count = |text: &str| lines.iter().filter(|line| line.contains(text)).count();
    assert_eq!((count(" x code."), count("after the sign-up")), (20, 11));
    assert!(
        lines.contains(
            &"1 other code after the sign-up: 1 in total, see follow_up_errors in summary.json"
                .to_owned()
        )
    );
}

#[test]
fn wraps_long_lines_with_indentation() {
    let text = "UserCreation: 40 requests, 38.31 a second";
    assert_eq!(wrapped(text, usize::MAX), format!("  {text}"));
    assert_eq!(
        wrapped(text, 30),
        "  UserCreation: 40 requests,\n      38.31 a second"
    );
    assert_eq!(
        wrapped("a path/that/is/longer", 10),
        "  a\n      path/that/is/longer"
    );
}
