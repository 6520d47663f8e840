//! Bounds on the values in responses. Longer values do not come from Cognito and are rejected.
//!
//! The lengths are those of the service's API model, or generous if the model has none.

use aws_sdk_cognitoidentityprovider::primitives::DateTime;

/// `UsernameType` and `GroupNameType`.
pub(super) const MAX_NAME: usize = 128;

/// `AttributeValueType`, also for a `sub` and for the masked destination of a message.
pub(super) const MAX_ATTRIBUTE: usize = 2_048;

/// `SchemaAttributeType.Name` has at most 20 characters after `custom:` or `dev:custom:`.
pub(super) const MAX_ATTRIBUTE_NAME: usize = 32;

/// Names of errors, statuses and media. The longest in the model is half as long.
const MAX_IDENTIFIER: usize = 128;

/// Error messages. The model has no length for them, and a trigger can return any text.
const MAX_MESSAGE: usize = 2_048;

/// Longer texts are discarded without searching them for the password.
const MAX_RAW_MESSAGE: usize = 64 * 1_024;

/// 10000-01-01 in milliseconds since the Unix epoch: the first time that RFC 3339 cannot express.
const YEAR_10000_MS: i64 = 253_402_300_800_000;

pub(super) fn fits(text: &str, max: usize) -> bool {
    text.len() <= max || text.chars().take(max + 1).count() <= max
}

/// Returns whether the text is an `Identifier` as defined by Smithy's shape IDs.
pub(super) fn is_identifier(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= MAX_IDENTIFIER
        && text.bytes().all(is_part)
        && text
            .bytes()
            .next()
            .is_some_and(|first| !first.is_ascii_digit())
}

/// Truncates an error message and removes the row's password.
pub(super) fn message(text: &str, password: Option<&str>) -> String {
    if text.len() > MAX_RAW_MESSAGE {
        return format!("(a message of {} bytes, not kept)", text.len());
    }
    let text = match password {
        Some(password) => super::echo::without(text.trim(), password),
        None => text.trim().to_owned(),
    };
    let mut message: String = text.chars().take(MAX_MESSAGE).collect();
    if text.chars().nth(MAX_MESSAGE).is_some() {
        message.push('…');
    }
    message
}

/// Converts a date to milliseconds since the Unix epoch. `None` before 1970 or after 9999, because
/// such a value has another unit or is not a date.
pub(super) fn date_ms(date: &DateTime) -> Option<i64> {
    let ms = date.to_millis().ok()?;
    (0..YEAR_10000_MS).contains(&ms).then_some(ms)
}

#[cfg(test)]
mod tests {
    use super::{DateTime, MAX_MESSAGE, MAX_RAW_MESSAGE, date_ms, fits, is_identifier, message};

    #[test]
    fn recognizes_identifiers() {
        for good in [
            "UsernameExistsException",
            "EMAIL",
            "a_1",
            "_x",
            &"x".repeat(128),
        ] {
            assert!(is_identifier(good), "{good}");
        }
        for bad in [
            "",
            "1x",
            "a b",
            "a-b",
            "a.b",
            "a#b",
            "\u{1b}[31mX",
            "X\n",
            "Größe",
            &"x".repeat(129),
        ] {
            assert!(!is_identifier(bad), "{bad:?}");
        }
    }

    #[test]
    fn counts_length_in_characters() {
        assert!(fits(&"é".repeat(128), 128) && !fits(&"é".repeat(129), 128));
        assert!(fits("", 0) && !fits("x", 0));
    }

    #[test]
    fn truncates_messages() {
        assert_eq!(message(" a\nb ", None), "a\nb");
        let long = message(&"é".repeat(MAX_MESSAGE + 1), None);
        assert_eq!(long.chars().count(), MAX_MESSAGE + 1);
        assert!(long.ends_with("é…"));
        let endless = "x".repeat(MAX_RAW_MESSAGE + 1);
        assert!(message(&endless, None).len() < 100);
    }

    #[test]
    fn removes_the_password_before_truncating() {
        let password = "Hidden#42Hidden#42";
        let text = "x".repeat(MAX_MESSAGE - 9) + password;
        let truncated = message(&text, Some(password));
        assert!(!truncated.contains("Hidden"), "{truncated}");
    }

    #[test]
    fn rejects_dates_outside_1970_to_9999() {
        let ms = |secs| date_ms(&DateTime::from_secs(secs));
        assert_eq!(ms(0), Some(0));
        assert_eq!(ms(1_795_658_400), Some(1_795_658_400_000));
        assert_eq!(ms(253_402_300_799), Some(253_402_300_799_000));
        for secs in [-1, i64::MIN, i64::MAX, 253_402_300_800, 1_795_658_400_000] {
            assert_eq!(ms(secs), None, "{secs}");
        }
    }
}
