//! Removes a row's password from responses. A trigger or an endpoint may repeat it, verbatim or
//! escaped.
//!
//! Text is compared with the password character by character, and each character may be verbatim or
//! escaped for JSON, HTML, a URL or CSV. Text that contains the password only after decoding it
//! twice, or in base64 or hexadecimal, is withheld entirely.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// The replacement for the password.
const PLACEHOLDER: &str = "(the password)";

/// The replacement for a text from which the password cannot be removed.
const WITHHELD: &str = "(not shown: it repeats the password)";

/// How often a text is decoded to search for the password, because it may be escaped several times.
const MAX_DECODINGS: usize = 2;

/// The temporary replacement while the rest of the text is searched.
const MARK: char = '\u{fffe}';

/// Shorter passwords appear in binary data by chance.
const MIN_ENCODED_LENGTH: usize = 6;

/// Removes the password from a text.
pub(super) fn without(text: &str, password: &str) -> String {
    if password.is_empty() {
        return text.to_owned();
    }
    let mut marked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let length = match length_at_start(rest, password) {
            Some(length) => {
                marked.push(MARK);
                length
            }
            None => {
                marked.push(next);
                next.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    if contains_encoded(&marked, password, MAX_DECODINGS) {
        WITHHELD.to_owned()
    } else {
        marked.replace(MARK, PLACEHOLDER)
    }
}

/// Returns whether a text repeats the password in any form that [`without`] finds.
pub(super) fn repeats(text: &str, password: &str) -> bool {
    !password.is_empty() && without(text, password) != text
}

/// Returns whether the decoded text contains the password in any form.
fn contains_encoded(text: &str, password: &str, levels: usize) -> bool {
    let is_encoded = password.len() >= MIN_ENCODED_LENGTH
        && (encoded_runs(text, is_base64).any(|run| base64_contains(run, password))
            || encoded_runs(text, |byte| byte.is_ascii_hexdigit())
                .any(|run| hex_contains(run, password)));
    let Some(levels) = levels.checked_sub(1) else {
        return is_encoded;
    };
    is_encoded
        || ['\\', '&', '%'].into_iter().any(|kind| {
            let decoded = unescape(text, kind);
            decoded != text
                && (decoded.char_indices().any(|(at, _)| {
                    decoded
                        .get(at..)
                        .is_some_and(|rest| length_at_start(rest, password).is_some())
                }) || contains_encoded(&decoded, password, levels))
        })
}

/// Returns the length of the password in any of its forms, if the text starts with it.
fn length_at_start(text: &str, password: &str) -> Option<usize> {
    // Forms can share a prefix, so this tracks every position where the characters so far may end.
    let mut ends = vec![0_usize];
    for character in password.chars() {
        let mut next = Vec::new();
        for end in ends {
            let rest = text.get(end..).unwrap_or_default();
            next.extend(form_lengths(character, rest).map(|length| end + length));
        }
        if next.is_empty() {
            return None;
        }
        next.sort_unstable();
        next.dedup();
        ends = next;
    }
    ends.into_iter().max()
}

/// Returns the lengths of the forms of this character that the text starts with.
fn form_lengths(character: char, text: &str) -> impl Iterator<Item = usize> {
    let plain = text.starts_with(character).then(|| character.len_utf8());
    let is_quote = character == '"' || character == '\'';
    let doubled = plain.filter(|_| is_quote && text.chars().nth(1) == Some(character));
    let doubled = doubled.map(|length| length * 2);
    let escaped = escape(text).and_then(|(decoded, length)| match decoded {
        DecodedEscape::One(decoded) => (decoded == character).then_some(length),
        DecodedEscape::Named => (!character.is_ascii_alphanumeric()).then_some(length),
    });
    [plain, doubled, escaped].into_iter().flatten()
}

/// The meaning of an escape sequence.
enum DecodedEscape {
    One(char),
    /// A named HTML entity. There are over two thousand, none for an ASCII letter or digit.
    Named,
}

/// Decodes the escape sequence at the start of the text, and returns its length.
fn escape(text: &str) -> Option<(DecodedEscape, usize)> {
    match text.as_bytes().first()? {
        b'\\' => backslash(text),
        b'&' => entity(text),
        b'%' => percent(text),
        b'+' => Some((DecodedEscape::One(' '), 1)),
        _ => None,
    }
}

/// Decodes `\"`, `\n`, `\u00e9`, `\u{e9}` or `\xe9`.
fn backslash(text: &str) -> Option<(DecodedEscape, usize)> {
    let one = |character, length| Some((DecodedEscape::One(character), length));
    let kind = text.chars().nth(1)?;
    let rest = text.get(1 + kind.len_utf8()..)?;
    match kind {
        'n' => one('\n', 2),
        'r' => one('\r', 2),
        't' => one('\t', 2),
        'b' => one('\u{8}', 2),
        'f' => one('\u{c}', 2),
        '0' => one('\0', 2),
        'x' => one(char::from_u32(hex(rest.get(..2)?)?)?, 4),
        'u' => {
            if let Some((digits, _)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'))
            {
                return one(char::from_u32(hex(digits)?)?, digits.len() + 4);
            }
            let first = hex(rest.get(..4)?)?;
            if let Some(character) = char::from_u32(first) {
                return one(character, 6);
            }
            let second = hex(rest.get(4..)?.strip_prefix("\\u")?.get(..4)?)?;
            let units = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
            one(char::decode_utf16(units).next()?.ok()?, 12)
        }
        other => one(other, 1 + other.len_utf8()),
    }
}

/// Decodes `&amp;`, `&#38;` or `&#x26;`.
fn entity(text: &str) -> Option<(DecodedEscape, usize)> {
    let (inside, _) = text.strip_prefix('&')?.split_once(';')?;
    let length = inside.len() + 2;
    let number = match inside.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(digits) => hex(digits.trim_start_matches('0'))?,
            None => number.parse().ok()?,
        },
        None => {
            let is_name = (2..=32).contains(&inside.len())
                && inside.bytes().all(|byte| byte.is_ascii_alphanumeric());
            return is_name.then_some((DecodedEscape::Named, length));
        }
    };
    Some((DecodedEscape::One(char::from_u32(number)?), length))
}

/// Decodes one character from its percent-encoded UTF-8 bytes.
fn percent(text: &str) -> Option<(DecodedEscape, usize)> {
    let mut bytes = Vec::with_capacity(4);
    let mut rest = text;
    while let Some(digits) = rest.strip_prefix('%') {
        bytes.push(u8::try_from(hex(digits.get(..2)?)?).ok()?);
        if let Ok(character) = std::str::from_utf8(&bytes) {
            return Some((
                DecodedEscape::One(character.chars().next()?),
                bytes.len() * 3,
            ));
        }
        if bytes.len() == 4 {
            return None;
        }
        rest = digits.get(2..)?;
    }
    None
}

fn hex(digits: &str) -> Option<u32> {
    let all = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    (all && digits.len() <= 8).then(|| u32::from_str_radix(digits, 16).ok())?
}

/// Decodes the escape sequences of one kind, once. Of the named entities, only those used for
/// escaping are decoded.
fn unescape(text: &str, kind: char) -> String {
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let (character, length) = match escape(rest).filter(|_| next == kind) {
            Some((DecodedEscape::One(character), length)) => (character, length),
            Some((DecodedEscape::Named, length)) => match rest.get(..length) {
                Some("&amp;") => ('&', length),
                Some("&lt;") => ('<', length),
                Some("&gt;") => ('>', length),
                Some("&quot;") => ('"', length),
                Some("&apos;") => ('\'', length),
                Some("&bsol;") => ('\\', length),
                Some("&percnt;") => ('%', length),
                Some(_) | None => (next, next.len_utf8()),
            },
            None => (next, next.len_utf8()),
        };
        resolved.push(character);
        rest = rest.get(length..).unwrap_or_default();
    }
    resolved
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte)
}

