//! Notes: things about a row that do not make it invalid, but that users should know before it is
//! sent. The survey of the list counts them and shows each kind as a notice with examples.

use std::fmt;

use super::hint::{FlagsGiven, HintOption, join_options};
use crate::plural::counted;

/// A kind of note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteKind {
    /// A cell holds a placeholder for a missing value.
    NullMarker,
    /// A user signs in through an identity provider, according to the column with this name.
    Federated(&'static str),
    /// A user with a password is also linked to an identity provider.
    Linked,
    /// A user is disabled in the pool that the list was exported from.
    Disabled,
    /// A text lost characters or was read in the wrong encoding.
    Garbled,
    /// A whole number is written as a decimal number.
    Float,
    /// A birthdate is not a valid date in the form `YYYY-MM-DD`.
    Birthdate,
    /// A username differs from another one only in case, and the pool is case-sensitive.
    NameCase,
    /// Another username has the same address, which is an alias in the pool.
    AliasRepeat,
}

#[cfg(test)]
all_variants!(NoteKind {
    NullMarker,
    Federated("cognito:user_status"),
    Linked,
    Disabled,
    Garbled,
    Float,
    Birthdate,
    NameCase,
    AliasRepeat,
});

impl NoteKind {
    /// Returns a stable name for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NullMarker => "cells.null_marker",
            Self::Federated(_) => "rows.federated",
            Self::Linked => "rows.linked",
            Self::Disabled => "rows.disabled",
            Self::Garbled => "cells.encoding",
            Self::Float => "cells.float",
            Self::Birthdate => "cells.birthdate",
            Self::NameCase => "usernames.case",
            Self::AliasRepeat => "alias_repeats",
        }
    }

    /// Summarizes the notes of this kind.
    #[must_use]
    pub fn summary(self, count: u64) -> String {
        match self {
            Self::NullMarker => format!(
                "{} a placeholder for a missing value, such as NULL, and would be stored as is",
                counted(count, "cell holds", "cells hold")
            ),
            Self::Federated(_) => format!(
                "{} through an identity provider; SignUp cannot create federated users, only \
                 separate users with a password",
                counted(count, "user signs in", "users sign in")
            ),
            Self::Linked => format!(
                "{} linked to an identity provider; SignUp creates no link",
                counted(count, "user is", "users are")
            ),
            Self::Disabled => format!(
                "{} disabled in the list but would be enabled in the pool",
                counted(count, "user is", "users are")
            ),
            Self::Garbled => format!(
                "{} as if characters were lost or read in the wrong encoding",
                counted(count, "cell looks", "cells look")
            ),
            Self::Float => format!(
                "{} converted to decimal, as spreadsheets and pandas do",
                counted(
                    count,
                    "cell looks like a whole number",
                    "cells look like whole numbers"
                )
            ),
            Self::Birthdate => format!(
                "{} in the form YYYY-MM-DD; Cognito only checks the length (10 characters)",
                counted(
                    count,
                    "birthdate is not a valid date",
                    "birthdates are not valid dates"
                )
            ),
            Self::NameCase => format!(
                "{} from another only in case, and this pool is case-sensitive: they become \
                 different users",
                counted(count, "username differs", "usernames differ")
            ),
            Self::AliasRepeat => format!(
                "{} an email address or phone number with a row that has another username",
                counted(count, "row shares", "rows share")
            ),
        }
    }

    /// Returns what to do about notes of this kind.
    #[must_use]
    pub fn hint(self, given: &FlagsGiven) -> String {
        let options: &[HintOption] = match self {
            Self::NullMarker => &[HintOption::Always(
                "pass --null TEXT to treat cells that equal TEXT as empty",
            )],
            Self::Federated("identities") | Self::Linked => &[HintOption::Always(
                "pass --skip-where 'identities=*' to skip them",
            )],
            Self::Federated(status) => {
                return format!("pass --skip-where {status}=EXTERNAL_PROVIDER to skip them");
            }
            Self::Disabled => &[HintOption::Always(
                "pass --disable-where Enabled=false to disable them after the sign-up",
            )],
            Self::Garbled => &[
                HintOption::UnlessGiven(
                    "--encoding",
                    "set the list's encoding with --encoding (such as windows-1252) if it is not \
                     UTF-8",
                ),
                HintOption::IfGiven("--encoding", "correct --encoding"),
                HintOption::Always("export the list again if an earlier conversion garbled it"),
            ],
            Self::Float => &[HintOption::Always(
                "export these columns as text, because digits may have been lost",
            )],
            Self::NameCase => &[
                HintOption::Always("remove one row of each pair if they are the same person"),
                HintOption::UnlessGiven(
                    "--lowercase username",
                    "pass --lowercase username to skip the later row as a duplicate",
                ),
            ],
            Self::AliasRepeat => &[
                HintOption::Always("give each row its own address"),
                HintOption::Always("remove the rows that are the same person"),
            ],
            Self::Birthdate => &[
                HintOption::Always("correct the dates"),
                HintOption::Always(
                    "describe their format, such as --date-format birthdate=%d.%m.%Y (31.12.1990) \
                     or birthdate=%m/%d/%Y (12/31/1990)",
                ),
            ],
        };
        join_options(options, given)
    }
}

/// A note on a row. Never contains a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its kind.
    pub kind: NoteKind,
    /// The name of the column in the list, if the note is about one.
    pub column: Option<String>,
    /// The value or fact that the note is about.
    pub message: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(column) = &self.column {
            write!(f, "column {column}: ")?;
        }
        f.write_str(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::{FlagsGiven, NoteKind};

    #[test]
    fn messages() {
        let none = FlagsGiven::default();
        let flags = FlagsGiven::from_iter(["--encoding", "--lowercase username"]);
        let mut text = String::new();
        for kind in NoteKind::ALL
            .into_iter()
            .chain([NoteKind::Federated("identities")])
        {
            let (hint, with_flags) = (kind.hint(&none), kind.hint(&flags));
            let (one, two) = (kind.summary(1), kind.summary(2));
            text += &format!("{}: {one}\n    {two}\n    {hint}\n", kind.code());
            if with_flags != hint {
                text += &format!("    with these flags given: {with_flags}\n");
            }
        }
        assert_messages!("notes", text);
    }
}
