//! Findings: what is wrong with a row.

mod hints;

use std::fmt;

use super::hint::{FlagsGiven, HintOption, join_options};
use crate::sanitize::one_line;

/// A rule for rows. Its code is the `error_code` in results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A row has as many cells as the header.
    CellCount,
    /// Every cell is text in the list's encoding.
    Encoding,
    /// An opening quote is closed.
    OpenQuote,
    /// Quotes enclose whole cells.
    Quotes,
    /// A row does not contain other rows.
    SwallowedRows,
    /// A row has at most 64 KiB.
    TooLong,
    /// A column without a name is empty.
    UnnamedColumn,
    /// A row has a username.
    UsernameMissing,
    /// A username has 1 to 128 characters, without whitespace, control characters and U+FFFD.
    Username,
    /// A row has a password.
    PasswordMissing,
    /// A password has at most 256 characters, no surrounding whitespace, and no U+FFFD.
    Password,
    /// A password is not a hash.
    PasswordHash,
    /// A password meets the pool's policy.
    PasswordPolicy,
    /// A username has the form that the pool requires.
    UsernameFormat,
    /// An email address is valid.
    Email,
    /// A phone number has E.164 format.
    PhoneNumber,
    /// A row has the attributes that the pool requires.
    AttributeMissing,
    /// A value has a length that Cognito and the pool allow.
    ValueLength,
    /// A number is within the pool's range.
    NumberRange,
    /// A value has the type that the pool expects.
    AttributeValue,
    /// A username is unique in the list.
    Duplicate,
    /// A cell does not hold a spreadsheet formula.
    Formula,
    /// A cell is in its column's value table.
    ValueUnknown,
    /// A date matches `--date-format`.
    DateFormat,
    /// A yes-or-no cell says yes or no.
    YesOrNo,
    /// A group name is valid in Cognito.
    Group,
}

all_variants!(pub(crate) Rule {
    CellCount,
    Encoding,
    OpenQuote,
    Quotes,
    SwallowedRows,
    TooLong,
    UnnamedColumn,
    UsernameMissing,
    Username,
    PasswordMissing,
    Password,
    PasswordHash,
    PasswordPolicy,
    UsernameFormat,
    Email,
    PhoneNumber,
    AttributeMissing,
    ValueLength,
    NumberRange,
    AttributeValue,
    Duplicate,
    Formula,
    ValueUnknown,
    DateFormat,
    YesOrNo,
    Group,
});

impl Rule {
    /// Returns the rule with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.code() == code)
    }

    /// Describes a violation of the rule.
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
                "the password is too long, begins or ends with whitespace, or lost characters in \
                 a conversion"
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

    /// Returns the `error_code` in results.
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

    /// Returns what to do about a violation, without flags that are already given.
    #[must_use]
    pub fn hint(self, given: &FlagsGiven) -> String {
        join_options(self.hint_options(), given)
    }

    fn hint_options(self) -> &'static [HintOption] {
        match self {
            Self::CellCount => hints::CELL_COUNT,
            Self::Encoding => hints::ENCODING,
            Self::Quotes => hints::QUOTES,
            Self::SwallowedRows => hints::SWALLOWED_ROWS,
            Self::TooLong => hints::TOO_LONG,
            Self::OpenQuote => hints::OPEN_QUOTE,
            Self::UnnamedColumn => hints::UNNAMED_COLUMN,
            Self::UsernameMissing => hints::USERNAME_MISSING,
            Self::Username => hints::USERNAME,
            Self::PasswordMissing => hints::PASSWORD_MISSING,
            Self::Password => hints::PASSWORD,
            Self::PasswordHash => hints::PASSWORD_HASH,
            Self::PasswordPolicy => hints::PASSWORD_POLICY,
            Self::UsernameFormat => hints::USERNAME_FORMAT,
            Self::Email => hints::EMAIL,
            Self::PhoneNumber => hints::PHONE_NUMBER,
            Self::AttributeMissing => hints::ATTRIBUTE_MISSING,
            Self::ValueLength => hints::VALUE_LENGTH,
            Self::NumberRange | Self::AttributeValue => hints::ATTRIBUTE_VALUE,
            Self::Duplicate => hints::DUPLICATE,
            Self::Formula => hints::FORMULA,
            Self::ValueUnknown => hints::VALUE_UNKNOWN,
            Self::DateFormat => hints::DATE_FORMAT,
            Self::YesOrNo => hints::YES_OR_NO,
            Self::Group => hints::GROUP,
        }
    }
}

/// A violation of a rule. Never contains a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The violated rule.
    pub rule: Rule,
    /// The name of the column in the list, if the finding is about one.
    pub column: Option<String>,
    /// The problem and, in most cases, a remedy.
    pub message: String,
}

impl Finding {
    /// Creates a finding about a column.
    #[must_use]
    pub fn new(rule: Rule, column: &str, message: impl Into<String>) -> Self {
        Self {
            rule,
            column: Some(column.to_owned()),
            message: message.into(),
        }
    }
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
            "--date-format",
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
    fn rules_round_trip_through_their_codes() {
        for rule in Rule::ALL {
            assert_eq!(Rule::from_code(rule.code()), Some(rule));
        }
        assert_eq!(Rule::from_code("InvalidParameterException"), None);
    }
}
