//! Notes: conditions of a row that do not make it invalid, and that people should know of before it is sent.
//!
//! They are counted while the list is read beforehand, each kind with a few examples, and shown as notices.

use std::fmt;

use super::hint::{FlagsGiven, HintOption, joined};
use crate::plural::counted;

/// A kind of note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteKind {
    /// A cell equals a text that other systems write where there is no value.
    NullMarker,
    /// A user who signs in through an identity provider, by the column with this name.
    Federated(&'static str),
    /// A user with a password who is also linked to an identity provider.
    Linked,
    /// A user who is disabled in the pool that the list comes from.
    Disabled,
    /// A text lost characters, or was read in another encoding than it was written in.
    Garbled,
    /// A whole number is written as a decimal one.
    Float,
    /// A birthdate is no day as `YYYY-MM-DD`.
    Birthdate,
    /// A username differs in case alone from another one, in a pool where that makes two users.
    NameCase,
    /// An address is under another username as well, in a pool where it is an alias.
    AliasRepeat,
}

impl NoteKind {
    #[cfg(test)]
    const ALL: [Self; 10] = [
        Self::NullMarker,
        Self::Federated("cognito:user_status"),
        Self::Federated("identities"),
        Self::Linked,
        Self::Disabled,
        Self::Garbled,
        Self::Float,
        Self::Birthdate,
        Self::NameCase,
        Self::AliasRepeat,
    ];

    /// A stable name for programs.
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

    /// What all notes of this kind have in common.
    #[must_use]
    pub fn summary(self, count: u64) -> String {
        match self {
            Self::NullMarker => format!(
                "{} a placeholder for a missing value, such as NULL, and would be stored as is",
                counted(count, "cell holds", "cells hold")
            ),
            Self::Federated(_) => format!(
                "{} through an identity provider; SignUp cannot create federated users, only separate users with a password",
                counted(count, "user signs in", "users sign in")
            ),
            Self::Linked => format!(
                "{} linked to an identity provider; SignUp creates them without the link",
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
                "{} as a decimal number where a whole number was probably meant, as spreadsheets and pandas do",
                counted(count, "cell is written", "cells are written")
            ),
            Self::Birthdate => format!(
                "{} not a valid date in the form YYYY-MM-DD; Cognito only checks the length (10 characters)",
                counted(count, "birthdate is", "birthdates are")
            ),
            Self::NameCase => format!(
                "{} from another only in case, and this pool is case-sensitive: they become different users",
                counted(count, "username differs", "usernames differ")
            ),
            Self::AliasRepeat => format!(
                "{} an email address or phone number with a row that has another username",
                counted(count, "row shares", "rows share")
            ),
        }
    }

    /// What to do about them.
    #[must_use]
    pub fn hint(self, given: &FlagsGiven) -> String {
        let ways: &[HintOption] = match self {
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
                HintOption::Unless(
                    "--encoding",
                    "set the list's encoding with --encoding (such as windows-1252) if it is not UTF-8",
                ),
                HintOption::Given("--encoding", "correct --encoding"),
                HintOption::Always("export the list again if an earlier conversion garbled it"),
            ],
            Self::Float => &[HintOption::Always(
                "export these columns as text: digits may have been lost as well",
            )],
            Self::NameCase => &[
                HintOption::Always("remove one row of each pair if they are the same person"),
                HintOption::Unless(
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
                    "describe their format, such as --date-format birthdate=%d/%m/%Y",
                ),
            ],
        };
        joined(ways, given)
    }
}

/// One note. Never holds a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its kind.
    pub kind: NoteKind,
    /// The column, as the list names it, where it is about one.
    pub column: Option<String>,
    /// What was noticed.
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
        let (none, encoding) = (
            FlagsGiven::default(),
            FlagsGiven::from_iter(["--encoding", "--lowercase username"]),
        );
        let mut text = String::new();
        for kind in NoteKind::ALL {
            let (hint, with_flags) = (kind.hint(&none), kind.hint(&encoding));
            let (one, two) = (kind.summary(1), kind.summary(2));
            text += &format!("{}: {one}\n    {two}\n    {hint}\n", kind.code());
            if with_flags != hint {
                text += &format!("    with these flags given: {with_flags}\n");
            }
        }
        assert_messages!("notes", text);
    }
}
