//! Distinguishes a wrong clock from wrong credentials.
//!
//! AWS rejects signed requests whose time is more than 5 minutes off with the same code as for a
//! wrong key. The message tells them apart ("Signature expired: ... is now earlier than ...",
//! "Signature not yet current: ..."), and so does the `Date` header of the response.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::config::http::HttpResponse;
use aws_sdk_cognitoidentityprovider::primitives::{DateTime, DateTimeFormat};

use crate::pool::now_ms;

/// The minimum skew that explains a rejected signature. The SDK uses the same value.
const MIN_SKEW_MS: i64 = 4 * 60 * 1_000;

/// Returns whether this code means that a signature was rejected.
pub(super) fn is_signature(code: &str) -> bool {
    ["InvalidSignatureException", "SignatureDoesNotMatch"].contains(&code)
}

/// Returns whether the error says that the time of the request is wrong.
pub(super) fn is_reported(code: &str, message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    let mentions = |text| message.contains(text);
    ["RequestTimeTooSkewed", "RequestExpired"].contains(&code)
        || is_signature(code)
            && (mentions("signature expired") || mentions("signature not yet current"))
}

/// Returns by how many milliseconds the service's clock is ahead of this machine's; 0 if the
/// response has no date.
pub(super) fn offset_ms(response: &HttpResponse) -> i64 {
    response
        .headers()
        .get("date")
        .and_then(|date| DateTime::from_str(date, DateTimeFormat::HttpDate).ok())
        .map_or(0, |date| {
            date.secs().saturating_mul(1_000).saturating_sub(now_ms())
        })
}

/// Describes the skew of this machine's clock, if it is large enough to matter.
pub(super) fn describe(offset_ms: i64) -> Option<String> {
    let minutes = offset_ms.unsigned_abs().saturating_add(30_000) / 60_000;
    let direction = if offset_ms > 0 { "behind" } else { "ahead of" };
    (offset_ms.unsigned_abs() > MIN_SKEW_MS.unsigned_abs()).then(|| {
        let skew = humantime::format_duration(Duration::from_secs(minutes * 60));
        format!("this machine's clock is {skew} {direction} the service's")
    })
}

#[cfg(test)]
mod tests {
    use super::{describe, is_reported};

    #[test]
    fn recognizes_errors_about_the_clock() {
        let behind = "Signature expired: 20190723T172834Z is now earlier than 20190723T201503Z (20190723T203003Z - 15 min.)";
        let ahead = "Signature not yet current: 20170731T092200Z is still later than 20170731T092115Z (20170731T091615Z + 5 min.)";
        for (code, message, expected) in [
            ("InvalidSignatureException", behind, true),
            ("InvalidSignatureException", ahead, true),
            ("SignatureDoesNotMatch", behind, true),
            ("RequestTimeTooSkewed", "", true),
            ("RequestExpired", "Request has expired.", true),
            (
                "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided.",
                false,
            ),
            ("ExpiredTokenException", behind, false),
            ("InvalidParameterException", behind, false),
        ] {
            assert_eq!(is_reported(code, message), expected, "{code}: {message}");
        }
    }

    #[test]
    fn describes_only_a_large_skew() {
        for small in [0, 239_000, -239_000] {
            assert_eq!(describe(small), None);
        }
        let text = |offset| describe(offset).unwrap();
        assert!(text(1_180_000).contains("20m behind"));
        assert!(text(-3_600_000).contains("1h ahead of"));
        for extreme in [i64::MAX, i64::MIN] {
            assert!(describe(extreme).is_some());
        }
    }
}
