use super::{MAX_COLUMNS, charts, rate_axis, time_axis};
use crate::outcome::RateSample;
use crate::report::html::samples::rate_sample as sample;
use crate::report::html::timeline::Timeline;

fn draw(samples: &[RateSample]) -> Vec<super::RateChart> {
    charts(samples, &Timeline::new(samples))
}

#[test]
fn a_steady_run_is_a_straight_line_below_its_ceiling() {
    let samples: Vec<RateSample> = (0..10)
        .map(|second| sample("UserCreation", second * 1_000, 1_000))
        .collect();
    let charts = draw(&samples);
    assert_eq!(charts.len(), 1);
    let chart = &charts[0];
    // The top is 44.8 per second: 40 is 21.4 units below it, 30 is 66.1.
    assert_eq!(chart.ceiling, "M0.0,21.4H1000.0");
    assert_eq!(chart.sent_line, "M0.0,66.1H1000.0");
    assert_eq!(chart.sent_area, "M0.0,200V66.1H1000.0V200Z");
    assert_eq!(chart.allowed, "", "never throttled");
    assert!(chart.throttles.is_empty() && chart.pauses.is_empty());
    assert!(
        chart
            .description
            .contains("300 requests recorded over 10 s, peak 30 per second (limit 40)"),
        "{}",
        chart.description
    );
}

#[test]
fn one_request_above_the_ceiling_is_drawn_at_the_ceiling() {
    let draw_sample = |sent, room_milli| {
        let mut second = sample("UserCreation", 0, 1_000);
        (second.sent, second.room_milli) = (sent, room_milli);
        let chart = draw(&[second]).remove(0);
        (chart.sent_line == chart.ceiling, chart.description)
    };
    // The last of the 40 requests belongs partly to the next second.
    for (sent, room_milli) in [(40, 40_000), (41, 40_000), (40, 39_300), (40, 39_000)] {
        let (at_ceiling, description) = draw_sample(sent, room_milli);
        assert!(at_ceiling, "{sent} of {room_milli}: {description}");
        assert!(
            description.contains(&format!("{sent} requests")),
            "the description has the exact count: {description}"
        );
    }
    for (sent, room_milli) in [(39, 40_000), (42, 40_000), (41, 39_300), (40, 38_999)] {
        let (at_ceiling, description) = draw_sample(sent, room_milli);
        assert!(!at_ceiling, "{sent} of {room_milli}: {description}");
    }
    assert!(draw_sample(42, 40_000).1.contains("peak 42 per second"));
}

#[test]
fn marks_columns_with_throttling() {
    let mut samples: Vec<RateSample> = (0..4)
        .map(|second| sample("UserCreation", second * 1_000, 1_000))
        .collect();
    samples[2].throttled = 3;
    samples[3].allowed_milli = 20_000;
    let chart = &draw(&samples)[0];
    assert_eq!(chart.throttles.len(), 1);
    assert_eq!(
        (
            chart.throttles[0].x.as_str(),
            chart.throttles[0].width.as_str()
        ),
        ("500.0", "250.0")
    );
    assert!(chart.allowed.contains('V'), "{}", chart.allowed);
    assert!(
        chart.description.contains("3 throttled (2.5%)"),
        "{}",
        chart.description
    );
}

#[test]
fn long_runs_have_a_limited_number_of_columns() {
    let mut samples: Vec<RateSample> = (0..21_600)
        .map(|second| sample("UserCreation", second * 1_000, 1_000))
        .collect();
    for (number, sample) in samples.iter_mut().enumerate() {
        sample.sent = 20 + number as u64 % 17;
        sample.throttled = 1;
    }
    let chart = &draw(&samples)[0];
    let max = usize::try_from(MAX_COLUMNS).unwrap() + 2;
    assert!(chart.throttles.len() <= max, "{}", chart.throttles.len());
    assert!(
        chart.sent_line.len() < 20 * max,
        "{}",
        chart.sent_line.len()
    );
    let labels: Vec<&str> = chart.times.iter().map(|tick| tick.label.as_str()).collect();
    assert_eq!(labels, ["0 s", "2 h", "4 h", "6 h"]);
}

#[test]
fn merges_short_samples() {
    let samples = [
        sample("UserCreation", 0, 1_000),
        sample("UserCreation", 1_000, 50),
    ];
    assert_eq!(draw(&samples)[0].sent_line.matches('V').count(), 0);
    let chart = &draw(&[sample("UserCreation", 0, 300)])[0];
    assert_eq!(chart.sent_line, "M0.0,66.1H1000.0");
}

#[test]
fn sessions_are_adjacent_with_a_gap_in_the_line() {
    let samples = [
        sample("UserCreation", 0, 1_000),
        sample("UserCreation", 1_000_000, 1_000),
        sample("UserRead", 1_000_000, 1_000),
    ];
    let charts = draw(&samples);
    let names: Vec<&str> = charts.iter().map(|chart| chart.category.as_str()).collect();
    assert_eq!(names, ["UserCreation", "UserRead"]);
    assert_eq!(charts[0].sent_line, "M0.0,66.1H500.0M500.0,66.1H1000.0");
    assert_eq!(charts[0].pauses, ["50.00%"]);
    assert_eq!(charts[1].sent_line, "M500.0,66.1H1000.0");
}

#[test]
fn axes_have_round_numbers() {
    for (highest, labels) in [
        (40.0, vec!["10", "20", "30", "40"]),
        (50.0, vec!["20", "40"]),
        (1_000.0, vec!["500", "1,000"]),
        (0.5, vec!["0.2", "0.4"]),
    ] {
        let (top, ticks) = rate_axis(highest);
        let ticks: Vec<&str> = ticks.iter().map(|tick| tick.label.as_str()).collect();
        assert_eq!(ticks, labels, "{highest}");
        assert!(top > highest);
    }
    let labels = |total| -> Vec<String> {
        time_axis(total)
            .into_iter()
            .map(|tick| tick.label)
            .collect()
    };
    assert_eq!(labels(300), ["0 s", "0.1 s", "0.2 s", "0.3 s"]);
    assert_eq!(labels(45_000), ["0 s", "10 s", "20 s", "30 s", "40 s"]);
    assert_eq!(labels(0), ["0 s"]);
}
