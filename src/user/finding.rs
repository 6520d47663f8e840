//! What is wrong with a row, or with a list's header.

mod ways;

use std::fmt;

use super::hint::{FlagsGiven, HintOption, joined};
use crate::sanitize::one_line;

/// A rule that a row breaks. Its code stands in results as `error_code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The record has as many cells as the header.
    CellCount,
    /// Every cell is text in the list's encoding.
    Encoding,
    /// Every quote is closed.
    OpenQuote,
    /// Quotes enclose whole cells.
    Quotes,
    /// A row holds no other rows.
    SwallowedRows,
    /// A row holds at most 64 KiB.
    TooLong,
    /// A cell under no name is empty.
    UnnamedColumn,
    /// A row has a username.
    UsernameMissing,
    /// 1 to 128 characters, no white space, no control characters and no U+FFFD.
    Username,
    /// A row has a password.
    PasswordMissing,
    /// At most 256 characters, white space at neither end, and no U+FFFD.
    Password,
    /// A password, not its hash.
    PasswordHash,
    /// The pool's password policy.
    PasswordPolicy,
    /// What this pool takes as a username.
    UsernameFormat,
    /// An e-mail address.
    Email,
    /// A phone number in E.164.
    PhoneNumber,
    /// An attribute that the pool requires.
    AttributeMissing,
    /// As many characters as Cognito and the pool take.
    ValueLength,
    /// A number within the pool's bounds.
    NumberRange,
    /// A value of the kind that the pool takes.
    AttributeValue,
    /// A username that stands in the list once.
    Duplicate,
    /// A cell holds a value, not a spreadsheet's formula.
    Formula,
    /// A cell of a column with a value table is in it.
    ValueUnknown,
    /// A date has the form that `--date-format` tells.
    DateFormat,
    /// A cell that decides about a step says yes or no.
    YesOrNo,
    /// A group has a name that groups can have.
    Group,
}

impl Rule {
    /// Every rule.
    pub(crate) const ALL: [Self; 26] = [
        Self::CellCount,
        Self::Encoding,
        Self::OpenQuote,
        Self::Quotes,
        Self::SwallowedRows,
        Self::TooLong,
        Self::UnnamedColumn,
        Self::UsernameMissing,
        Self::Username,
        Self::PasswordMissing,
        Self::Password,
        Self::PasswordHash,
        Self::PasswordPolicy,
        Self::UsernameFormat,
        Self::Email,
        Self::PhoneNumber,
        Self::AttributeMissing,
        Self::ValueLength,
        Self::NumberRange,
        Self::AttributeValue,
        Self::Duplicate,
        Self::Formula,
        Self::ValueUnknown,
        Self::DateFormat,
        Self::YesOrNo,
        Self::Group,
    ];

