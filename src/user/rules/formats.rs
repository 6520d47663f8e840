//! The formats of email addresses and phone numbers, which Cognito checks in every pool ("Invalid
//! email address format.", "Invalid phone number format."), and the quoting of values in messages.

use email_address::{EmailAddress, Options};
use unicode_general_category::{GeneralCategory, get_general_category};

use super::super::pool_rules::Contact;

/// The maximum number of digits of a phone number (E.164).
const MAX_DIGITS: usize = 15;

/// The maximum number of characters of a value in a message.
const MAX_SHOWN: usize = 60;

/// Returns whether the value has the format of this contact.
pub(super) fn matches(contact: Contact, value: &str) -> bool {
    match contact {
        Contact::Email => is_email(value),
        Contact::PhoneNumber => is_phone_number(value),
    }
}

/// Describes a contact in messages.
pub(super) fn describe(contact: Contact) -> &'static str {
    match contact {
        Contact::Email => "an email address",
        Contact::PhoneNumber => "a phone number (+ and digits)",
    }
}

fn is_email(value: &str) -> bool {
    is_simple_email(value.as_bytes()) || parses_as_email(value)
}

fn parses_as_email(value: &str) -> bool {
    let options = Options::default()
        .with_required_tld()
        .without_display_text()
        .without_domain_literal();
    EmailAddress::parse_with_options(value, options).is_ok()
}

const IN_LOCAL: u8 = 1;
const IN_DOMAIN: u8 = 2;

/// The parts of simple addresses in which each byte is allowed.
const ALLOWED_IN: [u8; 256] = allowed_in();

const fn allowed_in() -> [u8; 256] {
    let mut parts = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        parts[byte] = match byte as u8 {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => IN_LOCAL | IN_DOMAIN,
            b'_' | b'+' | b'-' => IN_LOCAL,
            _ => 0,
        };
        byte += 1;
    }
    parts
}

/// Returns whether this is an address of letters, digits and the most common punctuation, as nearly
/// all addresses are. This costs a fraction of a full parse.
fn is_simple_email(value: &[u8]) -> bool {
    let Some(at) = value.iter().position(|byte| *byte == b'@') else {
        return false;
    };
    let (local, domain) = value.split_at(at);
    dotted_words(local, IN_LOCAL).is_some_and(|_| local.len() <= 64)
        && domain.get(1..).is_some_and(|domain| {
            domain.len() <= 190 && dotted_words(domain, IN_DOMAIN).is_some_and(|words| words >= 2)
        })
}

/// Returns the number of words if the text consists of words of at most 63 bytes, separated by
/// dots.
fn dotted_words(text: &[u8], part: u8) -> Option<u32> {
    let (mut words, mut length) = (1, 0);
    for byte in text {
        if *byte == b'.' {
            if length == 0 {
                return None;
            }
            words += 1;
            length = 0;
        } else if ALLOWED_IN.get(usize::from(*byte)).copied().unwrap_or(0) & part != 0
            && length < 63
        {
            length += 1;
        } else {
            return None;
        }
    }
    (length > 0).then_some(words)
}

fn is_phone_number(value: &str) -> bool {
    value.strip_prefix('+').is_some_and(|digits| {
        (1..=MAX_DIGITS).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

/// Formats a value for a message: in quotes, cut if it is long, with invisible and control
/// characters escaped.
pub(crate) fn quoted(value: &str) -> String {
    format!("\"{}\"", shown(value))
}

/// Marks a value that was cut.
const ELLIPSIS: char = '…';

/// Formats a value like [`quoted`], but without quotes.
pub(crate) fn shown(value: &str) -> String {
    let mut text = String::with_capacity(value.len().min(MAX_SHOWN));
    for character in value.chars().take(MAX_SHOWN) {
        if is_invisible(character) {
            text.extend(character.escape_default());
        } else {
            text.push(character);
        }
    }
    if value.chars().nth(MAX_SHOWN).is_some() {
        text.push(ELLIPSIS);
    }
    text
}

/// Returns whether this is a control or format character, or whitespace other than a space.
fn is_invisible(character: char) -> bool {
    !character.is_ascii_graphic()
        && character != ' '
        && (character.is_whitespace()
            || matches!(
                get_general_category(character),
                GeneralCategory::Control
                    | GeneralCategory::Format
                    | GeneralCategory::PrivateUse
                    | GeneralCategory::Unassigned
            ))
}

#[cfg(test)]
mod tests {
    use super::{is_email, is_phone_number, is_simple_email, parses_as_email, quoted};
    use proptest::prelude::*;

    #[test]
    fn recognizes_email_addresses() {
        for valid in [
            "ann@example.com",
            "ann.lee+tag@mail.example.co.uk",
            "o'brien@example.com",
            "ünï@exämple.com",
            "a_b-c@ex-ample.com",
        ] {
            assert!(is_email(valid), "{valid}");
        }
        for invalid in [
            "ann",
            "ann@",
            "@example.com",
            "ann@example",
            "ann lee@example.com",
            "ann@example..com",
            ".ann@example.com",
            "ann.@example.com",
            "ann@@example.com",
            "Ann <ann@example.com>",
            "ann@[127.0.0.1]",
            "ann@example.com, bob@example.com",
        ] {
            assert!(!is_email(invalid), "{invalid}");
        }
    }

    #[test]
    fn recognizes_phone_numbers() {
        for valid in ["+4930123456", "+1", "+123456789012345"] {
            assert!(is_phone_number(valid), "{valid}");
        }
        for invalid in [
            "030 123456",
            "+49 30 123",
            "+",
            "+1234567890123456",
            "0049301",
            "+49a",
        ] {
            assert!(!is_phone_number(invalid), "{invalid}");
        }
    }

    #[test]
    fn quotes_cuts_and_escapes_values() {
        for (value, expected) in [
            ("ann ", "\"ann \""),
            ("O'Neil \\N", "\"O'Neil \\N\""),
            ("a\u{1b}[2Jb", "\"a\\u{1b}[2Jb\""),
            ("a\u{a0}", "\"a\\u{a0}\""),
            ("a\u{200b}\n", "\"a\\u{200b}\\n\""),
            ("Zoë 名前", "\"Zoë 名前\""),
        ] {
            assert_eq!(quoted(value), expected);
        }
        assert_eq!(
            quoted(&"é".repeat(61)).chars().count(),
            60 + "\"\"…".chars().count()
        );
    }

    proptest! {
        #[test]
        fn simple_addresses_also_parse(value in "[a-z0-9._+-]{0,70}@?[a-z0-9.-]{0,80}") {
            if is_simple_email(value.as_bytes()) {
                prop_assert!(parses_as_email(&value), "{}", value);
            }
        }
    }
}
