//! An answer's words end in results and logs. Nobody should repeat a password in them; a trigger's message might.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// What stands in its place.
const INSTEAD: &str = "(the password)";

/// Shorter pieces stand in many a word.
const SHORTEST_ENCODED: usize = 8;

/// The words without the password, as it is or as JSON, a URL or base64 would write it.
pub(super) fn without(words: &str, password: &str) -> String {
    let mut words = words.to_owned();
    for form in forms(password) {
        if !form.is_empty() && words.contains(form.as_str()) {
            words = words.replace(form.as_str(), INSTEAD);
        }
    }
    words
}

/// The longest first where one is part of another.
fn forms(password: &str) -> Vec<Zeroizing<String>> {
    let mut forms = vec![Zeroizing::new(password.to_owned())];
    let json = Zeroizing::new(serde_json::json!(password).to_string());
    forms.push(Zeroizing::new(json.trim_matches('"').to_owned()));
    let debug = Zeroizing::new(format!("{password:?}"));
    forms.push(Zeroizing::new(debug.trim_matches('"').to_owned()));
    forms.push(Zeroizing::new(in_url(password)));
    for encoded in [
        STANDARD_NO_PAD.encode(password),
        URL_SAFE_NO_PAD.encode(password),
    ] {
        if encoded.len() >= SHORTEST_ENCODED {
            forms.push(Zeroizing::new(encoded));
        }
    }
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    forms
}

/// As in a URL (RFC 3986): all but letters, digits and four marks are written as `%` and their bytes.
fn in_url(password: &str) -> String {
    let mut text = String::new();
    for byte in password.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::without;
    use base64::Engine as _;

    #[test]
    fn a_password_is_taken_out_however_it_is_written() {
        let password = "p\"a\\ss/w+o&rd é";
        let base64 = base64::engine::general_purpose::STANDARD.encode(password);
        for written in [
            password.to_owned(),
            serde_json::json!({ "p": password }).to_string(),
            format!("{password:?}"),
            "p%22a%5Css%2Fw%2Bo%26rd%20%C3%A9".to_owned(),
            base64,
        ] {
            let told = without(&format!("before {written} behind"), password);
            assert!(told.contains("(the password)"), "{told}");
            assert!(
                told.starts_with("before ") && told.ends_with(" behind"),
                "{told}"
            );
        }
        assert_eq!(without("nothing of it", password), "nothing of it");
    }
}
