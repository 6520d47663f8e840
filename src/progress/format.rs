//! Formats the values of progress output.

use std::time::Duration;

use super::estimate::RunStatus;
use crate::import::{Bottleneck, Progress};
use crate::outcome::Outcome;
use crate::pace::Category;
use crate::plural::{counted, plural};

/// Formats how much of the pool has been read.
pub(super) fn reading(users: u64, estimated_total: Option<u64>) -> String {
    let of_total = estimated_total.map_or_else(String::new, |total| format!(" of about {total}"));
    let noun = plural(estimated_total.unwrap_or(users), "user", "users");
    format!("reading the pool: {users}{of_total} {noun}")
}

/// Formats the nonzero counts of outcomes (`created 12`, `existed 3`, ...) and of users with
/// pending steps.
pub(super) fn counts(progress: &Progress) -> Vec<String> {
    let outcomes = Outcome::ALL
        .into_iter()
        .filter(|outcome| progress.counts.of(*outcome) > 0)
        .map(|outcome| format!("{} {}", outcome.name(), progress.counts.of(outcome)));
    let to_follow = (progress.to_follow > 0).then(|| {
        format!(
            "{} with pending steps",
            counted(progress.to_follow as u64, "user", "users")
        )
    });
    outcomes.chain(to_follow).collect()
}

/// Describes a bottleneck.
pub(super) fn bottleneck(bottleneck: &Bottleneck) -> String {
    match bottleneck {
        Bottleneck::Stopping { in_flight: 0 } => "stopping".to_owned(),
        Bottleneck::Stopping { in_flight } => {
            format!("stopping: waiting for {}", rows(*in_flight))
        }
        Bottleneck::Unanswered { since, in_flight } => format!(
            "no answer from the pool for {} ({} in flight)",
            duration(Duration::from_secs(since.as_secs())),
            rows(*in_flight)
        ),
        Bottleneck::Unreachable { rows: count } => {
            format!("no connection to the pool for the last {}", rows(*count))
        }
        Bottleneck::Throttled { category, reading } => format!(
            "{} slowed to {:.1}/s by throttling (limit {:.0}/s)",
            request_noun(*category),
            reading.allowed,
            reading.ceiling
        ),
        Bottleneck::LookUps { waiting } => {
            format!("{} waiting for a lookup (--lookup-rate)", rows(*waiting))
        }
        Bottleneck::Answers { in_flight } => format!(
            "the pool is slow to answer: {} in flight, the maximum (--concurrency)",
            rows(*in_flight)
        ),
        Bottleneck::List => "waiting for the list".to_owned(),
    }
}

/// Returns the plural noun for a category's requests.
fn request_noun(category: Category) -> &'static str {
    match category {
        Category::UserCreation => "sign-ups",
        Category::UserRead => "lookups",
        Category::UserUpdate => "updates",
        Category::UserList => "listings",
        Category::UserResourceRead => "sign-in lookups",
    }
}

fn rows(count: usize) -> String {
    counted(count as u64, "row", "rows")
}

/// Formats the number of rows and the total, if known: `12 of 40 rows`.
pub(super) fn rows_of_total(status: &RunStatus) -> String {
    match status.total {
        Some(total) => format!("{} of {}", status.rows, counted(total, "row", "rows")),
        None => counted(status.rows, "row", "rows"),
    }
}

/// Converts a fraction to whole percent, rounded down, so that 100 means finished.
pub(super) fn percent(fraction: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 100"
    )]
    let percent = (fraction * 100.0) as u32;
    percent
}

/// Formats a duration with at most two units, rounded up to the second, so that 0 means finished.
pub(super) fn duration(time: Duration) -> String {
    let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m {:02}s", seconds % 60),
        (0, ..) => format!("{hours}h {minutes:02}m"),
        _ => format!("{days}d {hours:02}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::{bottleneck, duration, percent, reading};
    use crate::import::Bottleneck;
    use crate::pace::{Category, PaceReading};
    use std::time::Duration;

    #[test]
    fn messages() {
        let mut text = format!("{}\n{}\n", reading(120, Some(600)), reading(120, None));
        let mut add = |cause: Bottleneck| text += &format!("{}\n", bottleneck(&cause));
        for in_flight in 0..=2 {
            add(Bottleneck::Stopping { in_flight });
        }
        for count in 1..=2 {
            let since = Duration::from_secs(7);
            let in_flight = count;
            add(Bottleneck::Unanswered { since, in_flight });
            add(Bottleneck::Unreachable { rows: count });
            add(Bottleneck::LookUps { waiting: count });
            add(Bottleneck::Answers { in_flight });
        }
        for category in Category::ALL {
            let reading = PaceReading {
                ceiling: 40.0,
                allowed: 28.7,
                ..PaceReading::default()
            };
            add(Bottleneck::Throttled { category, reading });
        }
        add(Bottleneck::List);
        assert_messages!("progress", text);
    }

    #[test]
    fn formats_pool_reading_with_and_without_total() {
        assert_eq!(
            reading(120, Some(600)),
            "reading the pool: 120 of about 600 users"
        );
        assert_eq!(reading(120, None), "reading the pool: 120 users");
        assert_eq!(reading(1, None), "reading the pool: 1 user");
        assert_eq!(reading(0, Some(1)), "reading the pool: 0 of about 1 user");
    }

    #[test]
    fn durations_have_at_most_two_units() {
        let formatted = [0, 59, 60, 3_599, 3_600, 7_265, 86_400, 200_000]
            .map(|seconds| duration(Duration::from_secs(seconds)));
        assert_eq!(
            formatted,
            [
                "0s", "59s", "1m 00s", "59m 59s", "1h 00m", "2h 01m", "1d 00h", "2d 07h"
            ]
        );
    }

    #[test]
    fn rounds_durations_up() {
        assert_eq!(duration(Duration::from_millis(1)), "1s");
        assert_eq!(duration(Duration::from_millis(59_500)), "1m 00s");
    }

    #[test]
    fn rounds_percentages_down() {
        assert_eq!([0.0, 0.5, 0.999, 1.0].map(percent), [0, 50, 99, 100]);
    }

    #[test]
    fn describes_throttling_and_missing_answers() {
        let reading = PaceReading {
            ceiling: 40.0,
            allowed: 19.4,
            ..PaceReading::default()
        };
        let throttled = |category| bottleneck(&Bottleneck::Throttled { category, reading });
        assert_eq!(
            throttled(Category::UserCreation),
            "sign-ups slowed to 19.4/s by throttling (limit 40/s)"
        );
        assert!(throttled(Category::UserRead).contains("lookups slowed"));
        assert_eq!(
            bottleneck(&Bottleneck::Unanswered {
                since: Duration::from_secs(7),
                in_flight: 1
            }),
            "no answer from the pool for 7s (1 row in flight)"
        );
    }

    #[test]
    fn stopping_names_the_rows_in_flight() {
        let stopping = |in_flight| bottleneck(&Bottleneck::Stopping { in_flight });
        assert_eq!(stopping(1), "stopping: waiting for 1 row");
        assert_eq!(stopping(0), "stopping");
    }
}
