//! The rules that the `SignUp` API sets for every pool (its request's lengths and patterns). What they refuse is never sent.

use unicode_general_category::{GeneralCategory, get_general_category};

use super::super::finding::{Finding, Rule};
use super::super::garbled::lost_characters;
use super::formats::quoted;

/// Characters of a username at most (`SignUp`, `Username`).
pub const MAX_USERNAME: usize = 128;
/// Characters of a password at most (`SignUp`, `Password`).
pub const MAX_PASSWORD: usize = 256;
/// Characters of an attribute's name at most, `custom:` included (`AttributeType`, `Name`).
pub const MAX_ATTRIBUTE_NAME: usize = 32;
/// Characters of an attribute's value at most (`AttributeType`, `Value`).
pub const MAX_VALUE: usize = 2_048;

/// What is wrong with a username that is not empty.
#[must_use]
pub(super) fn username(column: &str, value: &str) -> Option<Finding> {
    if value.len() <= MAX_USERNAME && is_plain(value) {
        return None;
    }
    let length = value.chars().count();
    let message = if length > MAX_USERNAME {
        format!("the username has {length} characters; Cognito allows at most {MAX_USERNAME}")
    } else if lost_characters(value) {
        format!("the username contains {LOST_CHARACTERS}: {}", quoted(value))
    } else if let Some(bad) = value.chars().find(|c| !may_stand_in_username(*c)) {
        format!(
            "the username contains {}; Cognito allows only letters, marks, symbols, numbers and punctuation: {}",
            name_of(bad),
            quoted(value)
        )
    } else {
        return None;
    };
    Some(Finding {
        rule: Rule::Username,
        column: Some(column.to_owned()),
        message,
    })
}

/// What is wrong with a password that is not empty, by the pattern `^[\S]+.*[\S]+$` that the service's errors name: white space is
/// allowed inside. Says nothing of the password itself.
#[must_use]
pub(super) fn password(column: &str, value: &str) -> Option<Finding> {
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
    Some(Finding {
        rule: Rule::Password,
        column: Some(column.to_owned()),
        message,
    })
}

/// What a finding says of U+FFFD.
const LOST_CHARACTERS: &str =
    "U+FFFD, which replaces characters that were lost when the list was written or converted";

/// What is wrong with an attribute's value.
#[must_use]
pub(crate) fn value(column: &str, value: &str) -> Option<Finding> {
    // No text has more characters than bytes.
    if value.len() <= MAX_VALUE {
        return None;
    }
    let length = value.chars().count();
    (length > MAX_VALUE).then(|| Finding {
        rule: Rule::ValueLength,
        column: Some(column.to_owned()),
        message: format!("the value has {length} characters; Cognito allows at most {MAX_VALUE}"),
    })
}

/// What nearly all names and passwords are made of: told at once, for lists are long.
fn is_plain(value: &str) -> bool {
    // Without a way out in between, many bytes are looked at together.
    value
        .bytes()
        .fold(true, |plain, byte| plain & byte.is_ascii_graphic())
}

/// The pattern of `Username`: `[\p{L}\p{M}\p{S}\p{N}\p{P}]+`. What Unicode has not assigned yet may be a letter in its next version.
fn may_stand_in_username(character: char) -> bool {
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

fn name_of(character: char) -> String {
    match character {
        ' ' => "a space".to_owned(),
        '\t' => "a tab".to_owned(),
        '\n' | '\r' => "a line break".to_owned(),
        other => format!("the character U+{:04X}", u32::from(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::{password, username, value};

    #[test]
    fn usernames_of_every_script_pass_and_spaces_do_not() {
        for good in [
            "ann",
            "ann+tag@example.com",
            "Ünïcödé",
            "名前",
            "x".repeat(128).as_str(),
            "a.b-c_d",
        ] {
            assert_eq!(username("username", good), None, "{good}");
        }
        for bad in [
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
            assert!(username("username", bad).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn a_broken_password_is_not_repeated_in_the_finding() {
        for bad in [
            " Hidden 42",
            "Hidden 42 ",
            "Hidden\u{a0}",
            "\tHidden",
            "Hidden\u{fffd}",
        ] {
            let finding = password("password", bad).unwrap();
            assert!(!finding.to_string().contains("Hidden"), "{finding}");
        }
        assert!(password("password", &"p".repeat(257)).is_some());
        assert_eq!(password("password", &"é".repeat(256)), None);
    }

    #[test]
    fn white_space_inside_a_password_is_part_of_it() {
        for good in ["correct horse battery", "a\tb c", "a\u{a0}b"] {
            assert_eq!(password("password", good), None, "{good:?}");
        }
    }

    #[test]
    fn a_value_is_measured_in_characters() {
        assert_eq!(value("name", &"é".repeat(2_048)), None);
        assert!(value("name", &"é".repeat(2_049)).is_some());
    }
}
