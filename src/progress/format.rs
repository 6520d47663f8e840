//! What is said of a run while it is at work, in words.

use std::time::Duration;

use super::estimate::View;
use crate::import::{Bottleneck, Progress};
use crate::outcome::Outcome;
use crate::pace::Category;
use crate::plural::{counted, plural};

/// How far the pool is read.
pub(super) fn reading(users: u64, about: Option<u64>) -> String {
    let of = about.map_or_else(String::new, |about| format!(" of about {about}"));
    let noun = plural(about.unwrap_or(users), "user", "users");
    format!("reading the pool: {users}{of} {noun}")
}

/// `created 12`, `existed 3`, ...: outcomes that occur, and how many users wait for what follows.
pub(super) fn counts(progress: &Progress) -> Vec<String> {
    let occur = Outcome::ALL
        .into_iter()
        .filter(|outcome| progress.counts.of(*outcome) > 0)
        .map(|outcome| format!("{} {}", outcome.word(), progress.counts.of(outcome)));
    let to_follow = (progress.to_follow > 0).then(|| {
        format!(
            "{} with pending steps",
            counted(progress.to_follow as u64, "user", "users")
        )
    });
    occur.chain(to_follow).collect()
}

/// What holds the run up.
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
        Bottleneck::Unreachable { rows: found } => {
            format!("no connection to the pool for the last {}", rows(*found))
        }
        Bottleneck::Throttled { category, reading } => format!(
            "{} throttled by Cognito: {:.1}/s (limit {:.0}/s)",
            requests(*category),
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

/// What a category's requests are.
fn requests(category: Category) -> &'static str {
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

/// `12 of 40 rows`, or as much of it as is known.
pub(super) fn how_many(view: &View) -> String {
    match view.of {
        Some(of) => format!("{} of {}", view.rows, counted(of, "row", "rows")),
        None => counted(view.rows, "row", "rows"),
    }
}

/// Whole percent, rounded down: all is only all when it is.
pub(super) fn percent(share: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 100"
    )]
    let percent = (share * 100.0) as u32;
    percent
}

/// Rounded up, for something is left as long as it is not over; two units at most: nobody waits for the second in an hour.
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
        let mut add = |why: Bottleneck| text += &format!("{}\n", bottleneck(&why));
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
    fn how_far_the_pool_is_read_is_told_with_its_size_where_that_is_known() {
        assert_eq!(
            reading(120, Some(600)),
            "reading the pool: 120 of about 600 users"
        );
        assert_eq!(reading(120, None), "reading the pool: 120 users");
        assert_eq!(reading(1, None), "reading the pool: 1 user");
        assert_eq!(reading(0, Some(1)), "reading the pool: 0 of about 1 user");
        assert_eq!(reading(1, None), "reading the pool: 1 user");
        assert_eq!(reading(0, Some(1)), "reading the pool: 0 of about 1 user");
    }

    #[test]
    fn times_have_two_units_at_most() {
        let told = [0, 59, 60, 3_599, 3_600, 7_265, 86_400, 200_000]
            .map(|seconds| duration(Duration::from_secs(seconds)));
        assert_eq!(
            told,
            [
                "0s", "59s", "1m 00s", "59m 59s", "1h 00m", "2h 01m", "1d 00h", "2d 07h"
            ]
        );
    }

    #[test]
    fn less_than_a_second_is_not_nothing() {
        assert_eq!(duration(Duration::from_millis(1)), "1s");
        assert_eq!(duration(Duration::from_millis(59_500)), "1m 00s");
    }

    #[test]
    fn all_is_only_said_when_it_is_all() {
        assert_eq!([0.0, 0.5, 0.999, 1.0].map(percent), [0, 50, 99, 100]);
    }

    #[test]
    fn a_slow_down_says_of_what_and_by_how_much() {
        let reading = PaceReading {
            ceiling: 40.0,
            allowed: 19.4,
            ..PaceReading::default()
        };
        let throttled = |category| bottleneck(&Bottleneck::Throttled { category, reading });
        assert_eq!(
            throttled(Category::UserCreation),
            "sign-ups throttled by Cognito: 19.4/s (limit 40/s)"
        );
        assert!(throttled(Category::UserRead).contains("lookups throttled"));
        assert_eq!(
            bottleneck(&Bottleneck::Unanswered {
                since: Duration::from_secs(7),
                in_flight: 1
            }),
            "no answer from the pool for 7s (1 row in flight)"
        );
    }

    #[test]
    fn a_stop_names_the_rows_that_are_waited_for_where_there_are_any() {
        let stopping = |in_flight| bottleneck(&Bottleneck::Stopping { in_flight });
        assert_eq!(stopping(1), "stopping: waiting for 1 row");
        assert_eq!(stopping(0), "stopping");
    }
}