    /// The rule that a code of [`Rule::code`] stands for.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.code() == code)
    }

    /// What is wrong with a row that breaks it.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::CellCount => "the row has more or fewer cells than the header",
            Self::Encoding => "a cell is not text in the list's encoding",
            Self::OpenQuote => "an opening quote is never closed",
            Self::Quotes => "a quote is misplaced in a cell",
            Self::SwallowedRows => "a stray quote merged several rows into one",
            Self::TooLong => "the row is longer than 64 KiB",
            Self::UnnamedColumn => "a column without a name has a value",
            Self::UsernameMissing => "the username is missing",
            Self::Username => {
                "the username is too long or contains a character that Cognito does not allow"
            }
            Self::PasswordMissing => "the password is missing",
            Self::Password => {
                "the password is too long, begins or ends with whitespace, or lost characters in a conversion"
            }
            Self::PasswordHash => "the cell holds a password hash instead of a password",
            Self::PasswordPolicy => "the password does not meet the pool's policy",
            Self::UsernameFormat => "this pool does not accept usernames of this form",
            Self::Email => "not a valid email address",
            Self::PhoneNumber => "not a valid phone number in E.164 format",
            Self::AttributeMissing => "an attribute that the pool requires is empty",
            Self::ValueLength => "a value is longer or shorter than the pool allows",
            Self::NumberRange => "a number is outside the range that the pool allows",
            Self::AttributeValue => "a value does not have the type that the pool expects",
            Self::Duplicate => "an earlier row has the same username",
            Self::Formula => "a cell holds a spreadsheet formula instead of a value",
            Self::ValueUnknown => "a cell is not in its column's value table",
            Self::DateFormat => "a date does not match --date-format",
            Self::YesOrNo => "a yes-or-no cell is neither yes nor no",
            Self::Group => "a group name is not valid in Cognito",
        }
    }

    /// The code in results.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::CellCount => "row.cell_count",
            Self::Encoding => "row.encoding",
            Self::OpenQuote => "row.open_quote",
            Self::Quotes => "row.quotes",
            Self::SwallowedRows => "row.swallowed_rows",
            Self::TooLong => "row.too_long",
            Self::UnnamedColumn => "row.unnamed_column",
            Self::UsernameMissing => "username.missing",
            Self::Username => "username.characters",
            Self::PasswordMissing => "password.missing",
            Self::Password => "password.characters",
            Self::PasswordHash => "password.hash",
            Self::PasswordPolicy => "password.policy",
            Self::UsernameFormat => "username.format",
            Self::Email => "email.format",
            Self::PhoneNumber => "phone_number.format",
            Self::AttributeMissing => "attribute.required",
            Self::ValueLength => "attribute.length",
            Self::NumberRange => "attribute.range",
            Self::AttributeValue => "attribute.value",
            Self::Duplicate => "username.duplicate",
            Self::Formula => "value.formula",
            Self::ValueUnknown => "value.unknown",
            Self::DateFormat => "date.format",
            Self::YesOrNo => "value.yes_or_no",
            Self::Group => "group.name",
        }
    }

    /// What to do about it, without flags that were given already.
    #[must_use]
    pub fn hint(self, given: &FlagsGiven) -> String {
        joined(self.ways(), given)
    }

    fn ways(self) -> &'static [HintOption] {
        match self {
            Self::CellCount => ways::CELL_COUNT,
            Self::Encoding => ways::ENCODING,
            Self::Quotes => ways::QUOTES,
            Self::SwallowedRows => ways::SWALLOWED_ROWS,
            Self::TooLong => ways::TOO_LONG,
            Self::OpenQuote => ways::OPEN_QUOTE,
            Self::UnnamedColumn => ways::UNNAMED_COLUMN,
            Self::UsernameMissing => ways::USERNAME_MISSING,
            Self::Username => ways::USERNAME,
            Self::PasswordMissing => ways::PASSWORD_MISSING,
            Self::Password => ways::PASSWORD,
            Self::PasswordHash => ways::PASSWORD_HASH,
            Self::PasswordPolicy => ways::PASSWORD_POLICY,
            Self::UsernameFormat => ways::USERNAME_FORMAT,
            Self::Email => ways::EMAIL,
            Self::PhoneNumber => ways::PHONE_NUMBER,
            Self::AttributeMissing => ways::ATTRIBUTE_MISSING,
            Self::ValueLength => ways::VALUE_LENGTH,
            Self::NumberRange | Self::AttributeValue => ways::ATTRIBUTE_VALUE,
            Self::Duplicate => ways::DUPLICATE,
            Self::Formula => ways::FORMULA,
            Self::ValueUnknown => ways::VALUE_UNKNOWN,
            Self::DateFormat => ways::DATE_FORMAT,
            Self::YesOrNo => ways::YES_OR_NO,
            Self::Group => ways::GROUP,
        }
    }
}

/// One thing that is wrong with a row. Never holds a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule that is broken.
    pub rule: Rule,
    /// The column, as the list names it, where it is about one.
    pub column: Option<String>,
    /// What was found and what to do.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(column) = &self.column {
            write!(f, "column {}: ", one_line(column))?;
        }
        f.write_str(&one_line(&self.message))
    }
}

#[cfg(test)]
mod tests {
    use super::Rule;
    use crate::user::FlagsGiven;

    #[test]
    fn messages() {
        let flags = [
            "--allow-suspicious-passwords",
            "--encoding",
            "--escape",
            "--flexible",
            "--group-separator",
            "--phone-region",
            "--quote",
            "--unwrap-formulas",
            "--username-from",
        ];
        let (none, all) = (FlagsGiven::default(), flags.into_iter().collect());
        let mut text = String::new();
        for rule in Rule::ALL {
            let (hint, with_flags) = (rule.hint(&none), rule.hint(&all));
            text += &format!("{}: {}\n    {hint}\n", rule.code(), rule.meaning());
            if with_flags != hint {
                text += &format!("    with these flags given: {with_flags}\n");
            }
        }
        assert_messages!("rules", text);
    }

    #[test]
    fn every_rule_is_found_again_by_its_code() {
        for rule in Rule::ALL {
            assert_eq!(Rule::of_code(rule.code()), Some(rule));
        }
        assert_eq!(Rule::of_code("InvalidParameterException"), None);
    }
}
