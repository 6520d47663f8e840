//! Removes a row's password from answers. A trigger or an endpoint may repeat it, verbatim or
//! escaped.
//!
//! Text is compared with the password character by character, and each character may be verbatim or
//! escaped for JSON, HTML, a URL or CSV. Text that contains the password only after decoding it
//! twice, or in base64 or hexadecimal, is withheld entirely.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Replaces the password.
const INSTEAD: &str = "(the password)";

/// Replaces a text from which the password cannot be removed.
const WITHHELD: &str = "(not shown: it repeats the password)";

/// How often a text is decoded to search for the password, because it may be escaped several times.
const LEVELS: usize = 2;

/// Marks the place of the password while the rest is searched.
const MARK: char = '\u{fffe}';

/// Shorter passwords appear in binary data by chance.
const SHORTEST_ENCODED: usize = 6;

/// Removes the password from a text.
pub(super) fn without(text: &str, password: &str) -> String {
    if password.is_empty() {
        return text.to_owned();
    }
    let mut marked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let length = match written_at_start(rest, password) {
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
    if holds(&marked, password, LEVELS) {
        WITHHELD.to_owned()
    } else {
        marked.replace(MARK, INSTEAD)
    }
}

/// Whether a text repeats the password in any form that [`without`] finds.
pub(super) fn repeats(text: &str, password: &str) -> bool {
    !password.is_empty() && without(text, password) != text
}

/// Whether the decoded text contains the password in any form.
fn holds(text: &str, password: &str, levels: usize) -> bool {
    let is_encoded = password.len() >= SHORTEST_ENCODED
        && (encoded_runs(text, is_base64).any(|run| base64_holds(run, password))
            || encoded_runs(text, |byte| byte.is_ascii_hexdigit())
                .any(|run| hex_holds(run, password)));
    let Some(levels) = levels.checked_sub(1) else {
        return is_encoded;
    };
    is_encoded
        || ['\\', '&', '%'].into_iter().any(|kind| {
            let decoded = unescaped(text, kind);
            decoded != text
                && (decoded.char_indices().any(|(at, _)| {
                    decoded
                        .get(at..)
                        .is_some_and(|rest| written_at_start(rest, password).is_some())
                }) || holds(&decoded, password, levels))
        })
}

/// The length of the password in any of its forms, if the text starts with it.
fn written_at_start(text: &str, password: &str) -> Option<usize> {
    // Some forms begin like others, so every place is kept that the characters so far may end at.
    let mut ends = vec![0_usize];
    for wanted in password.chars() {
        let mut next = Vec::new();
        for end in ends {
            let rest = text.get(end..).unwrap_or_default();
            next.extend(lengths_of(wanted, rest).map(|length| end + length));
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

/// Lengths of the ways in which this character is written at the beginning of the text.
fn lengths_of(wanted: char, text: &str) -> impl Iterator<Item = usize> {
    let plain = text.starts_with(wanted).then(|| wanted.len_utf8());
    let is_quote = wanted == '"' || wanted == '\'';
    let doubled = plain.filter(|_| is_quote && text.chars().nth(1) == Some(wanted));
    let doubled = doubled.map(|length| length * 2);
    let escaped = escape(text).and_then(|(meant, length)| match meant {
        DecodedEscape::One(character) => (character == wanted).then_some(length),
        DecodedEscape::Named => (!wanted.is_ascii_alphanumeric()).then_some(length),
    });
    [plain, doubled, escaped].into_iter().flatten()
}

/// The meaning of an escape sequence.
enum DecodedEscape {
    One(char),
    /// An HTML entity with a name, of which there are over two thousand: some character that is
    /// neither letter nor digit of ASCII.
    Named,
}

/// The escape sequence at the beginning of the text, and its length.
fn escape(text: &str) -> Option<(DecodedEscape, usize)> {
    match text.as_bytes().first()? {
        b'\\' => backslash(text),
        b'&' => entity(text),
        b'%' => percent(text),
        b'+' => Some((DecodedEscape::One(' '), 1)),
        _ => None,
    }
}

/// `\"`, `\n`, `\u00e9`, `\u{e9}`, `\xe9`.
fn backslash(text: &str) -> Option<(DecodedEscape, usize)> {
    let one = |character, length| Some((DecodedEscape::One(character), length));
    let kind = text.chars().nth(1)?;
    let behind = text.get(1 + kind.len_utf8()..)?;
    match kind {
        'n' => one('\n', 2),
        'r' => one('\r', 2),
        't' => one('\t', 2),
        'b' => one('\u{8}', 2),
        'f' => one('\u{c}', 2),
        '0' => one('\0', 2),
        'x' => one(char::from_u32(hex(behind.get(..2)?)?)?, 4),
        'u' => {
            if let Some((digits, _)) = behind
                .strip_prefix('{')
                .and_then(|behind| behind.split_once('}'))
            {
                return one(char::from_u32(hex(digits)?)?, digits.len() + 4);
            }
            let first = hex(behind.get(..4)?)?;
            if let Some(character) = char::from_u32(first) {
                return one(character, 6);
            }
            let second = hex(behind.get(4..)?.strip_prefix("\\u")?.get(..4)?)?;
            let units = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
            one(char::decode_utf16(units).next()?.ok()?, 12)
        }
        other => one(other, 1 + other.len_utf8()),
    }
}

/// `&amp;`, `&#38;`, `&#x26;`.
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

/// One character as the percent-encoded bytes of its UTF-8.
fn percent(text: &str) -> Option<(DecodedEscape, usize)> {
    let mut bytes = Vec::with_capacity(4);
    let mut rest = text;
    while let Some(behind) = rest.strip_prefix('%') {
        bytes.push(u8::try_from(hex(behind.get(..2)?)?).ok()?);
        if let Ok(character) = std::str::from_utf8(&bytes) {
            return Some((
                DecodedEscape::One(character.chars().next()?),
                bytes.len() * 3,
            ));
        }
        if bytes.len() == 4 {
            return None;
        }
        rest = behind.get(2..)?;
    }
    None
}

fn hex(digits: &str) -> Option<u32> {
    let all = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    (all && digits.len() <= 8).then(|| u32::from_str_radix(digits, 16).ok())?
}

/// The text with the escape sequences of one kind resolved, once. Entities with a name are those
/// that escaping needs.
fn unescaped(text: &str, kind: char) -> String {
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

/// The longest pieces of the text that have only such bytes.
fn encoded_runs(text: &str, is_part: impl Fn(u8) -> bool + Copy) -> impl Iterator<Item = &str> {
    text.split(move |character: char| !u8::try_from(character).is_ok_and(is_part))
        .filter(|run| run.len() >= SHORTEST_ENCODED)
}

/// Base64 of a longer text may have begun one, two or three characters earlier.
fn base64_holds(run: &str, password: &str) -> bool {
    let standard = run.replace('-', "+").replace('_', "/");
    (0..4).any(|skipped| {
        let piece = standard.get(skipped..).unwrap_or_default();
        // The end of what was cut off means nothing.
        let whole = piece.get(..piece.len() / 4 * 4).unwrap_or_default();
        [piece, whole].into_iter().any(|piece| {
            let decoded = STANDARD_NO_PAD.decode(piece).unwrap_or_default();
            contains(&decoded, password.as_bytes())
        })
    })
}

fn hex_holds(run: &str, password: &str) -> bool {
    let encoded: String = password.bytes().map(|byte| format!("{byte:02x}")).collect();
    run.to_ascii_lowercase().contains(&encoded)
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::{INSTEAD, WITHHELD, repeats, without};
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

    /// As jsp and PHP write it: the five that HTML needs, by name or by number.
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
    fn a_password_is_taken_out_however_it_is_escaped() {
        for written in forms(PASSWORD) {
            let told = without(&format!("before {written} after"), PASSWORD);
            assert_eq!(
                told.replace('"', ""),
                "before (the password) after",
                "{written}"
            );
        }
        for written in twice(PASSWORD) {
            let told = without(&format!("before {written} after"), PASSWORD);
            assert!(!told.contains(&written), "{written} in {told}");
        }
    }

    #[test]
    fn other_text_stays() {
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
        fn no_form_of_any_password_is_left(
            password in "\\PC{6,40}",
            before in "\\PC{0,20}",
            after in "\\PC{0,20}",
        ) {
            for written in forms(&password) {
                let told = without(&format!("{before}{written}{after}"), &password);
                prop_assert!(!told.contains(&password), "{written} in {told}");
                prop_assert!(told == WITHHELD || told.contains("(the password)"));
            }
            for written in twice(&password) {
                let told = without(&format!("{before} {written} {after}"), &password);
                prop_assert!(!told.contains(&written), "{written} in {told}");
            }
        }

        #[test]
        fn any_text_is_read_without_a_panic(
            text in "([\\\\&%+#x;u{}0-9a-f]|\\PC){0,60}",
            password in "\\PC{1,5}",
        ) {
            let told = without(&text, &password);
            let ours = [INSTEAD, WITHHELD].iter().any(|text| text.contains(&password));
            prop_assert!(ours || !told.contains(&password), "{told}");
        }
    }
}
