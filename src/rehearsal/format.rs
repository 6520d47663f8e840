//! Formats of names, email addresses and phone numbers.
//!
//! Cognito's exact grammar for email addresses is not documented; this one accepts common addresses
//! and refuses obvious mistakes.

/// The number of digits after the `+` of a phone number in E.164.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 1..=15;

/// Format and private-use characters (Unicode categories Cf and Co).
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

/// Returns whether every character is a letter, mark, symbol, number or punctuation: the pattern of
/// usernames and attribute names. Unassigned code points are accepted.
pub(super) fn is_visible(text: &str) -> bool {
    // U+E0100 to U+E01EF are variation selectors, which are marks.
    let is_mark = |c: char| ('\u{e0100}'..='\u{e01ef}').contains(&c);
    let is_invisible =
        |c: char| INVISIBLE_CHARACTERS.iter().any(|range| range.contains(&c)) && !is_mark(c);
    !text
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || is_invisible(c))
}

/// Returns whether the text is an email address: a local part, one `@`, and a domain of at least
/// two labels.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let has_only_inner_dots =
        |part: &str| !part.starts_with('.') && !part.ends_with('.') && !part.contains("..");
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let is_local_character =
        |c: char| !c.is_whitespace() && !c.is_control() && !r#"@()<>[]\,;:""#.contains(c);
    !local.is_empty()
        && local.chars().count() <= 64
        && has_only_inner_dots(local)
        && local.chars().all(is_local_character)
        && domain.contains('.')
        && domain.split('.').all(is_label)
}

/// Returns whether the text is an E.164 phone number: `+` and 1 to 15 digits, not starting with 0.
pub(super) fn is_phone_number(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        PHONE_DIGITS.contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

/// Masks an email address as in Cognito's delivery details: the first character of each side.
pub(super) fn masked_email(email: &str) -> String {
    let (local, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    let first_char = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
    format!("{}***@{}***", first_char(local), first_char(domain))
}

/// Masks a phone number as in Cognito's delivery details: all but the last four digits.
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
    fn accepts_visible_characters_only() {
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
    fn recognizes_email_addresses() {
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
    fn recognizes_e164_phone_numbers() {
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
    fn masks_destinations() {
        assert_eq!(masked_email("jane@example.com"), "j***@e***");
        assert_eq!(masked_phone_number("+14155550100"), "+*******0100");
    }
}
