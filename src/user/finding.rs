//! What is wrong with a row, or with a list's header.

use std::fmt;

use super::hint::Way::{Always, Given, Unless};
use super::hint::{FlagsGiven, Way, joined};

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
    const ALL: [Self; 26] = [
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
            Self::OpenQuote => "a quote is opened and never closed",
            Self::Quotes => "a quote is misplaced in a cell",
            Self::SwallowedRows => "a stray quote made one row of several",
            Self::TooLong => "the row holds more than 64 KiB",
            Self::UnnamedColumn => "a column without a name has a value",
            Self::UsernameMissing => "there is no username",
            Self::Username => {
                "the username is too long, or contains a character that a username must not contain"
            }
            Self::PasswordMissing => "there is no password",
            Self::Password => {
                "the password is too long, begins or ends with white space, or lost characters in a conversion"
            }
            Self::PasswordHash => "the password's hash stands where the password should be",
            Self::PasswordPolicy => "the password does not meet the pool's policy",
            Self::UsernameFormat => "this pool does not take such a username",
            Self::Email => "what should be an e-mail address is none",
            Self::PhoneNumber => "what should be a phone number is none in E.164",
            Self::AttributeMissing => "an attribute is empty that the pool requires",
            Self::ValueLength => "a value is longer or shorter than the pool takes",
            Self::NumberRange => "a number is outside the pool's bounds",
            Self::AttributeValue => "a value is not of the kind that the pool takes",
            Self::Duplicate => "the username stands in the list before",
            Self::Formula => "a cell holds a spreadsheet formula, not a value",
            Self::ValueUnknown => "a cell is not in its column's value table",
            Self::DateFormat => "a date does not have the form that --date-format tells",
            Self::YesOrNo => "a cell that says whether something is so says neither yes nor no",
            Self::Group => "a group's name is none that Cognito takes",
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

    fn ways(self) -> &'static [Way] {
        match self {
            Self::CellCount => &[
                Always("give the row as many cells as the header has"),
                Always("quote cells that contain the delimiter"),
                Unless(
                    "--flexible",
                    "pass --flexible if rows leave out empty cells at the end",
                ),
            ],
            Self::Encoding => &[
                Unless("--encoding", "name the list's encoding with --encoding"),
                Given("--encoding", "correct --encoding"),
                Always("save the list as UTF-8"),
            ],
            Self::Quotes => &[
                Always("put the quotes around the whole cell and double those within it"),
                Unless(
                    "--escape",
                    "name the character that escapes quotes with --escape",
                ),
                Unless(
                    "--quote",
                    "pass --quote none if nothing in the list is quoted",
                ),
            ],
            Self::SwallowedRows => &[
                Always("double a quote that belongs to the text"),
                Always("close a quote that is open"),
                Unless(
                    "--quote",
                    "pass --quote none if nothing in the list is quoted",
                ),
            ],
            Self::TooLong => &[
                Always("close a quote that is open in the row"),
                Always("shorten it"),
            ],
            Self::OpenQuote => &[
                Always("close the quote"),
                Always("double it if it belongs to the text"),
            ],
            Self::UnnamedColumn => &[
                Always("name the column in the header"),
                Always("drop it with --ignore-column ''"),
            ],
            Self::UsernameMissing => &[
                Always("fill the cell"),
                Unless(
                    "--username-from",
                    "take the username from another column with --username-from",
                ),
            ],
            Self::Username => &[
                Always("correct the username"),
                Unless(
                    "--encoding",
                    "name the list's encoding with --encoding if characters were lost",
                ),
                Unless(
                    "--username-from",
                    "take the username from another column with --username-from",
                ),
            ],
            Self::PasswordMissing => &[
                Always("fill the cell"),
                Always(
                    "pass --password generate, which gives every user a random password to reset",
                ),
            ],
            Self::Password => &[
                Always("correct the password"),
                Unless(
                    "--encoding",
                    "name the list's encoding with --encoding if characters were lost",
                ),
                Always(
                    "pass --password generate, which gives every user a random password to reset",
                ),
            ],
            Self::PasswordHash => &[
                Always(
                    "import bcrypt, scrypt, Argon2id or PBKDF2 hashes with AWS's own import job (CreateUserImportJob)",
                ),
                Always(
                    "pass --password generate, which gives every user a random password to reset",
                ),
            ],
            Self::PasswordPolicy => &[
                Always("relax the pool's policy during the import"),
                Always(
                    "pass --password generate, which gives every user a random password to reset",
                ),
            ],
            Self::UsernameFormat => &[
                Always("correct the username"),
                Unless(
                    "--username-from",
                    "take the username from another column with --username-from",
                ),
            ],
            Self::Email => &[
                Always("correct the address"),
                Always("empty the cell if the pool does not require an address"),
            ],
            Self::PhoneNumber => &[
                Always("write + and the country code before the number"),
                Unless(
                    "--phone-region",
                    "pass --phone-region DE if numbers without a country code are from one country",
                ),
                Always("empty the cell if the pool does not require a number"),
            ],
            Self::AttributeMissing => &[
                Always("fill the cell"),
                Always("set the attribute for all users with --set"),
            ],
            Self::ValueLength => &[
                Always("correct the value"),
                Always("drop the column with --ignore-column"),
            ],
            Self::NumberRange | Self::AttributeValue => &[
                Always("correct the value"),
                Always("translate it with --value"),
                Always("drop the column with --ignore-column"),
            ],
            Self::Duplicate => &[
                Always("leave it if both rows are the same user: the first one is sent"),
                Always("give one of them another username"),
            ],
            Self::Formula => &[
                Always("write the value instead of the formula"),
                Unless(
                    "--unwrap-formulas",
                    "pass --unwrap-formulas, which reads =\"text\" as text",
                ),
            ],
            Self::ValueUnknown => &[
                Always("add the cell to the column's value table with --value"),
                Always("add `*` for all other cells"),
            ],
            Self::DateFormat => &[Always("correct the date"), Always("correct --date-format")],
            Self::YesOrNo => &[
                Always("write true or false"),
                Always("translate the cells with --value"),
            ],
            Self::Group => &[
                Always("correct the name"),
                Unless(
                    "--group-separator",
                    "name the text between groups with --group-separator",
                ),
            ],
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
            write!(f, "column {column}: ")?;
        }
        f.write_str(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::Rule;

    #[test]
    fn every_rule_is_found_again_by_its_code() {
        for rule in Rule::ALL {
            assert_eq!(Rule::of_code(rule.code()), Some(rule));
        }
        assert_eq!(Rule::of_code("InvalidParameterException"), None);
    }
}
