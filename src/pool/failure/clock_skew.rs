//! Tells a clock that is wrong from credentials that are.
//!
//! AWS refuses signed requests whose time is more than 5 minutes off, by the code that also stands
//! for a wrong key. The message tells the two apart ("Signature expired: ... is now earlier than
//! ...", "Signature not yet current: ..."), and so does the `Date` header of the answer.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::config::http::HttpResponse;
use aws_sdk_cognitoidentityprovider::primitives::{DateTime, DateTimeFormat};

use crate::pool::now_ms;

/// A clock that is further off explains a refusal. The SDK takes the same time.
const FAR_OFF_MS: i64 = 4 * 60 * 1_000;

/// Whether this code means that a signature was refused.
pub(super) fn is_signature(code: &str) -> bool {
    ["InvalidSignatureException", "SignatureDoesNotMatch"].contains(&code)
}

/// Whether the service itself says that the time of a request is wrong.
pub(super) fn is_named(code: &str, message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    let names = |text| message.contains(text);
    ["RequestTimeTooSkewed", "RequestExpired"].contains(&code)
        || is_signature(code) && (names("signature expired") || names("signature not yet current"))
}

/// By how much the service's clock is ahead of this machine's, in milliseconds. Zero where the
/// answer has no date.
pub(super) fn offset_ms(answer: &HttpResponse) -> i64 {
    answer
        .headers()
        .get("date")
        .and_then(|date| DateTime::from_str(date, DateTimeFormat::HttpDate).ok())
        .map_or(0, |date| {
            date.secs().saturating_mul(1_000).saturating_sub(now_ms())
        })
}

/// The same in words, to the minute, where it is far enough off to matter.
pub(super) fn far_off(offset_ms: i64) -> Option<String> {
    let minutes = offset_ms.unsigned_abs().saturating_add(30_000) / 60_000;
    let side = if offset_ms > 0 { "behind" } else { "ahead of" };
    (offset_ms.unsigned_abs() > FAR_OFF_MS.unsigned_abs()).then(|| {
        let by = humantime::format_duration(Duration::from_secs(minutes * 60));
        format!("this machine's clock is {by} {side} the service's")
    })
}

#[cfg(test)]
mod tests {
    use super::{far_off, is_named};

    #[test]
    fn the_service_s_own_words_name_the_clock() {
        let behind = "Signature expired: 20190723T172834Z is now earlier than 20190723T201503Z (20190723T203003Z - 15 min.)";
        let ahead = "Signature not yet current: 20170731T092200Z is still later than 20170731T092115Z (20170731T091615Z + 5 min.)";
        for (code, message, named) in [
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
            assert_eq!(is_named(code, message), named, "{code}: {message}");
        }
    }

    #[test]
    fn only_a_clock_that_is_far_off_is_told() {
        for near in [0, 239_000, -239_000] {
            assert_eq!(far_off(near), None);
        }
        let told = |offset| far_off(offset).unwrap();
        assert!(told(1_180_000).contains("20m behind"));
        assert!(told(-3_600_000).contains("1h ahead of"));
        for extreme in [i64::MAX, i64::MIN] {
            assert!(far_off(extreme).is_some());
        }
    }
}
