//! The rules of the `SignUp` API for every pool: the lengths and patterns of its request.

use unicode_general_category::{GeneralCategory, get_general_category};

use super::super::finding::{Finding, Rule};
use super::super::garbled::lost_characters;
use super::formats::quoted;

/// The maximum number of characters of a username (`Username` of `SignUp`).
pub const MAX_USERNAME: usize = 128;
/// The maximum number of characters of a password (`Password` of `SignUp`).
pub const MAX_PASSWORD: usize = 256;
/// The maximum number of characters of an attribute's name, including `custom:` (`Name` of
/// `AttributeType`).
pub const MAX_ATTRIBUTE_NAME: usize = 32;
/// The maximum number of characters of an attribute's value (`Value` of `AttributeType`).
pub const MAX_VALUE: usize = 2_048;

/// Checks a nonempty username.
#[must_use]
pub(super) fn check_username(column: &str, value: &str) -> Option<Finding> {
    if value.len() <= MAX_USERNAME && is_plain(value) {
        return None;
    }
    let length = value.chars().count();
    let message = if length > MAX_USERNAME {
        format!("the username has {length} characters; Cognito allows at most {MAX_USERNAME}")
    } else if lost_characters(value) {
        format!("the username contains {LOST_CHARACTERS}: {}", quoted(value))
    } else if let Some(invalid) = value.chars().find(|c| !is_username_character(*c)) {
        format!(
            "the username contains {}; Cognito allows only letters, marks, symbols, numbers and \
             punctuation: {}",
            describe(invalid),
            quoted(value)
        )
    } else {
        return None;
    };
    Some(Finding::new(Rule::Username, column, message))
}

/// Checks a nonempty password by the pattern `^[\S]+.*[\S]+$` in the service's errors, which allows
/// whitespace inside. The finding does not contain the password.
#[must_use]
pub(super) fn check_password(column: &str, value: &str) -> Option<Finding> {
    if value.len() <= MAX_PASSWORD && is_plain(value) {
        return None;
    }
    let message = if value.chars().count() > MAX_PASSWORD {
        format!(
            "the password has more than {MAX_PASSWORD} characters, which Cognito does not allow"
        )
    } else if value.starts_with(char::is_whitespace) {
        "the password begins with whitespace, which Cognito does not allow".to_owned()
    } else if value.ends_with(char::is_whitespace) {
        "the password ends with whitespace, which Cognito does not allow".to_owned()
    } else if lost_characters(value) {
        format!("the password contains {LOST_CHARACTERS}")
    } else {
        return None;
    };
    Some(Finding::new(Rule::Password, column, message))
}

/// Describes U+FFFD in findings.
const LOST_CHARACTERS: &str =
    "U+FFFD, which replaces characters that were lost when the list was written or converted";

/// Checks the length of an attribute's value.
#[must_use]
pub(crate) fn check_value_length(column: &str, value: &str) -> Option<Finding> {
    // A text has at most as many characters as bytes.
    if value.len() <= MAX_VALUE {
        return None;
    }
    let length = value.chars().count();
    (length > MAX_VALUE).then(|| {
        Finding::new(
            Rule::ValueLength,
            column,
            format!("the value has {length} characters; Cognito allows at most {MAX_VALUE}"),
        )
    })
}

/// Returns whether the value consists of visible ASCII characters, as nearly all usernames and
/// passwords do.
fn is_plain(value: &str) -> bool {
    // Without an early exit, the loop can be vectorized.
    value
        .bytes()
        .fold(true, |plain, byte| plain & byte.is_ascii_graphic())
}

/// Returns whether the pattern of `Username`, `[\p{L}\p{M}\p{S}\p{N}\p{P}]+`, allows the character.
/// Unassigned characters may be letters in a later Unicode version, so they are allowed.
fn is_username_character(character: char) -> bool {
    character.is_ascii_graphic()
        || !matches!(
            get_general_category(character),
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::PrivateUse
                | GeneralCategory::Surrogate
                | GeneralCategory::SpaceSeparator
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
        )
}

fn describe(character: char) -> String {
    match character {
        ' ' => "a space".to_owned(),
        '\t' => "a tab".to_owned(),
        '\n' | '\r' => "a line break".to_owned(),
        other => format!("the character U+{:04X}", u32::from(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::{check_password, check_username, check_value_length};

    #[test]
    fn usernames_can_have_any_script_but_no_spaces() {
        for valid in [
            "ann",
            "ann+tag@example.com",
            "Ünïcödé",
            "名前",
            "x".repeat(128).as_str(),
            "a.b-c_d",
        ] {
            assert_eq!(check_username("username", valid), None, "{valid}");
        }
        for invalid in [
            "M\u{fffd}ller",
            "Mï¿½ller",
            "an n",
            "a\tb",
            "a\u{a0}b",
            "a\u{7}b",
            "a\u{200b}b",
            "\u{feff}ann",
            "x".repeat(129).as_str(),
        ] {
            assert!(check_username("username", invalid).is_some(), "{invalid:?}");
        }
    }

    #[test]
    fn findings_do_not_contain_the_password() {
        for invalid in [
            " Hidden 42",
            "Hidden 42 ",
            "Hidden\u{a0}",
            "\tHidden",
            "Hidden\u{fffd}",
        ] {
            let finding = check_password("password", invalid).unwrap();
            assert!(!finding.to_string().contains("Hidden"), "{finding}");
        }
        assert!(check_password("password", &"p".repeat(257)).is_some());
        assert_eq!(check_password("password", &"é".repeat(256)), None);
    }

    #[test]
    fn passwords_can_contain_whitespace() {
        for valid in ["correct horse battery", "a\tb c", "a\u{a0}b"] {
            assert_eq!(check_password("password", valid), None, "{valid:?}");
        }
    }

    #[test]
    fn measures_values_in_characters() {
        assert_eq!(check_value_length("name", &"é".repeat(2_048)), None);
        assert!(check_value_length("name", &"é".repeat(2_049)).is_some());
    }
}
