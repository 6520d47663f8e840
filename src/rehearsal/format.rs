//! What text must look like: names, e-mail addresses, phone numbers. Pure.
//!
//! Cognito's exact grammar for e-mail addresses is not documented; this one takes what everybody
//! writes and refuses what nobody could mean. It does not fold case: that is the pool's business.

/// Characters after the `+` of a phone number in E.164.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 1..=15;

/// Format and private-use characters (Unicode's Cf and Co): no letters, marks, symbols, numbers or
/// punctuation.
const INVISIBLE_CHARACTERS: [std::ops::RangeInclusive<char>; 15] = [
    '\u{ad}'..='\u{ad}',
    '\u{600}'..='\u{605}',
    '\u{61c}'..='\u{61c}',
    '\u{6dd}'..='\u{6dd}',
    '\u{70f}'..='\u{70f}',
    '\u{180e}'..='\u{180e}',
    '\u{200b}'..='\u{200f}',
    '\u{202a}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{feff}'..='\u{feff}',
    '\u{fff9}'..='\u{fffb}',
    '\u{e000}'..='\u{f8ff}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{10ffff}',
];

/// Whether every character is a letter, mark, symbol, number or punctuation: the pattern of
/// usernames and of attribute names. Code points that Unicode has not assigned are let through.
pub(super) fn is_visible(text: &str) -> bool {
    // U+E0100 and its row are variation selectors, which are marks.
    let is_mark = |c: char| ('\u{e0100}'..='\u{e01ef}').contains(&c);
    let is_invisible =
        |c: char| INVISIBLE_CHARACTERS.iter().any(|range| range.contains(&c)) && !is_mark(c);
    !text
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || is_invisible(c))
}

/// Whether it reads as an e-mail address: a local part, one `@`, and a domain of two labels or
/// more.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let dots_stand_inside =
        |part: &str| !part.starts_with('.') && !part.ends_with('.') && !part.contains("..");
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let local_character =
        |c: char| !c.is_whitespace() && !c.is_control() && !r#"@()<>[]\,;:""#.contains(c);
    !local.is_empty()
        && local.chars().count() <= 64
        && dots_stand_inside(local)
        && local.chars().all(local_character)
        && domain.contains('.')
        && domain.split('.').all(label)
}

/// Whether it is a phone number in E.164: `+` and at most 15 digits, the first not 0.
pub(super) fn is_phone_number(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        PHONE_DIGITS.contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

/// An e-mail address as Cognito shows where it sent a code: the first character of each side.
pub(super) fn masked_email(email: &str) -> String {
    let (local, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
    format!("{}***@{}***", first(local), first(domain))
}

/// A phone number as Cognito shows where it sent a code: the last four digits.
pub(super) fn masked_phone_number(phone: &str) -> String {
    let digits = phone.trim_start_matches('+');
    let hidden = digits.chars().count().saturating_sub(4);
    let shown: String = digits.chars().skip(hidden).collect();
    format!("+{}{shown}", "*".repeat(hidden))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_made_of_visible_characters() {
        for good in [
            "jane",
            "jane@example.com",
            "Жанна",
            "日本",
            "a+b/c=d",
            "\u{1f600}",
            "e\u{301}",
        ] {
            assert!(is_visible(good), "{good:?}");
        }
        for bad in [
            "jane doe",
            "tab\t",
            "nul\0",
            "zero\u{200b}width",
            "\u{feff}bom",
            "no\u{a0}break",
        ] {
            assert!(!is_visible(bad), "{bad:?}");
        }
    }

    #[test]
    fn email_addresses_are_told_from_other_text() {
        for good in [
            "a@b.co",
            "jane.doe+tag@mail.example.com",
            "müller@exämple.de",
            "o'hara@example.ie",
        ] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "jane",
            "jane@",
            "@example.com",
            "jane@localhost",
            "a@b..co",
            ".a@b.co",
            "a b@c.de",
            "a@b@c.de",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn phone_numbers_are_e164() {
        for good in ["+14155550100", "+4930123456", "+123456789012345"] {
            assert!(is_phone_number(good), "{good}");
        }
        for bad in [
            "14155550100",
            "+1 415 555 0100",
            "+1234567890123456",
            "+",
            "+0123",
            "+1-415",
        ] {
            assert!(!is_phone_number(bad), "{bad}");
        }
    }

    #[test]
    fn destinations_are_masked() {
        assert_eq!(masked_email("jane@example.com"), "j***@e***");
        assert_eq!(masked_phone_number("+14155550100"), "+*******0100");
    }
}
