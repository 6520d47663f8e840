//! The rates of a run: one sample per second and quota category, merged if a run is long.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};

use super::integrity::seal::{broken_seal, rate_seal};
use super::rows::signed;
use crate::outcome::{Pace, RateSample};

pub(super) const TABLE: &str = "
CREATE TABLE rates (
    category TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    span_ms INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    throttled INTEGER NOT NULL,
    room_milli INTEGER NOT NULL,
    allowed_milli INTEGER NOT NULL,
    slowed_ms INTEGER NOT NULL,
    seal INTEGER NOT NULL,
    PRIMARY KEY (category, at_ms)
) WITHOUT ROWID;
";

/// The maximum number of samples of a category. If there are more, they are merged, so that a run
/// of a week costs no more than a run of an hour.
const MAX_SAMPLES: usize = 2_048;

/// The maximum number of samples after they were merged.
pub(super) const MAX_MERGED: usize = 1_024;

/// A second in milliseconds.
pub(super) const SECOND: i64 = 1_000;

const SELECT: &str = "SELECT category, at_ms, span_ms, sent, accepted, throttled, room_milli, allowed_milli, slowed_ms, seal FROM rates";

pub(super) fn write(database: &Connection, samples: &[RateSample]) -> rusqlite::Result<()> {
    write_at_most(database, samples, MAX_SAMPLES, MAX_MERGED)
}

fn write_at_most(
    database: &Connection,
    samples: &[RateSample],
    max_samples: usize,
    max_merged: usize,
) -> rusqlite::Result<()> {
    for sample in samples {
        insert(database, sample)?;
        let count: i64 = database
            .prepare_cached("SELECT count(*) FROM rates WHERE category = ?1")?
            .query_row(params![sample.category], |row| row.get(0))?;
        if usize::try_from(count).is_ok_and(|count| count > max_samples) {
            merge(database, &sample.category, max_merged)?;
        }
    }
    Ok(())
}

fn insert(database: &Connection, sample: &RateSample) -> rusqlite::Result<()> {
    database
        .prepare_cached(
            "INSERT OR REPLACE INTO rates VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            sample.category,
            sample.at_ms,
            sample.span_ms,
            signed(sample.sent),
            signed(sample.accepted),
            signed(sample.throttled),
            signed(sample.room_milli),
            signed(sample.allowed_milli),
            sample.slowed_ms,
            rate_seal(sample),
        ])
        .map(drop)
}

/// Merges samples within the same span of time. The span is doubled until few enough are left.
fn merge(database: &Connection, category: &str, max_merged: usize) -> rusqlite::Result<()> {
    let samples = of(database, Some(category))?;
    let first = samples.first().map_or(0, |sample| sample.at_ms);
    let mut span = SECOND;
    let merged = loop {
        let mut merged: BTreeMap<i64, RateSample> = BTreeMap::new();
        for sample in &samples {
            let place = sample.at_ms.saturating_sub(first).div_euclid(span);
            merged
                .entry(place)
                .and_modify(|sum| add(sum, sample))
                .or_insert_with(|| sample.clone());
        }
        if merged.len() <= max_merged {
            break merged;
        }
        span = span.saturating_mul(2);
    };
    database.execute("DELETE FROM rates WHERE category = ?1", params![category])?;
    merged
        .values()
        .try_for_each(|sample| insert(database, sample))
}

/// Adds a later sample.
pub(super) fn add(sum: &mut RateSample, later: &RateSample) {
    sum.span_ms += later.span_ms;
    sum.sent += later.sent;
    sum.accepted += later.accepted;
    sum.throttled += later.throttled;
    sum.room_milli += later.room_milli;
    sum.allowed_milli += later.allowed_milli;
    sum.slowed_ms += later.slowed_ms;
}

/// Returns all samples, by category and in order of time.
pub(super) fn all(database: &Connection) -> rusqlite::Result<Vec<RateSample>> {
    of(database, None)
}

fn of(database: &Connection, category: Option<&str>) -> rusqlite::Result<Vec<RateSample>> {
    let mut statement = database.prepare(&format!(
        "{SELECT} WHERE ?1 IS NULL OR category = ?1 ORDER BY category, at_ms"
    ))?;
    let samples = statement.query_map(params![category], sample)?;
    samples.collect()
}

fn sample(row: &Row<'_>) -> rusqlite::Result<RateSample> {
    let number = |place| row.get::<_, i64>(place).map(i64::unsigned_abs);
    let sample = RateSample {
        category: row.get(0)?,
        at_ms: row.get(1)?,
        span_ms: row.get(2)?,
        sent: number(3)?,
        accepted: number(4)?,
        throttled: number(5)?,
        room_milli: number(6)?,
        allowed_milli: number(7)?,
        slowed_ms: row.get(8)?,
    };
    if rate_seal(&sample) == row.get::<_, i64>(9)? {
        Ok(sample)
    } else {
        Err(broken_seal("rates"))
    }
}

