//! What people see while a run is at work: a bar on a terminal, a line now and then elsewhere, nothing when they want quiet.
//! All of it on standard error.

mod bar;
mod line;

use std::io::IsTerminal as _;

use crate::import::{Progress, Watch};
use crate::outcome::Outcome;

/// Picks the form that fits. `bytes` is the list's length, where it is known.
#[must_use]
pub fn for_people(quiet: bool, bytes: Option<u64>) -> Box<dyn Watch> {
    if quiet {
        Box::new(Silent)
    } else if std::io::stderr().is_terminal() {
        Box::new(bar::Bar::new(bytes))
    } else {
        Box::new(line::Lines::new(bytes))
    }
}

/// Says nothing.
struct Silent;

impl Watch for Silent {
    fn progress(&mut self, _: &Progress) {}

    fn reading(&mut self, _: u64, _: Option<u64>, _: std::time::Duration) {}

    fn notice(&mut self, _: &str) {}
}

/// How far the pool is read.
fn reading(users: u64, about: Option<u64>) -> String {
    let of = about.map_or_else(String::new, |about| format!(" of about {about}"));
    format!("reading the pool: {users}{of} users")
}

/// `created 12, existed 3, ...`: outcomes that occur, and how many users wait for what follows.
fn counts(progress: &Progress) -> String {
    let parts: Vec<String> = Outcome::ALL
        .into_iter()
        .filter(|outcome| progress.counts.of(*outcome) > 0)
        .map(|outcome| format!("{} {}", outcome.word(), progress.counts.of(outcome)))
        .collect();
    let to_follow = match progress.to_follow {
        0 => String::new(),
        users => format!("; {users} users with steps to come"),
    };
    format!("{}{to_follow}", parts.join(", "))
}

/// What holds the run up at the moment; nothing where nothing does.
fn held_up(progress: &Progress) -> String {
    let sign_ups = progress.sign_ups;
    if sign_ups.allowed < sign_ups.ceiling {
        format!(
            "; slowed to {:.1} of {:.0} sign-ups a second, for the pool has no room for more",
            sign_ups.allowed, sign_ups.ceiling
        )
    } else {
        String::new()
    }
}

/// Rows settled a second in this session.
fn rate(progress: &Progress) -> f64 {
    let seconds = progress.elapsed.as_secs_f64();
    if seconds < 0.001 {
        return 0.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    let rows = progress.rows_now as f64;
    rows / seconds
}

#[cfg(test)]
mod tests {
    use super::reading;

    #[test]
    fn how_far_the_pool_is_read_is_told_with_its_size_where_that_is_known() {
        assert_eq!(
            reading(120, Some(600)),
            "reading the pool: 120 of about 600 users"
        );
        assert_eq!(reading(120, None), "reading the pool: 120 users");
    }
}
