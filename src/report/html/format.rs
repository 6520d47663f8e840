//! Formats numbers and times for the report.

use std::time::Duration;

use crate::plural::plural;

/// Formats a number like `1,234,567`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Formats a count like `1 row` or `1,234 rows`.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), plural(number, one, many))
}

/// Formats a share like `12.5%`. Never rounds to 0% or 100%.
pub(super) fn percent(part: u64, of: u64) -> String {
    match (part, of) {
        (_, 0) => "–".to_owned(),
        (0, _) => "0%".to_owned(),
        (part, of) if part == of => "100%".to_owned(),
        (part, of) => {
            #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
            let percent = part as f64 / of as f64 * 100.0;
            if percent < 0.1 {
                "< 0.1%".to_owned()
            } else if percent > 99.9 {
                "> 99.9%".to_owned()
            } else {
                format!("{percent:.1}%")
            }
        }
    }
}

/// Formats a measured value like `38.3`, `1,200` or `0.25`.
pub(super) fn measured(number: f64) -> String {
    if number >= 100.0 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "above 0, and no rate is that high"
        )]
        let whole = number.round() as u64;
        return thousands(whole);
    }
    let text = if number >= 1.0 {
        format!("{number:.1}")
    } else {
        format!("{number:.2}")
    };
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Formats a duration like `0.8 s`, `45 s`, `12 min 5 s`, `3 h 2 min` or `2 d 4 h`.
pub(super) fn span(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 10.0 {
        return format!("{} s", measured((seconds * 10.0).round() / 10.0));
    }
    let whole = time.as_secs() + u64::from(time.subsec_millis() >= 500);
    let (large, large_unit, small, small_unit) = match whole {
        0..60 => return format!("{whole} s"),
        60..3_600 => (whole / 60, "min", whole % 60, "s"),
        3_600..86_400 => (whole / 3_600, "h", whole % 3_600 / 60, "min"),
        86_400.. => (whole / 86_400, "d", whole % 86_400 / 3_600, "h"),
    };
    if small == 0 {
        format!("{large} {large_unit}")
    } else {
        format!("{large} {large_unit} {small} {small_unit}")
    }
}

/// Formats `2026-11-25T22:04:05.123Z` as `25 Nov 2026, 22:04:05 UTC`.
pub(super) fn moment(rfc3339: &str) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let parts = || {
        let (year, month) = (rfc3339.get(..4)?, rfc3339.get(5..7)?);
        let (day, clock) = (rfc3339.get(8..10)?, rfc3339.get(11..19)?);
        let month = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
        let day = day.parse::<u8>().ok()?;
        Some(format!("{day} {month} {year}, {clock} UTC"))
    };
    parts().unwrap_or_else(|| rfc3339.to_owned())
}

/// Formats milliseconds like `20 ms` or `1.5 s`.
pub(super) fn milliseconds(number: u64) -> String {
    if number < 1_000 {
        return format!("{number} ms");
    }
    #[expect(clippy::cast_precision_loss, reason = "a time, far below 2^52")]
    let seconds = number as f64 / 1e3;
    format!("{} s", measured(seconds))
}

#[cfg(test)]
mod tests {
    use super::{Duration, measured, milliseconds, moment, percent, span, thousands};

    #[test]
    fn formats_numbers_and_shares() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(thousands),
            ["0", "999", "1,000", "1,234,567"]
        );
        for (part, of, text) in [
            (0, 0, "–"),
            (0, 5, "0%"),
            (5, 5, "100%"),
            (1, 8, "12.5%"),
            (1, 1_000_000, "< 0.1%"),
            (999_999, 1_000_000, "> 99.9%"),
        ] {
            assert_eq!(percent(part, of), text);
        }
        assert_eq!(
            [0.0, 0.25, 1.0, 38.31, 39.96, 1_234.4].map(measured),
            ["0", "0.25", "1", "38.3", "40", "1,234"]
        );
    }

    #[test]
    fn formats_durations_and_times() {
        for (milliseconds, text) in [
            (0, "0 s"),
            (840, "0.8 s"),
            (9_970, "10 s"),
            (45_400, "45 s"),
            (59_600, "1 min"),
            (725_000, "12 min 5 s"),
            (10_920_000, "3 h 2 min"),
            (187_200_000, "2 d 4 h"),
        ] {
            assert_eq!(span(Duration::from_millis(milliseconds)), text);
        }
        assert_eq!(
            moment("2026-11-05T22:04:05.123Z"),
            "5 Nov 2026, 22:04:05 UTC"
        );
        assert_eq!(moment("soon"), "soon");
        assert_eq!([20, 1_500].map(milliseconds), ["20 ms", "1.5 s"]);
    }
}