/// Returns how much of the allowed rate was used, by category. `processes` is the number of
/// processes that shared the run.
pub(super) fn pace(samples: &[RateSample], processes: u32) -> BTreeMap<String, Pace> {
    let mut sums: BTreeMap<&str, RateSample> = BTreeMap::new();
    for sample in samples {
        sums.entry(&sample.category)
            .and_modify(|sum| add(sum, sample))
            .or_insert_with(|| sample.clone());
    }
    sums.into_iter()
        .filter(|(_, sum)| sum.span_ms > 0)
        .map(|(category, sum)| (category.to_owned(), pace_of(&sum, processes)))
        .collect()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts and milliseconds stay far below 2^52"
)]
fn pace_of(sum: &RateSample, processes: u32) -> Pace {
    let seconds = sum.span_ms as f64 / SECOND as f64;
    let (room, allowed) = (sum.room_milli as f64 / 1e3, sum.allowed_milli as f64 / 1e3);
    // A sample may end within the interval between two requests, so one request per process above
    // the allowed rate still counts as all of it.
    let sent = sum.sent as f64;
    let tolerated = f64::from(processes);
    let part = |of: f64| match of {
        of if of <= 0.0 => 0.0,
        of if sent > of && sent <= of + tolerated => 1.0,
        of => sent / of,
    };
    Pace {
        ceiling: rounded(room / seconds),
        allowed: rounded(allowed / seconds),
        used_of_ceiling: rounded(part(room)),
        used_of_allowed: rounded(part(allowed)),
        slowed_seconds: rounded(sum.slowed_ms as f64 / SECOND as f64),
    }
}

fn rounded(number: f64) -> f64 {
    (number * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::{TABLE, add, all, pace, rounded, write_at_most};
    use crate::outcome::RateSample;
    use rusqlite::Connection;

    fn sample(category: &str, second: i64) -> RateSample {
        RateSample {
            category: category.to_owned(),
            at_ms: 1_000_000 + second * 1_000,
            span_ms: 1_000,
            sent: 39 + u64::try_from(second % 2).unwrap(),
            accepted: 38,
            throttled: 1,
            room_milli: 50_000,
            allowed_milli: 40_000,
            slowed_ms: 1_000,
        }
    }

    fn database() -> Connection {
        let database = Connection::open_in_memory().unwrap();
        database.execute_batch(TABLE).unwrap();
        database
    }

    fn sum(samples: &[RateSample]) -> RateSample {
        let mut sum = samples[0].clone();
        samples[1..].iter().for_each(|more| add(&mut sum, more));
        sum
    }

    #[test]
    fn merging_keeps_the_totals() {
        let database = database();
        let mut written = Vec::new();
        for second in 0..1_000 {
            written.push(sample("UserCreation", second));
            write_at_most(&database, &written[written.len() - 1..], 64, 32).unwrap();
        }
        write_at_most(&database, &[sample("UserRead", 5)], 64, 32).unwrap();
        let samples = all(&database).unwrap();
        let (creation, read) = samples.split_at(samples.len() - 1);
        assert!((32..=64).contains(&creation.len()), "{}", creation.len());
        assert_eq!(sum(creation), sum(&written));
        assert_eq!(read, [sample("UserRead", 5)]);
        let ordered = creation
            .windows(2)
            .all(|pair| pair[0].at_ms + pair[0].span_ms == pair[1].at_ms);
        assert!(ordered, "no gap and no overlap");
    }

    #[test]
    fn tolerates_one_request_above_the_rate() {
        let used = |sent| {
            let mut one = sample("UserList", 0);
            (one.sent, one.room_milli) = (sent, 9_300);
            pace(&[one], 1)["UserList"].used_of_ceiling
        };
        assert_eq!((used(10), used(20)), (1.0, rounded(20.0 / 9.3)));
    }

    #[test]
    fn pace_is_the_used_fraction_of_the_rate() {
        let samples: Vec<_> = (0..10)
            .map(|second| sample("UserCreation", second))
            .collect();
        let pace = pace(&samples, 1)["UserCreation"];
        assert_eq!(
            (pace.ceiling, pace.allowed, pace.slowed_seconds),
            (50.0, 40.0, 10.0)
        );
        assert_eq!(pace.used_of_ceiling, 0.79);
        assert_eq!(pace.used_of_allowed, rounded(395.0 / 400.0));
    }

    #[test]
    fn modified_sample_is_damage() {
        let database = database();
        write_at_most(&database, &[sample("UserRead", 1)], 64, 32).unwrap();
        database
            .execute("UPDATE rates SET throttled = 0", [])
            .unwrap();
        assert!(all(&database).is_err());
    }
}
