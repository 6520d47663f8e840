//! Parsers of the values of flags.

use std::net::SocketAddr;
use std::num::{IntErrorKind, ParseIntError};
use std::str::FromStr;
use std::time::Duration;

use crate::mapping::{ColumnEquals, Sourced};

/// The longest duration that a flag accepts, so that adding it to a clock cannot overflow.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

pub(in crate::cli) fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if duration <= LONGEST => Ok(duration),
        Ok(_) => Err("is longer than a year".to_owned()),
        Err(_) => Err("must be a duration such as 250ms, 15s or 1h30m".to_owned()),
    }
}

pub(super) fn nonzero_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        duration if duration.is_zero() => Err("must be more than 0".to_owned()),
        duration => Ok(duration),
    }
}

/// Parses a whole number.
pub(super) fn whole_number<T: FromStr<Err = ParseIntError>>(text: &str) -> Result<T, &'static str> {
    text.parse().map_err(|error: ParseIntError| {
        if *error.kind() == IntErrorKind::PosOverflow {
            "is too large"
        } else if *error.kind() == IntErrorKind::Zero {
            "must be above 0"
        } else {
            "must be a whole number"
        }
    })
}

pub(super) fn socket_address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "must be an IP address and a port, such as 127.0.0.1:9329".to_owned())
}

pub(super) fn fraction(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(fraction) if (0.0..=1.0).contains(&fraction) => Ok(fraction),
        Ok(_) | Err(_) => Err("must be between 0 and 1".to_owned()),
    }
}

/// Returns a parser of conditions that remembers the flag.
pub(super) fn condition(
    flag: &'static str,
) -> impl Fn(&str) -> Result<Sourced<ColumnEquals>, String> + Clone {
    move |text| column_is(text).map(|condition| Sourced::new(condition, format!("{flag} {text}")))
}

/// Splits at the last `=`, because a column name may contain one.
pub(in crate::cli) fn column_is(text: &str) -> Result<ColumnEquals, String> {
    let (column, value) = text
        .rsplit_once('=')
        .ok_or("expected COLUMN=VALUE, such as Status=blocked")?;
    Ok(ColumnEquals {
        column: column.trim().to_owned(),
        value: value.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::column_is;

    #[test]
    fn splits_conditions_at_the_last_equals_sign() {
        for (text, column, value) in [
            ("Status=blocked", "Status", "blocked"),
            ("a=b = c", "a=b", " c"),
            ("Active=", "Active", ""),
        ] {
            let condition = column_is(text).unwrap();
            assert_eq!(condition.column, column);
            assert_eq!(condition.value, value);
        }
        assert!(column_is("Status").is_err());
    }
}
