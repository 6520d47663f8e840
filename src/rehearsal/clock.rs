//! The pool's clock: monotonic inside; the wall-clock time shown to clients can have an offset.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const MS_PER_DAY: i64 = 86_400_000;

/// The pool's clock. Times inside the pool are durations since its start.
#[derive(Debug)]
pub(super) struct PoolClock {
    started: Instant,
    wall_at_start_ms: i64,
}

impl PoolClock {
    /// Starts a clock that shows the host's time plus `offset_ms`.
    pub(super) fn start(offset_ms: i64) -> PoolClock {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let now_ms = i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX);
        PoolClock {
            started: Instant::now(),
            wall_at_start_ms: now_ms.saturating_add(offset_ms),
        }
    }

    /// Returns the time since the start.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Returns the pool's wall-clock time at `elapsed` after the start, in Unix milliseconds.
    pub(super) fn wall_ms(&self, elapsed: Duration) -> i64 {
        self.wall_at_start_ms
            .saturating_add(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Formats a time for the header `x-amz-date`, truncated to the second.
pub(super) fn amz_date(unix_ms: i64) -> String {
    let (year, month, day) = civil_date(unix_ms.div_euclid(MS_PER_DAY));
    let seconds = unix_ms.rem_euclid(MS_PER_DAY) / 1_000;
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let month = month + 1;
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// Formats a time for the header `Date` (RFC 9110, section 5.6.7), truncated to the second.
pub(super) fn http_date(unix_ms: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let days = unix_ms.div_euclid(MS_PER_DAY);
    let seconds = unix_ms.rem_euclid(MS_PER_DAY) / 1_000;
    let (year, month, day) = civil_date(days);
    let weekday = usize::try_from(days.rem_euclid(7))
        .ok()
        .and_then(|at| DAYS.get(at))
        .copied()
        .unwrap_or("Thu");
    let month = MONTHS.get(month).copied().unwrap_or("Jan");
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// Returns the Gregorian year, month (0 to 11) and day (1 to 31) of a day since 1970-01-01.
///
/// Computes with years that begin in March, so that the leap day comes last.
fn civil_date(days: i64) -> (i64, usize, i64) {
    const DAYS_IN_400_YEARS: i64 = 146_097;
    const DAYS_FROM_MARCH_0000_TO_1970: i64 = 719_468;
    let shifted = days + DAYS_FROM_MARCH_0000_TO_1970;
    let era = shifted.div_euclid(DAYS_IN_400_YEARS);
    let day_of_era = shifted.rem_euclid(DAYS_IN_400_YEARS);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = (march_month + 2) % 12;
    let year = era * 400 + year_of_era + i64::from(month < 2);
    (year, usize::try_from(month).unwrap_or(0), day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_http_dates() {
        let cases = [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777_999, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (1_709_210_096_000, "Thu, 29 Feb 2024 12:34:56 GMT"),
            (1_735_689_599_000, "Tue, 31 Dec 2024 23:59:59 GMT"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        ];
        for (ms, text) in cases {
            assert_eq!(http_date(ms), text);
        }
    }

    #[test]
    fn applies_the_offset_to_the_wall_clock() {
        let (ahead, accurate) = (PoolClock::start(3_600_000), PoolClock::start(0));
        let difference = ahead.wall_ms(Duration::ZERO) - accurate.wall_ms(Duration::ZERO);
        assert!(
            (3_590_000..=3_600_000).contains(&difference),
            "{difference}"
        );
    }
}
