//! What an e-mail address and a phone number look like. Cognito checks both for every pool ("Invalid email address format.",
//! "Invalid phone number format.").

use email_address::{EmailAddress, Options};
use unicode_general_category::{GeneralCategory, get_general_category};

use super::super::pool_rules::Contact;

/// Digits of a phone number at most (E.164).
const MOST_DIGITS: usize = 15;

/// Characters of a value that a finding repeats at most.
const SHOWN: usize = 60;

pub(super) fn is(contact: Contact, value: &str) -> bool {
    match contact {
        Contact::Email => is_email(value),
        Contact::PhoneNumber => is_phone_number(value),
    }
}

/// For messages.
pub(super) fn describe(contact: Contact) -> &'static str {
    match contact {
        Contact::Email => "an email address",
        Contact::PhoneNumber => "a phone number (+ and digits)",
    }
}

fn is_email(value: &str) -> bool {
    plainly_an_email(value.as_bytes()) || {
        let options = Options::default()
            .with_required_tld()
            .without_display_text()
            .without_domain_literal();
        EmailAddress::parse_with_options(value, options).is_ok()
    }
}

const IN_LOCAL: u8 = 1;
const IN_DOMAIN: u8 = 2;

/// Which bytes stand on which side of nearly all addresses.
const SIDES: [u8; 256] = sides();

const fn sides() -> [u8; 256] {
    let mut sides = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        sides[byte] = match byte as u8 {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => IN_LOCAL | IN_DOMAIN,
            b'_' | b'+' | b'-' => IN_LOCAL,
            _ => 0,
        };
        byte += 1;
    }
    sides
}

/// What nearly all addresses are: letters, digits and the commonest signs on both sides, told at a fraction of the cost.
fn plainly_an_email(value: &[u8]) -> bool {
    let Some(at) = value.iter().position(|byte| *byte == b'@') else {
        return false;
    };
    let (local, domain) = value.split_at(at);
    dotted_words(local, IN_LOCAL).is_some_and(|_| local.len() <= 64)
        && domain.get(1..).is_some_and(|domain| {
            domain.len() <= 190 && dotted_words(domain, IN_DOMAIN).is_some_and(|words| words >= 2)
        })
}

/// How many words of at most 63 bytes with dots between them this is, if it is that and nothing else.
fn dotted_words(part: &[u8], side: u8) -> Option<u32> {
    let (mut words, mut length) = (1, 0);
    for byte in part {
        if *byte == b'.' {
            if length == 0 {
                return None;
            }
            words += 1;
            length = 0;
        } else if SIDES.get(usize::from(*byte)).copied().unwrap_or(0) & side != 0 && length < 63 {
            length += 1;
        } else {
            return None;
        }
    }
    (length > 0).then_some(words)
}

fn is_phone_number(value: &str) -> bool {
    value.strip_prefix('+').is_some_and(|digits| {
        (1..=MOST_DIGITS).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

/// A value as a message repeats it: in quotes, cut where it is long, and without characters that cannot be seen or that a terminal obeys.
pub(crate) fn quoted(value: &str) -> String {
    format!("\"{}\"", shown(value))
}

/// Stands for what was cut.
const CUT: char = '…';

/// The same without quotes.
pub(crate) fn shown(value: &str) -> String {
    let mut text = String::with_capacity(value.len().min(SHOWN));
    for character in value.chars().take(SHOWN) {
        if is_invisible(character) {
            text.extend(character.escape_default());
        } else {
            text.push(character);
        }
    }
    if value.chars().nth(SHOWN).is_some() {
        text.push(CUT);
    }
    text
}

/// A control or format character, or white space other than a space.
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
    use super::{is_email, is_phone_number, plainly_an_email, quoted};
    use proptest::prelude::*;

    #[test]
    fn addresses() {
        for good in [
            "ann@example.com",
            "ann.lee+tag@mail.example.co.uk",
            "o'brien@example.com",
            "ünï@exämple.com",
            "a_b-c@ex-ample.com",
        ] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
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
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn numbers() {
        for good in ["+4930123456", "+1", "+123456789012345"] {
            assert!(is_phone_number(good), "{good}");
        }
        for bad in [
            "030 123456",
            "+49 30 123",
            "+",
            "+1234567890123456",
            "0049301",
            "+49a",
        ] {
            assert!(!is_phone_number(bad), "{bad}");
        }
    }

    #[test]
    fn a_value_is_quoted_cut_and_made_harmless() {
        for (value, shown) in [
            ("ann ", "\"ann \""),
            ("O'Neil \\N", "\"O'Neil \\N\""),
            ("a\u{1b}[2Jb", "\"a\\u{1b}[2Jb\""),
            ("a\u{a0}", "\"a\\u{a0}\""),
            ("a\u{200b}\n", "\"a\\u{200b}\\n\""),
            ("Zoë 名前", "\"Zoë 名前\""),
        ] {
            assert_eq!(quoted(value), shown);
        }
        assert_eq!(
            quoted(&"é".repeat(61)).chars().count(),
            60 + "\"\"…".chars().count()
        );
    }

    proptest! {
        /// The quick way says yes only where the library does.
        #[test]
        fn the_quick_way_is_never_laxer(value in "[a-z0-9._+-]{0,70}@?[a-z0-9.-]{0,80}") {
            if plainly_an_email(value.as_bytes()) {
                let options = email_address::Options::default()
                    .with_required_tld()
                    .without_display_text()
                    .without_domain_literal();
                prop_assert!(
                    email_address::EmailAddress::parse_with_options(&value, options).is_ok(),
                    "{}",
                    value
                );
            }
        }
    }
}