/// Splits the text into its longest runs of such bytes.
fn encoded_runs(text: &str, is_part: impl Fn(u8) -> bool + Copy) -> impl Iterator<Item = &str> {
    text.split(move |character: char| !u8::try_from(character).is_ok_and(is_part))
        .filter(|run| run.len() >= MIN_ENCODED_LENGTH)
}

/// Returns whether a base64 run contains the password. The encoding of a longer text may start up
/// to three characters earlier.
fn base64_contains(run: &str, password: &str) -> bool {
    let standard = run.replace('-', "+").replace('_', "/");
    (0..4).any(|skipped| {
        let piece = standard.get(skipped..).unwrap_or_default();
        // An incomplete group at the end is ignored.
        let whole = piece.get(..piece.len() / 4 * 4).unwrap_or_default();
        [piece, whole].into_iter().any(|piece| {
            let decoded = STANDARD_NO_PAD.decode(piece).unwrap_or_default();
            contains(&decoded, password.as_bytes())
        })
    })
}

fn hex_contains(run: &str, password: &str) -> bool {
    let encoded: String = password.bytes().map(|byte| format!("{byte:02x}")).collect();
    run.to_ascii_lowercase().contains(&encoded)
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::{PLACEHOLDER, WITHHELD, repeats, without};
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    const PASSWORD: &str = "p\"a\\s's/w+o&r<d> %41é\u{1f600}";

    fn json(text: &str) -> String {
        let quoted = serde_json::to_string(text).unwrap();
        quoted.get(1..quoted.len() - 1).unwrap().to_owned()
    }

    fn url(text: &str) -> String {
        text.bytes().map(|byte| format!("%{byte:02x}")).collect()
    }

    /// Escapes the five characters that HTML requires, by name or number, like JSP and PHP.
    fn html(text: &str) -> String {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&#62;")
            .replace('"', "&quot;")
            .replace('\'', "&#x27;")
    }

    fn forms(text: &str) -> Vec<String> {
        let ascii: String = text
            .encode_utf16()
            .map(|unit| format!("\\u{unit:04X}"))
            .collect();
        let entities = text.chars().map(|c| format!("&#{};", u32::from(c)));
        vec![
            text.to_owned(),
            json(text),
            json(text).replace('/', "\\/"),
            ascii,
            html(text),
            entities.collect(),
            html(text).replace('é', "&eacute;").replace('/', "&sol;"),
            url(text),
            url(text).to_uppercase(),
            format!("{text:?}"),
            text.replace('"', "\"\""),
            json(&html(text)),
        ]
    }

    fn twice(text: &str) -> Vec<String> {
        let embedded = format!("{{\"password\":{text:?},\"x\":1}}");
        let hex = text.bytes().map(|byte| format!("{byte:02X}")).collect();
        vec![
            json(&json(text)),
            html(&html(text)),
            url(&url(text)),
            STANDARD.encode(text),
            URL_SAFE_NO_PAD.encode(text),
            STANDARD.encode(format!("?{text}")),
            STANDARD.encode(format!("??{text}!")),
            STANDARD.encode(embedded.replace(&format!("{text:?}"), text)),
            hex,
        ]
    }

    #[test]
    fn removes_the_password_in_every_escaped_form() {
        for encoded in forms(PASSWORD) {
            let result = without(&format!("before {encoded} after"), PASSWORD);
            assert_eq!(
                result.replace('"', ""),
                "before (the password) after",
                "{encoded}"
            );
        }
        for encoded in twice(PASSWORD) {
            let result = without(&format!("before {encoded} after"), PASSWORD);
            assert!(!result.contains(&encoded), "{encoded} in {result}");
        }
    }

    #[test]
    fn keeps_other_text() {
        for text in [
            "nothing of it",
            "",
            "100% of 50 &amp; more, C:\\temp \\u00e9 +49",
            "&#38; %zz \\u12 \\ud83d &unknown; %e2%28%a1 \\",
        ] {
            assert_eq!(without(text, PASSWORD), text);
            assert_eq!(without(text, ""), text);
            assert!(!repeats(text, PASSWORD));
        }
        assert_eq!(without("aXbX", "X"), "a(the password)b(the password)");
        assert_eq!(without("\\\\\\\\", "\\\\"), "(the password)");
    }

    proptest! {
        #[test]
        fn removes_any_password_in_every_form(
            password in "\\PC{6,40}",
            before in "\\PC{0,20}",
            after in "\\PC{0,20}",
        ) {
            for encoded in forms(&password) {
                let result = without(&format!("{before}{encoded}{after}"), &password);
                prop_assert!(!result.contains(&password), "{encoded} in {result}");
                prop_assert!(result == WITHHELD || result.contains("(the password)"));
            }
            for encoded in twice(&password) {
                let result = without(&format!("{before} {encoded} {after}"), &password);
                prop_assert!(!result.contains(&encoded), "{encoded} in {result}");
            }
        }

        #[test]
        fn never_panics(
            text in "([\\\\&%+#x;u{}0-9a-f]|\\PC){0,60}",
            password in "\\PC{1,5}",
        ) {
            let result = without(&text, &password);
            let is_in_placeholder = [PLACEHOLDER, WITHHELD].iter().any(|text| text.contains(&password));
            prop_assert!(is_in_placeholder || !result.contains(&password), "{result}");
        }
    }
}
