use super::{ReportInput, render};
use crate::ledger::RunKind;
use crate::outcome::{
    CategoryRequests, Evidence, Outcome, Pace, RateSample, RowOutcome, RowResult, StepCounts,
    Summary,
};
use crate::report::Names;
use crate::report::html::samples::{about, rate_sample, summary};
use crate::report::tally::ReportTally;

fn row(number: u64, username: &str, outcome: RowOutcome) -> RowResult {
    RowResult {
        username: Some(username.to_owned()),
        ..RowResult::sample(number, outcome)
    }
}

fn rows() -> ReportTally {
    let mut tally = ReportTally::default();
    for number in 1..=8 {
        let mut outcome = RowOutcome::of(Outcome::Created);
        outcome.evidence = Some(Evidence::Answer);
        outcome.attempts = 1;
        outcome.duration_ms = 20 + number * 3;
        outcome.confirmed = Some(number > 2);
        tally.row(&row(number, "ann", outcome));
    }
    let policy = "column password: the password does not meet the pool's policy: it has no digit";
    let invalid = RowOutcome::of(Outcome::Invalid).with_error("password.policy", policy);
    tally.row(&row(9, "bob@example.com", invalid));
    let refused = RowOutcome::of(Outcome::Rejected).with_error(
        "UserLambdaValidationException",
        "PreSignUp failed with error not Carl.",
    );
    tally.row(&row(10, "<carl> & \u{202e}co", refused));
    tally
}

fn run_summary() -> Summary {
    let mut summary = summary(&[
        (Outcome::Created, 8),
        (Outcome::Invalid, 1),
        (Outcome::Rejected, 1),
    ]);
    let requests = CategoryRequests {
        sent: 9,
        throttled: 1,
    };
    summary.requests.insert("UserCreation".to_owned(), requests);
    summary.rates.insert("UserCreation".to_owned(), 0.9);
    let pace = Pace {
        ceiling: 40.0,
        allowed: 38.0,
        used_of_ceiling: 0.0225,
        used_of_allowed: 0.0237,
        slowed_seconds: 2.0,
    };
    summary.pace.insert("UserCreation".to_owned(), pace);
    summary.deliveries.insert("sent", 8);
    let counts = StepCounts {
        done: 6,
        failed: 1,
        pending: 1,
    };
    summary.follow_up.insert("group staff".to_owned(), counts);
    summary
        .follow_up_errors
        .insert("ResourceNotFoundException".to_owned(), 1);
    summary
}

fn rates() -> Vec<RateSample> {
    let mut rates: Vec<RateSample> = (0..5)
        .map(|second| rate_sample("UserCreation", second * 1_000, 1_000))
        .collect();
    rates[2].throttled = 1;
    rates[3].allowed_milli = 20_000;
    rates.push(rate_sample("UserCreation", 3_600_000, 2_000));
    rates
}

fn page(names: Names) -> String {
    page_of(&run_summary(), names)
}

fn page_of(summary: &Summary, names: Names) -> String {
    render(&ReportInput {
        summary,
        about: &about(RunKind::Import),
        tally: &rows(),
        rates: &rates(),
        exit: (
            1,
            "finished; some rows are invalid, rejected, failed or duplicate",
        ),
        names,
        undone: false,
        active: false,
    })
    .unwrap()
}

#[test]
fn messages() {
    let page = page(Names::Masked);
    // The style has its own file.
    let (before, style) = page.split_once("<style>").unwrap();
    let (_, after) = style.split_once("</style>").unwrap();
    let hash = before
        .split_once("'sha256-")
        .unwrap()
        .1
        .split_once('\'')
        .unwrap()
        .0;
    let text = format!("{before}<style></style>{after}")
        .replace(hash, "HASH")
        .replace(env!("CARGO_PKG_VERSION"), "VERSION");
    assert_messages!("report.html", text);
}

#[test]
fn names_are_masked_unless_full_names_are_requested() {
    let (masked, full) = (page(Names::Masked), page(Names::Full));
    for name in ["bob@", "carl", "Carl"] {
        assert!(!masked.contains(name), "{name}");
        assert!(full.contains(name), "{name}");
    }
    assert!(
        full.contains("&#60;carl&#62; &#38; [U+202E]co"),
        "escaped, and made visible"
    );
}

#[test]
fn a_single_request_has_a_rate_above_0() {
    let mut summary = run_summary();
    summary.rates.insert("UserCreation".to_owned(), 0.0);
    assert!(page_of(&summary, Names::Masked).contains("0.9 of 40"));
}

#[test]
fn the_template_has_no_hidden_characters() {
    for text in [include_str!("page.html"), include_str!("page.css")] {
        assert_eq!(crate::sanitize::visible(text), text);
    }
}
