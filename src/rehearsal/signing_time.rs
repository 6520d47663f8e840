//! Checks the time of signed requests against the pool's clock, as AWS does.

use super::clock::amz_date;
use super::protocol::ServiceError;

/// The tolerance in minutes.
const TOLERANCE_MIN: i64 = 5;

/// Checks the time at which a request was signed. Dates have a fixed width, so they can be compared
/// as strings.
pub(super) fn check(signed_at: Option<&str>, now_ms: i64) -> Result<(), ServiceError> {
    let Some(signed_at) = signed_at else {
        return Err(ServiceError::bad_request(
            "IncompleteSignature",
            "Date is missing",
        ));
    };
    let tolerance = TOLERANCE_MIN * 60_000;
    let (earliest, now, latest) = (
        amz_date(now_ms - tolerance),
        amz_date(now_ms),
        amz_date(now_ms + tolerance),
    );
    let message = if *signed_at < *earliest {
        format!(
            "Signature expired: {signed_at} is now earlier than {earliest} ({now} - {TOLERANCE_MIN} min.)"
        )
    } else if *signed_at > *latest {
        format!(
            "Signature not yet current: {signed_at} is still later than {latest} ({now} + {TOLERANCE_MIN} min.)"
        )
    } else {
        return Ok(());
    };
    Err(ServiceError::bad_request(
        "InvalidSignatureException",
        message,
    ))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn tolerates_five_minutes() {
        // 2024-02-29 12:34:56
        let now = 1_709_210_096_000;
        for (signed_at, refused) in [
            ("20240229T123456Z", None),
            ("20240229T122956Z", None),
            ("20240229T123956Z", None),
            (
                "20240229T122955Z",
                Some(
                    "Signature expired: 20240229T122955Z is now earlier than 20240229T122956Z (20240229T123456Z - 5 min.)",
                ),
            ),
            (
                "20240229T123957Z",
                Some(
                    "Signature not yet current: 20240229T123957Z is still later than 20240229T123956Z (20240229T123456Z + 5 min.)",
                ),
            ),
        ] {
            let answer = check(Some(signed_at), now).err().map(|error| error.message);
            assert_eq!(answer.as_deref(), refused);
        }
        assert!(check(None, now).is_err());
    }
}
